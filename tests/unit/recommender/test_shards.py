from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import CorruptArtifactError
from recommender.shards import cut, training_sizes, transform_sizes
from recommender.tables import RatingsColumns


def ratings(start, stop):
    index = np.arange(start, stop, dtype=np.int32)
    return RatingsColumns(index, index + 1, index.astype(np.float32), None)


def parts_of(lengths):
    stops = np.cumsum(lengths, dtype=int)
    return [ratings(stop - n, stop) for n, stop in zip(lengths, stops, strict=True)]


@pytest.mark.parametrize(
    ("n_rows", "n_instances", "sizes"),
    [
        (1, 1, [1]),
        (100, 1, [100]),
        (101, 1, [51, 50]),
        (100, 2, [50, 50]),
        (201, 2, [51, 50, 50, 50]),
        (5, 3, [2, 2, 1]),
        (2, 3, [1, 1]),
    ],
)
def test_training_rows_are_shared_evenly(n_rows, n_instances, sizes):
    assert training_sizes(n_rows, n_instances=n_instances, max_rows=100) == sizes


@given(st.integers(1, 10**9), st.integers(1, 100), st.integers(1_000_000, 3_000_000))
def test_every_instance_has_as_many_files_and_no_file_is_large_or_empty(n_rows, instances, most):
    sizes = training_sizes(n_rows, n_instances=instances, max_rows=most)

    assert sum(sizes) == n_rows
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1
    assert max(sizes) <= most
    assert len(sizes) % instances == 0 or len(sizes) == n_rows < instances
    # No more files than that takes.
    assert len(sizes) <= instances or n_rows > (len(sizes) - instances) * most


@pytest.mark.parametrize(
    ("max_rows", "max_bytes", "sizes"),
    [
        (10, 10_000, [10, 10, 5]),
        (25, 10_000, [25]),
        (10, 500, [5, 5, 5, 5, 5]),
        (10, 699, [6, 6, 6, 6, 1]),
        (10, 99, [1] * 25),
    ],
)
def test_transform_files_are_bounded_in_rows_and_bytes(max_rows, max_bytes, sizes):
    found = transform_sizes(25, max_rows=max_rows, max_bytes=max_bytes, record_bytes=100)

    assert found == sizes


@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=6).filter(sum),
    bounds=st.sets(st.integers(1, 71), max_size=6),
    piece_rows=st.integers(1, 10),
)
def test_rows_keep_their_order_and_land_in_their_file(lengths, bounds, piece_rows):
    total = sum(lengths)
    edges = [0, *sorted(bound for bound in bounds if bound < total), total]
    sizes = np.diff(edges).tolist()

    pieces = list(cut(parts_of(lengths), sizes, where="x", piece_rows=piece_rows))

    assert all(0 < len(rows) <= piece_rows for _, rows in pieces)
    files = {number: [] for number in range(len(edges) - 1)}
    for number, rows in pieces:
        files[number] += rows.user_index.tolist()
        assert (rows.item_index == rows.user_index + 1).all()
        assert rows.rating.tolist() == rows.user_index.tolist()
    assert list(files.values()) == [list(range(*edge)) for edge in pairwise(edges)]


@pytest.mark.parametrize("lengths", [[5], [5, 6], [12], [0], []])
def test_another_number_of_rows_than_counted_is_noticed(lengths):
    message = f"s3://b/train/: expected 10 ratings, .* found {sum(lengths)}; run that step again"
    with pytest.raises(CorruptArtifactError, match=message):
        list(cut(parts_of(lengths), [4, 6], where="s3://b/train/"))
