"""Ratings as one-hot rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix


def one_hot(
    user_index: npt.NDArray[np.int64],
    item_index: npt.NDArray[np.int64],
    *,
    n_users: int,
    n_items: int,
) -> csr_matrix:
    """Write each pair as a row with two ones: the customer's column and the video's.

    Parameters
    ----------
    user_index, item_index : int64 array, shape (n_samples,)
    n_users, n_items : int

    Returns
    -------
    csr_matrix of float32, shape (n_samples, n_users + n_items)
        Column ``user_index`` and column ``n_users + item_index`` are 1.

    Raises
    ------
    ValueError
        If an index is out of range.
    """
    n_samples = len(user_index)
    if n_samples and not (
        user_index.min() >= 0
        and user_index.max() < n_users
        and item_index.min() >= 0
        and item_index.max() < n_items
    ):
        raise ValueError(
            f"an index is out of range for {n_users} customers and {n_items} videos: "
            f"user_index up to {user_index.max()}, item_index up to {item_index.max()}"
        )
    indices = np.column_stack((user_index, n_users + item_index)).ravel()
    return csr_matrix(
        (
            np.ones(2 * n_samples, dtype=np.float32),
            indices,
            np.arange(0, 2 * n_samples + 1, 2),
        ),
        shape=(n_samples, n_users + n_items),
    )
