"""Ratings in Parquet, as DuckDB writes it."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from recommender.errors import EmptyRatingsError, RatingsFormatError, RatingsTooLargeError
from recommender.ratings import Workspace, is_parquet, parquet
from recommender.ratings.rows import concatenate
from tests import planted
from tests.unit.recommender.ratings.contents import assert_same, frame_of, read

FRAME = planted.plant(n_customers=20, n_videos=10, n_ratings=120, step=0.5).frame
STARS = planted.plant(n_customers=20, n_videos=10, n_ratings=120, step=1.0).frame


def parquet_of(tmp_path: Path, query: str, frame: pd.DataFrame = FRAME) -> bytes:
    """Write what a query, perhaps of the table ``ratings``, gives."""
    path = tmp_path / "written.parquet"
    texts = dict.fromkeys(("customer_id", "video_id", "title"), object)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("ratings", frame.astype(texts))
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    content = path.read_bytes()
    path.unlink()
    return content


TIME_TYPES = {
    "bigint": "timestamp",
    "milliseconds": "timestamp * 1000 + 999",
    "double": "timestamp::DOUBLE",
    "text": "timestamp::VARCHAR",
    "timestamp": "make_timestamp(timestamp * 1000000 + 999999)",
    "timestamp-s": "make_timestamp(timestamp * 1000000)::TIMESTAMP_S",
    "timestamp-ms": "make_timestamp(timestamp * 1000000)::TIMESTAMP_MS",
    "timestamp-ns": "make_timestamp(timestamp * 1000000)::TIMESTAMP_NS",
    "timestamp-tz": "make_timestamp(timestamp * 1000000)::TIMESTAMPTZ",
    "date": "make_timestamp(timestamp * 1000000)::DATE",  # planted times are midnights
}


@pytest.mark.parametrize("kind", TIME_TYPES)
def test_times_may_be_of_every_type(kind, tmp_path):
    content = parquet_of(
        tmp_path,
        f"SELECT customer_id, title, rating, {TIME_TYPES[kind]} AS timestamp, video_id "  # noqa: S608
        "FROM ratings",
    )
    assert is_parquet(content)

    with read(content, block_bytes=300, workspace=Workspace(folder=tmp_path)) as table:
        assert table.accounting.rows_read == len(FRAME)
        found = table.to_frame()

    assert_same(found, FRAME)
    assert found["title"].tolist() == FRAME["title"].tolist()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT", "DECIMAL(3, 1)", "VARCHAR"])
def test_ratings_may_be_of_every_type(kind, tmp_path):
    query = f"SELECT * REPLACE (rating::{kind} AS rating) FROM ratings"  # noqa: S608
    content = parquet_of(tmp_path, query)

    assert_same(frame_of(read(content)), FRAME)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("TIMESTAMP '1960-01-01 00:00:00.5'", {-315_619_200}),
        ("DATE '0001-01-01'", {-62_135_596_800}),
        # More seconds than are taken for seconds: what nobody means may be unknown, not wrong.
        ("DATE '9999-12-31'", {253_402_214_400, None}),
        ("TIMESTAMP '9999-12-31 00:00:00'", {253_402_214_400, None}),
        ("'infinity'::TIMESTAMP", {None}),
        ("NULL::DATE", {None}),
        ("TIME '10:00:00'", {None}),
        ("true", {None}),
        ("[100, 200]", {None}),
        ("'nan'::DOUBLE", {None}),
    ],
)
def test_strange_times_are_right_or_missing(time, seconds, tmp_path):
    row = f"SELECT 'c' AS customer_id, 'v' AS video_id, 4 AS rating, {time} AS timestamp"

    [found] = frame_of(read(parquet_of(tmp_path, row)))["timestamp"]

    assert (None if found is pd.NA else found) in seconds


@pytest.mark.parametrize("name", ["customer_id=5", "we[i]rd *", "it's"])
def test_nothing_is_read_from_the_name_of_the_folder(name, tmp_path):
    content = parquet_of(tmp_path, "SELECT * FROM ratings")
    folder = tmp_path / name
    folder.mkdir()

    assert_same(frame_of(read(content, workspace=Workspace(folder=folder))), FRAME)


def test_columns_may_be_called_as_in_another_format(tmp_path):
    query = """
        SELECT video_id AS product_id, customer_id, rating::TINYINT AS star_rating,
            title AS product_title, make_timestamp(timestamp * 1000000)::DATE AS review_date
        FROM ratings
    """

    found = frame_of(read(parquet_of(tmp_path, query, STARS)))

    assert_same(found, STARS)
    assert found["title"].tolist() == STARS["title"].tolist()


def test_columns_may_be_told_whatever_they_are_called(tmp_path):
    query = (
        'SELECT customer_id AS "who ""is""", video_id AS "käse", rating AS "it\'s", '
        'timestamp AS "a.b" FROM ratings'
    )
    columns = {"customer_id": 'who "is"', "video_id": "käse", "rating": "it's", "timestamp": "a.b"}

    assert_same(frame_of(read(parquet_of(tmp_path, query), columns=columns)), FRAME)


def test_numbers_may_be_ids(tmp_path):
    query = "SELECT 7::BIGINT AS customer_id, 12::INTEGER AS video_id, 4 AS rating, 5 AS timestamp"

    found = frame_of(read(parquet_of(tmp_path, query)))

    assert found[["customer_id", "video_id"]].to_numpy().tolist() == [["7", "12"]]


