"""What is shown of a customer and of a video."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from console.recommendations.name_search import Found
from recommender.run_layout import Split


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer and how many of the ratings that were kept are theirs."""

    customer_id: str
    n_ratings: int


@dataclass(frozen=True, slots=True)
class Video:
    """A video, and how many of the ratings that were kept are of it."""

    video_id: str
    title: str | None
    n_ratings: int

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.video_id


@dataclass(frozen=True, slots=True)
class Predicted:
    """A video with what the model predicts for a customer: a rating, or a probability."""

    video: Video
    predicted: float


@dataclass(frozen=True, slots=True)
class RatedVideo:
    """A rating of a customer beside what the model predicts.

    Attributes
    ----------
    rated_at : datetime or None
        In UTC; None if unknown.
    split : str
        The model was trained on ``train`` alone.
    """

    video: Video
    rating: float
    rated_at: dt.datetime | None
    split: Split
    predicted: float


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer's past, and what the model recommends.

    Attributes
    ----------
    mean_rating : float
    n_trained : int
        Ratings of theirs that the model was trained on. Without any it knows nothing of them, and
        recommends the videos that it expects everybody to like.
    history : Found of RatedVideo
        Newest first where times are known, and then the best rated.
    top : tuple of Predicted
        Videos they have not rated, best first.
    """

    customer: Customer
    mean_rating: float
    n_trained: int
    history: Found[RatedVideo]
    top: tuple[Predicted, ...]


@dataclass(frozen=True, slots=True)
class Rater:
    """A customer who rated a video."""

    customer: Customer
    rating: float


@dataclass(frozen=True, slots=True)
class SimilarVideo:
    """A video like another one; `cosine` is from -1 to 1, see `recommender.similarity`."""

    video: Video
    cosine: float


@dataclass(frozen=True, slots=True)
class VideoView:
    """A video's ratings and its like.

    Attributes
    ----------
    mean_rating : float
    distribution : tuple of (float, int)
        Ratings and how often each was given, ascending.
    n_trained : int
        Ratings of it that the model was trained on; without any it is similar to nothing.
    raters : Found of Rater
        Some customers who rated it, the most active first. Everyone rated it once.
    similar : tuple of SimilarVideo
        Of videos that the model was trained on, most similar first.
    """

    video: Video
    mean_rating: float
    distribution: tuple[tuple[float, int], ...]
    n_trained: int
    raters: Found[Rater]
    similar: tuple[SimilarVideo, ...]
