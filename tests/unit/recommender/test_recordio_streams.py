"""Files read and written piece by piece."""

import io
import struct
import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, vstack

from recommender import recordio
from recommender.errors import RecordIOError
from recommender.recordio import decoding, encoding
from recommender.recordio.decoding import CHUNK_BYTES

MAGIC = bytes.fromhex("0a23d7ce")
MAGIC_VALUE = struct.unpack("<f", MAGIC)[0]


def frame(payload: bytes, part: int = 0) -> bytes:
    header = struct.pack("<II", 0xCED7230A, part << 29 | len(payload))
    return header + payload + bytes(-len(payload) % 4)


class Trickle(io.BytesIO):
    """Gives few bytes at a time, as a pipe may, and counts them."""

    def __init__(self, content: bytes, at_once: int) -> None:
        super().__init__(content)
        self.at_once = at_once
        self.n_read = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size >= 0, "the whole file at once"
        piece = super().read(min(size, self.at_once))
        self.n_read += len(piece)
        return piece


def ratings(n_rows: int, n_columns: int = 500_000, seed: int = 0) -> tuple[csr_matrix, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = csr_matrix(
        (
            np.ones(2 * n_rows, np.float32),
            rng.integers(0, n_columns, 2 * n_rows),
            np.arange(0, 2 * n_rows + 1, 2),
        ),
        shape=(n_rows, n_columns),
    )
    return features, rng.integers(1, 6, n_rows).astype(np.float32)


def assert_same(found, expected) -> None:
    features, labels = found
    assert features.shape == expected[0].shape
    assert features.indptr.tolist() == expected[0].indptr.tolist()
    assert features.indices.tolist() == expected[0].indices.tolist()
    assert features.data.tobytes() == expected[0].data.tobytes()
    if expected[1] is None:
        assert labels is None
    else:
        assert labels.tobytes() == expected[1].tobytes()


def outcome(content: bytes, chunk_bytes: int, at_once: int) -> tuple[list, str]:
    """Read a file row by row; return each row's columns and bytes, and the error at the end."""
    rows = []
    with mock.patch.object(decoding, "CHUNK_BYTES", chunk_bytes):
        try:
            for features, _ in recordio.read_blocks(Trickle(content, at_once), 1):
                assert features.shape == (1, 300)
                rows.append((features.indices.tolist(), features.data.tobytes()))
        except RecordIOError as error:
            return rows, str(error)
    return rows, ""


def as_frames(values: list[float], kind: str) -> bytes:
    """Write a row in one of several layouts, or something else."""
    keys = np.arange(len(values)) * 7
    features = csr_matrix((np.array(values, np.float32), keys, [0, len(keys)]), shape=(1, 300))
    usual = recordio.encode(features)
    payload = usual[8 : 8 + struct.unpack_from("<I", usual, 4)[0]]
    match kind:
        case "unknown field":
            return frame(payload + b"\x1a\x03uid")
        case "split":
            parts = payload.split(MAGIC)
            numbers = [0] if len(parts) == 1 else [1, *[2] * (len(parts) - 2), 3]
            return b"".join(frame(*each) for each in zip(parts, numbers, strict=True))
        case "broken":
            return frame(payload + b"?")
    return usual


VALUES = st.lists(st.sampled_from([1.0, -2.5, MAGIC_VALUE]), max_size=9)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(VALUES, st.sampled_from(["usual", "usual", "unknown field", "split"])),
        max_size=12,
    ),
    broken_behind=st.booleans(),
    cut=st.integers(0, 30),
    chunk_bytes=st.integers(1, 200),
    at_once=st.integers(1, 50),
)
def test_the_size_of_chunks_makes_no_difference(rows, broken_behind, cut, chunk_bytes, at_once):
    content = b"".join(as_frames(*row) for row in rows)
    content += as_frames([1.0], "broken") * broken_behind
    content = content[: max(0, len(content) - cut)]
    whole = outcome(content, 1 << 20, 1 << 20)

    assert outcome(content, chunk_bytes, at_once) == whole
    if cut == 0:
        expected = [np.array(values, np.float32).tobytes() for values, _ in rows]
        assert [data for _, data in whole[0]] == expected
        assert bool(whole[1]) == broken_behind
    if whole[1]:
        with pytest.raises(RecordIOError) as raised:
            recordio.decode(content)
        assert str(raised.value) == whole[1]
    else:
        features, _ = recordio.decode(content)
        assert features.indices.tolist() == [key for keys, _ in whole[0] for key in keys]
        assert features.data.tobytes() == b"".join(data for _, data in whole[0])


