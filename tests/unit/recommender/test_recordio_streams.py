"""Files read and written piece by piece."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, vstack

from recommender import recordio
from recommender.errors import RecordIOError
from recommender.recordio import encoding
from recommender.recordio.framing import CHUNK_BYTES, read_payloads
from recommender.recordio.sources import FileSource, MemorySource

MAGIC_VALUE = struct.unpack("<f", bytes.fromhex("0a23d7ce"))[0]


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


def outcome(source, chunk_bytes: int) -> tuple[list[tuple[str, bytes]], str]:
    """Take a file apart; return each record's name and bytes, and the error at the end."""
    records = []
    try:
        for payloads in read_payloads(source, chunk_bytes=chunk_bytes):
            for row, (start, length) in enumerate(
                zip(4 * payloads.starts, payloads.lengths, strict=True)
            ):
                content = payloads.data[start : start + length].tobytes()
                records.append((payloads.where(row), content))
    except RecordIOError as error:
        return records, str(error)
    return records, ""


FRAMES = st.one_of(
    st.binary(max_size=40).map(frame),
    st.lists(st.binary(max_size=9), min_size=2, max_size=4).map(
        lambda parts: b"".join(
            frame(part, 1 if i == 0 else 3 if i == len(parts) - 1 else 2)
            for i, part in enumerate(parts)
        )
    ),
    # The magic at an aligned place of a whole record.
    st.binary(max_size=9).map(lambda rest: frame(bytes.fromhex("0a23d7ce") + rest)),
)


@settings(max_examples=150, deadline=None)
@given(
    frames=st.lists(FRAMES, max_size=12),
    cut=st.integers(0, 30),
    chunk_bytes=st.integers(1, 200),
    at_once=st.integers(1, 50),
)
def test_the_size_of_chunks_makes_no_difference(frames, cut, chunk_bytes, at_once):
    content = b"".join(frames)
    content = content[: len(content) - cut]
    whole = outcome(MemorySource(content), 1 << 20)

    assert outcome(MemorySource(content), chunk_bytes) == whole
    assert outcome(FileSource(Trickle(content, at_once)), chunk_bytes) == whole
    if cut == 0:
        assert len(whole[0]) == len(frames)
        assert whole[1] == ""


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
