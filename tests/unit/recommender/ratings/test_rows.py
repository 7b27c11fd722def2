import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RatingsTooLargeError
from recommender.ratings import Rows, RowStore, rows
from recommender.ratings.rows import DTYPES, ROW_BYTES, concatenate
from tests.unit.recommender.ratings.open_files import needs_proc, open_files

EVERYTHING = 1 << 30


def some_rows(n_rows: int, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    return Rows.of(
        rng.integers(0, 1 << 8, n_rows * dtype.itemsize, dtype=np.uint8).view(dtype)
        for dtype in DTYPES
    )


def assert_same(found: Rows, expected: Rows) -> None:
    for one, other, dtype in zip(found.columns, expected.columns, DTYPES, strict=True):
        assert one.dtype == dtype
        assert one.tobytes() == other.tobytes()


def test_a_row_takes_the_bytes_of_its_columns():
    assert sum(column.nbytes for column in some_rows(1).columns) == ROW_BYTES


@pytest.mark.parametrize("memory_bytes", [0, 100 * ROW_BYTES, EVERYTHING])
def test_pieces_come_back_as_they_were_in_any_order(memory_bytes):
    pieces = [some_rows(n, n) for n in (50, 0, 7, 100, 1)]
    with RowStore(memory_bytes=memory_bytes) as store:
        assert [store.append(piece) for piece in pieces] == [0, 1, 2, 3, 4]

        assert len(store) == 5
        assert store.n_rows == 158
        for number in (3, 0, 4, 1, 2, 3):
            assert_same(store.load(number), pieces[number])


def test_memory_is_filled_before_the_disk():
    with RowStore(memory_bytes=10 * ROW_BYTES) as store:
        store.append(some_rows(6))
        assert store.disk_bytes == 0
        store.append(some_rows(5))
        assert store.disk_bytes == 5 * ROW_BYTES
        store.append(some_rows(4))
        assert store.disk_bytes == 5 * ROW_BYTES
        store.append(some_rows(1))
        assert store.disk_bytes == 6 * ROW_BYTES


def test_memory_of_dropped_pieces_is_used_again():
    with RowStore(memory_bytes=10 * ROW_BYTES) as store:
        store.append(some_rows(10))
        store.drop(0)
        store.append(some_rows(10))
        assert store.disk_bytes == 0
        assert store.n_rows == 10


def test_disk_of_dropped_pieces_is_used_again():
    pieces = [some_rows(n, n) for n in (4, 10, 5)]
    with RowStore(memory_bytes=0) as store:
        for piece in pieces:
            store.append(piece)
        store.drop(1)
        for n_rows in (6, 3, 1):
            store.append(some_rows(n_rows, n_rows))

        assert store.disk_bytes == 19 * ROW_BYTES
        assert_same(store.load(0), pieces[0])
        assert_same(store.load(2), pieces[2])
        for number, n_rows in ((3, 6), (4, 3), (5, 1)):
            assert_same(store.load(number), some_rows(n_rows, n_rows))
        store.append(some_rows(1))
        assert store.disk_bytes == 20 * ROW_BYTES


def test_room_on_the_disk_is_no_memory():
    with RowStore(memory_bytes=0) as store:
        for seed in range(3):
            store.append(some_rows(2, seed))
        store.drop(0)
        store.drop(2)
        store.append(some_rows(4))
        assert store.disk_bytes == 10 * ROW_BYTES  # in one piece


@pytest.mark.parametrize("memory_bytes", [0, EVERYTHING])
def test_a_dropped_piece_is_gone(memory_bytes):
    with RowStore(memory_bytes=memory_bytes) as store:
        store.append(some_rows(3))
        store.append(some_rows(2))
        store.drop(0)

        with pytest.raises(ValueError, match="piece 0 was dropped"):
            store.load(0)
        assert store.n_rows == 2
        assert len(store) == 2


@settings(max_examples=50, deadline=None)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=30),
    n_rows_in_memory=st.sampled_from([0, 15, 40, 10_000]),
)
def test_pieces_never_mix_whatever_is_dropped_in_between(steps, n_rows_in_memory):
    kept: dict[int, Rows] = {}
    with RowStore(memory_bytes=n_rows_in_memory * ROW_BYTES) as store:
        for seed, (is_drop, n) in enumerate(steps):
            if is_drop and kept:
                number = sorted(kept)[n % len(kept)]
                store.drop(number)
                del kept[number]
            else:
                piece = some_rows(n, seed)
                kept[store.append(piece)] = piece
        assert store.n_rows == sum(map(len, kept.values()))
        for number, piece in kept.items():
            assert_same(store.load(number), piece)


def test_the_limit_of_the_disk_is_kept():
    with RowStore(memory_bytes=0, disk_bytes=10 * ROW_BYTES) as store:
        store.append(some_rows(10))
        with pytest.raises(RatingsTooLargeError, match=r"local disk.*Spark"):
            store.append(some_rows(1))
        store.drop(0)
        store.append(some_rows(10))
        assert store.disk_bytes == 10 * ROW_BYTES


def test_a_full_disk_is_said_to_be_full(monkeypatch):
    class Full:
        def seek(self, offset: int) -> None:
            pass

        def write(self, _: object) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(rows.tempfile, "TemporaryFile", lambda **_: Full())
    with RowStore(memory_bytes=0) as store, pytest.raises(RatingsTooLargeError, match="Spark"):
        store.append(some_rows(3))


@needs_proc
def test_the_file_has_no_name_and_is_gone_at_the_end(tmp_path):
    with RowStore(memory_bytes=0, folder=tmp_path) as store:
        store.append(some_rows(3))
        assert list(tmp_path.iterdir()) == []
        assert len(open_files(tmp_path)) == 1
    assert open_files(tmp_path) == []


def test_nothing_is_put_on_the_disk_without_need(tmp_path):
    missing = tmp_path / "missing"
    with RowStore(memory_bytes=EVERYTHING, folder=missing) as store:
        store.append(some_rows(3))


def test_a_closed_store_gives_nothing():
    store = RowStore(memory_bytes=0)
    store.append(some_rows(3))
    store.close()
    store.close()

    with pytest.raises((ValueError, IndexError)):
        store.load(0)


def test_columns_of_other_layout_are_written_right():
    wide = some_rows(20)
    with RowStore(memory_bytes=0) as store:
        store.append(wide.take(np.arange(0, 20, 2)))
        store.append(Rows.of(column[::2] for column in wide.columns))
        assert_same(store.load(0), store.load(1))
        assert_same(store.load(1), wide.take(np.arange(20) % 2 == 0))


def test_rows_are_joined():
    parts = [some_rows(3, 1), some_rows(0), some_rows(4, 2)]

    joined = concatenate(parts)

    assert len(joined) == 7
    assert_same(joined.take(np.arange(3)), parts[0])
    assert_same(joined.take(np.arange(3, 7)), parts[2])
    assert_same(concatenate([]), some_rows(0))
    assert_same(concatenate([parts[0]]), parts[0])