def test_records_longer_than_a_chunk_are_read_among_short_ones():
    rng = np.random.default_rng(0)
    counts = np.array([2, CHUNK_BYTES // 5, 2, 0, CHUNK_BYTES, *[2] * 50_000])
    features = csr_matrix(
        (
            rng.normal(size=counts.sum()).astype(np.float32),
            rng.integers(0, 1000, counts.sum()),
            np.concatenate(([0], np.cumsum(counts))),
        ),
        shape=(len(counts), 1000),
    )
    content = recordio.encode(features)

    assert_same(recordio.decode(content), (features, None))
    assert_same(recordio.read(Trickle(content, 1 << 20)), (features, None))


def test_a_split_record_among_many_chunks_is_joined():
    features, labels = ratings(80_000)
    features.data[100_000] = MAGIC_VALUE
    before, record, behind = (
        recordio.encode(features[rows], labels[rows])
        for rows in (slice(50_000), slice(50_000, 50_001), slice(50_001, None))
    )
    payload = record[8 : 8 + struct.unpack_from("<I", record, 4)[0]]
    first, last = payload.split(bytes.fromhex("0a23d7ce"))

    assert_same(recordio.decode(before + record + behind), (features, labels))
    content = before + frame(first, 1) + frame(last, 3) + behind
    assert_same(recordio.decode(content), (features, labels))


@pytest.mark.parametrize("n_rows", [0, 1, 999, 1000, 1001, 70_000])
def test_blocks_have_the_rows_that_were_asked_for(n_rows):
    features, labels = ratings(n_rows)
    file = io.BytesIO(recordio.encode(features, labels))

    blocks = list(recordio.read_blocks(file, 1000))

    assert [len(block_labels) for _, block_labels in blocks] == [
        min(1000, n_rows - start) for start in range(0, n_rows, 1000)
    ]
    if blocks:
        joined = csr_matrix(vstack([block for block, _ in blocks], format="csr"))
        assert_same((joined, np.concatenate([part for _, part in blocks])), (features, labels))


@pytest.mark.parametrize("n_rows", [7, 30, 31])
@pytest.mark.parametrize("chunk_bytes", [1, 100, 150, 1000])
def test_blocks_have_the_rows_that_were_asked_for_over_many_chunks(
    monkeypatch, chunk_bytes, n_rows
):
    features, labels = ratings(100)
    file = io.BytesIO(recordio.encode(features, labels))
    monkeypatch.setattr(decoding, "CHUNK_BYTES", chunk_bytes)

    blocks = list(recordio.read_blocks(file, n_rows))

    for number, block in enumerate(blocks):
        rows = slice(n_rows * number, n_rows * (number + 1))
        assert_same(block, (features[rows], labels[rows]))
    assert len(blocks) == -(-100 // n_rows)


def test_blocks_may_be_larger_than_the_file_or_have_one_row():
    features, _ = ratings(40)
    content = recordio.encode(features)

    (whole,) = recordio.read_blocks(io.BytesIO(content), 10**9)
    singles = list(recordio.read_blocks(io.BytesIO(content), 1))

    assert_same(whole, (features, None))
    assert len(singles) == 40
    for row, single in enumerate(singles):
        assert_same(single, (features[row], None))


@pytest.mark.parametrize("rows_per_block", [0, -1])
def test_a_block_has_at_least_one_row(rows_per_block):
    with pytest.raises(ValueError, match=f"at least 1, found {rows_per_block}"):
        recordio.read_blocks(io.BytesIO(), rows_per_block)


def test_an_error_comes_when_its_block_is_read():
    features, labels = ratings(100_000)
    content = recordio.encode(features, labels)
    blocks = recordio.read_blocks(io.BytesIO(content[:-30]), 1000)

    assert_same(next(blocks), (features[:1000], labels[:1000]))
    with pytest.raises(RecordIOError, match=r"the frame promises \d+ bytes, found \d+"):
        list(blocks)


def test_records_of_later_chunks_must_be_like_the_first():
    features, labels = ratings(100_000)
    content = recordio.encode(features, labels)
    other = recordio.encode(features[:1])

    with pytest.raises(RecordIOError, match=f"record 100000 at byte {len(content)}: .* a label"):
        recordio.decode(content + other)
    with pytest.raises(RecordIOError, match=f"record 1 at byte {len(other)}: expected no label"):
        recordio.decode(other + content)


def peak(action) -> int:
    """Measure the most memory in use during an action, beyond what was there before."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_blocks_needs_memory_for_one_block_only(tmp_path):
    features, labels = ratings(600_000)
    path = tmp_path / "ratings"
    with path.open("wb") as file:
        recordio.write(file, features, labels)
    assert path.stat().st_size > 12 * CHUNK_BYTES

    def read() -> None:
        with path.open("rb") as file:
            rows = sum(block.shape[0] for block, _ in recordio.read_blocks(file, 10_000))
        assert rows == 600_000

    assert peak(read) < 8 * CHUNK_BYTES


def test_reading_a_block_reads_no_further_than_needed():
    file = Trickle(recordio.encode(*ratings(200_000)), at_once=1 << 30)

    next(recordio.read_blocks(file, 10))

    assert file.n_read <= CHUNK_BYTES


class Sink:
    """Forgets what is written to it."""

    size = 0

    def write(self, content) -> None:
        self.size += len(content)


@pytest.mark.parametrize("entries", [2, 300])
def test_writing_needs_memory_for_one_block_only(entries):
    n_rows = 1_200_000 // entries
    rng = np.random.default_rng(0)
    features = csr_matrix(
        (
            np.ones(entries * n_rows, np.float32),
            rng.integers(0, 3_000_000, entries * n_rows).astype(np.int32),
            np.arange(0, entries * n_rows + 1, entries, dtype=np.int32),
        ),
        shape=(n_rows, 3_000_000),
    )
    sink = Sink()

    used = peak(lambda: recordio.write(sink, features))

    assert sink.size > 8_000_000
    assert used < 12_000_000


@pytest.mark.parametrize("block_entries", [1, 7, 1000])
def test_the_size_of_blocks_makes_no_difference(monkeypatch, block_entries):
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 30, 200)
    features = csr_matrix(
        (
            rng.normal(size=counts.sum()).astype(np.float32),
            rng.integers(0, 1000, counts.sum()),
            np.concatenate(([0], np.cumsum(counts))),
        ),
        shape=(200, 1000),
    )
    content = recordio.encode(features)
    monkeypatch.setattr(encoding, "BLOCK_ENTRIES", block_entries)

    assert recordio.encode(features) == content
    assert_same(recordio.decode(content), (features, None))


@pytest.mark.parametrize(("column", "found"), [(-1, "-1 to 4"), (5, "0 to 5")])
def test_columns_outside_the_shape_are_not_written(column, found):
    features = csr_matrix(np.eye(5, dtype=np.float32))
    features.indices[2] = column

    with pytest.raises(RecordIOError, match=f"expected columns from 0 to 4, found {found}"):
        recordio.encode(features)
