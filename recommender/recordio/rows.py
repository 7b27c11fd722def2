"""Decoded rows: a sparse matrix with labels that grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recommender.recordio.layout import Schema
from recommender.recordio.record import Record

Decoded = tuple[csr_matrix[np.float32], npt.NDArray[np.float32] | None]
# Memory that nobody has written to costs nothing, so arrays grow in few, large steps.
_GROWTH = 4


class Rows:
    """Some rows of a file, and room behind them.

    Attributes
    ----------
    schema : Schema
        What they share.
    n_rows, n_entries : int
        How much there is; all arrays are longer.
    ends : int64 array
        How many entries there are up to the end of each row.
    keys : int32 or int64 array
    values : float32 array
    labels : float32 array
        Without room if the rows have none.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.n_rows = self.n_entries = 0
        self.ends = np.empty(0, dtype=np.int64)
        self.keys: npt.NDArray[Any] = np.empty(0, dtype=schema.key_type)
        self.values = np.empty(0, dtype=np.float32)
        self.labels = np.empty(0, dtype=np.float32)

    def reserve(self, n_rows: int, n_entries: int) -> None:
        """Make room for more rows and entries."""
        self.ends = _with_room(self.ends, self.n_rows, n_rows)
        self.keys = _with_room(self.keys, self.n_entries, n_entries)
        self.values = _with_room(self.values, self.n_entries, n_entries)
        if self.schema.is_labelled:
            self.labels = _with_room(self.labels, self.n_rows, n_rows)

    def append(self, record: Record) -> None:
        """Take over a record that fits the schema."""
        values = np.frombuffer(record.features.values, dtype="<f4")
        self.reserve(1, len(values))
        entries = slice(self.n_entries, self.n_entries + len(values))
        self.keys[entries] = record.features.keys or range(len(values))
        self.values[entries] = values
        if record.label is not None:
            self.labels[self.n_rows] = np.frombuffer(record.label.values, dtype="<f4")[0]
        self.ends[self.n_rows] = self.n_entries = entries.stop
        self.n_rows += 1

    def finish(self) -> Decoded:
        """Give the room back, and return features and labels; the end of this object's use."""
        keys = _without_room(self.keys, self.n_entries)
        is_small = keys.dtype == np.int32 and len(keys) <= np.iinfo(np.int32).max
        indptr: npt.NDArray[Any] = np.zeros(
            self.n_rows + 1, dtype=np.int32 if is_small else np.int64
        )
        indptr[1:] = self.ends[: self.n_rows]
        features: csr_matrix[np.float32] = csr_matrix(
            (_without_room(self.values, self.n_entries), keys, indptr),
            shape=(self.n_rows, self.schema.n_columns),
        )
        return features, (
            _without_room(self.labels, self.n_rows) if self.schema.is_labelled else None
        )


def _with_room(array: npt.NDArray[Any], used: int, more: int) -> npt.NDArray[Any]:
    if used + more <= len(array):
        return array
    grown = np.empty(_GROWTH * used + more, dtype=array.dtype)
    grown[:used] = array[:used]
    return grown


def _without_room(array: npt.NDArray[Any], used: int) -> npt.NDArray[Any]:
    array.resize(used, refcheck=False)
    return array
