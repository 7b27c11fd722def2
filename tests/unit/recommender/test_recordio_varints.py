import numpy as np
import pytest

from recommender.recordio.varints import (
    leading_varints,
    varint,
    varint_sizes,
    varints_of_size,
)

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


@pytest.mark.parametrize("behind", [b"\x00" * 8, b"\xff" * 8])
def test_numbers_at_the_beginning_of_words_are_read(behind):
    short = [edge for edge in EDGES if edge < 1 << 56]
    words = [int.from_bytes((varint(edge) + behind)[:8], "little") for edge in short]

    numbers, sizes = leading_varints(np.array(words, dtype=np.uint64))

    assert numbers.tolist() == short
    assert sizes.tolist() == [len(varint(edge)) for edge in short]


def test_short_numbers_alone_are_read():
    numbers, sizes = leading_varints(np.array([5, 0xFFFF_7F, 0], dtype=np.uint64))

    assert numbers.tolist() == [5, 127, 0]
    assert sizes.tolist() == [1, 1, 1]


def test_a_number_that_goes_on_behind_its_word_is_marked():
    _, sizes = leading_varints(np.array([0x8080_8080_8080_8080, 3], dtype=np.uint64))

    assert sizes.tolist() == [9, 1]
