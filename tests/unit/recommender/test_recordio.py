import hashlib
import io
import struct
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.sparse import csr_matrix, random_array

from recommender import recordio
from recommender.errors import RecordIOError
from recommender.features import one_hot

# Written by version 2.257.7 of the SageMaker SDK: customer 3 of 10, video 5 of 20, rating 4.
GOLDEN = bytes.fromhex(
    "0a23d7ce33000000"
    "0a1d0a0676616c7565731213121"
    "10a080000803f0000803f1202030f1a011e"
    "12120a0676616c756573120812060a0400008040"
    "00"
)
# 178,729 columns, of which 6 and 140,351 are 1; label 5.
GOLDEN_LARGE = bytes.fromhex(
    "0a23d7ce370000000a210a0676616c756573121712150a080000803f0000803f120406bfc8081a03a9f40a"
    "12120a0676616c756573120812060a040000a04000"
)
GOLDEN_LARGE_UNLABELLED_SHA256 = "c1f52cb9"


@pytest.fixture(scope="module")
def sdk_writer():
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        from sagemaker.amazon.common import write_spmatrix_to_sparse_tensor

    def write(features, labels=None) -> bytes:
        out = io.BytesIO()
        write_spmatrix_to_sparse_tensor(out, features, labels)
        return out.getvalue()

    return write


def pair(user, item, n_users, n_items) -> csr_matrix:
    return one_hot(np.array([user]), np.array([item]), n_users=n_users, n_items=n_items)


def assert_same(found: csr_matrix, expected: csr_matrix) -> None:
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    assert found.indptr.tolist() == expected.indptr.tolist()
    assert found.indices.tolist() == expected.indices.tolist()
    assert found.data.tobytes() == expected.data.astype(np.float32).tobytes()


def test_golden_bytes_of_the_sdk():
    content = recordio.encode(pair(3, 5, 10, 20), [4.0])

    assert content == GOLDEN
    assert hashlib.sha256(content).hexdigest().startswith("4979c360dce69fae03d4a406")


def test_golden_bytes_with_keys_of_several_bytes():
    features = csr_matrix(
        (np.ones(2, np.float32), np.array([6, 140_351]), np.array([0, 2])), shape=(1, 178_729)
    )

    assert recordio.encode(features, [5.0]) == GOLDEN_LARGE
    unlabelled = recordio.encode(features)
    assert len(unlabelled) == 44
    assert hashlib.sha256(unlabelled).hexdigest().startswith(GOLDEN_LARGE_UNLABELLED_SHA256)


@pytest.mark.parametrize("feature_dim", [1, 127, 128, 20_000, 3_000_000])
@pytest.mark.parametrize("labelled", [True, False])
def test_bytes_equal_the_sdk_s_on_random_matrices(sdk_writer, feature_dim, labelled):
    rng = np.random.default_rng(feature_dim)
    density = min(0.4, 300 / feature_dim)
    features = csr_matrix(
        random_array((30, feature_dim), density=density, rng=rng, dtype=np.float32)
    )
    labels = rng.normal(size=30).astype(np.float32) if labelled else None

    assert recordio.encode(features, labels) == sdk_writer(features, labels)


def test_bytes_equal_the_sdk_s_on_empty_rows_zeros_and_unsorted_indices(sdk_writer):
    features = csr_matrix(
        (
            np.array([1.5, 0.0, -2.0, 3.0, 4.0], np.float32),
            np.array([900, 3, 200, 1, 0]),
            np.array([0, 0, 3, 3, 5, 5]),
        ),
        shape=(5, 1000),
    )
    labels = np.array([0.0, -1.0, 2.0, 3.0, 4.0], np.float32)

    content = recordio.encode(features, labels)

    assert content == sdk_writer(features, labels)
    assert_same(recordio.decode(content)[0], features)


def test_a_row_longer_than_one_length_byte_equals_the_sdk_s(sdk_writer):
    rng = np.random.default_rng(0)
    features = csr_matrix(rng.normal(size=(3, 5000)).astype(np.float32))

    assert recordio.encode(features) == sdk_writer(features)


def test_everything_is_cast_to_float32(sdk_writer):
    features = csr_matrix(np.array([[1, 0, 2]], dtype=np.int64))

    content = recordio.encode(features, np.array([3], dtype=np.int64))

    assert content == sdk_writer(features.astype(np.float32), np.array([3], np.float32))


