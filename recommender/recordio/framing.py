"""RecordIO frames: what lies around each record.

A frame is ``magic, lrec, payload, padding`` in little-endian 32-bit words. The upper three bits
of ``lrec`` say which part of a record the frame holds (0 whole, 1 first, 2 middle, 3 last), the
others are the payload's length in bytes; zeros pad it to a multiple of four. A writer may split a
record where the payload itself contains the magic at an aligned place; the reader puts the magic
back between the parts (dmlc-core, ``recordio.h``).
"""

from __future__ import annotations

from recommender.errors import RecordIOError
from recommender.recordio.sources import Chunk

CONTENT_TYPE = "application/x-recordio-protobuf"
MAGIC = 0xCED7230A
MAGIC_BYTES = MAGIC.to_bytes(4, "little")
HEADER_BYTES = 8
LENGTH_BITS = 29
MAX_PAYLOAD_BYTES = (1 << LENGTH_BITS) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)


def read_record(chunk: Chunk, begin: int) -> tuple[bytes, int] | None:
    """Take one record out of its frames, joining a split one.

    Parameters
    ----------
    chunk : Chunk
    begin : int
        Where in the chunk the record's first frame begins.

    Returns
    -------
    payload : bytes
    end : int
        Where in the chunk the next record begins.
    None
        Instead, if the record goes on behind the chunk, or nothing lies at `begin`.

    Raises
    ------
    RecordIOError
        If a magic is wrong, the file ends within the record, or parts are out of order; says at
        which byte. The padding of the file's last frame may be missing.
    """
    at, parts = begin, list[bytes]()
    while at < chunk.size:
        frame = _frame(chunk, at, is_open=bool(parts))
        if frame is None:
            return None
        part, payload, at = frame
        parts.append(payload)
        if part in (_WHOLE, _LAST):
            return MAGIC_BYTES.join(parts), min(at, chunk.size)
    if parts and chunk.is_end:
        raise RecordIOError(
            f"byte {chunk.offset + chunk.size}: the file ends inside the split record that begins "
            f"at byte {chunk.offset + begin}; it is truncated"
        )
    return None


def _frame(chunk: Chunk, at: int, *, is_open: bool) -> tuple[int, bytes, int] | None:
    """Read one frame: its part, its payload, its end; None if it is not all there yet.

    `is_open` says whether a split record goes on with it.
    """
    where = f"byte {chunk.offset + at}"
    header = chunk.data[at : min(at + HEADER_BYTES, chunk.size)].tobytes()
    if len(header) >= 4 and header[:4] != MAGIC_BYTES:
        raise RecordIOError(
            f"{where}: expected RecordIO's magic {MAGIC_BYTES.hex()}, found "
            f"{header[:4].hex()}; the file is not RecordIO, or corrupt before this byte"
        )
    if len(header) < HEADER_BYTES:
        if not chunk.is_end:
            return None
        raise RecordIOError(
            f"{where}: expected a frame header of {HEADER_BYTES} bytes, found {len(header)}; "
            "the file is truncated"
        )
    lrec = int.from_bytes(header[4:], "little")
    part, length = lrec >> LENGTH_BITS, lrec & MAX_PAYLOAD_BYTES
    if part > _LAST:
        raise RecordIOError(
            f"{where}: expected part 0 to 3 of a record, found {part}; the file is corrupt"
        )
    start = at + HEADER_BYTES
    payload = chunk.data[start : min(start + length, chunk.size)].tobytes()
    end = start + (length + 3) // 4 * 4
    if len(payload) < length or (end > chunk.size and not chunk.is_end):
        if not chunk.is_end:
            return None
        raise RecordIOError(
            f"{where}: the frame promises {length} bytes, found {len(payload)}; the file is "
            "truncated"
        )
    if is_open != (part in (_MIDDLE, _LAST)):
        raise RecordIOError(
            f"{where}: found part {part} of a record {'inside' if is_open else 'outside'} a "
            "split record; expected 0 (whole) or 1 (first) outside, 2 (middle) or 3 (last) "
            "inside; the file is corrupt"
        )
    return part, payload, end
