import hashlib
import subprocess
import sys
from itertools import chain

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import tables
from recommender.duckdb_connection import Limits
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError
from recommender.timestamps import NO_TIMESTAMP

# Surrogates cannot be written as UTF-8, and the readers never make them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MORE_THAN_A_ROW_GROUP = 300_000


def ratings(n_ratings=1000, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "user_index": rng.integers(0, 5000, n_ratings, dtype=np.int32),
        "item_index": rng.integers(0, 700, n_ratings, dtype=np.int32),
        "rating": rng.integers(1, 11, n_ratings).astype(np.float32) / 2,
        "timestamp": np.where(
            rng.random(n_ratings) < 0.1,
            NO_TIMESTAMP,
            rng.integers(1_300_000_000, 1_500_000_000, n_ratings),
        ),
    }


def columns_of(read):
    names = ("user_index", "item_index", "rating", "timestamp")
    return {name: getattr(read, name) for name in names}


def assert_equal(found, expected):
    for name, values in expected.items():
        assert found[name].dtype == values.dtype, name
        assert type(found[name]) is np.ndarray, name
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def write_parquet(path, select):
    with duckdb.connect() as connection:
        connection.sql(select).write_parquet(str(path))


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 2**31 - 1),
            st.integers(0, 2**31 - 1),
            st.floats(width=32, allow_nan=False),
            st.integers(-(2**63), 2**63 - 1),
        )
    )
)
def test_ratings_survive_exactly(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("ratings") / "part.parquet"
    dtypes = (np.int32, np.int32, np.float32, np.int64)
    by_column = list(zip(*rows, strict=True)) or [()] * 4
    names = ("user_index", "item_index", "rating", "timestamp")
    written = {
        name: np.array(values, dtype)
        for name, values, dtype in zip(names, by_column, dtypes, strict=True)
    }

    tables.write_ratings(path, **written)

    assert len(tables.read_ratings(path)) == len(rows)
    assert_equal(columns_of(tables.read_ratings(path)), written)


def test_an_unknown_time_is_null_in_the_file(tmp_path):
    path = tmp_path / "part.parquet"
    written = ratings(50)

    tables.write_ratings(path, **written)

    with duckdb.connect() as connection:
        found = connection.read_parquet(str(path))
        assert [str(dtype) for dtype in found.types] == ["INTEGER", "INTEGER", "FLOAT", "BIGINT"]
        n_null = found.filter("timestamp IS NULL").count("*").fetchall()
    assert n_null == [(np.count_nonzero(written["timestamp"] == NO_TIMESTAMP),)]


def test_times_can_be_left_out(tmp_path):
    path = tmp_path / "part.parquet"
    written = ratings()
    tables.write_ratings(path, **written)

    read = tables.read_ratings(path, with_timestamp=False)

    assert read.timestamp is None
    assert_equal(columns_of(read), {k: v for k, v in written.items() if k != "timestamp"})


def test_arrays_need_not_be_plain(tmp_path):
    written = ratings()
    on_disk = np.memmap(tmp_path / "array", np.int32, mode="w+", shape=1000)
    on_disk[:] = written["user_index"]
    every_second = np.repeat(written["rating"], 2)[::2]
    assert not every_second.flags.c_contiguous

    path = tmp_path / "part.parquet"
    tables.write_ratings(path, **written | {"user_index": on_disk, "rating": every_second})

    assert_equal(columns_of(tables.read_ratings(path)), written)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("user_index", np.zeros(1000, np.int64), "user_index: expected int32 of shape .1000,"),
        ("timestamp", np.zeros(999, np.int64), "timestamp: expected int64 .* found .* .999,"),
        ("item_index", np.zeros((1000, 1), np.int32), "item_index: expected int32 of shape"),
    ],
    ids=["dtype", "length", "dimensions"],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, name, values, message):
    with pytest.raises(ValueError, match=message):
        tables.write_ratings(tmp_path / "part.parquet", **ratings() | {name: values})


