from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from embedded_aws.factorization_machines.container import ClientError
from embedded_aws.factorization_machines.samples import read_channel
from recommender import recordio

ROWS = scipy.sparse.csr_matrix(
    np.array([[1, 0, 0, 2], [0, 0, 0, 0], [0, 3, 0, 0]], dtype=np.float32)
)
LABELS = np.array([1, 0, 1], np.float32)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, scale in (("part-1", 2), ("part-0", 1), ("sub/part", 3), ("empty", 0)):
        content = recordio.encode(ROWS * np.float32(scale), LABELS * np.float32(scale))
        write(tmp_path / name, content if scale else b"")

    samples = read_channel(tmp_path, 4, is_classifier=False)

    expected = scipy.sparse.vstack([ROWS, ROWS * 2, ROWS * 3]).toarray()
    np.testing.assert_array_equal(samples.features.toarray(), expected)
    np.testing.assert_array_equal(samples.labels, [1, 0, 1, 2, 0, 2, 3, 0, 3])


def test_a_feature_that_occurs_twice_in_a_record_is_added_up(tmp_path: Path) -> None:
    twice = scipy.sparse.csr_matrix(
        (np.array([1, 2], np.float32), np.array([3, 3]), np.array([0, 2])), shape=(1, 4)
    )
    write(tmp_path / "part", recordio.encode(twice, np.ones(1, np.float32)))

    samples = read_channel(tmp_path, 4, is_classifier=False)

    assert samples.features.indices.tolist() == [3]
    assert samples.features.data.tolist() == [3.0]


@pytest.mark.parametrize(
    ("content", "feature_dim", "classify", "message"),
    [
        (b"userId,movieId\n1,2\n", 4, False, "channel .*, file part: .*RecordIO"),
        (recordio.encode(ROWS, LABELS), 5, False, r"expected records of shape \[5\].*found \[4\]"),
        (recordio.encode(ROWS), 4, False, "expected a label in each record, found none"),
        (recordio.encode(ROWS, LABELS * 5), 4, True, "expected the labels 0 and 1, .* found 5"),
        (recordio.encode(ROWS * np.float32("nan"), LABELS), 4, False, "expected finite numbers"),
        (recordio.encode(ROWS, LABELS + np.float32("inf")), 4, False, "expected finite numbers"),
        (b"", 4, False, "expected RecordIO-protobuf records, found none in 1 files"),
    ],
    ids=["csv", "feature_dim", "unlabelled", "labels", "nan-value", "nan-label", "empty"],
)
def test_a_file_that_cannot_be_trained_on_is_named(
    tmp_path: Path, content: bytes, feature_dim: int, classify: bool, message: str
) -> None:
    write(tmp_path / "part", content)

    with pytest.raises(ClientError, match=message):
        read_channel(tmp_path, feature_dim, is_classifier=classify)


def test_a_channel_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="found none in 0 files"):
        read_channel(tmp_path / "train", 4, is_classifier=False)
