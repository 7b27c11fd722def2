import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RatingsFormatError
from recommender.ratings.lines import MAX_LINE_BYTES, line_blocks
from tests.unit.recommender.ratings import reference

PARTS = [b"a", b"bc\td", b"\r", b"\n", b"\r\n", b"\xef", b"\xbb", b"\xbf", b"\xef\xbb\xbf"]


def joined(blocks) -> bytes:
    return b"".join(line_blocks(blocks, where="x"))


def cut(content: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place for place in places if 0 < place < len(content)), len(content)]
    return [content[start:end] for start, end in itertools.pairwise(bounds) if start < end]


@settings(deadline=None)
@given(
    content=st.lists(st.sampled_from(PARTS), max_size=12).map(b"".join),
    places=st.lists(st.integers(1, 40), max_size=12),
)
def test_lines_are_the_same_wherever_the_text_is_cut(content, places):
    found = list(line_blocks(cut(content, places), where="x"))

    assert b"".join(found) == b"".join(line + b"\n" for line in reference.lines_of(content))
    assert all(block.endswith(b"\n") for block in found)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfa\tb\r\nc\n",
        b"a\r\nb\r\n",
        b"a\nb",
        b"a\nb\r",
        b"\r\n\r\n\n",
        b"\xef\xbb\xbf",
        b"",
    ],
)
def test_lines_are_the_same_however_small_the_blocks_are(content):
    expected = b"".join(line + b"\n" for line in reference.lines_of(content))

    for n_bytes in range(1, len(content) + 1):
        blocks = [content[at : at + n_bytes] for at in range(0, len(content), n_bytes)]
        assert joined(blocks) == expected


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"\xef\xbb\xbfa\r\nb\n", b"a\nb\n"),
        (b"a\xef\xbb\xbf\n\xef\xbb\xbfb\n", b"a\xef\xbb\xbf\n\xef\xbb\xbfb\n"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa\n", b"\xef\xbb\xbfa\n"),
        (b"\xef\xbba\n", b"\xef\xbba\n"),
        (b"a\rb\r\r\nc", b"a\rb\r\nc\n"),
        (b"a\r", b"a\n"),
        (b"\r", b"\n"),
        (b"", b""),
    ],
)
def test_only_the_mark_at_the_beginning_and_returns_at_line_ends_go(content, lines):
    assert joined([content] if content else []) == lines


def test_whole_lines_are_passed_on_before_more_is_read():
    def blocks():
        yield b"one\ntw"
        pytest.fail("the second block is not needed yet")

    assert next(line_blocks(blocks(), where="x")) == b"one\n"


def test_a_line_that_does_not_end_is_refused_before_it_is_read_whole():
    n_read = 0

    def blocks():
        nonlocal n_read
        yield b"good line\n"
        while True:
            n_read += 100
            yield b"x" * 100

    found = line_blocks(blocks(), where="films", max_line_bytes=1000)
    assert next(found) == b"good line\n"
    message = (
        "films: expected lines of text, found none that ends within 1000 bytes; check that this is "
        "a ratings file"
    )
    with pytest.raises(RatingsFormatError, match=re.escape(message)):
        next(found)
    assert n_read == 1100


def test_the_longest_line_is_still_taken():
    assert list(line_blocks([b"x" * 6, b"x" * 4, b"\n"], where="x", max_line_bytes=10)) == [
        b"x" * 10 + b"\n"
    ]
    assert list(line_blocks([b"x" * 6, b"x" * 4], where="x", max_line_bytes=10)) == [
        b"x" * 10 + b"\n"
    ]


def test_titles_and_reviews_are_far_shorter_than_the_longest_line():
    assert MAX_LINE_BYTES >= 1 << 20


def test_a_mark_in_the_middle_of_a_file_is_text():
    content = b"\xef\xbb\xbfa\r\nb"

    blocks = line_blocks([content], where="x", is_start=False)

    assert b"".join(blocks) == b"\xef\xbb\xbfa\nb\n"
