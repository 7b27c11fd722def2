"""RecordIO frames: where each record's payload lies.

A frame is ``magic, lrec, payload, padding`` in little-endian 32-bit words. The upper three bits
of ``lrec`` say which part of a record the frame holds (0 whole, 1 first, 2 middle, 3 last), the
others are the payload's length in bytes; zeros pad it to a multiple of four. A writer may split a
record where the payload itself contains the magic at an aligned place; the reader puts the magic
back between the parts (dmlc-core, ``recordio.h``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.errors import RecordIOError

CONTENT_TYPE = "application/x-recordio-protobuf"
MAGIC = 0xCED7230A
MAGIC_BYTES = MAGIC.to_bytes(4, "little")
HEADER_BYTES = 8
LENGTH_BITS = 29
MAX_PAYLOAD_BYTES = (1 << LENGTH_BITS) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)


@dataclass(frozen=True, slots=True)
class Payloads:
    """Where the payloads lie.

    Attributes
    ----------
    data : uint8 array
        Holds all payloads.
    starts, lengths : int64 array, shape (n_records,)
        Each payload's place in `data`, in bytes.
    offsets : int64 array, shape (n_records,)
        Where each record's first frame begins in the file, for messages.
    """

    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]


def find_payloads(buffer: bytes | bytearray | memoryview) -> Payloads:
    """Take the frames apart.

    Parameters
    ----------
    buffer : bytes-like
        A whole file. The last frame's padding may be missing.

    Raises
    ------
    RecordIOError
        If a magic is wrong, a frame is cut off, or parts are out of order; says at which byte.
    """
    data = np.frombuffer(buffer, dtype=np.uint8)
    return _whole_frames(data) or _any_frames(data)


def _whole_frames(data: npt.NDArray[np.uint8]) -> Payloads | None:
    """Take unsplit frames apart at once; None if the file is anything else.

    Every aligned magic is taken for a frame's begin. That holds if each begins exactly where the
    one before ends.
    """
    if len(data) % 4:
        return None
    words = data.view("<u4")
    begins = np.flatnonzero(words == MAGIC)
    if len(begins) == 0 or begins[-1] + 1 >= len(words):
        return None
    lengths = words[begins + 1].astype(np.int64)
    ends = begins + 2 + (lengths + 3) // 4
    expected = np.append(begins[1:], len(words))
    if begins[0] != 0 or (lengths > MAX_PAYLOAD_BYTES).any() or (ends != expected).any():
        return None
    offsets = begins.astype(np.int64) * 4
    return Payloads(data, offsets + HEADER_BYTES, lengths, offsets)


def _any_frames(data: npt.NDArray[np.uint8]) -> Payloads:
    """Take frames apart one by one, joining split records."""
    buffer = memoryview(data.tobytes())
    joined = bytearray()
    starts: list[int] = []
    lengths: list[int] = []
    offsets: list[int] = []
    at, is_open = 0, False
    while at < len(buffer):
        part, payload, end = _frame(buffer, at)
        if is_open != (part in (_MIDDLE, _LAST)):
            state = "inside" if is_open else "outside"
            raise RecordIOError(
                f"byte {at}: found part {part} of a record {state} a split record; expected 0 "
                "(whole) or 1 (first) outside, 2 (middle) or 3 (last) inside; the file is corrupt"
            )
        if is_open:
            joined += MAGIC_BYTES
        else:
            starts.append(len(joined))
            offsets.append(at)
        joined += payload
        is_open = part in (_FIRST, _MIDDLE)
        if not is_open:
            lengths.append(len(joined) - starts[-1])
        at = end
    if is_open:
        raise RecordIOError(
            f"byte {len(buffer)}: the file ends inside the split record that begins at byte "
            f"{offsets[-1]}; it is truncated"
        )
    return Payloads(
        np.frombuffer(bytes(joined), dtype=np.uint8),
        np.array(starts, dtype=np.int64),
        np.array(lengths, dtype=np.int64),
        np.array(offsets, dtype=np.int64),
    )


def _frame(buffer: memoryview, at: int) -> tuple[int, memoryview, int]:
    header = buffer[at : at + HEADER_BYTES]
    found = bytes(header[:4])
    if len(found) == 4 and found != MAGIC_BYTES:
        raise RecordIOError(
            f"byte {at}: expected RecordIO's magic {MAGIC_BYTES.hex()}, found {found.hex()}; the "
            "file is not RecordIO, or corrupt before this byte"
        )
    if len(header) < HEADER_BYTES:
        raise RecordIOError(
            f"byte {at}: expected a frame header of {HEADER_BYTES} bytes, found {len(header)}; the "
            "file is truncated"
        )
    lrec = int.from_bytes(header[4:], "little")
    part, length = lrec >> LENGTH_BITS, lrec & MAX_PAYLOAD_BYTES
    start = at + HEADER_BYTES
    payload = buffer[start : start + length]
    if len(payload) < length:
        raise RecordIOError(
            f"byte {at}: the frame promises {length} bytes, found {len(payload)}; the file is "
            "truncated"
        )
    if part > _LAST:
        raise RecordIOError(
            f"byte {at}: expected part 0 to 3 of a record, found {part}; the file is corrupt"
        )
    return part, payload, start + (length + 3) // 4 * 4
