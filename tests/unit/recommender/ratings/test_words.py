import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ratings import words
from recommender.ratings.words import (
    Words,
    concatenate,
    factorize,
    hash_words,
    load_words,
    sorting_order,
    take,
)

# Few bytes, so that texts are often equal, or equal in their first words only.
SIMILAR = st.lists(
    st.one_of(
        st.text("ab", max_size=3),
        st.builds(lambda tail: "same-so-" + tail, st.text("ab", max_size=12)),
        st.builds(lambda head: head + "-the-same-tail", st.sampled_from(["a", "b", "é"])),
    ).map(str.encode),
    max_size=30,
)
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
ANY = st.lists(st.binary(max_size=255).map(lambda text: text.replace(b"\0", b"\xff")), max_size=12)


def load(texts: list[bytes]) -> Words:
    """Load texts that lie side by side, with foreign bytes before and behind."""
    data = np.frombuffer(b"\xaa" + b"".join(texts) + b"\xbb" * 280, dtype=np.uint8)
    ends = 1 + np.cumsum([len(text) for text in texts], dtype=np.int64)
    starts = ends - np.array([len(text) for text in texts], dtype=np.int64)
    return load_words(data, starts, ends)


def numbered(texts: list[bytes]) -> tuple[list[int], list[int]]:
    """Number distinct texts as `factorize` should."""
    codes: dict[bytes, int] = {}
    numbers = [codes.setdefault(text, len(codes)) for text in texts]
    return numbers, [texts.index(text) for text in codes]


def factorized(loaded: Words) -> tuple[list[int], list[int]]:
    codes, first = factorize(loaded)
    assert (codes.dtype, first.dtype) == (np.int32, np.int64)
    return codes.tolist(), first.tolist()


