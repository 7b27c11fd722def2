"""Objects into requests, against the rules of the API reference."""

import gzip
import itertools

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.sagemaker.payloads import (
    PayloadError,
    check_split_type,
    decompress,
    requests_of,
)
from embedded_aws.unsupported import UnsupportedInEmbeddedAws
from recommender import recordio

MIB = 1024 * 1024


def cut(content: bytes, split_type: str, strategy: str = "MultiRecord", max_bytes: int = 100):
    spans = requests_of(content, split_type=split_type, strategy=strategy, max_bytes=max_bytes)
    return [content[start:end] for start, end in spans]


def records(n_values: list[int]) -> list[bytes]:
    """RecordIO-protobuf records of rows with so many values, padding included."""
    found = []
    for n in n_values:
        row = scipy.sparse.csr_matrix(np.arange(1, n + 1, dtype=np.float32)[None, :])
        row.resize((1, 9))
        found.append(recordio.encode(row, np.ones(1, np.float32)))
    return found


def test_without_a_split_type_the_object_is_one_request() -> None:
    assert cut(b"a\nb\n", "None", "SingleRecord") == [b"a\nb\n"]
    with pytest.raises(PayloadError, match="byte 0: 101 bytes are more than MaxPayloadInMB=0"):
        cut(b"x" * 101, "None")


@given(lines=st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=30))
def test_lines_come_back_whole_and_in_order(lines: list[bytes]) -> None:
    content = b"\n".join(lines)

    many = cut(content, "Line", max_bytes=64)

    assert b"".join(many) == content
    assert all(len(request) <= 64 for request in many)
    assert all(request.endswith(b"\n") for request in many[:-1])
    # None could have taken the next one's first line as well.
    for request, following in itertools.pairwise(many):
        assert len(request) + len(following.split(b"\n")[0]) + 1 > 64 or following == many[-1]
    single = content.removesuffix(b"\n").split(b"\n") if content else []
    assert cut(content, "Line", "SingleRecord") == single


def test_records_stay_whole() -> None:
    parts = records([1, 2, 3, 0, 5])
    content = b"".join(parts)
    size = len(parts[0]) + len(parts[1])

    assert cut(content, "RecordIO", max_bytes=MIB) == [content]
    assert cut(content, "RecordIO", max_bytes=size)[0] == parts[0] + parts[1]
    assert b"".join(cut(content, "RecordIO", max_bytes=size)) == content


def test_a_single_record_comes_without_its_padding_and_can_be_read() -> None:
    parts = records([1, 2, 3, 0, 5])
    single = cut(b"".join(parts), "RecordIO", "SingleRecord")

    assert len(single) == len(parts)
    assert any(len(request) < len(part) for request, part in zip(single, parts, strict=True))
    for request, part in zip(single, parts, strict=True):
        assert part.rstrip(b"\0").startswith(request.rstrip(b"\0"))
        features, _ = recordio.decode(request)
        np.testing.assert_array_equal(features.toarray(), recordio.decode(part)[0].toarray())


def test_a_record_of_several_parts_is_one_record() -> None:
    magic = bytes.fromhex("0a23d7ce")
    first = magic + (1 << 29 | 4).to_bytes(4, "little") + b"abcd"
    last = magic + (3 << 29 | 2).to_bytes(4, "little") + b"ef\0\0"

    assert cut(first + last, "RecordIO", "SingleRecord") == [first + last[:-2]]
    with pytest.raises(PayloadError, match="byte 0: a record of several parts has no end"):
        cut(first, "RecordIO")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not", "byte 0: expected a RecordIO header, found the end"),
        (b"not recordio at all", "byte 0: expected a whole RecordIO record"),
        (records([2])[0][:-8], "byte 0: expected a whole RecordIO record"),
        (records([2])[0] + b"x" * 9, "expected a whole RecordIO record"),
    ],
)
def test_what_is_no_recordio_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        cut(content, "RecordIO", max_bytes=MIB)


def test_a_record_above_the_limit_is_refused() -> None:
    with pytest.raises(PayloadError, match=r"byte 3: 200 bytes are more than"):
        cut(b"ab\n" + b"x" * 200 + b"\n", "Line")


def test_gzip_is_undone_up_to_a_limit() -> None:
    packed = gzip.compress(b"abc" * 100)

    assert decompress(packed, max_bytes=300) == b"abc" * 100
    assert decompress(packed + gzip.compress(b"d"), max_bytes=301) == b"abc" * 100 + b"d"
    for content, limit, message in (
        (packed, 299, "more than 299 bytes"),
        (packed[:-9], 300, "truncated"),
        (b"plain text", 300, "expected gzip"),
        (packed + gzip.compress(b"d" * 9), 305, "more than 305 bytes"),
    ):
        with pytest.raises(PayloadError, match=message):
            decompress(content, max_bytes=limit)


def test_what_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedInEmbeddedAws, match="TFRecord"):
        check_split_type("TFRecord")
