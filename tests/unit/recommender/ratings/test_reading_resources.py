"""What reading takes, and gives back: streams, threads, memory, the disk."""

import gzip
import io
import re
import threading

import numpy as np
import pytest

from recommender import titles
from recommender.errors import (
    EmptyRatingsError,
    MalformedRatingsError,
    RatingsFormatError,
    RatingsTooLargeError,
)
from recommender.ratings import (
    RatingsSource,
    Workspace,
    collection,
    files,
    first_lines,
    read_ratings,
)
from recommender.ratings.rows import concatenate
from tests import planted
from tests.unit.recommender.ratings.contents import PACKERS, assert_same, frame_of, read, source
from tests.unit.recommender.ratings.open_files import open_files
from tests.unit.recommender.ratings.streams import Watched

FRAME = planted.plant(n_customers=20, n_videos=10, n_ratings=120, step=0.5).frame
GOOD = planted.u_data(FRAME)
BROKEN_FILES = [
    pytest.param(GOOD, None, id="good"),
    pytest.param(b"what\n" * 1000, RatingsFormatError, id="unknown"),
    pytest.param(gzip.compress(GOOD)[:-9], RatingsFormatError, id="truncated"),
    pytest.param(b"1\t2\t3\t4\n" + b"x\n" * 5000, MalformedRatingsError, id="malformed"),
    pytest.param(b"PAR1 is not enough", RatingsFormatError, id="corrupt-parquet"),
    pytest.param(b"item_id:token\tgenre:token\n", RatingsFormatError, id="no-titles"),
    pytest.param(b"", EmptyRatingsError, id="empty"),
]


@pytest.mark.parametrize(("content", "error"), BROKEN_FILES)
@pytest.mark.parametrize("rows_bytes", [0, 1 << 20])
def test_sources_files_and_threads_are_given_back_whatever_happens(
    content, error, rows_bytes, tmp_path
):
    stream = Watched(content)
    before = set(threading.enumerate())
    options = {
        "workspace": Workspace(rows_bytes=rows_bytes, folder=tmp_path),
        "block_bytes": 500,
        "chunk_rows": 20,
    }
    sources = [RatingsSource("x", lambda: stream)]

    if error is None:
        with read_ratings(sources, **options) as table:
            assert stream.closed
            assert set(threading.enumerate()) == before
            assert table.n_rows == len(FRAME)
    else:
        with pytest.raises(error):
            read_ratings(sources, **options)

    assert stream.closed
    assert set(threading.enumerate()) == before
    assert list(tmp_path.iterdir()) == []
    assert open_files(tmp_path) == []


def test_an_error_of_a_source_is_passed_on():
    stream = Watched(b"1\t2\t3\t4\n" * 500_000, breaks_after=1 << 20)

    with pytest.raises(ConnectionResetError, match="gone"):
        read_ratings([RatingsSource("x", lambda: stream)])
    assert stream.closed


def test_sources_are_opened_one_at_a_time_and_only_when_it_is_their_turn():
    events = []

    class Logged(io.BytesIO):
        def close(self) -> None:
            if not self.closed:
                events.append("close")
            super().close()

    def opened() -> Logged:
        events.append("open")
        return Logged(GOOD)

    read_ratings([RatingsSource(f"{n}", opened) for n in range(3)]).close()

    assert events == ["open", "close"] * 3


def test_a_stream_needs_nothing_but_read_and_close():
    class Body:
        def __init__(self) -> None:
            self._stream = io.BytesIO(GOOD)

        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None:
            self._stream.close()

        def read(self, n_bytes: int = -1) -> bytes:
            return self._stream.read(min(n_bytes, 100))

    assert_same(frame_of(read_ratings([RatingsSource("x", Body)])), FRAME)


@pytest.mark.parametrize("known", [True, False])
def test_what_cannot_fit_is_refused_as_soon_as_that_can_be_told(known):
    content = b"".join(b"%020d\t%d\t5\t100\n" % (number, number % 9) for number in range(100_000))
    stream = Watched(content)
    source = RatingsSource("x", lambda: stream, len(content) if known else None)
    workspace = Workspace(ids_bytes=1 << 20)

    with pytest.raises(RatingsTooLargeError, match=r"^about [\d,]+ ratings need .* memory for ids"):
        read_ratings([source], workspace=workspace, block_bytes=1 << 14, chunk_rows=1000)
    assert stream.closed