@st.composite
def matrices(draw):
    n_columns = draw(st.sampled_from([1, 5, 130, 70_000, 2**28 + 1, 2**40, 2**63 - 1]))
    lengths = draw(st.lists(st.integers(0, min(4, n_columns)), min_size=1, max_size=12))
    lengths *= draw(st.sampled_from([1, 20]))
    n_entries = sum(lengths)
    keys = st.integers(0, n_columns - 1)
    indices = draw(npst.arrays(np.int64, n_entries, elements=keys, fill=keys))
    data = draw(npst.arrays(np.float32, n_entries, elements=st.floats(width=32)))
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    return csr_matrix((data, indices, indptr), shape=(len(lengths), n_columns))


@settings(max_examples=80, deadline=None)
@given(features=matrices(), labelled=st.booleans(), block_rows=st.integers(1, 20), data=st.data())
def test_decoding_undoes_encoding(features, labelled, block_rows, data):
    labels = None
    if labelled:
        labels = data.draw(npst.arrays(np.float32, features.shape[0]))

    content = recordio.encode(features, labels, block_rows=block_rows)
    decoded, decoded_labels = recordio.decode(content)

    assert_same(decoded, features)
    assert (decoded_labels is None) == (labels is None)
    if labels is not None:
        assert decoded_labels.tobytes() == labels.tobytes()


@pytest.mark.parametrize("copies", [1, 30])
@pytest.mark.parametrize("entries", [0, 1, 2, 3, 200])
def test_what_was_decoded_may_be_changed_in_place(entries, copies):
    features = csr_matrix(np.ones((copies, entries), dtype=np.float32))
    features.resize((copies, 300))

    decoded, labels = recordio.decode(recordio.encode(features, np.ones(copies)))
    decoded.data += 1
    decoded.indices += 1
    labels += 1

    assert decoded.data.tolist() == [2.0] * (copies * entries)
    assert labels.tolist() == [2.0] * copies


@pytest.mark.parametrize("n_rows", [3, 300])
def test_rows_of_all_kinds_keep_their_order(n_rows):
    rng = np.random.default_rng(5)
    counts = rng.choice([0, 1, 2, 2, 2, 3, 40], n_rows)
    features = csr_matrix(
        (
            rng.normal(size=counts.sum()).astype(np.float32),
            rng.integers(0, 2**30, counts.sum()) >> rng.integers(0, 30, counts.sum()),
            np.concatenate(([0], np.cumsum(counts))),
        ),
        shape=(n_rows, 2**30),
    )
    labels = np.arange(n_rows, dtype=np.float32)
    records = [recordio.encode(features[row], labels[row : row + 1]) for row in range(n_rows)]
    # Every seventh in another layout: with an unknown field behind the others.
    for row in range(0, n_rows, 7):
        length = struct.unpack_from("<I", records[row], 4)[0]
        records[row] = frame(records[row][8 : 8 + length] + b"\x1a\x03uid")

    decoded, decoded_labels = recordio.decode(b"".join(records))

    assert_same(decoded, features)
    assert decoded_labels.tolist() == labels.tolist()


def test_files_are_written_and_read_alike(tmp_path):
    rng = np.random.default_rng(1)
    features = one_hot(
        rng.integers(0, 300, 50_000), rng.integers(0, 20_000, 50_000), n_users=300, n_items=20_000
    )
    labels = rng.integers(1, 6, 50_000).astype(np.float32)
    with (tmp_path / "a.pbr").open("wb") as file:
        recordio.write(file, features, labels)

    assert (tmp_path / "a.pbr").read_bytes() == recordio.encode(features, labels)
    with (tmp_path / "a.pbr").open("rb") as file:
        decoded, decoded_labels = recordio.read(file)
    assert_same(decoded, features)
    assert decoded_labels.tolist() == labels.tolist()


def test_equally_long_records_with_keys_of_different_sizes_are_decoded():
    # Equally long records, each with its own number of bytes for each key.
    rng = np.random.default_rng(2)
    sizes = np.array([rng.permutation([5, 5, 5, 200, 200, 20_000, 20_000]) for _ in range(200)])
    features = csr_matrix(
        (np.ones(sizes.size, np.float32), sizes.ravel(), np.arange(0, sizes.size + 1, 7)),
        shape=(200, 30_000),
    )

    assert_same(recordio.decode(recordio.encode(features))[0], features)


def test_an_empty_file_has_no_rows():
    features, labels = recordio.decode(b"")

    assert features.shape == (0, 0)
    assert labels is None
    assert recordio.encode(csr_matrix((0, 5), dtype=np.float32), []) == b""


def frame(payload: bytes, part: int = 0) -> bytes:
    return (
        struct.pack("<II", 0xCED7230A, part << 29 | len(payload))
        + payload
        + bytes(-len(payload) % 4)
    )