STRANGE_ROWS = [
    ("'c'", "'v'", "4", "100", "'Title'"),  # 1
    ("NULL", "'v'", "4", "100", "'Title'"),  # 2
    ("'c'", "NULL", "4", "100", "NULL"),  # 3
    ("'c'", "'v'", "NULL", "100", "''"),  # 4
    ("'c'", "'v2'", "4", "NULL", "NULL"),  # 5: kept
    ("''", "'v'", "4", "100", "''"),  # 6
    ("'c' || chr(10)", "'v'", "4", "100", "''"),  # 7
    ("'c'", "'v' || chr(13) || chr(10) || 'x'", "4", "100", "''"),  # 8
    ("'c'", "chr(31)", "4", "100", "''"),  # 9
    ("'c' || chr(0)", "'v'", "4", "100", "''"),  # 10
    ("'\"c\"'", "'v''3'", "5", "-5", "'Line' || chr(10) || 'feed' || chr(31) || '\"'"),  # 11: kept
    ("'c'", "'v'", "'nan'::DOUBLE", "100", "''"),  # 12
    ("'c'", "'v'", "'inf'::DOUBLE", "100", "''"),  # 13
    ("'c'", "'v'", "9", "100", "''"),  # 14
    ("repeat('x', 256)", "'v'", "4", "100", "''"),  # 15
    ("'羅'", "'a,b;c|d' || chr(9)", "4", "100", "''"),  # 16: a tab is a control character
    ("'羅'", "'a,b;c|d'", "4", "100", "repeat('t', 70000)"),  # 17: kept
    ("NULL", "NULL", "NULL", "NULL", "NULL"),  # 18
    ("'x' || chr(127)", "' v '", "0.5", "1e15", "''"),  # 19: kept
]


def test_every_row_is_kept_or_rejected_for_a_reason(tmp_path):
    rows = " UNION ALL ".join(
        f"SELECT {number} AS number, {customer} AS customer_id, {video} AS video_id, "
        f"{rating}::DOUBLE AS rating, {time}::DOUBLE AS timestamp, {title} AS title"
        for number, (customer, video, rating, time, title) in enumerate(STRANGE_ROWS)
    )
    content = parquet_of(
        tmp_path,
        f"SELECT * EXCLUDE number FROM ({rows}) ORDER BY number",  # noqa: S608
    )

    with read(content, max_rejected_ratio=1.0, block_bytes=100) as table:
        accounting, found = table.accounting, table.to_frame()

    assert accounting.rows_read == len(STRANGE_ROWS)
    assert accounting.examples == {
        "malformed": tuple(f"ratings:{n}" for n in (7, 8, 9, 10, 12, 13, 15, 16)),
        "missing_value": tuple(f"ratings:{n}" for n in (2, 3, 4, 6, 18)),
        "rating_out_of_range": ("ratings:14",),
    }
    assert found["customer_id"].tolist() == ["c", "c", '"c"', "羅", "x\x7f"]
    assert found["video_id"].tolist() == ["v", "v2", "v'3", "a,b;c|d", " v "]
    assert found["timestamp"].fillna(0).tolist() == [100, 0, -5, 100, 0]
    assert found["title"].fillna("-").tolist() == ["Title", "-", 'Line feed "', "t" * 70000, "-"]


def test_parquet_may_lie_beside_text_and_titles(tmp_path):
    half = len(FRAME) // 2
    content = parquet_of(tmp_path, "SELECT * EXCLUDE title FROM ratings", FRAME[half:])
    first, films = planted.movielens_inter(FRAME[:half]), planted.item_table(FRAME)

    found = frame_of(read(first, content, films))

    assert_same(found, FRAME)
    assert found["title"].tolist() == FRAME["title"].tolist()


def test_rows_stay_in_their_order(tmp_path):
    query = """
        SELECT 'c' || i AS customer_id, 'v' || i % 7 AS video_id, 4 AS rating, i AS timestamp
        FROM range(300000) AS numbers(i)
    """

    with read(parquet_of(tmp_path, query)) as table:
        rows = concatenate(list(table.chunks()))
        ids = [text for batch in table.customers.texts(rows.customer) for text in batch]

    np.testing.assert_array_equal(rows.timestamp, np.arange(300_000))
    assert ids == [f"c{n}" for n in range(300_000)]


def test_a_file_without_rows_is_said_to_be_empty(tmp_path):
    content = parquet_of(tmp_path, "SELECT * FROM ratings WHERE false")

    with pytest.raises(EmptyRatingsError, match="found no row"):
        read(content)


def test_a_file_without_needed_columns_names_those_it_has(tmp_path):
    content = parquet_of(tmp_path, "SELECT 'c' AS customer_id, 4 AS stars")

    with pytest.raises(RatingsFormatError, match=r"expected Parquet .*'customer_id', 'stars'"):
        read(content)


@pytest.mark.parametrize("cut", [1, 4, 8, 100])
def test_a_truncated_file_is_said_to_be_broken(cut, tmp_path):
    content = parquet_of(tmp_path, "SELECT * FROM ratings")

    with pytest.raises(RatingsFormatError, match=r"^ratings: expected a whole Parquet .*copy it"):
        read(content[:-cut], workspace=Workspace(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_fit_the_disk_is_said_so(monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parquet.shutil, "copyfileobj", full)
    with pytest.raises(RatingsTooLargeError, match=r"^ratings: a Parquet file .* ephemeral stor"):
        read(b"PAR1 and more")