@settings(deadline=None)
@given(texts=st.one_of(SIMILAR, ANY))
def test_texts_come_back_as_they_were(texts):
    loaded = load(texts)

    assert words.texts(loaded) == texts
    assert len(loaded) == max([1, *(-(-len(text) // 8) for text in texts)])
    assert {word.dtype for word in loaded} == {np.dtype(np.uint64)}


def test_words_are_little_endian_and_filled_with_zeros():
    assert [word.tolist() for word in load([b"abcdefghi", b"A", b""])] == [
        [0x6867666564636261, 0x41, 0],
        [0x69, 0, 0],
    ]


def test_texts_may_overlap_and_come_in_any_order():
    data = np.frombuffer(b"0123456789" + bytes(30), dtype=np.uint8)

    loaded = load_words(data, np.array([5, 0, 3]), np.array([10, 10, 3]))

    assert words.texts(loaded) == [b"56789", b"0123456789", b""]


def test_the_longest_text_may_end_right_before_the_last_words():
    data = np.frombuffer(b"x" * 255 + bytes(8), dtype=np.uint8)

    assert words.texts(load_words(data, np.array([0]), np.array([255]))) == [b"x" * 255]


@settings(deadline=None)
@given(texts=st.one_of(SIMILAR, ANY))
def test_distinct_texts_are_numbered_as_they_appear(texts):
    assert factorized(load(texts)) == numbered(texts)


def test_texts_are_not_sorted_without_need(monkeypatch):
    monkeypatch.setattr(words, "_factorize_by_sorting", lambda _: pytest.fail("they are"))
    texts = [b"customer-%07d" % (number % 77) for number in range(1000)]

    assert factorized(load(texts)) == numbered(texts)


@pytest.fixture(
    params=[
        pytest.param((slice(None), slice(None)), id="every-function-makes-all-hashes-equal"),
        pytest.param((slice(None), slice(1, None)), id="every-function-sees-the-first-word-only"),
        pytest.param((slice(None), slice(0, 1)), id="no-function-sees-the-first-word"),
        pytest.param((0, slice(None)), id="the-first-function-makes-all-hashes-equal"),
        pytest.param((slice(0, 3), slice(None)), id="only-the-last-function-works"),
    ]
)
def colliding(request, monkeypatch) -> None:
    multipliers = words._MULTIPLIERS.copy()
    multipliers[request.param] = 0
    monkeypatch.setattr(words, "_MULTIPLIERS", multipliers)


@settings(max_examples=50, deadline=None)
@given(texts=st.one_of(SIMILAR, ANY))
def check_numbering_of_long_texts(texts):
    texts = [b"one-of-several-words", *texts]
    assert factorized(load(texts)) == numbered(texts)


def test_texts_of_equal_hashes_are_still_told_apart(colliding):
    check_numbering_of_long_texts()


def test_collisions_in_a_large_block_are_resolved(monkeypatch):
    rng = np.random.default_rng(1)
    texts = [b"customer-%07d" % number for number in rng.integers(0, 3000, 20_000)]
    expected = numbered(texts)
    assert factorized(load(texts)) == expected

    monkeypatch.setattr(words, "_MULTIPLIERS", np.zeros_like(words._MULTIPLIERS))
    assert factorized(load(texts)) == expected


@pytest.mark.parametrize("special", [0, 1, 1 << 63, (1 << 63) - 1, (1 << 64) - 1])
def test_no_hash_is_taken_for_a_missing_value(special):
    inverses = np.array([pow(int(each), -1, 1 << 64) for each in words._MULTIPLIERS[:, 0]])
    hashed_to_it = [(special * inverse) % (1 << 64) for inverse in inverses.tolist()]
    loaded = [np.array([7, *hashed_to_it, 7, *hashed_to_it], dtype=np.uint64)]
    assert special in hash_words(loaded).tolist()

    codes, first = factorized(loaded)

    distinct = list(dict.fromkeys(hashed_to_it))
    assert first == list(range(1 + len(distinct)))
    assert min(codes) == 0
    assert max(codes) == len(distinct)


@settings(deadline=None)
@given(texts=st.lists(st.binary(min_size=1, max_size=255), min_size=1, max_size=8))
def test_a_hash_depends_on_the_text_alone(texts):
    together = load(texts)
    alone = np.concatenate([hash_words(load([text])) for text in texts])

    np.testing.assert_array_equal(hash_words(together), alone)
    wider = [*together, *[np.zeros(len(texts), dtype=np.uint64)] * 3]
    np.testing.assert_array_equal(hash_words(wider), alone)


@pytest.mark.parametrize("attempt", range(words._N_ATTEMPTS))
def test_similar_texts_have_different_hashes(attempt):
    texts = [b"%d" % number for number in range(30_000)]
    texts += [b"AVERYLONG%dCUSTOMER" % number for number in range(30_000)]
    texts += [b"%d-BEHIND-A-LONG-HEAD" % number for number in range(30_000)]
    texts += [b"x" * length for length in range(1, 256)]
    texts += [b"y" * 100 + b"z" * length for length in range(1, 150)]

    hashes = hash_words(load(texts), attempt)

    assert len(np.unique(hashes)) == len(texts)
    # The high bits choose the place in the table of titles.
    assert len(np.unique(hashes >> np.uint64(44))) > 0.9 * len(texts) * (1 - len(texts) / (2 << 20))


def test_words_that_are_exchanged_change_the_hash():
    texts = [b"aaaaaaaabbbbbbbb", b"bbbbbbbbaaaaaaaa", b"aaaaaaaaaaaaaaaa", b"bbbbbbbbbbbbbbbb"]

    assert len(np.unique(hash_words(load(texts)))) == 4


def test_every_attempt_has_a_function_of_its_own():
    loaded = load([b"customer", b"a longer customer"])

    hashes = {hash_words(loaded, attempt).tobytes() for attempt in range(words._N_ATTEMPTS)}

    assert len(hashes) == words._N_ATTEMPTS > 1


@settings(deadline=None)
@given(texts=st.one_of(SIMILAR, ANY))
def test_texts_are_sorted_by_their_bytes_and_equal_ones_stay_in_order(texts):
    expected = sorted(range(len(texts)), key=texts.__getitem__)

    assert sorting_order(load(texts)).tolist() == expected


@settings(deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), max_size=12
    )
)
def test_the_order_of_utf_8_is_that_of_code_points(texts):
    order = sorting_order(load([text.encode() for text in texts]))

    assert [texts[at] for at in order] == sorted(texts)


@settings(deadline=None)
@given(parts=st.lists(SIMILAR, max_size=5))
def test_parts_are_joined_however_long_their_texts_are(parts):
    joined = concatenate([load(part) for part in parts])

    assert words.texts(joined) == [text for part in parts for text in part]
    assert len(joined) == max([1, *(len(load(part)) for part in parts)])


def test_nothing_is_joined_to_nothing():
    assert words.texts(concatenate([])) == []


def test_texts_are_picked():
    loaded = load([b"a", b"several words", b"c"])

    assert words.texts(take(loaded, np.array([1, 1, 0]))) == [b"several words"] * 2 + [b"a"]
    assert words.texts(take(loaded, np.zeros(0, dtype=np.int64))) == []
