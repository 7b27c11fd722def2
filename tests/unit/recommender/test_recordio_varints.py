import numpy as np
import pytest

from recommender.recordio.varints import varint, varint_sizes, varints_of_size

# Where a number takes one byte more, up to the largest signed one.
EDGES = [0, 1, (1 << 63) - 1]
EDGES += [edge for size in range(1, 9) for edge in ((1 << 7 * size) - 1, 1 << 7 * size)]


def test_single_numbers_are_written_as_protobuf_says():
    assert varint(0) == b"\x00"
    assert varint(127) == b"\x7f"
    assert varint(300) == b"\xac\x02"
    assert varint((1 << 63) - 1) == b"\xff" * 8 + b"\x7f"


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.int32])
def test_many_numbers_are_written_like_single_ones(kind):
    numbers = np.array([edge for edge in EDGES if edge <= np.iinfo(kind).max], dtype=kind)
    sizes = varint_sizes(numbers)

    assert sizes.tolist() == [len(varint(int(number))) for number in numbers]
    for size in set(sizes.tolist()):
        chosen = numbers[sizes == size]
        expected = b"".join(varint(int(number)) for number in chosen)
        assert varints_of_size(chosen, size).tobytes() == expected


def test_no_numbers_take_no_bytes():
    assert varint_sizes(np.empty(0, dtype=np.int32)).tolist() == []
