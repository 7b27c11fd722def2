"""What anyone can predict without a model: the numbers to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

# Koren's values for Netflix, and Surprise's defaults.
N_ROUNDS = 10
CUSTOMER_REGULARISATION = 15.0
VIDEO_REGULARISATION = 10.0


@dataclass(frozen=True, slots=True)
class BiasBaseline:
    """Global mean, plus how generous the customer is, plus how liked the video is.

    Attributes
    ----------
    mean : float
        Mean of the training ratings; on its own, the simplest baseline.
    customer_bias : float64 array, shape (n_users,)
        0 for customers without training ratings.
    video_bias : float64 array, shape (n_items,)
        0 for videos without training ratings.
    """

    mean: float
    customer_bias: FloatArray
    video_bias: FloatArray

    def predict(self, user_index: IndexArray, item_index: IndexArray) -> FloatArray:
        """Predict ratings, shape (n_samples,)."""
        biases = self.customer_bias[user_index] + self.video_bias[item_index]
        predicted: FloatArray = self.mean + biases
        return predicted


def fit_bias_baseline(
    user_index: IndexArray,
    item_index: IndexArray,
    ratings: npt.NDArray[np.floating],
    *,
    n_users: int,
    n_items: int,
) -> BiasBaseline:
    """Fit regularised biases to training ratings by alternating least squares.

    Ten rounds of ``b_i = sum(r - mean - b_u) / (10 + n_i)``, then
    ``b_u = sum(r - mean - b_i) / (15 + n_u)``: section 2.1 of Y. Koren, "Factor in the Neighbors:
    Scalable and Accurate Collaborative Filtering" (2010), with the defaults of Surprise's
    ``BaselineOnly`` (ALS).

    Parameters
    ----------
    user_index, item_index : int64 array, shape (n_ratings,)
    ratings : float array, shape (n_ratings,)
        Of the training split only.
    n_users, n_items : int
    """
    mean = float(np.mean(ratings, dtype=np.float64))
    residual = ratings.astype(np.float64) - mean
    per_customer = np.bincount(user_index, minlength=n_users) + CUSTOMER_REGULARISATION
    per_video = np.bincount(item_index, minlength=n_items) + VIDEO_REGULARISATION
    customer_bias, video_bias = np.zeros(n_users), np.zeros(n_items)
    for _ in range(N_ROUNDS):
        left = residual - customer_bias[user_index]
        video_bias = np.bincount(item_index, left, minlength=n_items) / per_video
        left = residual - video_bias[item_index]
        customer_bias = np.bincount(user_index, left, minlength=n_users) / per_customer
    return BiasBaseline(mean, customer_bias, video_bias)
