"""A run's ratings and predictions, read from S3 piece by piece and only counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.store import ArtifactStore
from recommender.errors import ArtifactNotFoundError, PredictionsError
from recommender.labels import label
from recommender.prediction_quality import PredictionQuality
from recommender.predictions import parse_predictions
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
    scores = _Scores(_score_parts(store, layout))
    with TemporaryDirectory() as folder:
        for part in ratings_parts(store, layout.ratings_prefix("test"), Path(folder)):
            truths = label(part.rating, positive_rating)
            quality.add(part.user_index, part.item_index, truths, scores.take(len(part)))
    scores.check_end()
    return quality


def _score_parts(store: ArtifactStore, layout: RunLayout) -> Iterator[npt.NDArray[np.float64]]:
    """Give predictions by part in the order in which the parts were sent."""
    keys = set(store.keys(layout.predictions_prefix))
    if not keys:
        raise ArtifactNotFoundError(
            f"{store.uri(layout.predictions_prefix)}: expected predictions, found nothing"
        )
    for key in itertools.takewhile(
        keys.__contains__, map(layout.prediction_key, itertools.count())
    ):
        yield parse_predictions(store.get(key), where=store.uri(key))


class _Scores:
    """Predictions in pieces of any size, though their files have other sizes."""

    def __init__(self, parts: Iterator[npt.NDArray[np.float64]]) -> None:
        self._parts = parts
        self._rest: npt.NDArray[np.float64] = np.empty(0)

    def take(self, count: int) -> npt.NDArray[np.float64]:
        pieces, missing = [self._rest[:count]], count - len(self._rest[:count])
        self._rest = self._rest[count:]
        while missing:
            part = next(self._parts, None)
            if part is None:
                raise PredictionsError("expected one prediction per test rating, found fewer")
            pieces.append(part[:missing])
            self._rest = part[missing:]
            missing -= len(pieces[-1])
        return np.concatenate(pieces)

    def check_end(self) -> None:
        if len(self._rest) or next(self._parts, None) is not None:
            raise PredictionsError("expected one prediction per test rating, found more")
