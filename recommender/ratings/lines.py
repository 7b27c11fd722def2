"""Text as blocks of whole lines, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recommender.errors import RatingsFormatError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_LINE_BYTES = 16 << 20


def line_blocks(
    blocks: Iterable[bytes],
    *,
    where: str,
    is_start: bool = True,
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Iterator[bytes]:
    """Move the cuts between blocks to the ends of lines.

    A byte order mark, and carriage returns before line feeds, are removed. A last line without a
    line feed gets one.

    Parameters
    ----------
    blocks : iterable of bytes
        Text, cut anywhere.
    where : str
        Names the file in messages.
    is_start : bool
        Whether the text is the file's beginning, where a byte order mark may be.
    max_line_bytes : int
        Longest acceptable line, in bytes.

    Yields
    ------
    bytes
        One or more lines, each with its line feed.

    Raises
    ------
    RatingsFormatError
        If a line is too long: the file is no text.
    """
    carry = b""
    for block in _without_byte_order_mark(blocks) if is_start else blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            # The only copy: blocks are large.
            yield _without_carriage_returns(b"".join((carry, memoryview(block)[:cut])))
            carry = b""
        carry += block[cut:]
        if len(carry) > max_line_bytes:
            raise RatingsFormatError(
                f"{where}: expected lines of text, found none that ends within "
                f"{max_line_bytes} bytes; check that this is a ratings file"
            )
    if carry:
        yield _without_carriage_returns(carry + b"\n")


def _without_byte_order_mark(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass the text on without the mark, however small its first blocks are."""
    iterator = iter(blocks)
    head = b""
    while len(head) < len(BYTE_ORDER_MARK) and (block := next(iterator, None)) is not None:
        head += block
    yield head.removeprefix(BYTE_ORDER_MARK)
    yield from iterator


def _without_carriage_returns(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n") if b"\r" in text else text
