"""The Spark job writes what the functions write."""

import gzip
import io
from collections.abc import Mapping

import pandas as pd
import pytest

from recommender.run_layout import RunLayout
from tests.integration.spark.both_routes import BUCKET, PYSPARK_WARNINGS, Routes, assert_same
from tests.integration.spark.generated_ratings import movies_csv, ratings_csv, reviews_tsv

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")
pytest.importorskip("pyarrow", reason="needs the dependency group spark: PyArrow")

pytestmark = PYSPARK_WARNINGS

LOOSE = {"max_rejected_ratio": 0.5}
LOW = {"min_ratings_per_customer": 4, "min_ratings_per_video": 6}


def assert_same_products(
    routes: Routes, uri: str, sizes: Mapping[str, int] | None = None, **sections
) -> None:
    asked, asked_again = routes.resolved(uri, **sections), routes.resolved(uri, **sections)

    expected = routes.by_functions(asked)
    found = routes.by_spark(asked_again, **(sizes or {}))

    assert found == expected
    content = routes.content(asked_again["run_id"])
    del content["ratings/prepared.json"]
    assert_same(content, routes.content(asked["run_id"]))
    assert routes.metrics(asked_again, found) == pytest.approx(
        routes.metrics(asked, expected), rel=1e-6
    )


@pytest.mark.parametrize("strategy", ["random", "latest"])
@pytest.mark.parametrize("until_stable", [False, True], ids=["one-pass", "until-stable"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_ratings(routes, seed, until_stable, strategy):
    content = ratings_csv(seed, 4_000)
    if strategy == "latest":  # needs the time of every rating
        content = b"\n".join(line for line in content.split(b"\n") if not line.endswith(b","))

    assert_same_products(
        routes,
        routes.upload({"ratings.csv": content}),
        dataset=LOOSE,
        filter={**LOW, "until_stable": until_stable},
        split={"strategy": strategy, "seed": seed},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "until_stable"),
    [(8, False), (9, True), (10, False)],
    ids=["8", "9-until-stable", "10"],
)
def test_a_million_ratings(routes, seed, until_stable):
    content = ratings_csv(seed, 1_000_000, n_customers=60_000, n_videos=9_000)
    sizes = {"piece_bytes": 4_000_000, "unit_rows": 100_000}

    assert_same_products(
        routes,
        routes.upload({"ratings.csv": content}),
        sizes,
        dataset=LOOSE,
        filter={"until_stable": until_stable},
        split={"seed": seed},
        transform={"max_rows_per_file": 10_000},
    )


def test_several_objects_in_several_formats_with_titles(routes):
    frame = pd.DataFrame(
        {"customer_id": range(1, 60), "video_id": 3, "rating": 4.0, "timestamp": 1_400_000_005}
    )
    parquet = io.BytesIO()
    frame.to_parquet(parquet)
    objects = {
        "_SUCCESS": b"",
        "a.csv": ratings_csv(4, 2_000),
        "b-movies.csv": movies_csv(),
        "c.csv.gz": gzip.compress(ratings_csv(5, 2_000)),
        "d.tsv": reviews_tsv(6, 2_000),
        "e.parquet": parquet.getvalue(),
        "f-empty.csv": b"",
    }

    assert_same_products(routes, routes.upload(objects), dataset=LOOSE, filter=LOW)


def test_done_again_it_leaves_nothing_of_the_first_attempt(routes):
    run = routes.resolved(
        routes.upload({"ratings.csv": ratings_csv(7, 3_000)}), dataset=LOOSE, filter=LOW
    )
    layout = RunLayout(run["run_id"])
    routes.by_spark(run)
    expected = routes.content(run["run_id"])
    left_over = (layout.recordio_key("test", 99), layout.ratings_key("train", 99))
    for key in left_over:
        routes.s3.put_object(Bucket=BUCKET, Key=key, Body=b"of an earlier attempt")

    routes.by_spark(run, piece_bytes=7_000, unit_rows=10_000)

    assert not set(left_over) & set(routes.keys(layout.prefix))
    assert_same(routes.content(run["run_id"]), expected)