def test_progress_counts_all_files():
    """Of many files of which each would fit, all together are too many."""
    content = b"".join(b"%020d\t%d\t5\t100\n" % (number, number % 9) for number in range(3000))
    workspace = Workspace(ids_bytes=1 << 20)
    read_ratings([source(content)], workspace=workspace).close()
    sources = [
        RatingsSource(
            f"{n}", lambda n=n: io.BytesIO(content.replace(b"000", b"%03d" % n, 1)), len(content)
        )
        for n in range(20)
    ]

    with pytest.raises(RatingsTooLargeError, match=r"^about [2-7]\d,\d\d\d ratings"):
        read_ratings(sources, workspace=workspace, block_bytes=1 << 14, chunk_rows=1000)


def test_rows_go_to_the_disk_that_was_given(tmp_path):
    workspace = Workspace(rows_bytes=0, disk_bytes=1 << 20, folder=tmp_path)
    with read(GOOD, workspace=workspace, chunk_rows=7) as table:
        assert_same(table.to_frame(), FRAME)
        assert table.workspace is workspace

    with pytest.raises(RatingsTooLargeError, match="local disk"):
        read(GOOD, workspace=Workspace(rows_bytes=0, disk_bytes=100, folder=tmp_path), chunk_rows=7)


def test_more_lines_than_can_be_numbered_are_refused(monkeypatch):
    monkeypatch.setattr(collection, "MAX_LINES", len(FRAME))
    with pytest.raises(RatingsTooLargeError, match=r"^expected at most 120 lines, found more"):
        read(GOOD)

    monkeypatch.setattr(collection, "MAX_LINES", len(FRAME) + 1)  # there is no line 0
    read(GOOD).close()


def test_chunks_that_were_taken_are_gone():
    with read(GOOD, chunk_rows=10, block_bytes=100, read_bytes=100) as table:
        whole = concatenate(list(table.chunks()))
        taken = []
        for chunk in table.take_chunks():
            taken.append(chunk)
            assert table.n_rows == len(FRAME) - sum(map(len, taken))

    assert len(taken) > 3
    for one, other in zip(concatenate(taken).columns, whole.columns, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_titles_file_that_is_too_large_is_not_read_to_its_end(monkeypatch):
    for module in (titles, files):
        monkeypatch.setattr(module, "MAX_TITLES_BYTES", 1 << 20)
    lines = b"".join(b"%d,Title,x\n" % number for number in range(100_000))
    stream = Watched(b"movieId,title,genres\n" + lines * 40)

    with pytest.raises(RatingsFormatError, match="table of titles of at most 1 MiB"):
        read_ratings([RatingsSource("films", lambda: stream)])
    assert stream.n_read < 16 << 20


def test_a_bomb_without_lines_is_refused_before_it_is_unpacked():
    member = gzip.compress(bytes(32 << 20), 1)
    stream = Watched(member + b"never come so far")

    with pytest.raises(RatingsFormatError, match="expected lines of text"):
        read_ratings([RatingsSource("bomb", lambda: stream)])


@pytest.mark.parametrize("packer", PACKERS)
def test_the_beginning_of_a_file_is_given_in_whole_lines(packer):
    text = b"\xef\xbb\xbfuserId,movieId\r\n" + b"1,2\n" * 1000

    content, is_whole = first_lines(io.BytesIO(PACKERS[packer](text)), 100, where="x")

    assert re.fullmatch(rb"userId,movieId\n(1,2\n)+", content)
    assert 80 < len(content) <= 100
    assert not is_whole
    assert first_lines(io.BytesIO(PACKERS[packer](b"a")), 100, where="x") == (b"a\n", True)
    assert first_lines(io.BytesIO(PACKERS[packer](b"")), 100, where="x") == (b"", True)


def test_of_parquet_all_is_given():
    content = b"PAR1\n" + b"the table of contents is at the end" * 9

    assert first_lines(io.BytesIO(content), 4, where="x") == (content, True)


def test_a_first_line_longer_than_asked_for_is_given_whole():
    line = b"x" * 500 + b"\n"

    content, is_whole = first_lines(io.BytesIO(gzip.compress(line + b"more\n")), 100, where="x")

    assert content.startswith(line)
    assert is_whole == content.endswith(b"more\n")
