"""Customers and videos as contiguous numbers, and ratings as one-hot rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class IndexTables:
    """Which number belongs to which customer and video.

    Attributes
    ----------
    customers : DataFrame
        ``user_index`` (int64, contiguous from 0), ``customer_id``, sorted by id.
    videos : DataFrame
        ``item_index`` (int64, contiguous from 0), ``video_id``, ``title`` (may be missing),
        sorted by id.
    """

    customers: pd.DataFrame
    videos: pd.DataFrame

    @property
    def feature_dim(self) -> int:
        """Columns of the one-hot features: customers first, then videos."""
        return len(self.customers) + len(self.videos)


def build_index(frame: pd.DataFrame) -> IndexTables:
    """Number the customers and videos of some ratings, in the order of their ids.

    Parameters
    ----------
    frame : DataFrame
        Ratings with ``customer_id``, ``video_id``, ``title``. A video whose ratings disagree
        about the title gets the last one.
    """
    customer_ids = np.sort(frame["customer_id"].unique())
    # "last" skips missing titles.
    titles = frame.groupby("video_id", sort=True)["title"].last()
    return IndexTables(
        customers=pd.DataFrame(
            {
                "user_index": np.arange(len(customer_ids), dtype=np.int64),
                "customer_id": pd.Series(customer_ids, dtype="str"),
            }
        ),
        videos=pd.DataFrame(
            {
                "item_index": np.arange(len(titles), dtype=np.int64),
                "video_id": pd.Series(titles.index, dtype="str"),
                "title": pd.Series(titles.to_numpy(), dtype="str"),
            }
        ),
    )


def apply_index(frame: pd.DataFrame, index: IndexTables) -> pd.DataFrame:
    """Add ``user_index`` and ``item_index`` (int64) to ratings.

    Parameters
    ----------
    frame : DataFrame
        Ratings; not changed.
    index : IndexTables
        Knows every customer and video of `frame`.

    Raises
    ------
    ValueError
        If it does not.
    """
    user_index = pd.Index(index.customers["customer_id"]).get_indexer(frame["customer_id"])
    item_index = pd.Index(index.videos["video_id"]).get_indexer(frame["video_id"])
    if (user_index < 0).any() or (item_index < 0).any():
        raise ValueError("the index lacks a customer or video of these ratings")
    return frame.assign(
        user_index=user_index.astype(np.int64), item_index=item_index.astype(np.int64)
    )


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
