"""How ratings are distributed over values, customers and videos, counted piece by piece."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MAX_VALUES = 50


class RatingProfile:
    """Counts of ratings, as large as there are customers, videos and different ratings.

    Parameters
    ----------
    n_users, n_items : int
    """

    def __init__(self, n_users: int, n_items: int) -> None:
        self.per_user = np.zeros(n_users, dtype=np.int64)
        self.per_item = np.zeros(n_items, dtype=np.int64)
        self._values: dict[float, int] = {}

    def add(
        self,
        user_index: npt.NDArray[np.integer],
        item_index: npt.NDArray[np.integer],
        ratings: npt.NDArray[np.floating],
    ) -> None:
        """Count some ratings; all arrays have shape (n_ratings,).

        Raises
        ------
        ValueError
            If an index is not below ``n_users`` or ``n_items``.
        """
        self.per_user += np.bincount(user_index, minlength=len(self.per_user))
        self.per_item += np.bincount(item_index, minlength=len(self.per_item))
        values, counts = np.unique(np.round(ratings.astype(np.float64), 2), return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            self._values[value] = self._values.get(value, 0) + count

    @property
    def n(self) -> int:
        """Ratings counted."""
        return int(self.per_user.sum())

    @property
    def low(self) -> float:
        """Smallest rating; 0 of none."""
        return min(self._values, default=0.0)

    @property
    def high(self) -> float:
        """Largest rating; 0 of none."""
        return max(self._values, default=0.0)

    @property
    def values(self) -> list[tuple[float, int]]:
        """Ratings and how often each was given, ascending; rounded where there are many."""
        if len(self._values) <= MAX_VALUES:
            return sorted(self._values.items())
        step = (self.high - self.low) / (MAX_VALUES - 1)
        rounded: dict[float, int] = {}
        for value, count in self._values.items():
            place = self.low + step * round((value - self.low) / step)
            rounded[place] = rounded.get(place, 0) + count
        return sorted(rounded.items())


def long_tail(counts: npt.NDArray[np.int64], *, points: int = 20) -> list[tuple[float, float]]:
    """Give which share of the ratings the most rated have.

    Parameters
    ----------
    counts : int array, shape (n,)
        Ratings of each video, or of each customer.
    points : int
        Steps of the curve.

    Returns
    -------
    list of (float, float)
        Share of the members, most rated first, and their share of the ratings; from (0, 0) to
        (1, 1). Empty if there is no rating.
    """
    total = int(counts.sum())
    if not total:
        return []
    summed = np.concatenate([[0], np.cumsum(np.sort(counts)[::-1])])
    places = [round(step * len(counts) / points) for step in range(points + 1)]
    return [(place / len(counts), float(summed[place]) / total) for place in places]
