"""Compressed files as plain bytes, block by block."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, Protocol

from isal import igzip_lib

from recommender.errors import RatingsFormatError
from recommender.file_signatures import GZIP_MAGIC, ZSTD_MAGIC

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK_BYTES = 1 << 20
_READ_BYTES = 1 << 20
# A gzip header holds up to 64 KiB of extra fields, a name and a comment.
_MAX_HEADER_BYTES = 1 << 17


class _Decompressor(Protocol):
    """What both libraries share: the interface of Python's `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


_CORRUPT: tuple[Any, ...] = (igzip_lib.IsalError, zstd.ZstdError)


def decompress(
    head: bytes, stream: BinaryIO, *, where: str, block_bytes: int = BLOCK_BYTES
) -> Iterator[bytes]:
    """Undo gzip or zstd if the content is compressed, whatever the file is called.

    Memory stays bounded however much a file inflates. Files of several members (gzip) or frames
    (zstd) are read whole, as the command line tools do.

    Parameters
    ----------
    head : bytes
        What `read_head` gave.
    stream : binary file
        The rest; need not be seekable.
    where : str
        Names the file in messages.
    block_bytes : int
        Largest block, in bytes.

    Yields
    ------
    bytes
        Not empty.

    Raises
    ------
    RatingsFormatError
        If compressed content is truncated or corrupt.
    """
    if head.startswith(GZIP_MAGIC):
        yield from _inflate(stream, head, _gzip, "gzip", where, block_bytes)
    elif head.startswith(ZSTD_MAGIC):
        yield from _inflate(stream, head, zstd.ZstdDecompressor, "zstd", where, block_bytes)
    else:
        for start in range(0, len(head), block_bytes):
            yield head[start : start + block_bytes]
        yield from iter(partial(stream.read, block_bytes), b"")


def is_compressed(head: bytes) -> bool:
    """Tell gzip and zstd by their first bytes."""
    return head.startswith((GZIP_MAGIC, ZSTD_MAGIC))


def read_head(stream: BinaryIO) -> bytes:
    """Read enough to see what a file is; less only if there is no more."""
    content = b""
    while len(content) < len(ZSTD_MAGIC) and (more := stream.read(_READ_BYTES)):
        content += more
    return content


def _gzip() -> _Decompressor:
    decompressor: _Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    return decompressor


def _inflate(
    stream: BinaryIO,
    head: bytes,
    new_decompressor: Callable[[], _Decompressor],
    kind: str,
    where: str,
    block_bytes: int,
) -> Iterator[bytes]:
    # isal misreads a gzip header that it gets in pieces.
    while data := _fill(stream, head):
        decompressor = new_decompressor()
        while not decompressor.eof:
            if decompressor.needs_input and not data:
                data = stream.read(_READ_BYTES)
                if not data:
                    raise RatingsFormatError(
                        f"{where}: expected a whole {kind} file, found one that is truncated; "
                        "copy it again"
                    )
            try:
                block = decompressor.decompress(data, block_bytes)
            except _CORRUPT as error:
                raise RatingsFormatError(
                    f"{where}: expected a whole {kind} file, found one that is corrupt ({error}); "
                    "copy it again"
                ) from error
            data = b""
            if block:
                yield block
        # Zeros between are padding, which the command line tools allow as well.
        head = _skip_zeros(stream, decompressor.unused_data or stream.read(_READ_BYTES))


def _fill(stream: BinaryIO, data: bytes) -> bytes:
    """Add to the beginning of a member what makes its header whole, if there is more at all."""
    while data and len(data) < _MAX_HEADER_BYTES and (more := stream.read(_READ_BYTES)):
        data += more
    return data


def _skip_zeros(stream: BinaryIO, data: bytes) -> bytes:
    while data and not (data := data.lstrip(b"\0")):
        data = stream.read(_READ_BYTES)
    return data
