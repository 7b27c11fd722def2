"""How many rows a data set holds, guessed from its first bytes."""

import gzip

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from recommender.rows_estimate import HEAD_BYTES, estimate_rows

LINE = b"196\t242\t3\t881250949\n"
TEXT = b"".join(b"%d\t%d\t%d\t%d\n" % (n % 943, n * 7 % 1682, n % 5, 881250949 + n * 37)
                for n in range(100_000))  # fmt: skip


@pytest.mark.parametrize("content", [TEXT, gzip.compress(TEXT)], ids=["text", "gzip"])
def test_rows_of_text_are_those_of_its_lines(content):
    assert estimate_rows(len(content), content[:HEAD_BYTES]) == pytest.approx(100_000, rel=0.1)


@pytest.mark.parametrize(
    "content", [zstd.compress(TEXT), b"PAR1" + bytes(900_000)], ids=["zstd", "parquet"]
)
def test_rows_that_cannot_be_counted_are_rather_more(content):
    assert estimate_rows(len(content), content[:HEAD_BYTES]) >= 100_000 * len(content) / 1_500_000


def test_many_files_are_as_the_one_that_was_looked_at():
    assert estimate_rows(1_000 * len(LINE), LINE * 10) == 1_000


def test_a_small_gzip_file_is_counted_whole():
    content = gzip.compress(LINE * 50)

    assert estimate_rows(len(content), content) == pytest.approx(50, rel=0.05)


def test_a_file_that_inflates_without_end_is_read_to_a_limit():
    bomb = gzip.compress(b"\n" * (64 << 20))

    assert estimate_rows(len(bomb), bomb[:HEAD_BYTES]) == pytest.approx(64 << 20, rel=0.05)


@given(st.binary(max_size=300), st.integers(0, 10**15))
def test_any_beginning_gives_a_number(head, n_bytes):
    assert estimate_rows(n_bytes, head) >= 0


@given(st.binary(max_size=300))
def test_any_corrupt_gzip_gives_a_number(rest):
    assert estimate_rows(10**6, b"\x1f\x8b\x08" + rest) >= 0
