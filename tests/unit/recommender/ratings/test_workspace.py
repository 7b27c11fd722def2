import io
import itertools
from pathlib import Path

import pytest

from recommender.errors import RatingsTooLargeError
from recommender.ratings import RatingsSource, Workspace, read_ratings
from recommender.ratings.rows import ROW_BYTES

MIB = 1 << 20
FITTING = {"n_rows": 1000, "n_ids": 100, "id_bytes": 1600, "fraction": 1.0}


def check(workspace: Workspace, **amounts) -> None:
    workspace.check(**{**FITTING, **amounts})


def test_what_fits_is_accepted():
    check(Workspace(ids_bytes=MIB, rows_bytes=MIB, disk_bytes=0))
    check(Workspace(ids_bytes=MIB, rows_bytes=0, disk_bytes=None), n_rows=10**9)
    check(Workspace(ids_bytes=0, rows_bytes=0, disk_bytes=MIB), n_ids=0, id_bytes=0)


def test_ids_must_fit_the_memory():
    found = r"ratings need [\d,]+ MiB of memory for ids, of which 1 MiB are there; give"
    with pytest.raises(RatingsTooLargeError, match=found):
        check(Workspace(ids_bytes=MIB), id_bytes=MIB)
    with pytest.raises(RatingsTooLargeError, match=found):
        check(Workspace(ids_bytes=MIB), n_ids=MIB)


def test_rows_must_fit_the_memory_or_the_disk():
    n_rows = 3 * MIB // ROW_BYTES
    found = r"ratings need [\d,]+ MiB of local disk, of which 3 MiB are there; give"
    with pytest.raises(RatingsTooLargeError, match=found):
        check(Workspace(rows_bytes=MIB, disk_bytes=3 * MIB), n_rows=n_rows)
    check(Workspace(rows_bytes=MIB, disk_bytes=100 * MIB), n_rows=n_rows)
    check(Workspace(rows_bytes=4 * MIB, disk_bytes=3 * MIB), n_rows=n_rows)


def test_all_problems_are_said_at_once_with_what_to_do():
    workspace = Workspace(ids_bytes=MIB, rows_bytes=MIB, disk_bytes=MIB)
    with pytest.raises(RatingsTooLargeError) as caught:
        check(workspace, n_rows=10**7, n_ids=10**7, id_bytes=10**9)

    message = str(caught.value)
    assert message.startswith("about 10,000,000 ratings need ")
    assert "memory for ids" in message
    assert " and " in message
    assert "local disk" in message
    assert message.endswith(
        "give the function more memory or ephemeral storage, or prepare the ratings with Spark "
        '("preparation": "glue")'
    )
    assert "\n" not in message


def test_what_is_still_to_come_is_counted():
    workspace = Workspace(ids_bytes=MIB)
    amounts = {"n_ids": 5000, "id_bytes": 80_000}
    check(workspace, **amounts)
    check(workspace, **amounts, fraction=0.9)
    with pytest.raises(RatingsTooLargeError, match="about 10,000 ratings"):
        check(workspace, **amounts, fraction=0.1)


@pytest.mark.parametrize("fraction", [None, 0.0, 0.001])
def test_a_bare_beginning_tells_nothing_of_the_rest(fraction):
    check(Workspace(ids_bytes=MIB), n_ids=5000, fraction=fraction)
    with pytest.raises(RatingsTooLargeError, match="about 1,000 ratings"):
        check(Workspace(ids_bytes=MIB), n_ids=10**6, fraction=fraction)


def test_memory_is_shared_out():
    workspace = Workspace.within(1200, disk_bytes=7, folder=Path("there"))

    # There may be two stores of rows at a time; ids keep a third of their memory meanwhile.
    assert workspace.ids_bytes + workspace.rows_bytes <= 1200
    assert workspace.ids_bytes // 3 + 2 * workspace.rows_bytes + workspace.working_bytes <= 1200
    assert min(workspace.ids_bytes, workspace.rows_bytes, workspace.working_bytes) >= 100
    assert (workspace.disk_bytes, workspace.folder) == (7, Path("there"))


class Endless(io.RawIOBase):
    """Lines with ever new customers; counts what is read of them."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count()
        self.n_read = 0

    def readable(self) -> bool:
        return True

    def read(self, _: int | None = -1) -> bytes:
        lines = [
            b"%020d\t%d\t5\t100\n" % (number, number % 9)
            for number in itertools.islice(self._numbers, 100)
        ]
        content = b"".join(lines)
        self.n_read += len(content)
        return content


@pytest.mark.parametrize("n_bytes", [None, 1 << 40])
def test_too_much_is_refused_long_before_it_is_read(n_bytes, tmp_path):
    stream = Endless()
    workspace = Workspace(MIB, rows_bytes=MIB, disk_bytes=MIB, folder=tmp_path)

    with pytest.raises(RatingsTooLargeError, match=r"^about .* ratings need .*with Spark"):
        read_ratings(
            [RatingsSource("endless", lambda: stream, n_bytes)], workspace=workspace, chunk_rows=500
        )

    assert stream.closed
    assert stream.n_read < 8 * MIB
    assert list(tmp_path.iterdir()) == []


def test_the_size_of_the_files_tells_early_that_the_rest_will_not_fit():
    streams = {size: Endless() for size in (None, 4 * MIB)}
    for size, stream in streams.items():
        with pytest.raises(RatingsTooLargeError):
            read_ratings(
                [RatingsSource("x", lambda stream=stream: stream, size)],
                workspace=Workspace(ids_bytes=MIB),
                chunk_rows=500,
            )

    assert streams[4 * MIB].n_read < streams[None].n_read / 2


def test_a_workspace_has_room_for_millions_of_ratings():
    Workspace().check(n_rows=16_000_000, n_ids=4_000_000, id_bytes=64_000_000, fraction=1.0)
