"""How ratings are distributed, from counts made in the executors."""

from __future__ import annotations

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from recommender.rating_profile import RatingDistribution, RatingProfile


def distribution(ratings: DataFrame) -> RatingDistribution:
    """Count ratings by value, and videos by how many ratings they have.

    Parameters
    ----------
    ratings : DataFrame
        ``video``, ``rating``.
    """
    values = ratings.groupBy("rating").agg(F.count("*").alias("n")).collect()
    per_video = ratings.groupBy("video").agg(F.count("*").alias("n_ratings"))
    videos = per_video.groupBy("n_ratings").agg(F.count("*").alias("n")).collect()
    return RatingProfile.of_counts(
        np.repeat(
            np.array([row["n_ratings"] for row in videos], dtype=np.int64),
            [row["n"] for row in videos],
        ),
        np.array([row["rating"] for row in values], dtype=np.float64),
        [row["n"] for row in values],
    ).distribution()
