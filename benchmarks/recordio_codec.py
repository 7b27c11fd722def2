"""The RecordIO codec against the SageMaker SDK v2's writer and reader, on the same rows."""

import io
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from scipy import sparse

from recommender import recordio

N_ROWS = 50_000
N_CUSTOMERS, N_VIDEOS = 20_000, 4_000
REPETITIONS = 5


def one_hot_ratings(rng: np.random.Generator) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return one-hot rows of random customers and videos, with ratings."""
    columns = np.column_stack(
        [rng.integers(0, N_CUSTOMERS, N_ROWS), N_CUSTOMERS + rng.integers(0, N_VIDEOS, N_ROWS)]
    ).ravel()
    features = sparse.csr_matrix(
        (np.ones(2 * N_ROWS, np.float32), columns, np.arange(0, 2 * N_ROWS + 1, 2)),
        shape=(N_ROWS, N_CUSTOMERS + N_VIDEOS),
    )
    return features, rng.integers(1, 6, N_ROWS).astype(np.float32)


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main() -> None:
    """Print rows/s of both, in turn, and the ratio pair by pair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sagemaker.amazon import common

    features, ratings = one_hot_ratings(np.random.default_rng(0))
    content = recordio.encode(features, ratings)

    def sdk_write() -> None:
        common.write_spmatrix_to_sparse_tensor(io.BytesIO(), features, ratings)

    pairs = {
        "encode": (lambda: recordio.encode(features, ratings), sdk_write),
        "decode": (
            lambda: recordio.decode(content),
            lambda: list(common.read_records(io.BytesIO(content))),
        ),
    }
    print(f"RecordIO-protobuf, {N_ROWS:,} one-hot rows, median of {REPETITIONS} in turn")
    for name, (ours, theirs) in pairs.items():
        ours()  # warm up
        times = [(seconds(ours), seconds(theirs)) for _ in range(REPETITIONS)]
        ratios = [their / our for our, their in times]
        print(
            f"  {name}: {N_ROWS / statistics.median(t[0] for t in times):,.0f} rows/s, SDK "
            f"{N_ROWS / statistics.median(t[1] for t in times):,.0f} rows/s, ratio "
            f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()
