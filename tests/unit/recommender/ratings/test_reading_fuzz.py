"""The reader on 100,000 broken inputs, against a second reader written to be simple."""

import gzip
import io
import random
import re
import signal
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from recommender.errors import RatingsFormatError, RecommenderError
from recommender.rating_formats import RatingsFormat, dialect_for, header_names
from recommender.ratings import RatingsSource, files, read_ratings, reading
from recommender.ratings.blocks import RatingsLayout, parse_block
from recommender.ratings.compression import decompress, read_head
from recommender.ratings.fields import FieldLayout
from recommender.ratings.lines import line_blocks
from tests import planted
from tests.unit.recommender.ratings import reference
from tests.unit.recommender.ratings.reference import RefusedError, Result
from tests.unit.recommender.ratings.streams import SmallReads

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FIELDS = 36_000  # blocks of lines with random fields
BODIES = 28_000  # broken bodies of known formats, read as if their headers were whole
STREAMS = 40_000  # broken compressed streams, down to lines
FILES = 7_000  # whole files, through all of the reader but its threads
THREADS = 600  # the same, with threads
PARQUET = 240

FRAME = planted.plant(n_customers=20, n_videos=10, n_ratings=6, step=1.0).frame
VALID = {name: planted.write(FRAME, name) for name in planted.WRITERS}
SIDE_FILES = (
    planted.item_table(FRAME),
    planted.movies_csv(FRAME),
    planted.movies_dat(FRAME),
    "1|Amélie (2001)|01-Jan-2001||http://x|0|1\n".encode("latin-1"),
)
CUSTOMERS = b"user_id:token\tage:token\n1\t24\n"
SEPARATORS = (b"\t", b",", b"::", b":", b";", b"|", b"\r", b"\n", b"\r\n", b"\n\n")
MARKS = (
    b'"',
    b'""',
    b"\0",
    b"\x1f",
    b"\xef\xbb\xbf",
    b" ",
    b"\x80",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
)
TEXTS = ("é", "٣", "羅", "x" * 254, "x" * 255, "x" * 256, "NA", "nan", "inf", "_", "B00A", "a")
NUMBERS = ("0", "1", "4.5", "5", "-", "+", ".", "e", "E", "1e400", "9" * 30, "0" * 250)
TIMES = (
    *("1400025600", "1400025600000", "99999999999", "100000000000", "12345678", "-1.5"),
    *("2015-08-31", "2015-02-29", "0001-01-01", "9999-12-31", "2015-08-31T10:11:12+05:30"),
    *("9999-12-31T23:59:59.999999", "0.99999999999999999999"),
)
NASTY = (*SEPARATORS, *MARKS, *(text.encode() for text in (*TEXTS, *NUMBERS, *TIMES)))


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    def ring(*_):
        raise TimeoutError("the reader hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def without_threads(monkeypatch) -> None:
    """Work in one thread: for files as small as these, threads take most of the time."""
    monkeypatch.setattr(files, "in_background", lambda items: (item for item in items))
    monkeypatch.setattr(reading, "map_in_background", lambda parse, blocks, **_: map(parse, blocks))


def chance_of(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same cases every time


def shards(n_cases: int, n_shards: int) -> pytest.MarkDecorator:
    """Run cases in several tests, each of its own seed."""
    return pytest.mark.parametrize(
        ("seed", "n_cases"), [(seed, n_cases // n_shards) for seed in range(n_shards)]
    )


def mutated(chance: random.Random, valid: bytes, other: bytes) -> bytes:
    """Change content in one to six places."""
    data = bytearray(valid)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        at, length = chance.randrange(len(data) + 1), chance.randrange(1, 30)
        match chance.randrange(9):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + 1] = chance.randbytes(1)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = chance.choice(NASTY)
            case 4:
                del data[at:]
            case 5:
                data[at:at] = data[chance.randrange(len(data) + 1) :][: 4 * length]
            case 6:
                data[at:at] = chance.randbytes(length)
            case 7:
                data[at:] = other[chance.randrange(len(other) + 1) :]
            case _:
                data[at : at + 1] = chance.choice(NASTY)
    return bytes(data)


def random_layout(chance: random.Random) -> RatingsLayout:
    delimiter = chance.choice(("\t", ",", "::", ";", "|"))
    n_fields = chance.choice((3, 4, 4, 5, 6))
    names = ["customer_id", "video_id", "rating"]
    names += ["timestamp"] * (n_fields > 3 and chance.random() < 0.9)
    names += ["title"] * (n_fields > 4 and chance.random() < 0.8)
    positions = tuple(chance.sample(range(n_fields), len(names)))
    quoting = delimiter in ",;|" and chance.random() < 0.8
    return RatingsLayout(
        FieldLayout(n_fields, positions, delimiter, quoting), tuple(names), (0.5, 5.0)
    )


GOOD_FIELDS = {
    "customer_id": (b"C1", b"C22222222222"),
    "video_id": (b"B00X", b"V"),
    "rating": (b"5", b"4.5", b"4", b"0.5", b"5", b"4.9999999999", b"5.01", b"0.4"),
    "timestamp": tuple(text.encode() for text in TIMES),
    "title": (b"T", b""),
}


def random_line(chance: random.Random, layout: RatingsLayout) -> bytes:
    fields = [
        b"".join(chance.choices(NASTY, k=chance.choice((0, 1, 1, 2, 3))))
        for _ in range(layout.fields.n_fields)
    ]
    for name, at in zip(layout.names, layout.fields.positions, strict=True):
        if chance.random() < 0.85:
            fields[at] = chance.choice(GOOD_FIELDS[name])
        if layout.fields.quoting and chance.random() < 0.2:
            fields[at] = b'"' + fields[at].replace(b'"', b'""') + b'"'
    fields += [b"x"] * (chance.random() < 0.03)
    return layout.fields.delimiter.encode().join(fields)


def check_block(text: bytes, layout: RatingsLayout, outcomes: Counter[str]) -> None:
    """Compare what both readers make of lines; count what became of them."""
    expected = reference.parse(text[:-1].split(b"\n"), layout)
    try:
        found = reference.rows_of_block(parse_block(text, layout))
        assert found == expected
    except BaseException as error:
        error.add_note(f"input: {text!r} as {layout}")
        raise
    rows, rejected = expected
    outcomes["kept"] += len(rows)
    outcomes.update({reason: len(lines) for reason, lines in rejected.items()})


@pytest.mark.slow
@shards(FIELDS, 6)
def test_lines_of_random_fields_are_kept_or_rejected_right(seed, n_cases):
    chance = chance_of(f"fields {seed}")
    outcomes: Counter[str] = Counter()
    for _ in range(n_cases):
        layout = random_layout(chance)
        lines = [random_line(chance, layout) for _ in range(chance.choice((1, 2, 3, 5, 8)))]
        check_block(b"\n".join(lines) + b"\n", layout, outcomes)

    assert min(outcomes.values()) > 0.01 * outcomes.total()
    assert len(outcomes) == 4


def layout_of(name: RatingsFormat) -> tuple[RatingsLayout, bytes]:
    """Give the layout of a planted file and the file without its header."""
    first, _, rest = VALID[name].partition(b"\n")
    dialect = dialect_for(first.decode(), where="x", ratings_format=name, columns=None)
    layout = reference.layout_for(header_names(first.decode(), dialect), dialect)
    return layout, VALID[name] if dialect.headless else rest


@pytest.mark.slow
@shards(BODIES, 4)
def test_broken_bodies_of_every_format_are_read_right(seed, n_cases):
    chance = chance_of(f"bodies {seed}")
    bodies = [layout_of(name) for name in VALID]
    outcomes: Counter[str] = Counter()
    for _ in range(n_cases):
        (layout, valid), (_, other) = chance.choices(bodies, k=2)
        text = mutated(chance, valid, other) if chance.random() < 0.97 else chance.randbytes(60)
        check_block(text.removesuffix(b"\n") + b"\n", layout, outcomes)

    assert outcomes["kept"] > 0.5 * outcomes.total()
    assert outcomes["malformed"] > 0.05 * outcomes.total()
    assert outcomes["missing_value"] > 0
    assert outcomes["rating_out_of_range"] > 0


def gzip_member(chance: random.Random, content: bytes) -> bytes:
    """Compress in one of the many ways; with what a header may hold, but no checksum of it."""
    flags = chance.choice((0, 0, 0, 1, 4, 8, 9, 16, 24, 28))
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\x03"
    header += (b"\x03\0abc" if flags & 4 else b"") + (b"name\0" if flags & 8 else b"")
    header += b"comment\0" if flags & 16 else b""
    strategy = chance.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED))
    deflater = zlib.compressobj(chance.choice((0, 1, 6)), zlib.DEFLATED, -15, strategy=strategy)
    body = deflater.compress(content) + deflater.flush()
    trailer = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    return header + body + trailer


def zstd_frame(chance: random.Random, content: bytes) -> bytes:
    checksum = {zstd.CompressionParameter.checksum_flag: int(chance.random() < 0.7)}
    return zstd.compress(content, options=checksum)


def random_text(chance: random.Random) -> bytes:
    parts = (
        b"1\t2\t3\t4\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"x" * 40,
        chance.randbytes(5),
        b"\xef\xbb\xbf",
    )
    return b"".join(chance.choices(parts, k=chance.randrange(12)))


def broken_stream(chance: random.Random, content: bytes) -> bytes:
    """Change compressed content in a place or two, often near its beginning."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(min(len(data), 16) + 1 if chance.random() < 0.3 else len(data) + 1)
        length = chance.randrange(1, 9)
        match chance.randrange(8):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + 1] = chance.randbytes(1)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = chance.randbytes(length)
            case 4:
                del data[at:]
            case 5:
                data += bytes(length)
            case 6:
                data += chance.randbytes(length)
            case _:
                data[at:at] = data[at : at + length]
    return bytes(data)


def is_doubtful(content: bytes) -> bool:
    """Tell corrupt content that some libraries take, for what comes out is whole all the same.

    zlib alone refuses codes that are not complete, and libzstd, if it gets a frame in one go, one
    that is shorter than it says and ends in an empty block.
    """
    try:
        reference.decompressed(content)
        if content.startswith(b"\x28\xb5\x2f\xfd"):
            zstd.decompress(content.rstrip(b"\0"))
    except RefusedError as error:
        return (
            re.search("invalid (distances|literal/lengths) set", str(error.__cause__)) is not None
        )
    except zstd.ZstdError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzip_member, zstd_frame])
@shards(STREAMS // 2, 2)
def test_broken_streams_are_refused_or_decompressed_whole(pack, seed, n_cases):
    chance = chance_of(f"streams {seed}")
    n_read = n_doubtful = 0
    for _ in range(n_cases):
        members = [pack(chance, random_text(chance)) for _ in range(chance.choice((1, 1, 2, 3)))]
        content = b"".join(member + bytes(chance.choice((0, 0, 3))) for member in members)
        if chance.random() < 0.7:
            content = broken_stream(chance, content)
        try:
            expected = b"".join(
                line + b"\n" for line in reference.lines_of(reference.decompressed(content))
            )
        except RefusedError:
            expected = None
        stream = SmallReads(content, chance.choice((1, 2, 3, 7, 1 << 20)))
        block_bytes = chance.choice((1, 3, 10, 1 << 20))
        try:
            plain = decompress(read_head(stream), stream, where="x", block_bytes=block_bytes)
            found = b"".join(line_blocks(plain, where="x"))
        except RatingsFormatError:
            found = None
        if found != expected and is_doubtful(content):
            n_doubtful += 1
            continue
        assert found == expected, f"input: {content!r}"
        n_read += found is not None

    assert 0.3 * n_cases < n_read < 0.7 * n_cases  # both outcomes are tried
    assert n_doubtful < 0.003 * n_cases


def random_files(chance: random.Random) -> list[tuple[str, bytes]]:
    """Give one or two files, some of them broken, some of these before compression."""
    valid = list(VALID.values())
    found = []
    for number in range(chance.choice((1, 1, 1, 2))):
        content, other = chance.choice((*valid, *valid, *SIDE_FILES)), chance.choice(valid)
        if chance.random() < 0.05:
            content = CUSTOMERS
        is_of_use = content is not CUSTOMERS  # the others are not read to their end
        if chance.random() < 0.1:
            content = chance.randbytes(chance.randrange(60))
        if chance.random() < 0.7:
            content = mutated(chance, content, other)
        packed = chance.random() < 0.5
        if packed:
            pack = chance.choice((gzip.compress, zstd.compress))
            content = pack(content)
        if packed and is_of_use and chance.random() < 0.2:
            content = broken_stream(chance, content)
        found.append((f"file-{number}", content))
    return found


def sources_of(contents: list[tuple[str, bytes]], read_bytes: int) -> list[RatingsSource]:
    return [
        RatingsSource(name, lambda content=content: SmallReads(content, read_bytes))
        for name, content in contents
    ]


def check_files(chance: random.Random, outcomes: Counter[str], **options) -> None:
    """Compare what both readers make of whole files."""
    contents = random_files(chance)
    try:
        expected: Result | type[Exception] = reference.read(contents)
    except RefusedError:
        expected = RecommenderError
    except RecommenderError as error:
        expected = type(error)
    try:
        found: Result | type[Exception] = reference.result_of(
            read_ratings(
                sources_of(contents, chance.choice((1, 7, 100, 1 << 20))),
                max_rejected_ratio=1.0,
                block_bytes=chance.choice((3, 50, 1 << 20)),
                chunk_rows=chance.choice((1, 3, 1 << 18)),
                **options,
            )
        )
    except RecommenderError as error:
        found = type(error)
        outcomes["unprintable"] += not str(error).isprintable()
    except BaseException as error:
        error.add_note(f"input: {contents!r}")
        raise
    if isinstance(found, type):
        is_right = isinstance(expected, type) and issubclass(found, expected)
        outcomes["refused"] += 1
    else:
        is_right = found == expected
        outcomes["read"] += 1
        outcomes["several rows"] += len(found.rows) > 3
        outcomes["titles"] += any(title for *_, title in found.rows)
    is_right = is_right or any(is_doubtful(content) for _, content in contents)
    assert is_right, f"found {found}, expected {expected}, input: {contents!r}"


@pytest.mark.slow
@shards(FILES, 4)
def test_broken_files_are_refused_or_read_right(seed, n_cases, without_threads):
    chance = chance_of(f"files {seed}")
    outcomes: Counter[str] = Counter()
    for _ in range(n_cases):
        check_files(chance, outcomes, n_threads=1)

    assert 0.3 * n_cases < outcomes["refused"] < 0.7 * n_cases
    assert outcomes["several rows"] > 0.3 * n_cases
    assert outcomes["titles"] > 0.03 * n_cases
    assert outcomes["unprintable"] == 0


@pytest.mark.slow
@shards(THREADS, 3)
def test_broken_files_are_refused_or_read_right_by_threads(seed, n_cases):
    chance = chance_of(f"threads {seed}")
    outcomes: Counter[str] = Counter()
    for _ in range(n_cases):
        check_files(chance, outcomes, n_threads=chance.choice((1, 2, 3)))

    assert outcomes["read"] > 0.3 * n_cases


def parquet_files(folder: Path) -> list[bytes]:
    """Write small files of several types of time and compressions."""
    times = ("i", "TIMESTAMP '2015-01-01' + INTERVAL (i) DAY", "DATE '2015-01-01' + i::INTEGER")
    path, found = folder / "valid.parquet", []
    with duckdb.connect() as connection:
        for time in times:
            for n_rows, codec in ((3, "snappy"), (40, "zstd"), (40, "gzip"), (40, "uncompressed")):
                rows = (
                    f"FROM range({n_rows}) AS rows(i) SELECT 'C' || i % 5 AS customer_id, "
                    f"'B' || i % 3 AS video_id, (1 + i % 5)::DOUBLE AS rating, "
                    f"{time} AS timestamp, 'T' || i % 3 AS title"
                )
                options = f"FORMAT parquet, COMPRESSION {codec}"
                connection.execute(f"COPY ({rows}) TO '{path}' ({options})")
                found.append(path.read_bytes())
    return found


def broken_parquet(chance: random.Random, valid: bytes, other: bytes) -> bytes:
    """Change content behind the magic, half of the time in the table of contents."""
    data = bytearray(valid)
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        if len(data) < 16:
            break
        at = chance.randrange(4, len(data))
        if chance.random() < 0.5:
            at = max(4, len(data) - chance.randrange(1, 400))
        length = chance.randrange(1, 9)
        match chance.randrange(6):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.randrange(256)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = chance.randbytes(length)
            case 4:
                data[at : at + length] = chance.randbytes(length)
            case _:
                data[at:] = other[at:] if chance.random() < 0.8 else b""
    return bytes(data)


@pytest.mark.slow
@shards(PARQUET, 3)
def test_broken_parquet_is_refused_or_read_whole(seed, n_cases, tmp_path):
    chance = chance_of(f"parquet {seed}")
    valid = parquet_files(tmp_path)
    outcomes: Counter[str] = Counter()
    for _ in range(n_cases):
        content = broken_parquet(chance, *chance.choices(valid, k=2))
        source = RatingsSource("x", lambda content=content: io.BytesIO(content))
        try:
            with read_ratings([source], max_rejected_ratio=1.0, n_threads=1) as table:
                n_rows = table.accounting.rows_read
        except RecommenderError as error:
            outcomes["refused"] += 1
            outcomes["unprintable"] += not str(error).isprintable()
        except BaseException as error:
            error.add_note(f"input: {content.hex()}")
            raise
        else:
            assert n_rows in (3, 40), f"input: {content.hex()}"
            outcomes["read"] += 1

    assert 0.1 * n_cases < outcomes["read"] < 0.7 * n_cases
    assert outcomes["unprintable"] == 0


def test_there_are_at_least_100_000_cases():
    assert FIELDS + BODIES + STREAMS + FILES + THREADS + PARQUET >= 100_000
