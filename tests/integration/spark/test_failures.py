"""What cannot be read fails the job by name; what can be done again is done again."""

import gzip
import json
import os

import pytest

from recommender.errors import (
    EmptyRatingsError,
    MalformedRatingsError,
    RatingsFormatError,
    RatingsNotFoundError,
)
from recommender.run_layout import RunLayout
from tests.integration.spark.both_routes import BUCKET, PYSPARK_WARNINGS, assert_same
from tests.integration.spark.generated_ratings import movies_csv, ratings_csv

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")
pytest.importorskip("pyarrow", reason="needs the dependency group spark: PyArrow")

from spark import job, preparation, reading

pytestmark = PYSPARK_WARNINGS

LOOSE = {"max_rejected_ratio": 0.5}
LOW = {"min_ratings_per_customer": 4, "min_ratings_per_video": 6}


def run_job(run: dict) -> dict:
    return job.main(["--JOB_NAME", "x", "--data_bucket", BUCKET, "--run", json.dumps(run)])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("b.csv.gz", gzip.compress(ratings_csv(2, 3_000))[:-900], "whole gzip file.*truncated"),
        ("b.parquet", b"PAR1" + bytes(500), "whole Parquet file"),
        ("b.csv", b"neither,this\nnor,that\n", "ratings in a known format"),
    ],
    ids=["truncated gzip", "broken Parquet", "unknown format"],
)
def test_one_corrupt_object_of_several_fails_the_job(routes, name, content, message):
    uri = routes.upload({"a.csv": ratings_csv(1, 3_000), name: content})
    run = routes.resolved(uri, dataset=LOOSE, filter=LOW)

    with pytest.raises(RatingsFormatError, match=f"{uri}{name}.*{message}"):
        run_job(run)

    assert routes.keys(RunLayout(run["run_id"]).prefix) == []


@pytest.mark.parametrize(
    ("objects", "error", "message"),
    [
        ({}, RatingsNotFoundError, "found no object"),
        ({"a.csv": b""}, EmptyRatingsError, "found no row"),
        ({"movies.csv": movies_csv()}, RatingsFormatError, "found only titles"),
        ({"a.csv": ratings_csv(1, 500)}, MalformedRatingsError, "of .* rows .* cannot be used"),
    ],
    ids=["nothing", "empty", "titles only", "malformed"],
)
def test_ratings_that_cannot_be_used_are_refused_as_the_functions_do(
    routes, objects, error, message
):
    run = routes.resolved(routes.upload(objects))
    with pytest.raises(error, match=message) as expected:
        routes.by_functions(run)

    with pytest.raises(error) as found:
        run_job(run)

    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("until_stable", [False, True])
def test_a_filter_that_leaves_nothing_says_so_as_the_functions_do(routes, until_stable):
    high = {"min_ratings_per_customer": 50_000, "until_stable": until_stable}
    uri = routes.upload({"a.csv": ratings_csv(1, 500)})
    run = routes.resolved(uri, dataset=LOOSE, filter=high)
    with pytest.raises(EmptyRatingsError, match="leaves none") as expected:
        routes.by_functions(run)

    with pytest.raises(EmptyRatingsError) as found:
        run_job(run)

    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("after", ["list_ratings", "record_of"])
def test_an_object_that_is_replaced_while_the_job_runs_fails_it(routes, monkeypatch, after):
    uri = routes.upload({"a.csv": ratings_csv(1, 3_000)})
    run = routes.resolved(uri, dataset=LOOSE, filter=LOW)
    done = getattr(preparation, after)

    def replace_afterwards(given):
        found = done(given)
        key = f"{uri}a.csv".removeprefix(f"s3://{BUCKET}/")
        routes.s3.put_object(Bucket=BUCKET, Key=key, Body=ratings_csv(1, 2_000))
        return found

    monkeypatch.setattr(preparation, after, replace_afterwards)

    with pytest.raises(RatingsFormatError, match=r"a\.csv: expected the object that was there"):
        run_job(run)


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(routes, tmp_path, monkeypatch):
    uri = routes.upload({"a.csv": ratings_csv(1, 4_000)})
    undisturbed = routes.resolved(uri, dataset=LOOSE, filter=LOW)
    expected = routes.by_spark(undisturbed)
    run = routes.resolved(uri, dataset=LOOSE, filter=LOW)
    read_piece, killed = reading.read_piece, tmp_path / "killed"

    def read_and_die_once(piece, asked):
        batches = read_piece(piece, asked)
        yield next(batches)  # some rows have left the worker
        if piece.number == 1 and not killed.exists():
            killed.touch()
            os._exit(137)
        yield from batches

    monkeypatch.setattr(reading, "read_piece", read_and_die_once)
    found = routes.by_spark(run)

    assert killed.exists()
    assert found == expected
    assert_same(routes.content(run["run_id"]), routes.content(undisturbed["run_id"]))
