"""The decoder on at least 100,000 broken inputs, against a second decoder written to be simple."""

import signal
import struct
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender import recordio
from recommender.errors import RecordIOError
from recommender.recordio.layout import Schema
from recommender.recordio.scanning import scan
from recommender.recordio.varints import varint

MAGIC = bytes.fromhex("0a23d7ce")

SMALL_FILES = 75_000  # of up to four records
LARGE_FILES = 10_000
RECORDS = 60_000  # handed to the compiled loop one by one


class BadFileError(Exception):
    """The reference decoder's only error."""


def need(condition) -> None:
    if not condition:
        raise BadFileError


def number_at(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        need(at < len(data) and shift < 70)
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            need(number < 1 << 64)
            return number, at


def fields_of(data: bytes) -> list[tuple[int, int, bytes]]:
    """Give number, wire type and raw content of each protobuf field."""
    found, at = [], 0
    while at < len(data):
        tag, at = number_at(data, at)
        wire, end = tag & 7, at
        need(0 < tag >> 3 < 1 << 29 and wire in (0, 1, 2, 5))
        if wire == 0:
            _, end = number_at(data, at)
        elif wire == 2:
            length, at = number_at(data, at)
            end = at + length
        else:
            end += {1: 8, 5: 4}[wire]
        need(end <= len(data))
        found.append((tag >> 3, wire, data[at:end]))
        at = end
    return found


def tensor_of(entry: bytes) -> tuple[bytes, list[int], list[int]] | None:
    parts = fields_of(entry)
    names = [content for number, wire, content in parts if (number, wire) == (1, 2)]
    if names[-1:] != [b"values"]:
        return None
    values = [content for number, wire, content in parts if (number, wire) == (2, 2)]
    tensors = [
        field
        for value in values
        for field in fields_of(value)
        if field[0] in (2, 3, 7, 9) and field[1] == 2
    ]
    need(len(tensors) == 1 and tensors[0][0] == 2)
    content, numbers = b"", {2: [], 3: []}
    for number, wire, raw in fields_of(tensors[0][2]):
        if number == 1:
            need(wire in (2, 5) and len(raw) % 4 == 0)
            content += raw
        elif number in (2, 3):
            need(wire in (0, 2))
            at = 0
            while at < len(raw):
                one, at = number_at(raw, at)
                numbers[number].append(one)
    return content, numbers[2], numbers[3]


def row_of(payload: bytes):
    """Give keys, values, number of columns and label of a record."""
    tensors = {1: None, 2: None}
    for number, wire, content in fields_of(payload):
        if number in tensors and wire == 2:
            tensors[number] = tensor_of(content) or tensors[number]
    need(tensors[1] is not None)
    values, keys, shape = tensors[1]
    n_values = len(values) // 4
    need(len(shape) < 2)
    if keys:
        need(shape and len(keys) == n_values)
    columns = shape[0] if shape else n_values
    need(columns < 1 << 63)
    if not keys:
        need(n_values in (0, columns))
        keys = list(range(n_values))
    need(all(key < columns for key in keys))
    if tensors[2] is None:
        return keys, values, columns, None
    label, label_keys, _ = tensors[2]
    need(len(label) == 4 and not label_keys)
    return keys, values, columns, label


def payloads_of(data: bytes) -> list[bytes]:
    whole, parts, at = [], [], 0
    while at < len(data):
        need(data[at : at + 4] == MAGIC and at + 8 <= len(data))
        (word,) = struct.unpack_from("<I", data, at + 4)
        part, length = word >> 29, word & (1 << 29) - 1
        content = data[at + 8 : at + 8 + length]
        need(len(content) == length and part < 4 and (part in (2, 3)) == bool(parts))
        parts.append(content)
        if part in (0, 3):
            whole.append(MAGIC.join(parts))
            parts = []
        at += 8 + (length + 3) // 4 * 4
    need(not parts)
    return whole


def reference(data: bytes):
    rows = [row_of(payload) for payload in payloads_of(data)]
    for _, _, columns, label in rows:
        need(columns == rows[0][2] and (label is None) == (rows[0][3] is None))
    return rows


def assert_right(data: bytes) -> bool:
    """Compare both decoders; return whether they found the file valid."""
    try:
        expected = reference(data)
    except BadFileError:
        with pytest.raises(RecordIOError):
            recordio.decode(data)
        return False
    features, labels = recordio.decode(data)
    assert features.shape == (len(expected), expected[0][2] if expected else 0)
    assert features.indices.tolist() == [key for row in expected for key in row[0]]
    assert features.data.tobytes() == b"".join(row[1] for row in expected)
    assert np.diff(features.indptr).tolist() == [len(row[0]) for row in expected]
    if expected and expected[0][3] is not None:
        assert labels.tobytes() == b"".join(row[3] for row in expected)
    else:
        assert labels is None
    return True


def random_file(rng: np.random.Generator, n_rows: int) -> bytes:
    n_columns = int(rng.choice([1, 2, 100, 200, 20_000, 1 << 28, (1 << 35) + 5, (1 << 63) - 1]))
    kind = rng.integers(4)
    counts = rng.integers(0, 4, n_rows) if kind == 0 else np.full(n_rows, 2)
    # Small keys among large ones: every size of number.
    keys = rng.integers(0, n_columns, counts.sum()) >> rng.integers(0, 63, counts.sum())
    values = np.ones(len(keys)) if kind == 1 else rng.normal(size=len(keys))
    if kind == 2 and len(values):
        # The magic within values.
        values = values.astype("<f4")
        values.view("<u4")[rng.integers(len(values))] = 0xCED7230A
    features = csr_matrix(
        (values.astype(np.float32), keys, np.concatenate(([0], np.cumsum(counts)))),
        shape=(n_rows, n_columns),
    )
    labels = rng.normal(size=n_rows).astype(np.float32) if rng.random() < 0.7 else None
    return recordio.encode(features, labels)


WORDS = [0, 1, 2**29 - 1, 2**31, 2**32 - 1, 0xCED7230A] + [part << 29 | 51 for part in range(8)]
TAGS = [0x00, 0x08, 0x0A, 0x0D, 0x10, 0x12, 0x1A, 0x22, 0x3A, 0x4A, 0x7F, 0x80, 0xFF]


def mutated(rng: np.random.Generator, valid: bytes, other: bytes) -> bytes:
    """Change a valid file in one to three places."""
    data = bytearray(valid)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        size = len(data)
        at = int(rng.integers(size)) if size else 0
        word_at = at // 4 * 4
        length = int(rng.integers(1, 9))
        match int(rng.integers(12)):
            case 0:
                data[at : at + 1] = bytes([(data[at] ^ 1 << rng.integers(8)) if size else 0])
            case 1:
                data[at : at + 1] = rng.bytes(1)
            case 2:
                data[at : at + 1] = bytes([TAGS[rng.integers(len(TAGS))]])
            case 3:
                del data[at:]
            case 4:
                del data[at : at + length]
            case 5:
                data[at:at] = rng.bytes(length)
            case 6:
                data[word_at : word_at + 4] = struct.pack("<I", WORDS[rng.integers(len(WORDS))])
            case 7:
                data[word_at:word_at] = data[word_at : word_at + 4 * length]
            case 8:
                data[at : at + length] = bytes(len(data[at : at + length]))
            case 9:
                data[word_at:] = other[int(rng.integers(len(other) + 1)) // 4 * 4 :]
            case 10:
                # One more byte in a number: as long as the record's lengths agree, the same.
                data[at : at + 1] = bytes([data[at] | 0x80, 0]) if size else b""
            case _:
                data = bytearray(rng.bytes(int(rng.integers(40))))
    return bytes(data)


@pytest.fixture(autouse=True)
def alarm():
    def ring(*_):
        raise TimeoutError("the decoder hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def fuzz_files(seed: int, n_files: int, rows: tuple[int, int]) -> int:
    rng = np.random.default_rng(seed)
    files = [random_file(rng, int(rng.integers(*rows))) for _ in range(200)]
    n_valid = 0
    for _ in range(n_files):
        valid, other = (files[i] for i in rng.integers(len(files), size=2))
        data = mutated(rng, valid, other)
        try:
            n_valid += assert_right(data)
        except BaseException as error:
            error.add_note(f"input: {data.hex()}")
            raise
    return n_valid


@pytest.mark.slow
def test_a_broken_small_file_is_refused_or_read_right():
    n_valid = fuzz_files(seed=1, n_files=SMALL_FILES, rows=(0, 5))

    assert SMALL_FILES * 0.05 < n_valid < SMALL_FILES * 0.5  # both outcomes are tried


@pytest.mark.slow
def test_a_broken_large_file_is_refused_or_read_right():
    n_valid = fuzz_files(seed=2, n_files=LARGE_FILES, rows=(17, 60))

    assert LARGE_FILES * 0.02 < n_valid < LARGE_FILES * 0.5


def changed_payload(rng: np.random.Generator, payload: bytes) -> bytes:
    """Change a record so that it may still be a record."""
    data = bytearray(payload)
    at = int(rng.integers(len(data)))
    match int(rng.integers(6)):
        case 0:
            data[at] ^= 1 << int(rng.integers(8))
        case 1:
            data[at] = TAGS[rng.integers(len(TAGS))]
        case 2:
            data[at] ^= 0x80
        case 3:
            # Move a byte: lengths and numbers shift against each other.
            data.insert(int(rng.integers(len(data))), data.pop(at))
        case 4:
            data[at] = (data[at] + int(rng.integers(-2, 3))) % 256
        case _:
            length = int(rng.integers(1, 12))
            data[at : at + length] = rng.bytes(len(data[at : at + length]))
    return bytes(data)


def number(rng: np.random.Generator, value: int) -> bytes:
    """Write a number, now and then in more bytes than it needs, or as a larger one."""
    content = varint(value)
    if rng.random() < 0.02:
        more = bytes([content[-1] | 0x80]) + b"\x80" * int(rng.integers(10))
        content = content[:-1] + more + bytes([rng.integers(2)])
    return content


def strange_record(rng: np.random.Generator, schema: Schema) -> bytes:
    """Write a record whose lengths agree, most of the time, with strange content."""
    wrong_by = int(rng.integers(-2, 3)) if rng.random() < 0.03 else 0

    def field(tag: int, content: bytes) -> bytes:
        return bytes([tag]) + number(rng, max(0, len(content) + wrong_by)) + content

    def often(usual: bytes, *others: bytes) -> bytes:
        return usual if rng.random() < 0.9 else others[int(rng.integers(len(others)))]

    def tensor(fields: list[bytes]) -> bytes:
        fields = [each for each in fields if rng.random() < 0.98]
        if rng.random() < 0.03:
            rng.shuffle(fields)
        fields.append(often(b"", b"", field(0x22, b"?"), b"\x28\x05"))
        return field(0x12, b"\x0a\x06values" + field(0x12, field(0x12, b"".join(fields))))[1:]

    n = int(rng.choice([0, 1, 2, 2, 3]))
    largest = min(schema.n_columns, 1 << 40)
    keys = [number(rng, int(key)) for key in rng.integers(0, largest, n)]
    values = often(rng.bytes(4 * n), rng.bytes(4 * n + 1), rng.bytes(4 * n + 4))
    key_bytes = often(b"".join(keys), b"".join(keys[1:]), rng.bytes(2 * n), b"\x80", b"\x80" * n)
    shape = often(number(rng, schema.n_columns), number(rng, largest - 1), b"\x01\x01", b"")
    fields = [field(0x0A, values)] * (n > 0 or rng.random() < 0.1)
    fields += [field(0x12, key_bytes)] * (n > 0 or rng.random() < 0.1) + [field(0x1A, shape)]
    label = b"\x12" + tensor([field(0x0A, often(rng.bytes(4), b"", rng.bytes(8)))])
    is_labelled = schema.is_labelled == (rng.random() < 0.99)
    return b"\x0a" + tensor(fields) + label * is_labelled + often(b"", b"", b"\x1a\x00")


def is_good(payload: bytes) -> bool:
    try:
        row_of(payload)
    except BadFileError:
        return False
    return True


def strange_schema(rng: np.random.Generator) -> Schema:
    return Schema(int(rng.choice([3, 200, 1 << 40])), is_labelled=rng.random() < 0.5)


def broken_records(rng: np.random.Generator, kind: str) -> tuple[Schema, list[bytes], list]:
    """Return 500 broken records of one file, and what the reference says of each."""
    if kind == "strange":
        schema = strange_schema(rng)
        broken = [strange_record(rng, schema) for _ in range(500)]
    else:
        payloads = payloads_of(random_file(rng, 100))
        _, _, n_columns, label = row_of(payloads[0])
        schema = Schema(n_columns, is_labelled=label is not None)
        broken = [changed_payload(rng, payloads[i % 100]) for i in range(500)]
    rows = []
    for payload in broken:
        try:
            row = row_of(payload)
            is_like_others = Schema(row[2], row[3] is not None) == schema
            rows.append(row if is_like_others else None)
        except BadFileError:
            rows.append(None)
    return schema, broken, rows


def scanned(payload: bytes, schema: Schema):
    """Give keys, values and label as the compiled loop reads a record; None if it does not."""
    header = struct.pack("<II", 0xCED7230A, len(payload))
    data = np.frombuffer(header + payload + bytes(-len(payload) % 4), dtype=np.uint8)
    room = len(data)
    progress = np.zeros(3, dtype=np.int64)
    ends = np.full(1, -1, dtype=np.int64)
    keys = np.full(room, -1, dtype=schema.key_type)
    values, labels = np.full((2, room), -1, dtype=np.int32)
    scan(
        data,
        progress,
        schema.n_columns,
        schema.is_labelled,
        1,
        ends,
        keys.view(np.int32),
        values,
        labels,
    )
    if not progress.any():
        return None
    end = ends[0]
    assert progress.tolist() == [len(data), 1, end]
    label = labels[:1].tobytes() if schema.is_labelled else None
    return keys[:end].tolist(), values[:end].tobytes(), schema.n_columns, label


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "least"), [("changed", 0.9), ("strange", 0.5)])
def test_the_compiled_loop_takes_only_what_it_reads_right(kind, least):
    rng = np.random.default_rng(3)
    n_taken = n_valid = 0
    for _ in range(RECORDS // 2 // 500):
        schema, payloads, expected = broken_records(rng, kind)
        for payload, row in zip(payloads, expected, strict=True):
            found = scanned(payload, schema)
            if found is not None:
                assert found == row, payload.hex()
                n_taken += 1
        n_valid += sum(row is not None for row in expected)
    # The others are valid in another layout.
    assert least * n_valid < n_taken < n_valid


def test_protobuf_agrees_with_the_reference():
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        from sagemaker.amazon.record_pb2 import Record
    rng = np.random.default_rng(4)
    n_valid = 0
    for kind in ["changed", "strange"] * 4:
        _, payloads, expected = broken_records(rng, kind)
        for payload, row in zip(payloads, expected, strict=True):
            if row is None:
                continue
            keys, values, n_columns, _ = row
            tensor = Record.FromString(payload).features["values"].float32_tensor
            assert list(tensor.keys) in (keys, [])
            assert list(tensor.shape) in ([n_columns], [])
            np.testing.assert_array_equal(tensor.values, np.frombuffer(values, "<f4"))
            n_valid += 1
    assert n_valid > 1000


def test_strange_records_are_refused_or_read_right_wherever_they_stand():
    rng = np.random.default_rng(5)
    n_valid = 0
    for n_records in [2, 40] * 200:
        schema = strange_schema(rng)
        good = [
            p for p in (strange_record(rng, schema) for _ in range(3 * n_records)) if is_good(p)
        ]
        good = [payload for payload in good if row_of(payload)[2:3] == row_of(good[0])[2:3]]
        records = [*good[:n_records], strange_record(rng, schema)]
        rng.shuffle(records)
        headers = [struct.pack("<II", 0xCED7230A, len(record)) for record in records]
        n_valid += assert_right(
            b"".join(
                header + record + bytes(-len(record) % 4)
                for header, record in zip(headers, records, strict=True)
            )
        )
    assert 20 < n_valid < 300