def test_a_record_split_over_frames_is_joined_with_the_magic_between():
    magic_value = struct.unpack("<f", struct.pack("<I", 0xCED7230A))[0]
    features = csr_matrix(np.array([[magic_value, 1, 2, magic_value, 5]], dtype=np.float32))
    whole = recordio.encode(features, [1.0])
    payload = whole[8 : 8 + struct.unpack_from("<I", whole, 4)[0]]
    first, middle, last = payload.split(bytes.fromhex("0a23d7ce"))
    content = frame(first, 1) + frame(middle, 2) + frame(last, 3)

    decoded, labels = recordio.decode(GOLDEN[:0] + content + whole + content)

    assert_same(decoded, csr_matrix(np.vstack([features.toarray()] * 3)))
    assert labels.tolist() == [1.0, 1.0, 1.0]


def test_the_last_padding_may_be_missing():
    assert_same(recordio.decode(GOLDEN + GOLDEN[:-1])[0][1], pair(3, 5, 10, 20))


@pytest.mark.parametrize("copies", [1, 100])
def test_dense_tensors_are_understood(copies):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sagemaker.amazon.common import write_numpy_to_dense_tensor
    rows = np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 5.0]] * copies, dtype=np.float32)
    out = io.BytesIO()
    write_numpy_to_dense_tensor(out, rows, np.array([1.0, 2.0] * copies, np.float32))

    features, labels = recordio.decode(out.getvalue())

    assert features.toarray().tolist() == rows.tolist()
    assert labels.tolist() == [1.0, 2.0] * copies


def record(tensor_field: int = 2, values: bytes = b"", keys: bytes = b"", shape: bytes = b""):
    """Write a record by hand: fields of the tensor as given, unpacked ones allowed."""
    tensor = values + keys + shape
    value = bytes([tensor_field << 3 | 2, len(tensor)]) + tensor
    entry = b"\x0a\x06values\x12" + bytes([len(value)]) + value
    return b"\x0a" + bytes([len(entry)]) + entry


ONE = struct.pack("<f", 1.0)


def test_unpacked_and_unknown_fields_are_understood():
    payload = record(
        values=b"\x0d" + ONE + b"\x0d" + ONE,  # two single floats
        keys=b"\x10\x01\x12\x01\x02",  # one single key, one packed
        shape=b"\x18\x05\x22\x02hi\x29" + bytes(8) + b"\x30\x07",  # and fields nobody knows
    )

    features, _ = recordio.decode(frame(payload + b"\x1a\x03uid"))

    assert features.toarray().tolist() == [[0, 1, 1, 0, 0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not RecordIO", "byte 0: expected RecordIO's magic 0a23d7ce, found 6e6f7420"),
        (GOLDEN + b"\x00\x00\x00\x00" * 2, "byte 60: expected RecordIO's magic"),
        (GOLDEN + GOLDEN[:6], "byte 60: expected a frame header of 8 bytes, found 6"),
        (GOLDEN + GOLDEN[:2], "byte 60: expected a frame header of 8 bytes, found 2"),
        (GOLDEN + GOLDEN[:40], "byte 60: the frame promises 51 bytes, found 32"),
        (frame(b"abcd", 2), "byte 0: found part 2 of a record outside a split record"),
        (frame(b"abcd", 1) + frame(b"abcd"), "byte 12: found part 0 of a record inside"),
        (frame(b"abcd", 1), "byte 12: the file ends inside the split record that begins at byte 0"),
        (frame(b"abcd", 5), "byte 0: expected part 0 to 3"),
        (GOLDEN[:4] + b"\xff" * 4 + GOLDEN, "byte 0: expected part 0 to 3 .* found 7"),
        (GOLDEN + frame(b""), r"record 1 at byte 60: expected features\[.values.\], found none"),
        (GOLDEN + frame(record(3)), "record 1 at byte 60, features: .* found float64"),
        (frame(record(7)), "expected a float32 tensor, found int32"),
        (frame(record(9)), "expected a float32 tensor, found bytes"),
        (frame(record(5)), "expected a float32 tensor, found no tensor"),
        (frame(b"\x0a\x7f"), "a field promises 127 bytes at byte 2 .* found 0"),
        (frame(b"\x0a\xff"), "a number does not end"),
        (frame(b"\xff" * 12), "a number does not end"),
        (frame(b"\x0b"), "unknown wire type 3"),
        (frame(record(values=b"\x0a\x03abc")), "values of 4 bytes each, found 3"),
        (frame(record(values=b"\x0a\x04" + ONE, keys=b"\x12\x02\x01\x02")), "2 keys and 1 values"),
        (frame(record(values=b"\x0a\x04" + ONE, keys=b"\x12\x01\x01")), "needs a shape"),
        (
            frame(record(values=b"\x0a\x04" + ONE, keys=b"\x12\x01\x05", shape=b"\x1a\x01\x05")),
            "record 0 at byte 0: expected keys below the shape 5, found 5",
        ),
        (frame(record(shape=b"\x1a\x02\x05\x05")), r"expected a vector, found .* \[5, 5\]"),
        (
            frame(record(values=b"\x0a\x04" + ONE, shape=b"\x1a\x01\x05")),
            "expected 5 values of a dense tensor, found 1",
        ),
        (
            recordio.encode(pair(0, 0, 2, 2)) + recordio.encode(pair(0, 0, 2, 3)),
            "expected 4 columns as in record 0 at byte 0, found 5",
        ),
        (GOLDEN + recordio.encode(pair(3, 5, 10, 20)), "record 1 at byte 60: expected a label"),
        (
            recordio.encode(pair(3, 5, 10, 20)) + GOLDEN,
            "record 1 at byte 40: expected no label as in record 0 at byte 0, found one",
        ),
        (
            frame(GOLDEN[8:59] + b"\x1a\x03uid") * 2 + GOLDEN + frame(b""),  # read one by one
            r"record 3 at byte 188: expected features\[.values.\], found none",
        ),
        (GOLDEN * 50 + frame(record(3)), "record 50 at byte 3000, features: .* found float64"),
        (GOLDEN * 50 + recordio.encode(pair(3, 5, 10, 20)), "record 50 at byte 3000: .* a label"),
        (frame(record(shape=b"\x1a\x0a" + b"\x80" * 9 + b"\x01")), r"a shape below 2\*\*63"),
        (frame(record(shape=b"\x1a\x0a" + b"\x80" * 9 + b"\x02")), "needs more than 64 bits"),
        (frame(record(values=b"\x09" + bytes(8))), "field 1 of the tensor has the wire type 1"),
        (frame(record(keys=b"\x15" + bytes(4))), "field 2 of the tensor has the wire type 5"),
        (frame(GOLDEN[8:59] + b"\x00\x00"), "byte 51 of the payload begins the impossible field"),
        (
            frame(b"\x0a\x0e\x0a\x06values\x12\x04\x12\x00\x12\x00"),
            "expected a float32 tensor, found 2 tensors",
        ),
        (
            frame(record(shape=b"\x1a\x01\x05") + b"\x12" + record()[1:]),
            "expected a label of one value, found 0",
        ),
    ],
)
def test_what_is_not_recordio_protobuf_is_refused_with_its_place(content, message):
    with pytest.raises(RecordIOError, match=message):
        recordio.decode(content)


