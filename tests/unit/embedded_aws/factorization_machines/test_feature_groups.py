"""Entries by mini-batch and feature, against a dictionary of lists."""

import itertools
from typing import Any

import numpy as np
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.factorization_machines.feature_groups import FeatureGroups

Group = tuple[int, list[tuple[int, float]]]


def grouped_slowly(dense: Any, n_batches: int, batch_size: int) -> list[list[Group]]:
    batches = []
    for batch in range(n_batches):
        groups: dict[int, list[tuple[int, float]]] = {}
        for position in range(batch_size):
            row = dense[(batch * batch_size + position) % len(dense)]
            for feature in np.flatnonzero(row).tolist():
                groups.setdefault(feature, []).append((position, float(row[feature])))
        batches.append(list(groups.items()))
    return batches


def as_lists(groups: FeatureGroups) -> list[list[Group]]:
    entries = list(zip(groups.position.tolist(), groups.value.tolist(), strict=True))
    bounds = groups.first_entry.tolist()
    all_groups = [
        (feature, entries[start:end])
        for feature, start, end in zip(
            groups.feature.tolist(), bounds[:-1], bounds[1:], strict=True
        )
    ]
    firsts = groups.first_group.tolist()
    return [all_groups[start:end] for start, end in itertools.pairwise(firsts)]


@given(
    n_samples=st.integers(1, 30),
    feature_dim=st.integers(1, 12),
    batch_size=st.integers(1, 40),
    density=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_groups_equal_lists_by_feature(n_samples, feature_dim, batch_size, density, seed) -> None:
    rng = np.random.default_rng(seed)
    shape = (n_samples, feature_dim)
    dense = np.where(rng.random(shape) < density, rng.normal(size=shape), 0).astype(np.float32)
    n_batches = -(-n_samples // batch_size)

    groups = FeatureGroups.of(
        scipy.sparse.csr_matrix(dense), n_batches=n_batches, batch_size=batch_size
    )

    assert as_lists(groups) == grouped_slowly(dense, n_batches, batch_size)
