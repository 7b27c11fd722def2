"""How ratings are distributed over their values and over videos, counted piece by piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

MAX_VALUES = 50
_TAIL_STEPS = 20


@dataclass(frozen=True, slots=True)
class RatingDistribution:
    """What a profile comes to, of bounded size.

    Attributes
    ----------
    n_ratings, n_videos : int
        Ratings, and videos with at least one.
    low, high : float
        Smallest and largest rating; 0 of none.
    step : float
        Ratings are rounded to ``low`` and multiples of it more; 0: they are as they were given.
    values : tuple of (float, int)
        Ratings and how often each was given, ascending; at most ``MAX_VALUES``.
    tail : tuple of (int, int)
        So many of the videos, most rated first, have so many of the ratings: from (0, 0) to
        (n_videos, n_ratings), at most 21 points.
    """

    n_ratings: int
    n_videos: int
    low: float
    high: float
    step: float
    values: tuple[tuple[float, int], ...]
    tail: tuple[tuple[int, int], ...]

    @property
    def mean(self) -> float:
        """Mean rating, of the rounded ones where they are; 0 of none."""
        return sum(value * count for value, count in self.values) / (self.n_ratings or 1)

    def document(self) -> dict[str, Any]:
        """Give it as JSON's types."""
        return {
            "n_ratings": self.n_ratings,
            "n_videos": self.n_videos,
            "low": self.low,
            "high": self.high,
            "step": self.step,
            "values": [list(pair) for pair in self.values],
            "tail": [list(pair) for pair in self.tail],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `document` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        return cls(
            n_ratings=int(document["n_ratings"]),
            n_videos=int(document["n_videos"]),
            low=float(document["low"]),
            high=float(document["high"]),
            step=float(document["step"]),
            values=tuple((float(value), int(count)) for value, count in document["values"]),
            tail=tuple((int(videos), int(ratings)) for videos, ratings in document["tail"]),
        )


class RatingProfile:
    """Counts of ratings, as large as there are videos and different ratings.

    Parameters
    ----------
    n_videos : int
    """

    def __init__(self, n_videos: int) -> None:
        self.per_video = np.zeros(n_videos, dtype=np.int64)
        self._values: dict[float, int] = {}

    def add(self, videos: npt.NDArray[np.integer], ratings: npt.NDArray[np.float32]) -> None:
        """Count some ratings; both arrays have shape (n_ratings,).

        Raises
        ------
        ValueError
            If a video's index is not below ``n_videos``.
        """
        self.per_video += np.bincount(videos, minlength=len(self.per_video))
        # Few values are given many times, which a hash table finds faster than sorting.
        counts = pd.Series(ratings).value_counts(sort=False)
        self._add_values(counts.index.to_numpy(np.float64), counts.tolist())

    @classmethod
    def of_counts(
        cls,
        per_video: npt.NDArray[np.int64],
        values: npt.NDArray[np.float64],
        counts: Sequence[int],
    ) -> Self:
        """Make a profile of what was counted elsewhere.

        Parameters
        ----------
        per_video : int64 array, shape (n_videos,)
        values : float64 array, shape (n_values,)
            Different ratings.
        counts : sequence of int, length n_values
            How often each was given.
        """
        profile = cls(0)
        profile.per_video = per_video
        profile._add_values(values, counts)
        return profile

    def _add_values(self, values: npt.NDArray[np.float64], counts: Sequence[int]) -> None:
        for value, count in zip(np.round(values, 2).tolist(), counts, strict=True):
            self._values[value] = self._values.get(value, 0) + count

    def __add__(self, other: RatingProfile) -> RatingProfile:
        """Count the ratings of both, of the same videos."""
        both = RatingProfile(len(self.per_video))
        both.per_video = self.per_video + other.per_video
        both._values = dict(Counter(self._values) + Counter(other._values))
        return both

    @property
    def n(self) -> int:
        """Ratings counted."""
        return int(self.per_video.sum())

    @property
    def low(self) -> float:
        """Smallest rating; 0 of none."""
        return min(self._values, default=0.0)

    @property
    def high(self) -> float:
        """Largest rating; 0 of none."""
        return max(self._values, default=0.0)

    def distribution(self, like: RatingDistribution | None = None) -> RatingDistribution:
        """Sum it up; the same whatever the pieces and their order.

        Parameters
        ----------
        like : RatingDistribution or None
            Of ratings that these are some of: they are rounded as those were.
        """
        rated = np.sort(self.per_video[self.per_video > 0])[::-1]
        summed = np.concatenate([[0], np.cumsum(rated)]).tolist()
        places = {round(step * len(rated) / _TAIL_STEPS) for step in range(_TAIL_STEPS + 1)}
        low, step = (like.low, like.step) if like else (self.low, self._step())
        return RatingDistribution(
            n_ratings=self.n,
            n_videos=len(rated),
            low=self.low,
            high=self.high,
            step=step,
            values=tuple(self._rounded(low, step)),
            tail=tuple((place, summed[place]) for place in sorted(places)),
        )

    def _step(self) -> float:
        if len(self._values) <= MAX_VALUES:
            return 0.0
        return (self.high - self.low) / (MAX_VALUES - 1)

    def _rounded(self, low: float, step: float) -> list[tuple[float, int]]:
        if not step:
            return sorted(self._values.items())
        steps: dict[int, int] = {}
        for value, count in self._values.items():
            place = round((value - low) / step)
            steps[place] = steps.get(place, 0) + count
        return [(round(low + step * place, 6), count) for place, count in sorted(steps.items())]
