"""Ratings that are found by customer and by video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from recommender.run_layout import SPLITS, Split
from recommender.tables import RatingsColumns
from recommender.timestamps import NO_TIMESTAMP


@dataclass(frozen=True, slots=True, eq=False)
class RatingTable:
    """Ratings in the order of customers, and where those of each video are.

    21 bytes per rating, 13 if no time is known; 8 per customer and 20 per video.

    Attributes
    ----------
    item_index : int32 array, shape (n_ratings,)
    rating : float32 array, shape (n_ratings,)
    timestamp : int64 array, shape (n_ratings,), or None
        Seconds since 1970, `NO_TIMESTAMP` where unknown; None if all are.
    split : int8 array, shape (n_ratings,)
        Place in `SPLITS`.
    user_bounds : int64 array, shape (n_users + 1,)
        Customer n has the rows from ``user_bounds[n]`` to before ``user_bounds[n + 1]``.
    item_rows : int32 array, shape (n_ratings,)
        Rows in the order of videos.
    item_bounds : int64 array, shape (n_items + 1,)
        The same for `item_rows`.
    trained_per_item : int32 array, shape (n_items,)
        Ratings in the training split.
    """

    item_index: npt.NDArray[np.int32]
    rating: npt.NDArray[np.float32]
    timestamp: npt.NDArray[np.int64] | None
    split: npt.NDArray[np.int8]
    user_bounds: npt.NDArray[np.int64]
    item_rows: npt.NDArray[np.int32]
    item_bounds: npt.NDArray[np.int64]
    trained_per_item: npt.NDArray[np.int32]

    @classmethod
    def of(
        cls, parts: Mapping[Split, Sequence[RatingsColumns]], *, n_users: int, n_items: int
    ) -> Self:
        """Sort the ratings of all splits.

        Parameters
        ----------
        parts : mapping
            Of each split its ratings, with times; at least one part.
        n_users, n_items : int

        Raises
        ------
        ValueError
            If an index is out of range.
        """
        splits = [split for split in SPLITS for _ in parts[split]]
        columns = [part for split in SPLITS for part in parts[split]]
        user_index = np.concatenate([part.user_index for part in columns])
        item_index = np.concatenate([part.item_index for part in columns])
        _check_range("user_index", user_index, n_users)
        _check_range("item_index", item_index, n_items)
        split = np.concatenate(
            [
                np.full(len(part), SPLITS.index(name), dtype=np.int8)
                for name, part in zip(splits, columns, strict=True)
            ]
        )
        trained = np.bincount(item_index[split == SPLITS.index("train")], minlength=n_items)
        order = np.argsort(user_index, kind="stable")
        item_index = item_index[order]
        return cls(
            item_index=item_index,
            rating=np.concatenate([part.rating for part in columns])[order],
            timestamp=_timestamps(columns, order),
            split=split[order],
            user_bounds=_bounds(user_index, n_users),
            item_rows=np.argsort(item_index, kind="stable").astype(np.int32),
            item_bounds=_bounds(item_index, n_items),
            trained_per_item=trained.astype(np.int32),
        )

    def __len__(self) -> int:
        return len(self.rating)

    @property
    def per_user(self) -> npt.NDArray[np.int64]:
        """Ratings of each customer, shape (n_users,)."""
        return np.diff(self.user_bounds)

    @property
    def per_item(self) -> npt.NDArray[np.int64]:
        """Ratings of each video, shape (n_items,)."""
        return np.diff(self.item_bounds)

    def rows_of_customer(self, user_index: int) -> npt.NDArray[np.int64]:
        """Give the rows of a customer, in the order of splits and files."""
        return np.arange(self.user_bounds[user_index], self.user_bounds[user_index + 1])

    def rows_of_video(self, item_index: int) -> npt.NDArray[np.int32]:
        """Give the rows of a video, in the order of customers."""
        return self.item_rows[self.item_bounds[item_index] : self.item_bounds[item_index + 1]]

    def customers_of(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Give the ``user_index`` of some rows."""
        return np.searchsorted(self.user_bounds, rows, side="right") - 1


def _timestamps(
    columns: Sequence[RatingsColumns], order: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64] | None:
    known = [part.timestamp for part in columns if part.timestamp is not None]
    joined = np.concatenate(known)
    return joined[order] if (joined != NO_TIMESTAMP).any() else None


def _bounds(index: npt.NDArray[np.int32], n: int) -> npt.NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(np.bincount(index, minlength=n))))


def _check_range(name: str, index: npt.NDArray[np.int32], n: int) -> None:
    if len(index) and not (index.min() >= 0 and index.max() < n):
        raise ValueError(
            f"expected {name} from 0 to {n - 1}, as the index table has it, found "
            f"{index.min()} to {index.max()}"
        )
