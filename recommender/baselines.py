"""What anyone can predict without a model: the numbers to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.kept_ratings import KeptRatings
from recommender.tables import RatingsColumns

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.integer]

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
    ratings: Sequence[RatingsColumns] | KeptRatings, *, n_users: int, n_items: int
) -> BiasBaseline:
    """Fit regularised biases to training ratings by alternating least squares.

    Ten rounds of ``b_i = sum(r - mean - b_u) / (10 + n_i)``, then
    ``b_u = sum(r - mean - b_i) / (15 + n_u)``: section 2.1 of Y. Koren, "Factor in the Neighbors:
    Scalable and Accurate Collaborative Filtering" (2010), with the defaults of Surprise's
    ``BaselineOnly`` (ALS).

    Parameters
    ----------
    ratings : sequence of RatingsColumns, or KeptRatings
        Of the training split only, in blocks; gone through 21 times. Each sum is made in the order
        of the ratings, so that where they are cut matters only to the last digits of the mean.
    n_users, n_items : int
        16 bytes of memory for each customer and video.
    """
    total, n_ratings = 0.0, 0
    per_customer = np.full(n_users, CUSTOMER_REGULARISATION)
    per_video = np.full(n_items, VIDEO_REGULARISATION)
    for block in ratings:
        total += float(block.rating.sum(dtype=np.float64))
        n_ratings += len(block)
        np.add.at(per_customer, block.user_index, 1.0)
        np.add.at(per_video, block.item_index, 1.0)
    mean = total / n_ratings
    customer_bias, video_bias = np.zeros(n_users), np.zeros(n_items)
    for _ in range(N_ROUNDS):
        video_bias[:] = 0.0
        for block in ratings:
            left = block.rating.astype(np.float64) - mean - customer_bias[block.user_index]
            np.add.at(video_bias, block.item_index, left)
        video_bias /= per_video
        customer_bias[:] = 0.0
        for block in ratings:
            left = block.rating.astype(np.float64) - mean - video_bias[block.item_index]
            np.add.at(customer_bias, block.user_index, left)
        customer_bias /= per_customer
    return BiasBaseline(mean, customer_bias, video_bias)
