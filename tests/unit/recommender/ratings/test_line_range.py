import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ratings.line_range import LineRange


def read(content: bytes, begin: int, end: int, n_bytes: int) -> bytes:
    stream = io.BytesIO(content[LineRange.start_of(begin) :])
    lines = LineRange(stream, begin, end)
    return b"".join(iter(lambda: lines.read(n_bytes), b""))


@given(
    content=st.lists(st.sampled_from([b"a", b"bcd", b"\n", b"\r\n"]), max_size=20).map(b"".join),
    piece_bytes=st.integers(1, 12),
    n_bytes=st.integers(1, 9),
)
def test_ranges_that_follow_each_other_give_every_line_once(content, piece_bytes, n_bytes):
    ranges = [
        (begin, min(begin + piece_bytes, len(content)))
        for begin in range(0, len(content), piece_bytes)
    ]

    pieces = [read(content, begin, end, n_bytes) for begin, end in ranges]

    assert b"".join(pieces) == content
    assert all(piece.endswith(b"\n") for piece in [one for one in pieces if one][:-1])


@pytest.mark.parametrize(
    ("begin", "end", "lines"),
    [
        (0, 3, b"one\n"),
        (0, 4, b"one\n"),
        (0, 5, b"one\ntwo\n"),
        (4, 5, b"two\n"),
        (5, 8, b""),
        (5, 9, b"three"),
        (8, 13, b"three"),
    ],
)
def test_a_line_belongs_to_the_range_in_which_it_begins(begin, end, lines):
    assert read(b"one\ntwo\nthree", begin, end, 4) == lines