@pytest.mark.parametrize("n_bytes", range(len(GOLDEN_LARGE)))
def test_nothing_behind_the_end_is_read(n_bytes):
    whole = GOLDEN_LARGE * 2
    cut = memoryview(whole)[: len(GOLDEN_LARGE) + n_bytes]  # what is missing is still in memory

    if n_bytes == 0:
        assert recordio.decode(cut)[0].shape == (1, 178_729)
    elif n_bytes == len(GOLDEN_LARGE) - 1:  # only padding is missing
        assert recordio.decode(cut)[0].shape == (2, 178_729)
    else:
        with pytest.raises(RecordIOError, match="truncated"):
            recordio.decode(cut)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind_are_decoded(kind):
    assert_same(recordio.decode(kind(GOLDEN))[0], pair(3, 5, 10, 20))


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 119), bits=st.integers(1, 255))
def test_a_corrupt_byte_never_crashes_the_decoder(at, bits):
    content = bytearray(GOLDEN * 2)
    content[at] ^= bits
    try:
        features, _ = recordio.decode(bytes(content))
    except RecordIOError:
        return
    assert features.shape[0] == 2


@pytest.mark.parametrize("labels", [[1.0], [1.0, 2.0, 3.0], [[1.0], [2.0]], 5.0])
def test_labels_that_do_not_fit_are_refused_before_anything_is_written(labels):
    features = csr_matrix(np.eye(2, dtype=np.float32))
    out = io.BytesIO()

    with pytest.raises(RecordIOError, match="one label for each of 2 rows"):
        recordio.write(out, features, labels)
    assert out.getvalue() == b""


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None  # as if it were not installed
import io
import numpy as np
from scipy.sparse import csr_matrix
from recommender import recordio
features = csr_matrix(np.eye(2, dtype=np.float32))
content = recordio.encode(features, [1, 2])
recordio.write(io.BytesIO(), features)
try:
    recordio.decode(content)
except ModuleNotFoundError as error:
    print(error)
"""


def test_encoding_needs_no_numba_and_decoding_says_so():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMBA], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("decoding RecordIO-protobuf needs numba")
    assert 'dependency group "local"' in done.stdout
