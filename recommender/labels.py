"""What a model learns of a rating."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def label(
    ratings: npt.NDArray[np.floating], positive_rating: float | None
) -> npt.NDArray[np.float32]:
    """Give what the model learns: the rating, or whether it is good enough.

    Parameters
    ----------
    ratings : float array, shape (n_ratings,)
    positive_rating : float or None
        Ratings from here on are 1, others 0; None keeps the ratings.

    Returns
    -------
    float32 array, shape (n_ratings,)
    """
    if positive_rating is None:
        return ratings.astype(np.float32)
    return (ratings >= positive_rating).astype(np.float32)
