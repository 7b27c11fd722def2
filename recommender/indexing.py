"""Customers and videos as contiguous numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.ratings import Identifiers, RatingsTable, Rows
from recommender.ratings.video_titles import VideoTitles


@dataclass(frozen=True, slots=True)
class IndexTables:
    """Which number belongs to which customer and video, in the order of their ids.

    Attributes
    ----------
    customers, videos : Identifiers
        Of the ratings as they were read.
    customer_codes, video_codes : int64 array
        Code of the customer with ``user_index`` n, of the video with ``item_index`` n.
    user_index, item_index : int32 array
        The other way round: index of each code; -1 for what has none.
    titles : VideoTitles
    """

    customers: Identifiers
    customer_codes: npt.NDArray[np.int64]
    videos: Identifiers
    video_codes: npt.NDArray[np.int64]
    user_index: npt.NDArray[np.int32]
    item_index: npt.NDArray[np.int32]
    titles: VideoTitles

    @property
    def n_users(self) -> int:
        """Customers."""
        return len(self.customer_codes)

    @property
    def n_items(self) -> int:
        """Videos."""
        return len(self.video_codes)

    @property
    def feature_dim(self) -> int:
        """Columns of the one-hot features: customers first, then videos."""
        return self.n_users + self.n_items

    def customer_ids(self) -> Iterator[list[str]]:
        """Give the ids of the customers, batch by batch, by ``user_index``."""
        return self.customers.texts(self.customer_codes)

    def video_ids(self) -> Iterator[tuple[list[str], list[str | None]]]:
        """Give the ids and titles of the videos, batch by batch, by ``item_index``."""
        return self.titles.of(self.videos, self.video_codes)

    def apply(self, rows: Rows) -> Rows:
        """Put indices in the place of codes.

        Parameters
        ----------
        rows : Rows
            Of customers and videos that the tables have.
        """
        return Rows(
            self.user_index[rows.customer],
            self.item_index[rows.video],
            rows.rating,
            rows.timestamp,
            rows.line,
        )


def build_index(
    table: RatingsTable, per_customer: npt.NDArray[np.int64], per_video: npt.NDArray[np.int64]
) -> IndexTables:
    """Number the customers and videos that have ratings, in the order of their ids.

    Parameters
    ----------
    table : RatingsTable
    per_customer, per_video : int64 array
        Ratings of each code.
    """
    customer_codes = table.customers.sorted_codes(np.flatnonzero(per_customer))
    video_codes = table.videos.sorted_codes(np.flatnonzero(per_video))
    return IndexTables(
        customers=table.customers,
        customer_codes=customer_codes,
        videos=table.videos,
        video_codes=video_codes,
        user_index=_ranks(customer_codes, len(table.customers)),
        item_index=_ranks(video_codes, len(table.videos)),
        titles=table.titles,
    )


def _ranks(codes: npt.NDArray[np.int64], n_codes: int) -> npt.NDArray[np.int32]:
    ranks = np.full(n_codes, -1, dtype=np.int32)
    ranks[codes] = np.arange(len(codes), dtype=np.int32)
    return ranks
