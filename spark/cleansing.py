"""No duplicates, no long tail: the rules of `recommender.cleansing`, as joins and counts."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from recommender.cleansing import CleansingRules, nothing_left
from spark.keeping import Kept
from spark.reports import JobAccounting
from spark.tallying import tally


def cleanse(ratings: DataFrame, rules: CleansingRules, accounting: JobAccounting) -> Kept:
    """Keep one rating per customer and video, then drop the long tail.

    Parameters
    ----------
    ratings : DataFrame
        ``customer``, ``video``, ``rating``, ``timestamp``, ``place``.
    rules : CleansingRules
    accounting : JobAccounting
        Is carried on; afterwards ``accounting.n_kept`` is the number of survivors.

    Returns
    -------
    Kept
        The survivors, with the same columns.

    Raises
    ------
    EmptyRatingsError
        If nothing is left; says what the thresholds were and the best that was there.
    """
    kept = _drop_older(ratings, accounting)
    while True:
        n_before = accounting.n_kept
        thinner = _drop_thin(kept, rules, accounting)
        kept.forget()
        kept = thinner
        if not rules.until_stable or accounting.n_kept == n_before:
            return kept


def _drop_older(ratings: DataFrame, accounting: JobAccounting) -> Kept:
    """Keep the latest of a customer's ratings of a video; among equals the last one read.

    Ratings are moved to their customers once: to count a customer's needs no further move.
    """
    latest_first = Window.partitionBy("customer", "video").orderBy(
        F.desc("timestamp"), F.desc("place")
    )
    ranked = ratings.repartition("customer").withColumn(
        "is_latest", F.row_number().over(latest_first) == 1
    )
    judged = Kept.of(ranked)
    accounting.reject("duplicate", tally(judged.rows.where("not is_latest")))
    return judged.narrowed("is_latest", "is_latest")


def _drop_thin(kept: Kept, rules: CleansingRules, accounting: JobAccounting) -> Kept:
    """Drop the ratings of customers and videos that are below their thresholds by now."""
    of_customer = F.count("*").over(Window.partitionBy("customer"))
    counted = kept.rows.withColumn("n_of_customer", of_customer)
    has_customer = F.col("n_of_customer") >= rules.min_ratings_per_customer
    has_video = F.col("n_of_video") >= rules.min_ratings_per_video
    per_video = kept.rows.groupBy("video").agg(F.count("*").alias("n_of_video"))
    # A video with 10^8 ratings is one key of this join: Spark cuts such a partition
    # (spark.sql.adaptive.skewJoin), as nothing that follows needs it whole.
    enough = _without_history(per_video.where(has_video))
    joined = counted.where(has_customer).join(enough, "video", "left")
    judged = joined.select(*kept.rows.columns, F.isnotnull("n_of_video").alias("has_video"))
    n_before = accounting.n_kept
    accounting.reject("below_customer_threshold", tally(counted.where(~has_customer)))
    thinner = Kept.of(judged)
    accounting.reject("below_video_threshold", tally(thinner.rows.where("not has_video")))
    if accounting.n_kept == 0:
        raise nothing_left(n_before, rules, _most(counted), _most(per_video))
    return thinner.narrowed("has_video", "has_video")


def _without_history(table: DataFrame) -> DataFrame:
    """Give the same rows without the plan that makes them; lost ones are made again all the same.

    A round's plan would hold the plan of the round before twice, once for the ratings and once for
    their counts: a million times after twenty rounds.
    """
    session = table.sparkSession
    return session.createDataFrame(table.rdd, table.schema, verifySchema=False)


def _most(counts: DataFrame) -> int:
    """Give the largest number in the last column."""
    return int(counts.agg(F.max(counts.columns[-1])).collect()[0][0] or 0)
