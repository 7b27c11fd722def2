"""How far predictions are from the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.errors import PredictionsError

FloatArray = npt.NDArray[np.floating]
IndexArray = npt.NDArray[np.int64]

# Probabilities are kept this far from 0 and 1, so that one wrong certainty stays finite. Scores
# are float32, whose smallest step below 1 this is.
PROBABILITY_MARGIN = float(np.finfo(np.float32).eps)
POSITIVE_FROM = 0.5


def mse(truths: FloatArray, predictions: FloatArray) -> float:
    """Give the mean squared error; both arrays have shape (n_samples,).

    Raises
    ------
    PredictionsError
        If the arrays differ in length, are empty, or hold a number that is not finite. So do the
        other metrics.
    """
    return float(np.mean(np.square(_errors(truths, predictions))))


def rmse(truths: FloatArray, predictions: FloatArray) -> float:
    """Give the root of the mean squared error, in rating points."""
    return float(np.sqrt(mse(truths, predictions)))


def mae(truths: FloatArray, predictions: FloatArray) -> float:
    """Give the mean absolute error, in rating points."""
    return float(np.mean(np.abs(_errors(truths, predictions))))


def accuracy(truths: FloatArray, probabilities: FloatArray) -> float:
    """Give the share of right answers; positive from a probability of 0.5, as SageMaker does it.

    Parameters
    ----------
    truths : float array of 0 and 1, shape (n_samples,)
    probabilities : float array in [0, 1], shape (n_samples,)
    """
    _errors(truths, probabilities)
    return float(np.mean((np.asarray(probabilities) >= POSITIVE_FROM) == (np.asarray(truths) > 0)))


def log_loss(truths: FloatArray, probabilities: FloatArray) -> float:
    """Give the mean binary cross-entropy, in nats.

    Parameters
    ----------
    truths : float array of 0 and 1, shape (n_samples,)
    probabilities : float array in [0, 1], shape (n_samples,)
        Kept 1.2e-7 from 0 and 1.

    Raises
    ------
    PredictionsError
        If a number is no probability, besides the reasons of `mse`.
    """
    _errors(truths, probabilities)
    given = np.asarray(probabilities, dtype=np.float64)
    if given.min() < 0.0 or given.max() > 1.0:
        raise PredictionsError(
            f"expected probabilities between 0 and 1, found {given.min():g} to {given.max():g}; "
            "was the model trained as binary_classifier?"
        )
    safe = np.clip(given, PROBABILITY_MARGIN, 1.0 - PROBABILITY_MARGIN)
    return float(-np.mean(np.where(np.asarray(truths) > 0, np.log(safe), np.log1p(-safe))))


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """What the test split asks about that the training split never saw.

    Attributes
    ----------
    customers, videos : int
        Distinct customers and videos of test rows without a training rating.
    rows : int
        Test rows with a cold customer or a cold video.
    """

    customers: int
    videos: int
    rows: int


def cold_starts(
    train_user_index: IndexArray,
    train_item_index: IndexArray,
    test_user_index: IndexArray,
    test_item_index: IndexArray,
) -> ColdStarts:
    """Count cold customers, videos and rows; index arrays have shape (n_ratings,)."""
    is_cold_customer = ~np.isin(test_user_index, train_user_index)
    is_cold_video = ~np.isin(test_item_index, train_item_index)
    return ColdStarts(
        customers=len(np.unique(test_user_index[is_cold_customer])),
        videos=len(np.unique(test_item_index[is_cold_video])),
        rows=int((is_cold_customer | is_cold_video).sum()),
    )


def _errors(truths: FloatArray, predictions: FloatArray) -> npt.NDArray[np.float64]:
    true = np.asarray(truths, dtype=np.float64)
    predicted = np.asarray(predictions, dtype=np.float64)
    if true.shape != predicted.shape or true.ndim != 1:
        raise PredictionsError(
            f"expected as many predictions as truths, found shapes {predicted.shape} and "
            f"{true.shape}"
        )
    if len(true) == 0:
        raise PredictionsError("expected at least one prediction, found none")
    errors = predicted - true
    if not np.isfinite(errors).all():
        row = int(np.flatnonzero(~np.isfinite(errors))[0])
        raise PredictionsError(
            f"row {row}: expected finite numbers, found prediction {predicted[row]} and truth "
            f"{true[row]}"
        )
    return errors
