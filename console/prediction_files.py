"""A run's ratings and predictions, read from S3 piece by piece and only counted."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from lambdas.runtime.predicted_ratings import predicted_ratings
from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.store import ArtifactStore
from recommender.labels import label
from recommender.prediction_quality import PredictionQuality
from recommender.rating_profile import RatingProfile
from recommender.run_layout import RunLayout, Split


def count_ratings(
    store: ArtifactStore, layout: RunLayout, split: Split, profile: RatingProfile, *, n_users: int
) -> npt.NDArray[np.int64]:
    """Add the ratings of a split to a profile; one file at a time is held.

    Parameters
    ----------
    store : ArtifactStore
    layout : RunLayout
    split : str
    profile : RatingProfile
    n_users : int

    Returns
    -------
    int64 array, shape (n_users,)
        Ratings of each customer in the split.

    Raises
    ------
    RecommenderError
        If a file is missing or unreadable.
    """
    per_user = np.zeros(n_users, dtype=np.int64)
    with TemporaryDirectory() as folder:
        for part in ratings_parts(store, layout.ratings_prefix(split), Path(folder)):
            profile.add(part.item_index, part.rating)
            per_user += np.bincount(part.user_index, minlength=n_users)
    return per_user


def measure_predictions(
    store: ArtifactStore,
    layout: RunLayout,
    train: RatingProfile,
    per_user: npt.NDArray[np.int64],
    *,
    positive_rating: float | None,
) -> PredictionQuality:
    """Hold a run's predictions against its test ratings; one file of each at a time is held.

    Parameters
    ----------
    store : ArtifactStore
    layout : RunLayout
    train : RatingProfile
        Of the training split.
    per_user : int64 array, shape (n_users,)
        Training ratings of each customer.
    positive_rating : float or None
        Of a binary classifier: ratings from here on are positive.

    Raises
    ------
    RecommenderError
        If a file is missing or unreadable, or there is not one prediction per test rating.
    """
    is_classifier = positive_rating is not None
    quality = PredictionQuality(
        per_user,
        train.per_video,
        low=0.0 if is_classifier else train.low,
        high=1.0 if is_classifier else train.high,
    )
    with TemporaryDirectory() as folder:
        for ratings, scores in predicted_ratings(store, layout, Path(folder)):
            truths = label(ratings.rating, positive_rating)
            quality.add(ratings.user_index, ratings.item_index, truths, scores)
    return quality
