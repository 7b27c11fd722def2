"""The compiled loop alone: what it must not do with memory."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender import recordio
from recommender.errors import RecordIOError
from recommender.recordio.scanning import scan

ENTRIES = np.array([2, 0, 3, 1])
FEATURES = csr_matrix(
    (np.arange(6, dtype=np.float32), [4, 1, 0, 2, 300, 7], np.append(0, np.cumsum(ENTRIES))),
    shape=(4, 400),
)
CONTENT = np.frombuffer(recordio.encode(FEATURES), dtype=np.uint8)


@pytest.mark.parametrize("n_rows", range(5))
@pytest.mark.parametrize("room", range(7))
def test_it_stops_where_there_is_no_more_room_and_goes_on_with_more(n_rows, room):
    progress = np.zeros(3, dtype=np.int64)
    ends = np.full(4, -1, dtype=np.int64)
    keys, values = np.full((2, 6), -1, dtype=np.int32)
    none = np.empty(0, dtype=np.int32)

    scan(CONTENT, progress, 400, False, n_rows, ends, keys[:room], values[:room], none)

    done = min(n_rows, int((np.cumsum(ENTRIES) <= room).sum()))
    n_entries = int(ENTRIES[:done].sum())
    assert progress[1:].tolist() == [done, n_entries]
    assert ends.tolist() == [*np.cumsum(ENTRIES)[:done], *[-1] * (4 - done)]
    assert keys[room:].tolist() == values[room:].tolist() == [-1] * (6 - room)

    scan(CONTENT, progress, 400, False, 4, ends, keys, values, none)

    assert progress.tolist() == [len(CONTENT), 4, 6]
    assert keys.tolist() == FEATURES.indices.tolist()
    assert values.view(np.float32).tolist() == FEATURES.data.tolist()


@pytest.mark.parametrize("tag", [b"\x0a", b"\x12", b"\x1a"])
@pytest.mark.parametrize("low", [0xFC, 0xFF])
def test_a_length_that_overflows_leads_nowhere(tag, low):
    tensor = tag + bytes([low]) + b"\xff" * 7 + b"\x7f"
    value = b"\x12" + bytes([len(tensor)]) + tensor
    entry = b"\x0a\x06values\x12" + bytes([len(value)]) + value
    payload = b"\x0a" + bytes([len(entry)]) + entry
    header = bytes.fromhex("0a23d7ce") + len(payload).to_bytes(4, "little")
    record = header + payload + bytes(-len(payload) % 4)

    with pytest.raises(RecordIOError, match=f"promises {2**63 - 256 + low} bytes"):
        recordio.decode(bytes(CONTENT) + record + bytes(CONTENT))
