"""A video that has most of the ratings is not one task's work."""

import pytest

from recommender.cleansing import CleansingRules
from tests.integration.spark.both_routes import PYSPARK_WARNINGS

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")
pytest.importorskip("pyarrow", reason="needs the dependency group spark: PyArrow")

from pyspark.sql import functions as F  # noqa: N812

from spark.cleansing import cleanse
from spark.objects import RatingsObject
from spark.pieces import cut_into_pieces
from spark.reports import JobAccounting, PieceReport

pytestmark = PYSPARK_WARNINGS

N_ROWS = 300_000
SETTINGS = {
    "spark.sql.shuffle.partitions": "12",
    # A thousandth of what they are, as the ratings are.
    "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "256k",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "256k",
}


@pytest.fixture
def sensitive(session):
    before = {name: session.conf.get(name) for name in SETTINGS}
    for name, value in SETTINGS.items():
        session.conf.set(name, value)
    yield session
    for name, value in before.items():
        session.conf.set(name, value)


def test_a_video_with_half_of_the_ratings_is_shared_by_tasks(sensitive):
    number = F.col("id")
    video = F.when(number % 2 == 0, "hot").otherwise((number % 7001).cast("string"))
    ratings = sensitive.range(0, N_ROWS, 1, 8).select(
        F.floor(number / 2).cast("string").alias("customer"),
        video.alias("video"),
        F.lit(1.0).cast("float").alias("rating"),
        number.alias("timestamp"),
        number.alias("place"),
    )
    pieces = cut_into_pieces([RatingsObject("bucket", "key", 1, "etag")])
    accounting = JobAccounting(pieces, [PieceReport(0, "movielens-csv", n_rows=N_ROWS)])

    kept = cleanse(ratings, CleansingRules(2, 10, until_stable=False), accounting)

    hot = kept.rows.where("video = 'hot'").groupBy(F.spark_partition_id()).count().collect()
    counts = [row["count"] for row in hot]
    assert sum(counts) > 0.4 * N_ROWS
    assert max(counts) < 0.5 * sum(counts)
