"""RecordIO frames: where each record's payload lies.

A frame is ``magic, lrec, payload, padding`` in little-endian 32-bit words. The upper three bits
of ``lrec`` say which part of a record the frame holds (0 whole, 1 first, 2 middle, 3 last), the
others are the payload's length in bytes; zeros pad it to a multiple of four. A writer may split a
record where the payload itself contains the magic at an aligned place; the reader puts the magic
back between the parts (dmlc-core, ``recordio.h``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.errors import RecordIOError
from recommender.recordio.sources import PADDING_BYTES, Bytes, Chunk, Source

CONTENT_TYPE = "application/x-recordio-protobuf"
MAGIC = 0xCED7230A
MAGIC_BYTES = MAGIC.to_bytes(4, "little")
HEADER_BYTES = 8
LENGTH_BITS = 29
MAX_PAYLOAD_BYTES = (1 << LENGTH_BITS) - 1
# Read at once: what is worked on together stays in a core's cache.
CHUNK_BYTES = 1 << 21
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)

_Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Payloads:
    """Where the payloads of some consecutive records lie.

    Attributes
    ----------
    data : uint8 array
        Holds all payloads, and at least `PADDING_BYTES` bytes behind them.
    starts : int64 array, shape (n_records,)
        Each payload's place in `data`, in words of four bytes.
    lengths : uint32 or int64 array, shape (n_records,)
        In bytes.
    frames : int64 array, shape (n_records,)
        Where each record's first frame begins, in words from `origin` on; for messages.
    origin : int
        A place in the file, in bytes.
    first : int
        The first record's number in the file.
    """

    data: Bytes
    starts: _Places
    lengths: npt.NDArray[np.uint32] | npt.NDArray[np.int64]
    frames: _Places
    origin: int
    first: int

    def __len__(self) -> int:
        return len(self.starts)

    def where(self, row: int) -> str:
        """Name a record in a message."""
        return f"record {self.first + row} at byte {self.origin + 4 * self.frames[row]}"


def read_payloads(source: Source, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Payloads]:
    """Take the frames of a file apart, chunk by chunk.

    Parameters
    ----------
    source : Source
    chunk_bytes : int
        Bytes of a chunk; more only if a record is longer.

    Raises
    ------
    RecordIOError
        If a magic is wrong, a frame is cut off, or parts are out of order; says at which byte.
        The padding of the file's last frame may be missing.
    """
    offset, first, size = 0, 0, chunk_bytes
    while (chunk := source.chunk(offset, size)).size:
        frames = _Frames(chunk, first)
        payloads, used = frames.all_at_once() or frames.one_by_one()
        if len(payloads):
            yield payloads
        offset += used
        first += len(payloads)
        size = chunk_bytes if used else 2 * size


@dataclass(frozen=True, slots=True)
class _Frames:
    """A chunk that begins with a frame; the last frame may be cut off."""

    chunk: Chunk
    first: int

    def all_at_once(self) -> tuple[Payloads, int] | None:
        """Take unsplit frames apart at once; None if there is anything else.

        Every aligned magic is taken for a frame's begin. That holds if each begins exactly where
        the one before ends.
        """
        chunk = self.chunk
        words = chunk.data[: chunk.size // 4 * 4].view("<u4")
        begins = np.flatnonzero(words == MAGIC)
        if len(begins) == 0 or begins[0] != 0:
            return None
        # The last frame may be cut off, even within its header; it is left to the next chunk.
        rest = len(words)
        if begins[-1] + 1 == rest:
            begins, rest = begins[:-1], int(begins[-1])
        lengths = words[1:][begins]
        if lengths.max(initial=0) > MAX_PAYLOAD_BYTES:
            return None
        ends = (lengths + (HEADER_BYTES + 3) >> 2) + begins
        if len(ends) and ends[-1] > len(words):
            begins, lengths, ends, rest = begins[:-1], lengths[:-1], ends[:-1], int(begins[-1])
        if (ends[:-1] != begins[1:]).any() or (len(ends) and ends[-1] != rest):
            return None
        if rest == 0 and chunk.is_end:
            return None
        starts = begins + HEADER_BYTES // 4
        return Payloads(chunk.data, starts, lengths, begins, chunk.offset, self.first), rest * 4

    def one_by_one(self) -> tuple[Payloads, int]:
        """Take frames apart one by one, joining split records."""
        joined = bytearray()
        starts: list[int] = []
        lengths: list[int] = []
        frames: list[int] = []
        chunk = self.chunk
        at, used, is_open = 0, 0, False
        while at < chunk.size:
            try:
                frame = self._frame(at, is_open=is_open)
            except RecordIOError:
                if used:
                    break  # First come the records before, whatever may be wrong with them.
                raise
            if frame is None:
                break
            if is_open:
                joined += MAGIC_BYTES
            else:
                joined += bytes(-len(joined) % 4)
                start, begin = len(joined), at
            part, payload, at = frame
            joined += payload
            is_open = part in (_FIRST, _MIDDLE)
            if not is_open:
                starts.append(start // 4)
                lengths.append(len(joined) - start)
                frames.append(begin // 4)
                used = min(at, chunk.size)
        if is_open and chunk.is_end and not used:
            raise RecordIOError(
                f"byte {chunk.offset + chunk.size}: the file ends inside the split record that "
                f"begins at byte {chunk.offset + begin}; it is truncated"
            )
        data = np.frombuffer(bytes(joined) + bytes(PADDING_BYTES), dtype=np.uint8)
        starts_array, lengths_array, frames_array = np.array([starts, lengths, frames], np.int64)
        payloads = Payloads(
            data, starts_array, lengths_array, frames_array, chunk.offset, self.first
        )
        return payloads, used

    def _frame(self, at: int, *, is_open: bool) -> tuple[int, bytes, int] | None:
        """Read one frame: its part, its payload, its end; None if it is not all there yet.

        `is_open` says whether a split record goes on with it.
        """
        chunk, where = self.chunk, f"byte {self.chunk.offset + at}"
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