def test_bytes_of_ratings_are_the_same_whatever_duckdb_may_use(tmp_path):
    written = ratings(MORE_THAN_A_ROW_GROUP)
    digests = set()
    for number, limits in enumerate([Limits(1), Limits(4), Limits(1), Limits(4), Limits(3, 32)]):
        path = tmp_path / f"{number}.parquet"
        tables.write_ratings(path, **written, limits=limits)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())

    assert len(digests) == 1
    with duckdb.connect() as connection:
        (n_row_groups,) = connection.execute(
            "SELECT count(DISTINCT row_group_id) FROM parquet_metadata(?)", [str(path)]
        ).fetchone()
    assert n_row_groups == 3


def test_bytes_of_ids_are_the_same_whatever_the_batches(tmp_path):
    ids = [f"A{(number * 7919) % 10**9:012X}" for number in range(MORE_THAN_A_ROW_GROUP)]
    titles = [None if number % 7 else f"Title {number % 999}" for number in range(len(ids))]
    digests = set()
    for size, limits in [(10_000, Limits(1)), (len(ids), Limits(4)), (77_777, Limits(2, 48))]:
        path = tmp_path / f"{size}.parquet"
        starts = range(0, len(ids), size)
        batches = ((ids[start : start + size], titles[start : start + size]) for start in starts)
        assert tables.write_videos(path, batches, limits=limits) == len(ids)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())

    assert len(digests) == 1
    assert tables.read_videos(path) == (ids, titles)


@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(
        st.lists(st.tuples(TEXTS, st.none() | TEXTS), max_size=10),
        max_size=4,
    )
)
def test_any_id_and_title_survive(tmp_path_factory, batches):
    folder = tmp_path_factory.mktemp("index")
    ids = [[video_id for video_id, _ in batch] for batch in batches]
    titles = [[title for _, title in batch] for batch in batches]

    n_videos = tables.write_videos(folder / "videos", zip(ids, titles, strict=True))
    n_customers = tables.write_customers(folder / "customers", iter(ids))

    all_ids, all_titles = list(chain(*ids)), list(chain(*titles))
    assert n_videos == n_customers == len(all_ids)
    assert tables.read_videos(folder / "videos") == (all_ids, all_titles)
    assert tables.read_customers(folder / "customers") == all_ids


def test_awkward_ids_stay_text(tmp_path):
    ids = ["NA", "007", "1e5", " x ", 'say "hi"', "a,b", "line\r\nbreak", "nan", "", "n\0l", "羅"]
    path = tmp_path / "customers.parquet"

    tables.write_customers(path, [ids[:3], ids[3:]])

    assert tables.read_customers(path) == ids


def test_a_title_after_many_without_is_kept(tmp_path):
    path = tmp_path / "videos.parquet"
    n_videos = 5000
    titles = [None] * (n_videos - 1) + ["The Last"]

    tables.write_videos(path, [([str(number) for number in range(n_videos)], titles)])

    assert tables.read_videos(path)[1] == titles


def test_as_many_titles_as_ids_are_wanted(tmp_path):
    with pytest.raises(ValueError, match="as many titles as ids, found 1 and 2"):
        tables.write_videos(tmp_path / "videos.parquet", [(["a", "b"], ["A"])])


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "ratings.parquet"
    path.write_bytes(b"something else")

    tables.write_customers(path, [[f"{number:020d}" for number in range(300_000)]], limits=TINY)
    tables.write_ratings(path, **ratings(10))

    assert len(tables.read_ratings(path)) == 10
    assert [found.name for found in tmp_path.iterdir()] == ["ratings.parquet"]


# DuckDB needs some of it for every file, so that 300,000 texts of 20 characters are spilled.
TINY = Limits(threads=1, memory_mib=24)


