"""Texts as the project's arrays of words, or as places in a block, into Arrow columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from recommender.ratings.words import Words


def strings(words: Words) -> pa.Array:
    """Make a column of ids.

    Parameters
    ----------
    words : list of uint64 array, shape (n_texts,)
        UTF-8 without NUL, as `recommender.ratings.words.load_words` gives it.

    Returns
    -------
    pyarrow.StringArray, length n_texts
    """
    n_texts = len(words[0])
    matrix = np.column_stack(words).view(np.uint8).reshape(n_texts, 8 * len(words))
    is_filled = matrix != 0
    offsets = _offsets(is_filled.sum(axis=1))
    return pa.Array.from_buffers(
        pa.string(), n_texts, [None, pa.py_buffer(offsets), pa.py_buffer(matrix[is_filled])]
    )


def sparse_binary(n_rows: int, rows: npt.NDArray[np.int64], texts: Sequence[bytes]) -> pa.Array:
    """Make a column of which few rows have a text.

    Parameters
    ----------
    n_rows : int
    rows : int64 array, shape (n_texts,)
        Ascending.
    texts : sequence of bytes, length n_texts

    Returns
    -------
    pyarrow.BinaryArray, length n_rows
        NULL in all other rows.
    """
    lengths = np.zeros(n_rows, dtype=np.int64)
    lengths[rows] = [len(text) for text in texts]
    is_there = np.zeros(n_rows, dtype=bool)
    is_there[rows] = True
    validity = np.packbits(is_there, bitorder="little")
    return pa.Array.from_buffers(
        pa.binary(),
        n_rows,
        [pa.py_buffer(validity), pa.py_buffer(_offsets(lengths)), pa.py_buffer(b"".join(texts))],
        null_count=n_rows - len(rows),
    )


def _offsets(lengths: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
