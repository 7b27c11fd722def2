"""Where a model's predictions are good and where they are not, counted piece by piece."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.errors import PredictionsError

IndexArray = npt.NDArray[np.integer]
FloatArray = npt.NDArray[np.floating]

N_BINS = 20
N_CALIBRATION_BINS = 10
# Customers and videos by their number of training ratings: from each of these up to the next.
ACTIVITY_BOUNDS = (0, 1, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class ErrorOfGroup:
    """How far predictions are off for some of the test ratings.

    Attributes
    ----------
    low, high : int
        Fewest and most training ratings of the group's members; ``high`` is -1 where open.
    n : int
        Test ratings.
    rmse, mae : float
        In rating points; of a binary classifier, of probabilities against 0 and 1.
    """

    low: int
    high: int
    n: int
    rmse: float
    mae: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Test ratings whose predictions are alike: their mean prediction and mean truth."""

    n: int
    predicted: float
    actual: float


class PredictionQuality:
    """Counts of predictions against truths, of fixed size however many there are.

    Parameters
    ----------
    user_ratings : int array, shape (n_users,)
        Training ratings of each customer.
    item_ratings : int array, shape (n_items,)
        Training ratings of each video.
    low, high : float
        Smallest and largest truth that is expected; predictions beyond them fall into the
        outermost bins.
    """

    def __init__(
        self, user_ratings: IndexArray, item_ratings: IndexArray, *, low: float, high: float
    ) -> None:
        self._user_ratings, self._item_ratings = user_ratings, item_ratings
        self.low, self.high = low, high if high > low else low + 1.0
        self.joint = np.zeros((N_BINS, N_BINS), dtype=np.int64)
        self.residuals = np.zeros(N_BINS, dtype=np.int64)
        self._by_user = np.zeros((len(ACTIVITY_BOUNDS), 3))
        self._by_item = np.zeros((len(ACTIVITY_BOUNDS), 3))
        self._calibration = np.zeros((N_CALIBRATION_BINS, 3))
        self._sums = np.zeros(4)

    def add(
        self,
        user_index: IndexArray,
        item_index: IndexArray,
        truths: FloatArray,
        predictions: FloatArray,
    ) -> None:
        """Count some test ratings; all arrays have shape (n_ratings,).

        Raises
        ------
        PredictionsError
            If the lengths differ.
        """
        if not len(user_index) == len(item_index) == len(truths) == len(predictions):
            raise PredictionsError(
                f"expected as many predictions as truths, found {len(predictions)} and "
                f"{len(truths)}"
            )
        true = np.asarray(truths, dtype=np.float64)
        predicted = np.asarray(predictions, dtype=np.float64)
        errors = predicted - true
        span = self.high - self.low
        np.add.at(
            self.joint,
            (self._bin(true, self.low, span), self._bin(predicted, self.low, span)),
            1,
        )
        self.residuals += np.bincount(self._bin(errors, -span, 2 * span), minlength=N_BINS)
        for sums, counts, index in (
            (self._by_user, self._user_ratings, user_index),
            (self._by_item, self._item_ratings, item_index),
        ):
            group = np.searchsorted(ACTIVITY_BOUNDS, counts[index], side="right") - 1
            _add_sums(sums, group, np.ones(len(errors)), np.square(errors), np.abs(errors))
        place = self._bin(predicted, self.low, span) * N_CALIBRATION_BINS // N_BINS
        _add_sums(self._calibration, place, np.ones(len(errors)), predicted, true)
        self._sums += (len(errors), np.square(errors).sum(), np.abs(errors).sum(), errors.sum())

    @staticmethod
    def _bin(values: npt.NDArray[np.float64], low: float, span: float) -> npt.NDArray[np.int64]:
        return np.clip((values - low) / span * N_BINS, 0, N_BINS - 1).astype(np.int64)

    @property
    def n(self) -> int:
        """Test ratings counted."""
        return int(self._sums[0])

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, as `recommender.metrics` gives it; NaN of none."""
        return math.sqrt(self._sums[1] / self._sums[0]) if self.n else math.nan

    @property
    def bias(self) -> float:
        """Mean of prediction minus truth; NaN of none."""
        return float(self._sums[3] / self._sums[0]) if self.n else math.nan

    @property
    def by_customer_activity(self) -> list[ErrorOfGroup]:
        """Errors by how many training ratings the customer has; groups without one left out."""
        return _groups(self._by_user)

    @property
    def by_video_popularity(self) -> list[ErrorOfGroup]:
        """Errors by how many training ratings the video has; groups without one left out."""
        return _groups(self._by_item)

    @property
    def calibration(self) -> list[CalibrationBin]:
        """Mean truth beside mean prediction, by prediction; bins without one left out."""
        return [
            CalibrationBin(int(n), predicted / n, actual / n)
            for n, predicted, actual in self._calibration.tolist()
            if n
        ]


def _add_sums(
    sums: npt.NDArray[np.float64],
    place: npt.NDArray[np.integer],
    *columns: npt.NDArray[np.float64],
) -> None:
    for column, values in enumerate(columns):
        sums[:, column] += np.bincount(place, weights=values, minlength=len(sums))


def _groups(sums: npt.NDArray[np.float64]) -> list[ErrorOfGroup]:
    highs = [bound - 1 for bound in ACTIVITY_BOUNDS[1:]] + [-1]
    return [
        ErrorOfGroup(low, high, int(n), math.sqrt(squares / n), absolutes / n)
        for low, high, (n, squares, absolutes) in zip(
            ACTIVITY_BOUNDS, highs, sums.tolist(), strict=True
        )
        if n
    ]
