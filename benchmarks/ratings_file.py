"""Ratings files like Amazon's customer reviews of videos: of any size, the same every time.

The model is the file ``amazon_reviews_us_Digital_Video_Download_v1_00.tsv.gz``, which is withdrawn:
4,057,147 rows of about 2 million customers and 160 thousand videos, newest first, both with a long
tail. Its texts were longer: it had 125 MB for a million rows, where these files have 80 MB (205 MB
unzipped). So there is less to decompress here for each row that must be dealt with.

Reviews contain quote characters. Most are in pairs; a few begin a field and are never closed, so
that whoever takes them for quoting reads on until another quote comes along, rows later.
"""

from __future__ import annotations

import argparse
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

DEFAULT_FOLDER = Path.home() / ".cache" / "video-recommender-benchmarks"
# To be raised whenever the files change: older ones are then left alone.
_VERSION = 1
_SEED = 2015
BLOCK_ROWS = 50_000

_COLUMNS = (
    "marketplace customer_id review_id product_id product_parent product_title product_category "
    "star_rating helpful_votes total_votes vine verified_purchase review_headline review_body "
    "review_date"
)
HEADER = ("\t".join(_COLUMNS.split()) + "\n").encode()
_ROW = b"US\t%d\tR%b\t%b\t%d\t%b\tDigital_Video_Download\t%d\t%d\t%d\tN\t%b\t%b\t%b\t%b\n"
_LAST_DAY = np.datetime64("2015-08-31")
_AGE_DAYS = 5_000  # of the oldest review
_STARS = (0.08, 0.05, 0.09, 0.20, 0.58)

# Ratings of a customer: at least k with probability k ** -1.72, which makes two on average.
_CUSTOMER_EXPONENT = 1.72
# Ratings of a video: lognormal, rounded up; 25 on average.
_VIDEO_MEDIAN, _VIDEO_SIGMA = 3.6, 2.0
# No customer has more of all ratings, and no video.
_CUSTOMER_SHARE, _VIDEO_SHARE = 0.0007, 0.008

_N_WORDS, _POOL_WORDS = 20_000, 1 << 20
_TITLE_WORDS, _HEADLINE_WORDS, _BODY_WORDS = 3.0, 4.0, 11.0  # medians
# Whole headlines in quotes, words of headlines in quotes, fields that begin with a lone quote.
_QUOTED_HEADLINES, _QUOTED_WORDS, _LONE_QUOTES = 0.03, 0.02, 0.00083

Integers = npt.NDArray[np.int32]


