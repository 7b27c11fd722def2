"""How far predictions are from the truth, added up block by block.

Blocks are summed in pairs by numpy and added to float64 totals. No summand is negative,
so the relative error of a mean is at most (blocks + log2(rows of a block)) times 1.1e-16: some
1e-13 for 10^8 rows in blocks of 131,072. Counts are exact.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from recommender.errors import PredictionsError

FloatArray = npt.NDArray[np.floating]
IndexArray = npt.NDArray[np.integer]

# Probabilities are kept this far from 0 and 1, so that one wrong certainty stays finite. Scores
# are float32, whose smallest step below 1 this is.
PROBABILITY_MARGIN = float(np.finfo(np.float32).eps)
POSITIVE_FROM = 0.5


class RatingErrors:
    """Errors of predicted ratings."""

    def __init__(self) -> None:
        self._n = 0
        self._squares = 0.0
        self._absolutes = 0.0

    def add(self, truths: FloatArray, predictions: FloatArray) -> None:
        """Add a block; both arrays have shape (n_samples,).

        Raises
        ------
        PredictionsError
            If the arrays differ in length, or hold a number that is not finite; says in which of
            all rows so far, from 0.
        """
        errors = _errors(truths, predictions, first_row=self._n)
        self._n += len(errors)
        self._squares += float(np.square(errors).sum())
        self._absolutes += float(np.abs(errors).sum())

    @property
    def n(self) -> int:
        """Rows added."""
        return self._n

    @property
    def mse(self) -> float:
        """Mean squared error.

        Raises
        ------
        PredictionsError
            If there are no rows; so for all means.
        """
        return self._squares / _at_least_one(self._n)

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, in rating points."""
        return math.sqrt(self.mse)

    @property
    def mae(self) -> float:
        """Mean absolute error, in rating points."""
        return self._absolutes / _at_least_one(self._n)


class ProbabilityErrors:
    """Errors of predicted probabilities."""

    def __init__(self) -> None:
        self._n = 0
        self._right = 0
        self._loss = 0.0

    def add(self, truths: FloatArray, probabilities: FloatArray) -> None:
        """Add a block.

        Parameters
        ----------
        truths : float array of 0 and 1, shape (n_samples,)
        probabilities : float array in [0, 1], shape (n_samples,)

        Raises
        ------
        PredictionsError
            If a number is no probability, besides the reasons of `RatingErrors.add`.
        """
        _errors(truths, probabilities, first_row=self._n)
        positive = np.asarray(truths) > 0
        given = np.asarray(probabilities, dtype=np.float64)
        outside = np.flatnonzero((given < 0.0) | (given > 1.0))
        if len(outside):
            raise PredictionsError(
                f"row {self._n + outside[0]}: expected probabilities between 0 and 1, found "
                f"{given[outside[0]]:g}; was the model trained as binary_classifier?"
            )
        safe = np.clip(given, PROBABILITY_MARGIN, 1.0 - PROBABILITY_MARGIN)
        self._n += len(given)
        self._right += int(np.count_nonzero((given >= POSITIVE_FROM) == positive))
        self._loss -= float(np.where(positive, np.log(safe), np.log1p(-safe)).sum())

    @property
    def n(self) -> int:
        """Rows added."""
        return self._n

    @property
    def accuracy(self) -> float:
        """Share of right answers; positive from a probability of 0.5, as SageMaker does it."""
        return self._right / _at_least_one(self._n)

    @property
    def log_loss(self) -> float:
        """Mean binary cross-entropy, in nats, of probabilities kept 1.2e-7 from 0 and 1."""
        return self._loss / _at_least_one(self._n)


class ColdStarts:
    """What the test split asks about that the training split never saw.

    Parameters
    ----------
    n_users, n_items : int
        Customers and videos; two bytes of memory for each.
    """

    def __init__(self, n_users: int, n_items: int) -> None:
        self._known_users = np.zeros(n_users, dtype=np.bool_)
        self._known_items = np.zeros(n_items, dtype=np.bool_)
        self._cold_users = np.zeros(n_users, dtype=np.bool_)
        self._cold_items = np.zeros(n_items, dtype=np.bool_)
        self._rows = 0

    def learn(self, user_index: IndexArray, item_index: IndexArray) -> None:
        """Take note of training ratings, all before the first `add`."""
        self._known_users[user_index] = True
        self._known_items[item_index] = True

    def add(self, user_index: IndexArray, item_index: IndexArray) -> None:
        """Count test ratings."""
        is_cold_user = ~self._known_users[user_index]
        is_cold_item = ~self._known_items[item_index]
        self._cold_users[user_index[is_cold_user]] = True
        self._cold_items[item_index[is_cold_item]] = True
        self._rows += int(np.count_nonzero(is_cold_user | is_cold_item))

    @property
    def customers(self) -> int:
        """Distinct customers of test rows without a training rating."""
        return int(np.count_nonzero(self._cold_users))

    @property
    def videos(self) -> int:
        """Distinct videos of test rows without a training rating."""
        return int(np.count_nonzero(self._cold_items))

    @property
    def rows(self) -> int:
        """Test rows with a cold customer or a cold video."""
        return self._rows


def _at_least_one(n: int) -> int:
    if n == 0:
        raise PredictionsError("expected at least one prediction, found none")
    return n


def _errors(
    truths: FloatArray, predictions: FloatArray, *, first_row: int
) -> npt.NDArray[np.float64]:
    true = np.asarray(truths, dtype=np.float64)
    predicted = np.asarray(predictions, dtype=np.float64)
    if true.shape != predicted.shape or true.ndim != 1:
        raise PredictionsError(
            f"expected as many predictions as truths, found shapes {predicted.shape} and "
            f"{true.shape}"
        )
    errors = predicted - true
    if not np.isfinite(errors).all():
        row = int(np.flatnonzero(~np.isfinite(errors))[0])
        raise PredictionsError(
            f"row {first_row + row}: expected finite numbers, found prediction {predicted[row]} "
            f"and truth {true[row]}"
        )
    return errors