def test_paths_are_taken_literally(tmp_path):
    folder = tmp_path / "it's [a] *strange* folder?"
    folder.mkdir()
    path = folder / "part-[0-9]*.parquet"
    tables.write_ratings(folder / "part-0.parquet", **ratings(3))

    tables.write_ratings(path, **ratings(5))

    assert len(tables.read_ratings(path)) == 5


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ArtifactNotFoundError, match=r"s3://b/x: expected .*, found no file"):
        tables.read_ratings(tmp_path / "none", where="s3://b/x")


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("SELECT 1 AS user_index, 2 AS item_index", "rating, timestamp, found user_index, item_i"),
        (
            "SELECT 1 AS user_index, NULL::INTEGER AS item_index, 3 AS rating, 4 AS timestamp",
            "expected item_index in every row, found 1 of 1 rows without",
        ),
        (
            "SELECT 3000000000 AS user_index, 2 AS item_index, 3 AS rating, 4 AS timestamp",
            "3000000000.*out of range",
        ),
        (
            "SELECT 1 AS user_index, 2 AS item_index, 'good' AS rating, 4 AS timestamp",
            "convert string 'good'",
        ),
    ],
    ids=["columns", "missing value", "too large", "text"],
)
def test_another_table_than_ratings_is_refused(tmp_path, select, message):
    path = tmp_path / "part.parquet"
    write_parquet(path, select)

    with pytest.raises(CorruptArtifactError, match=message) as caught:
        tables.read_ratings(path, where="s3://b/part.parquet")

    assert str(caught.value).startswith("s3://b/part.parquet: expected ")
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_ratings_of_other_writers_may_have_wider_types_and_more_columns(tmp_path):
    path = tmp_path / "part.parquet"
    write_parquet(
        path,
        "SELECT 'x' AS more, 4.5::DOUBLE AS rating, 1::BIGINT AS user_index, "
        "2::BIGINT AS item_index, NULL::BIGINT AS timestamp",
    )

    assert_equal(
        columns_of(tables.read_ratings(path)),
        {
            "user_index": np.array([1], np.int32),
            "item_index": np.array([2], np.int32),
            "rating": np.array([4.5], np.float32),
            "timestamp": np.array([NO_TIMESTAMP]),
        },
    )


@pytest.mark.parametrize(
    "rows", ["(0, 'a'), (2, 'b')", "(1, 'a'), (0, 'b')", "(0, 'a'), (NULL, 'b')", "(0, NULL)"]
)
def test_ids_out_of_sequence_are_refused(tmp_path, rows):
    path = tmp_path / "customers.parquet"
    write_parquet(path, f"FROM (VALUES {rows}) AS given (user_index, customer_id)")

    with pytest.raises(CorruptArtifactError, match=r"expected (user_index 0, 1, 2|customer_id in)"):
        tables.read_customers(path)


def test_damaged_files_end_in_typed_errors_or_in_all_rows(tmp_path):
    path = tmp_path / "part.parquet"
    tables.write_ratings(path, **ratings(200))
    intact = path.read_bytes()
    rng = np.random.default_rng(1)
    n_refused = 0
    for case in range(120):
        damaged = bytearray(intact)
        if case % 3 == 0:
            damaged = damaged[: rng.integers(0, len(intact))]
        else:
            for place in rng.integers(0, len(intact), 1 + case % 3):
                damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            assert len(tables.read_ratings(path)) == 200
        except CorruptArtifactError:
            n_refused += 1

    assert n_refused > 60


def test_pandas_is_not_needed():
    """One function's layer has none."""
    code = (
        "import sys; sys.modules['pandas'] = None; import numpy, pathlib, tempfile\n"
        "from recommender import tables\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    path = pathlib.Path(folder) / 'videos.parquet'\n"
        "    tables.write_videos(path, [(['a', 'b'], ['A', None])])\n"
        "    assert tables.read_videos(path) == (['a', 'b'], ['A', None])\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
