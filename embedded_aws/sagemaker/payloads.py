"""How a batch transform cuts an object into requests.

Source: SageMaker API reference, ``TransformInput`` (``SplitType``, ``CompressionType``) and
``CreateTransformJob`` (``BatchStrategy``, ``MaxPayloadInMB``).
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator

from embedded_aws.unsupported import UnsupportedInEmbeddedAws

Span = tuple[int, int]
MIB = 1024 * 1024

_RECORDIO_MAGIC = 0xCED7230A
_HEADER = struct.Struct("<II")
_LENGTH_BITS = 29
_WHOLE, _LAST = 0, 3  # of a record's parts


class PayloadError(Exception):
    """An object that cannot be sent to the model."""


def check_split_type(split_type: str) -> None:
    """Refuse by name what is not offered.

    Raises
    ------
    UnsupportedInEmbeddedAws
        For TFRecord, which Factorization Machines do not read.
    """
    if split_type not in ("None", "Line", "RecordIO"):
        raise UnsupportedInEmbeddedAws(f"The embedded AWS does not split by {split_type}")


def decompress(content: bytes, *, max_bytes: int) -> bytes:
    """Undo gzip, up to a size: what an object inflates to is not known before.

    Raises
    ------
    PayloadError
        If it is no gzip, or inflates to more.
    """
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(content, max_bytes + 1)
        while inflater.eof and inflater.unused_data and len(plain) <= max_bytes:
            rest = inflater.unused_data
            inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            plain += inflater.decompress(rest, max_bytes + 1 - len(plain))
    except (zlib.error, gzip.BadGzipFile) as error:
        raise PayloadError(f"expected gzip, as CompressionType says: {error}") from error
    if len(plain) > max_bytes:
        raise PayloadError(f"inflates to more than {max_bytes} bytes")
    if not inflater.eof:
        raise PayloadError("expected gzip, as CompressionType says, found a truncated file")
    return plain


def requests_of(content: bytes, *, split_type: str, strategy: str, max_bytes: int) -> list[Span]:
    r"""Cut an object into requests.

    Parameters
    ----------
    content : bytes
    split_type : {"None", "Line", "RecordIO"}
        ``None``: the whole object is one request.
    strategy : {"MultiRecord", "SingleRecord"}
        As many records as fit into a request, or one. A single record is sent without its line
        feed or padding, as the API reference says ("padding is removed"); that RecordIO's header
        stays is a guess, because the algorithm could not read the record without it.
    max_bytes : int
        Largest request.

    Returns
    -------
    list of tuple of int
        Where each request begins, and the first byte after it.

    Raises
    ------
    PayloadError
        If a record is larger, or the object is not made of records.
    """
    if split_type == "None":
        records = iter([(0, len(content), len(content))])
    else:
        records = _lines(content) if split_type == "Line" else _recordio(content)
    spans: list[Span] = []
    for start, end, next_start in records:
        if end - start > max_bytes:
            raise PayloadError(
                f"byte {start}: {end - start} bytes are more than MaxPayloadInMB="
                f"{max_bytes // MIB} allows in a request"
            )
        if strategy == "SingleRecord":
            spans.append((start, end))
        elif spans and next_start - spans[-1][0] <= max_bytes:
            spans[-1] = (spans[-1][0], next_start)
        else:
            spans.append((start, next_start))
    return spans


def _lines(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Give each line's start, its end without the line feed, and the next one's start."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        yield start, end, min(end + 1, len(content))
        start = end + 1


def _recordio(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Give each record's start, its end without the padding, and the next one's start."""
    start = at = 0
    while at < len(content):
        if at + _HEADER.size > len(content):
            raise PayloadError(f"byte {at}: expected a RecordIO header, found the end")
        magic, length = _HEADER.unpack_from(content, at)
        part, length = length >> _LENGTH_BITS, length & ((1 << _LENGTH_BITS) - 1)
        end = at + _HEADER.size + length
        if magic != _RECORDIO_MAGIC or end > len(content):
            raise PayloadError(f"byte {at}: expected a whole RecordIO record")
        at = min(end + -length % 4, len(content))
        if part in (_WHOLE, _LAST):
            yield start, end, at
            start = at
    if start != at:
        raise PayloadError(f"byte {start}: a record of several parts has no end")
