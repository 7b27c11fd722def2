"""Ratings as RecordIO-protobuf files: how many rows go into each, and what a row becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender import recordio
from recommender.features import one_hot
from recommender.labels import label
from recommender.run_layout import Split
from recommender.shards import training_sizes, transform_sizes
from recommender.tables import RatingsColumns

# SageMaker does not say which MB it means: the smaller one is right in any case.
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """The RecordIO files of a run.

    Attributes
    ----------
    n_users, n_items : int
        Customers and videos; at least 1.
    instance_count : int
        Machines that share the training.
    max_rows_per_file : int
        Of the test split.
    max_payload_mb : int
        Size that a request of the batch transform may have; each file of the test split is one.
    positive_rating : float or None
        A binary classifier's threshold; None: the labels are the ratings.
    """

    n_users: int
    n_items: int
    instance_count: int
    max_rows_per_file: int
    max_payload_mb: int
    positive_rating: float | None

    @property
    def feature_dim(self) -> int:
        """Columns of a record."""
        return self.n_users + self.n_items

    def sizes(self, split: Split, n_rows: int) -> list[int]:
        """Decide how many rows go into each file of a split."""
        if split != "test":
            return training_sizes(n_rows, n_instances=self.instance_count)
        return transform_sizes(
            n_rows,
            max_rows=self.max_rows_per_file,
            max_bytes=self.max_payload_mb * _MB,
            record_bytes=self._largest_record_bytes(),
        )

    def write(self, path: Path, pieces: Iterable[RatingsColumns]) -> None:
        """Write ratings to a file, piece by piece; what is there is replaced."""
        with path.open("wb") as file:
            for ratings in pieces:
                features = one_hot(
                    ratings.user_index.astype(np.int64),
                    ratings.item_index.astype(np.int64),
                    n_users=self.n_users,
                    n_items=self.n_items,
                )
                recordio.write(file, features, label(ratings.rating, self.positive_rating))

    def _largest_record_bytes(self) -> int:
        """Measure the record with the highest columns: higher numbers never take fewer bytes."""
        last = one_hot(
            np.array([self.n_users - 1]),
            np.array([self.n_items - 1]),
            n_users=self.n_users,
            n_items=self.n_items,
        )
        return len(recordio.encode(last, np.zeros(1)))
