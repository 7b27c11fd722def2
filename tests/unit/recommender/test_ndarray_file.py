import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import ModelArtifactError
from recommender.ndarray_file import format_arrays, parse_arrays

# Assembled by hand after NDArray::Save of MXNet 1.x: one float32 array [[1, 2]] called "v".
GOLDEN = bytes.fromhex(
    "1201000000000000"  # list magic
    "0000000000000000"
    "0100000000000000"  # one array
    "c9fa93f9"  # array magic
    "00000000"  # dense
    "02000000"
    "0100000000000000"
    "0200000000000000"  # shape (1, 2)
    "01000000"
    "00000000"  # cpu(0)
    "00000000"  # float32
    "0000803f"
    "00000040"
    "0100000000000000"  # one name
    "0100000000000000"
    "76"
)


def test_golden_bytes():
    assert format_arrays({"v": np.array([[1.0, 2.0]], np.float32)}) == GOLDEN
    assert parse_arrays(GOLDEN)["v"].tolist() == [[1.0, 2.0]]


def test_arrays_survive():
    rng = np.random.default_rng(0)
    arrays = {
        "arg:v": rng.normal(size=(7, 3)).astype(np.float32),
        "arg:w1_weight": rng.normal(size=(7, 1)).astype(np.float32),
        "größe": np.zeros((0, 4), np.float32),
    }

    found = parse_arrays(format_arrays(arrays))

    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def dense(type_flag: int, content: bytes, shape=(2,)) -> bytes:
    dims = struct.pack(f"<I{len(shape)}q", len(shape), *shape)
    return struct.pack("<Ii", 0xF993FAC9, 0) + dims + struct.pack("<iii", 1, 0, type_flag) + content


def row_sparse(rows, values, shape) -> bytes:
    stored = np.array(values, "<f4")
    return (
        struct.pack("<Ii", 0xF993FAC9, 1)
        + struct.pack(f"<I{stored.ndim}q", stored.ndim, *stored.shape)
        + struct.pack(f"<I{len(shape)}q", len(shape), *shape)
        + struct.pack("<iii", 1, 0, 0)
        + struct.pack("<iIq", 6, 1, len(rows))
        + stored.tobytes()
        + np.array(rows, "<i8").tobytes()
    )


def file_of(array: bytes) -> bytes:
    return struct.pack("<QQQ", 0x112, 0, 1) + array + struct.pack("<QQ", 1, 1) + b"v"


def test_other_element_types_are_read():
    assert parse_arrays(file_of(dense(6, struct.pack("<qq", 1, -2))))["v"].tolist() == [1, -2]
    assert parse_arrays(file_of(dense(1, struct.pack("<dd", 1, 0.1))))["v"].tolist() == [1, 0.1]


def test_an_array_that_was_never_filled_is_empty():
    assert parse_arrays(file_of(struct.pack("<IiI", 0xF993FAC9, 0, 0)))["v"].size == 0


def test_row_sparse_arrays_become_dense():
    content = file_of(row_sparse([1, 3], [[1.0, 2.0], [3.0, 4.0]], (4, 2)))

    assert parse_arrays(content)["v"].tolist() == [[0, 0], [1, 2], [0, 0], [3, 4]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "byte 0: expected 16 more bytes, found 0"),
        (bytes(16), "expected MXNet arrays"),
        (GOLDEN[:30], "expected 8 more bytes, found 6"),
        (GOLDEN[:-1], "is more than the rest of the file can hold"),
        (struct.pack("<QQQ", 0x112, 0, 2**60), "is more than the rest"),
        (file_of(b"\x00" * 40), "byte 24: expected a dense or row-sparse array"),
        (file_of(dense(9, b"")), "unknown element type 9"),
        (file_of(dense(0, b"", (2**40, 2**40))), "truncated or corrupt"),
        (file_of(dense(0, b"", (-1,))), "a shape is negative"),
        (file_of(dense(0, b"", (1,) * 40)), "at most 32 dimensions, found 40"),
        (file_of(row_sparse([4], [[1.0]], (4, 1))), "places that do not fit"),
        (file_of(row_sparse([0], [[1.0]], (4, 2))), "places that do not fit"),
        (file_of(row_sparse([0], [[1.0]], (2**40, 1))), "places that do not fit"),
        (GOLDEN[:-17] + struct.pack("<Q", 0), "a name of its own for each of 1 arrays"),
    ],
)
def test_what_is_no_params_file_is_refused(content, message):
    with pytest.raises(ModelArtifactError, match=message):
        parse_arrays(content)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(GOLDEN) - 1), bits=st.integers(1, 255))
def test_a_corrupt_byte_never_crashes_the_reader(at, bits):
    content = bytearray(GOLDEN)
    content[at] ^= bits
    try:
        parse_arrays(bytes(content))
    except ModelArtifactError:
        return
