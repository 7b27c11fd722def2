"""The Spark session, on Glue and on a laptop."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import SparkSession

# Rows of a shuffle's partition: some tens of MB, so that a task's sort fits its memory.
_ROWS_PER_PARTITION = 500_000
_MIN_PARTITIONS, _MAX_PARTITIONS = 4, 20_000

SETTINGS: Mapping[str, str] = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.skewJoin.enabled": "true",
    # Or what is kept on disk is planned without the two.
    "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning": "true",
    # A table that is broadcast passes through the driver.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.maxPlanStringLength": "10000",
    "spark.sql.session.timeZone": "UTC",
}


def open_session(*, settings: Mapping[str, str] | None = None) -> SparkSession:
    """Start Spark, or take the session that there is, as Glue's.

    Parameters
    ----------
    settings : mapping or None
        More of Spark's settings, such as ``spark.master``, which Glue sets itself.
    """
    builder = SparkSession.builder.appName("preparation")
    for name, value in {**SETTINGS, **(settings or {})}.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    return session


def partitions_for(n_rows: int) -> int:
    """Say into how many partitions a shuffle of ratings is cut; Spark joins small ones."""
    return min(_MAX_PARTITIONS, max(_MIN_PARTITIONS, -(-n_rows // _ROWS_PER_PARTITION)))
