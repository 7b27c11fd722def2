"""The codec against the SageMaker SDK v2's own, on 10,000 random matrices."""

import io
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender import recordio

N_MATRICES = 10_000
# Up to where a key, or the shape, takes one byte more.
WIDTHS = [1, 2, 127, 128, 129, 2**14, 2**21, 2**28 - 1, 2**28, 2**31, 2**35 + 1, 2**56, 2**63 - 1]


@pytest.fixture(scope="module")
def sdk():
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        from sagemaker.amazon import common
    return common


def random_matrix(rng: np.random.Generator) -> csr_matrix:
    """Return up to eight rows: empty, unsorted, with repeated keys and explicit zeros."""
    n_rows, n_columns = int(rng.integers(1, 9)), int(rng.choice(WIDTHS))
    longest = int(rng.choice([1, 2, 3, 12, 40]))
    counts = rng.integers(0, longest + 1, n_rows) if rng.random() < 0.7 else [longest] * n_rows
    indptr = np.concatenate(([0], np.cumsum(counts)))
    # Small keys among large ones.
    indices = rng.integers(0, n_columns, indptr[-1]) >> rng.integers(0, 63, indptr[-1])
    data = rng.normal(size=indptr[-1]).astype(np.float32)
    data[rng.random(len(data)) < 0.1] = rng.choice([0.0, -0.0, 1.0, np.inf, np.nan])
    return csr_matrix((data, indices, indptr), shape=(n_rows, n_columns))


@pytest.mark.slow
def test_bytes_equal_the_sdk_s_on_many_random_matrices(sdk):
    rng = np.random.default_rng(20261122)
    n_empty_rows = n_unsorted = n_large_keys = 0
    for _ in range(N_MATRICES):
        features = random_matrix(rng)
        labels = rng.normal(size=features.shape[0]).astype(np.float32)
        labels = labels if rng.random() < 0.7 else None
        out = io.BytesIO()
        sdk.write_spmatrix_to_sparse_tensor(out, features, labels)

        assert recordio.encode(features, labels) == out.getvalue()

        n_empty_rows += (np.diff(features.indptr) == 0).any()
        n_unsorted += not features.has_sorted_indices
        n_large_keys += features.indices.max(initial=0) >= 2**28
    assert min(n_empty_rows, n_unsorted, n_large_keys) > N_MATRICES // 10


def test_the_sdk_reads_what_we_write_and_we_what_it_reads(sdk):
    rng = np.random.default_rng(1)
    for _ in range(200):
        features = random_matrix(rng)
        content = recordio.encode(features, np.arange(features.shape[0]))

        records = sdk.read_records(io.BytesIO(content))
        decoded, labels = recordio.decode(content)

        tensors = [record.features["values"].float32_tensor for record in records]
        assert decoded.indices.tolist() == [key for tensor in tensors for key in tensor.keys]
        values = np.array([value for tensor in tensors for value in tensor.values], np.float32)
        np.testing.assert_array_equal(decoded.data, values)
        assert labels.tolist() == [
            record.label["values"].float32_tensor.values[0] for record in records
        ]
        assert {tuple(tensor.shape) for tensor in tensors} == {(decoded.shape[1],)}
