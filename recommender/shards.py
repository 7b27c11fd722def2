"""How many rows go into each file of a split, and rows cut accordingly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from recommender.errors import CorruptArtifactError
from recommender.tables import RatingsColumns

# Rows of a training file: some 60 MB. Small enough to be made on a function's disk, large enough
# to be copied at full speed.
MAX_TRAINING_ROWS = 1_000_000

# Rows handled at once; a multiple of what the codec encodes at once.
PIECE_ROWS = 131_072


def training_sizes(
    n_rows: int, *, n_instances: int, max_rows: int = MAX_TRAINING_ROWS
) -> list[int]:
    """Decide the rows of each training file.

    SageMaker deals out files, not rows (``ShardedByS3Key``). So every instance gets as many files
    as any other, and files differ by one row at most.

    Parameters
    ----------
    n_rows : int
    n_instances : int
        The number of files is a multiple of it, unless there are fewer rows.
    max_rows : int
        Of a file.

    Returns
    -------
    list of int
        Each at least 1; their sum is `n_rows`.
    """
    n_files = min(n_rows, n_instances * math.ceil(n_rows / (n_instances * max_rows)))
    return [n_rows // n_files + (number < n_rows % n_files) for number in range(n_files)]


def transform_sizes(n_rows: int, *, max_rows: int, max_bytes: int, record_bytes: int) -> list[int]:
    """Decide the rows of each file for the batch transform.

    Parameters
    ----------
    n_rows : int
    max_rows : int
        Of a file.
    max_bytes : int
        Of a file, unless a single record is larger.
    record_bytes : int
        Of the largest record.

    Returns
    -------
    list of int
        Each at least 1; their sum is `n_rows`.
    """
    rows = min(max_rows, max(1, max_bytes // record_bytes))
    return [min(rows, n_rows - start) for start in range(0, n_rows, rows)]


def cut(
    parts: Iterable[RatingsColumns],
    sizes: Sequence[int],
    *,
    where: str,
    piece_rows: int = PIECE_ROWS,
) -> Iterator[tuple[int, RatingsColumns]]:
    """Cut ratings that come in some parts into pieces of files of other sizes.

    Parameters
    ----------
    parts : iterable of RatingsColumns
        One at a time is held.
    sizes : sequence of int
        Rows of each file.
    where : str
        Names the parts in messages.
    piece_rows : int
        Most rows of a piece.

    Yields
    ------
    number : int
        Of the file, from 0.
    rows : RatingsColumns
        The next rows of that file.

    Raises
    ------
    CorruptArtifactError
        At the end, if `parts` have not as many rows as the files.
    """
    number, room, found, expected = -1, 0, 0, sum(sizes)
    for part in parts:
        found += len(part)
        start = 0
        while start < len(part) and found <= expected:
            if not room:
                number += 1
                room = sizes[number]
            n_rows = min(room, piece_rows, len(part) - start)
            yield number, part[start : start + n_rows]
            start += n_rows
            room -= n_rows
    if found != expected:
        raise CorruptArtifactError(
            f"{where}: expected {expected} ratings, as the step that wrote them counted, found "
            f"{found}; run that step again"
        )
