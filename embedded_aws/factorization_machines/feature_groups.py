"""Where in each mini-batch each feature occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_SIGNATURE = (
    "Tuple((int64[::1], int32[::1], int64[::1], int32[::1], float32[::1]))"
    "(int64[::1], int32[::1], float32[::1], int64, int64, int64)"
)


@dataclass(frozen=True, slots=True)
class FeatureGroups:
    """The mini-batches' samples by feature: the same in every epoch, as nothing is shuffled.

    Groups are in order of mini-batch, then of the feature's first occurrence; a group's entries
    are in order of the samples.

    Attributes
    ----------
    first_group : int64 array, shape (n_batches + 1,)
        Each mini-batch's first group.
    feature : int32 array, shape (n_groups,)
    first_entry : int64 array, shape (n_groups + 1,)
        Each group's first entry.
    position : int32 array, shape (n_entries,)
        Place of the entry's sample in its mini-batch.
    value : float32 array, shape (n_entries,)
    """

    first_group: NDArray[np.int64]
    feature: NDArray[np.int32]
    first_entry: NDArray[np.int64]
    position: NDArray[np.int32]
    value: NDArray[np.float32]

    @classmethod
    def of(cls, features: Any, *, n_batches: int, batch_size: int) -> FeatureGroups:
        """Group the samples of a CSR matrix, in file order.

        Parameters
        ----------
        features : CSR matrix of float32, shape (n_samples, feature_dim)
        n_batches, batch_size : int
            The last mini-batch is filled with samples from the start.
        """
        arrays = group_entries(
            np.ascontiguousarray(features.indptr, np.int64),
            np.ascontiguousarray(features.indices, np.int32),
            np.ascontiguousarray(features.data, np.float32),
            n_batches,
            batch_size,
            features.shape[1],
        )
        return cls(*arrays)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All arrays, in the order of the attributes."""
        return (
            self.first_group,
            self.feature,
            self.first_entry,
            self.position,
            self.value,
        )


@numba.njit(  # type: ignore[untyped-decorator]
    _SIGNATURE, cache=True, nogil=True, no_cfunc_wrapper=True
)
def group_entries(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    n_batches: int,
    batch_size: int,
    feature_dim: int,
) -> tuple[np.ndarray, ...]:  # pragma: no cover - runs as machine code
    """Sort the entries of each mini-batch by feature, by counting.

    Parameters
    ----------
    indptr, indices, values : int64, int32 and float32 arrays
        A CSR matrix of shape (n_samples, feature_dim).
    n_batches, batch_size, feature_dim : int

    Returns
    -------
    tuple of arrays
        As `FeatureGroups` has them.
    """
    n_samples = len(indptr) - 1
    n_entries = 0
    for place in range(n_batches * batch_size):
        sample = place % n_samples
        n_entries += indptr[sample + 1] - indptr[sample]
    first_group = np.empty(n_batches + 1, np.int64)
    feature = np.empty(n_entries, np.int32)
    first_entry = np.empty(n_entries + 1, np.int64)
    position = np.empty(n_entries, np.int32)
    value = np.empty(n_entries, np.float32)
    group_of = np.full(feature_dim, -1, np.int64)

    n_groups, n_done = 0, 0
    for batch in range(n_batches):
        start = batch * batch_size
        first_group[batch] = n_groups
        for place in range(start, start + batch_size):
            sample = place % n_samples
            for entry in range(indptr[sample], indptr[sample + 1]):
                group = group_of[indices[entry]]
                if group < 0:
                    group = n_groups
                    group_of[indices[entry]] = group
                    feature[group] = indices[entry]
                    first_entry[group] = 0
                    n_groups += 1
                first_entry[group] += 1  # counts, for now
        for group in range(first_group[batch], n_groups):
            n_done += first_entry[group]
            first_entry[group] = n_done  # the end, which moves back to the start
        for place in range(start + batch_size - 1, start - 1, -1):
            sample = place % n_samples
            for entry in range(indptr[sample + 1] - 1, indptr[sample] - 1, -1):
                group = group_of[indices[entry]]
                first_entry[group] -= 1
                position[first_entry[group]] = place - start
                value[first_entry[group]] = values[entry]
        for group in range(first_group[batch], n_groups):
            group_of[feature[group]] = -1
    first_group[n_batches] = n_groups
    first_entry[n_groups] = n_done
    return (
        first_group,
        feature[:n_groups].copy(),
        first_entry[: n_groups + 1].copy(),
        position,
        value,
    )
