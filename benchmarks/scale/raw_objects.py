"""Raw ratings as a folder of plain-text objects of 500,000 rows: ``reviews-<rows>[-<skew>]/``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.ratings_file import BLOCK_ROWS, HEADER, Block, Integers, blocks, text_of

Skew = Literal["customer", "video"]
# How many ratings one customer has, each of a video of its own; one video, each of a customer.
SKEWED_RATINGS: dict[Skew, int] = {"customer": 1_000_000, "video": 10_000_000}

_BLOCKS_PER_OBJECT = 10
ROWS_PER_OBJECT = _BLOCKS_PER_OBJECT * BLOCK_ROWS


def raw_objects(n_rows: int, folder: Path, skew: Skew | None = None) -> Path:
    """Give a folder of objects with that many rows, which is made if it is missing.

    Parameters
    ----------
    n_rows : int
    folder : Path
        Where the folder is or will be.
    skew : str or None
        Whose ratings there are `SKEWED_RATINGS` of; needs more rows than these.
    """
    path = folder / "-".join(["reviews", str(n_rows), *([skew] if skew else [])])
    if path.exists():
        return path
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with ProcessPoolExecutor(None, get_context("spawn")) as pool:
        objects = _objects(n_rows, skew)
        for _ in pool.map(_write, repeat(unfinished), objects):
            pass
    unfinished.rename(path)
    print(f"made {path} in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return path


def size_of(folder: Path) -> int:
    """Give the bytes of all objects."""
    return sum(path.stat().st_size for path in folder.iterdir())


def _objects(n_rows: int, skew: Skew | None) -> Iterator[list[Block]]:
    pending: list[Block] = []
    for block in blocks(n_rows):
        pending.append(block if skew is None else _skewed(block, skew))
        if len(pending) == _BLOCKS_PER_OBJECT or block.is_last:
            yield pending
            pending = []


def _skewed(block: Block, skew: Skew) -> Block:
    """Give the one customer, or video, its share of the block's rows, which lie evenly spread."""
    n_skewed = SKEWED_RATINGS[skew]
    if n_skewed >= block.n_rows_of_file:
        raise ValueError(f"{skew}: expected more than {n_skewed:,} rows")
    rows = np.arange(block.first_row, block.first_row + len(block), dtype=np.int64)
    before = rows * n_skewed // block.n_rows_of_file
    is_skewed = (rows + 1) * n_skewed // block.n_rows_of_file > before
    one = np.where(is_skewed, 0, _with(block, skew)).astype(np.int32)
    other = np.where(is_skewed, before, _without(block, skew)).astype(np.int32)
    if skew == "customer":
        return replace(block, customer=one, video=other)
    return replace(block, customer=other, video=one)


def _with(block: Block, skew: Skew) -> Integers:
    return block.customer if skew == "customer" else block.video


def _without(block: Block, skew: Skew) -> Integers:
    return block.video if skew == "customer" else block.customer


def _write(folder: Path, of_object: Sequence[Block]) -> None:
    number = of_object[0].number // _BLOCKS_PER_OBJECT
    with (folder / f"part-{number:05d}.tsv").open("wb") as file:
        file.write(HEADER)
        for block in of_object:
            file.write(text_of(block))