def ratings_file(n_rows: int, folder: Path = DEFAULT_FOLDER) -> Path:
    """Give a file of that many rows, which is made if it is missing.

    Parameters
    ----------
    n_rows : int
    folder : Path
    """
    path = folder / f"reviews-{n_rows}-v{_VERSION}.tsv.gz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        unfinished = path.with_suffix(".unfinished")
        write_ratings_file(unfinished, n_rows)
        unfinished.rename(path)
        print(f"made {path} in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return path


def write_ratings_file(path: Path, n_rows: int, *, n_processes: int | None = None) -> None:
    """Write one gzip member, compressed in pieces by several processes, like pigz does.

    Parameters
    ----------
    path : Path
    n_rows : int
    n_processes : int or None
        None: as there are processors. The bytes do not depend on it.
    """
    crc, n_bytes = zlib.crc32(HEADER), len(HEADER)
    with (
        path.open("wb") as file,
        ProcessPoolExecutor(n_processes, get_context("spawn")) as pool,
    ):
        file.write(b"\x1f\x8b\x08" + bytes(6) + b"\xff")
        file.write(_deflate(HEADER, is_last=False))
        for piece in pool.map(_compress, blocks(n_rows)):
            file.write(piece.content)
            crc = isal_zlib.crc32_combine(crc, piece.crc, piece.n_bytes)
            n_bytes += piece.n_bytes
        file.write(struct.pack("<II", crc, n_bytes % 2**32))


@dataclass(frozen=True, slots=True)
class Block:
    """Who rates what, in some neighbouring rows."""

    number: int
    first_row: int
    n_rows_of_file: int
    customer: Integers
    video: Integers

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def is_last(self) -> bool:
        """Whether the file ends here."""
        return self.first_row + len(self) == self.n_rows_of_file


@dataclass(frozen=True, slots=True)
class _Piece:
    content: bytes
    crc: int
    n_bytes: int


def blocks(n_rows: int) -> Iterator[Block]:
    """Say who rates what, some neighbouring rows at a time."""
    rng = np.random.default_rng(_SEED)
    ratings = np.floor(rng.random(n_rows) ** (-1 / _CUSTOMER_EXPONENT))
    customers = _owners(ratings, _CUSTOMER_SHARE, rng)
    ratings = np.ceil(rng.lognormal(np.log(_VIDEO_MEDIAN), _VIDEO_SIGMA, n_rows))
    videos = _owners(ratings, _VIDEO_SHARE, rng)
    for number, first in enumerate(range(0, n_rows, BLOCK_ROWS)):
        rows = slice(first, first + BLOCK_ROWS)
        yield Block(number, first, n_rows, customers[rows], videos[rows])


def _owners(
    ratings: npt.NDArray[np.float64], max_share: float, rng: np.random.Generator
) -> Integers:
    """Say for each row whose it is, given more numbers of ratings than needed."""
    n_rows = len(ratings)
    counts = np.minimum(ratings, max(1.0, max_share * n_rows)).astype(np.int64)
    n_owners = int(np.searchsorted(np.cumsum(counts), n_rows)) + 1
    owners = np.repeat(np.arange(n_owners, dtype=np.int32), counts[:n_owners])[:n_rows]
    rng.shuffle(owners)
    return owners


def _compress(block: Block) -> _Piece:
    content = text_of(block)
    return _Piece(_deflate(content, is_last=block.is_last), zlib.crc32(content), len(content))


def _deflate(content: bytes, *, is_last: bool) -> bytes:
    deflate = zlib.compressobj(6, wbits=-zlib.MAX_WBITS)
    end = zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH
    return deflate.compress(content) + deflate.flush(end)


def text_of(block: Block) -> bytes:
    """Write a block's rows as lines."""
    rng = np.random.default_rng((_SEED, block.number))
    n_rows = len(block)
    helpful = rng.geometric(0.6, n_rows) - 1
    headlines, bodies = _reviews(n_rows, rng)
    if block.is_last:
        bodies[-1] += b' "The End"'  # whatever quote is still open
    columns = (
        _customer_ids(block.customer),
        _letters(rng.integers(0, 36, (n_rows, 13))),
        _video_ids(block.video),
        block.video * 7919 % 999_999_937,
        _titles(block.video),
        rng.choice(np.arange(1, 6), n_rows, p=_STARS),
        helpful,
        helpful + rng.geometric(0.6, n_rows) - 1,
        rng.choice([b"Y", b"N"], n_rows, p=[0.85, 0.15]),
        headlines,
        bodies,
        _dates(block),
    )
    values = (column if isinstance(column, list) else column.tolist() for column in columns)
    return b"".join([_ROW % row for row in zip(*values, strict=True)])


def _customer_ids(customer: Integers) -> npt.NDArray[np.int64]:
    """Scatter them over the numbers of five to eight digits; no two get the same."""
    return 10_000 + customer.astype(np.int64) * 31_415_927 % 53_000_000


def _video_ids(video: Integers) -> npt.NDArray[np.bytes_]:
    """Make ASINs: ``B00`` and seven letters or digits; no two get the same."""
    numbers = video.astype(np.int64) * 27_182_818_285 % 36**7
    digits = numbers[:, np.newaxis] // 36 ** np.arange(6, -1, -1) % 36
    return np.char.add(b"B00", _letters(digits))


def _letters(digits: npt.NDArray[np.int64]) -> npt.NDArray[np.bytes_]:
    """Write each row of digits, 0 to 35, as text."""
    alphabet = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
    return np.ascontiguousarray(alphabet[digits]).view(f"S{digits.shape[1]}").ravel()


def _dates(block: Block) -> npt.NDArray[np.bytes_]:
    """Give newer days more reviews, as the shop grew."""
    fraction = np.arange(block.first_row, block.first_row + len(block)) / block.n_rows_of_file
    days = _LAST_DAY - (_AGE_DAYS * fraction**3).astype(np.int64)
    return np.datetime_as_string(days).astype("S10")


def _titles(video: Integers) -> list[bytes]:
    pool = _pool(is_title=True)
    first = video.astype(np.int64) * 104_729 % _POOL_WORDS
    return pool.texts(first, 1 + video.astype(np.int64) % int(2 * _TITLE_WORDS))


def _reviews(n_rows: int, rng: np.random.Generator) -> tuple[list[bytes], list[bytes]]:
    """Give headlines and bodies."""
    pool = _pool(is_title=False)
    headlines, bodies = (
        pool.texts(
            rng.integers(0, _POOL_WORDS, n_rows),
            np.ceil(rng.lognormal(np.log(median), sigma, n_rows)).astype(np.int64),
        )
        for median, sigma in ((_HEADLINE_WORDS, 0.5), (_BODY_WORDS, 1.0))
    )
    bounds = np.cumsum((_QUOTED_HEADLINES, _QUOTED_WORDS, _LONE_QUOTES))
    kinds = np.searchsorted(bounds, rng.random(n_rows), side="right")
    for row in np.flatnonzero(kinds < len(bounds)).tolist():
        if kinds[row] == 0:
            headlines[row] = b'"%b"' % headlines[row]
        elif kinds[row] == 1:
            headlines[row] = b'The "%b" of it' % headlines[row]
        elif row % 3:
            headlines[row] = b'"' + headlines[row]
        else:
            bodies[row] = b'"' + bodies[row]
    return headlines, bodies


class _Pool:
    """Words in a row, some of them very frequent, from which texts are cut."""

    def __init__(self, words: list[bytes]) -> None:
        self._content = b" ".join(words)
        self._starts = np.cumsum([0] + [len(word) + 1 for word in words])

    def texts(self, first: npt.NDArray[np.int64], n_words: npt.NDArray[np.int64]) -> list[bytes]:
        """Cut a text of some words at each place."""
        last = np.minimum(first + n_words, _POOL_WORDS)
        starts, ends = self._starts[first].tolist(), (self._starts[last] - 1).tolist()
        content = self._content
        return [content[start:end] for start, end in zip(starts, ends, strict=True)]


@cache
def _pool(*, is_title: bool) -> _Pool:
    rng = np.random.default_rng(_SEED)
    alphabet = np.frombuffer(b"etaoinshrdlucmfwypvbgkjqxz", dtype="S1")
    frequency = 1 / np.arange(1, 27) ** 0.7
    # Frequent words are shorter.
    lengths = np.clip(rng.poisson(np.geomspace(3, 7, _N_WORDS)), 2, 12).tolist()
    letters = rng.choice(alphabet, sum(lengths), p=frequency / frequency.sum()).tobytes()
    ends = np.cumsum(lengths).tolist()
    words = [letters[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    if is_title:
        words = [word.capitalize() for word in words]
    cumulated = np.cumsum(1 / np.arange(1, _N_WORDS + 1) ** 1.2)
    chosen = np.searchsorted(cumulated / cumulated[-1], rng.random(_POOL_WORDS), side="right")
    return _Pool([words[number] for number in chosen.tolist()])


def main() -> None:
    """Make files; print where they are."""
    parser = argparse.ArgumentParser(description="Make ratings files.")
    parser.add_argument("sizes", nargs="+", type=float, help="in millions of rows")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER)
    options = parser.parse_args()
    for size in options.sizes:
        path = ratings_file(round(size * 1_000_000), options.folder)
        print(f"{path} {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
