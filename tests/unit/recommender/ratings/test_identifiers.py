import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ratings import Identifiers, identifiers, words
from recommender.ratings.identifiers import IdentifierChunks
from recommender.ratings.words import Words, hash_words, load_words

IDS = st.lists(
    st.one_of(st.text("aé羅", min_size=1, max_size=4), st.text("ab", min_size=7, max_size=18)),
    max_size=20,
)


def load(ids: list[str]) -> Words:
    texts = [text.encode() for text in ids]
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    starts = ends - np.array([len(text) for text in texts], dtype=np.int64)
    return load_words(np.frombuffer(b"".join(texts) + bytes(300), dtype=np.uint8), starts, ends)


def all_texts(ids: Identifiers) -> list[str]:
    return [text for batch in ids.texts(np.arange(len(ids))) for text in batch]


@settings(deadline=None)
@given(chunks=st.lists(IDS, max_size=5))
def test_ids_of_all_chunks_are_numbered_together(chunks):
    numbering = IdentifierChunks()
    codes = [numbering.append(load(chunk)) for chunk in chunks]
    assert [len(each) for each in codes] == [len(chunk) for chunk in chunks]
    distinct = sum(len(set(chunk)) for chunk in chunks)
    assert distinct <= len(numbering) <= sum(map(len, chunks))

    ids, translations = numbering.merge()

    expected = list(dict.fromkeys(text for chunk in chunks for text in chunk))
    assert all_texts(ids) == expected
    assert len(ids) == len(expected)
    if chunks:
        for chunk, chunk_codes, whole in zip(chunks, codes, translations, strict=True):
            assert [expected[code] for code in whole[chunk_codes]] == chunk


def test_chunks_with_many_repeats_are_numbered_at_once_and_others_at_the_end():
    few, many = [f"id{n % 5}" for n in range(100)], [f"id{n}" for n in range(100)]
    numbering = IdentifierChunks()
    sizes = []
    for chunk in (few, few, many, many):
        numbering.append(load(chunk))
        sizes.append(len(numbering))

    assert sizes == [5, 10, 110, 210]
    assert sorted(all_texts(numbering.merge()[0])) == sorted(many)


def test_many_ids_are_numbered_alike_by_many_small_tables(monkeypatch):
    rng = np.random.default_rng(1)
    ids = [f"id{n}" for n in rng.integers(0, 500, 3000)]
    monkeypatch.setattr(words, "_TABLE_BITS", 7)
    numbering = IdentifierChunks()
    codes = numbering.append(load(ids))

    found, _ = numbering.merge()

    assert [all_texts(found)[code] for code in codes] == ids
    assert len(found) == len(set(ids))


def test_memory_of_ids_is_counted():
    numbering = IdentifierChunks()
    assert numbering.nbytes == 0
    numbering.append(load(["a", "b", "a"]))
    assert numbering.nbytes == 2 * 8
    numbering.append(load(["a", "of two words"]))
    assert numbering.nbytes == 2 * 8 + 2 * 16

    ids, _ = numbering.merge()

    assert ids.nbytes == 3 * 16


def test_ids_are_given_batch_by_batch(monkeypatch):
    monkeypatch.setattr(identifiers, "_BATCH", 2)
    ids = Identifiers(load(["a", "b", "c", "d", "e"]))

    assert list(ids.texts(np.array([4, 0, 1, 1, 3]))) == [["e", "a"], ["b", "b"], ["d"]]
    assert list(ids.texts(np.zeros(0, dtype=np.int64))) == []


@settings(deadline=None)
@given(ids=IDS.filter(bool))
def test_codes_are_sorted_by_code_points(ids):
    ids = list(dict.fromkeys(ids))
    codes = np.arange(len(ids))[::2]

    found = Identifiers(load(ids)).sorted_codes(codes)

    assert [ids[code] for code in found] == sorted(ids[::2])


def test_hashes_are_those_of_the_ids_alone():
    ids = Identifiers(load(["b", "a longer one", "羅"]))

    expected = [hash_words(load([text]))[0] for text in ("羅", "b")]
    assert ids.hashes(np.array([2, 0])).tolist() == expected
