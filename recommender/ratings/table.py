"""Ratings that were read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.ratings.accounting import Accounting
from recommender.ratings.identifiers import Codes, IdentifierChunks, Identifiers
from recommender.ratings.rows import Rows, RowStore, concatenate
from recommender.ratings.video_titles import VideoTitles
from recommender.ratings.workspace import Workspace
from recommender.timestamps import NO_TIMESTAMP


class RatingsTable:
    """Ratings, and what became of every row that was read.

    A context manager, because the rows may be on the local disk.

    Attributes
    ----------
    customers, videos : Identifiers
    titles : VideoTitles
    accounting : Accounting
        ``rows_read == n_rows + n_rejected``.
    workspace : Workspace
    """

    def __init__(
        self,
        store: RowStore,
        customers: IdentifierChunks,
        videos: IdentifierChunks,
        titles: VideoTitles,
        accounting: Accounting,
        workspace: Workspace,
    ) -> None:
        self._store = store
        with ThreadPoolExecutor(1) as pool:  # pandas lets other threads run
            merged = pool.submit(videos.merge)
            self.customers, self._customer_codes = customers.merge()
            self.videos, self._video_codes = merged.result()
        self.titles = titles
        self.accounting = accounting
        self.workspace = workspace
        if accounting.rows_read != self.n_rows + accounting.n_rejected:
            raise ValueError(
                f"{accounting.rows_read} rows were read, but {self.n_rows} kept and "
                f"{accounting.n_rejected} rejected: rows got lost"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the ratings."""
        self._store.close()

    @property
    def n_rows(self) -> int:
        """Ratings in the table."""
        return self._store.n_rows

    def chunks(self) -> Iterator[Rows]:
        """Give the ratings in the order of the sources and of their lines."""
        for number in range(len(self._store)):
            yield self._chunk(number)

    def take_chunks(self) -> Iterator[Rows]:
        """Give the ratings like `chunks`, and forget them."""
        for number in range(len(self._store)):
            rows = self._chunk(number)
            self._store.drop(number)
            yield rows
        self.close()

    def _chunk(self, number: int) -> Rows:
        rows = self._store.load(number)
        return Rows(
            _translate(rows.customer, self._customer_codes, number),
            _translate(rows.video, self._video_codes, number),
            rows.rating,
            rows.timestamp,
            rows.line,
        )

    def to_frame(self) -> pd.DataFrame:
        """Give all ratings as people like to look at them; for tables that are not large.

        Returns
        -------
        DataFrame
            ``customer_id`` (str), ``video_id`` (str), ``rating`` (float32), ``timestamp`` (Int64,
            seconds since 1970 UTC, may be missing), ``title`` (str, may be missing).
        """
        rows = concatenate(list(self.chunks()))
        customer_ids = [
            text for batch in self.customers.texts(_all(self.customers)) for text in batch
        ]
        videos = list(self.titles.of(self.videos, _all(self.videos)))
        video_ids = [text for ids, _ in videos for text in ids]
        titles = [text for _, texts in videos for text in texts]
        timestamp = pd.Series(rows.timestamp, dtype="Int64")
        return pd.DataFrame(
            {
                "customer_id": pd.Series(customer_ids, dtype="str").take(rows.customer).array,
                "video_id": pd.Series(video_ids, dtype="str").take(rows.video).array,
                "rating": rows.rating,
                "timestamp": timestamp.where(timestamp != NO_TIMESTAMP),
                "title": pd.Series(titles, dtype="str").take(rows.video).array,
            }
        )


def _all(ids: Identifiers) -> npt.NDArray[np.int64]:
    return np.arange(len(ids))


def _translate(codes: Codes, translations: Sequence[Codes], chunk: int) -> Codes:
    # The only chunk's codes are already those of the whole.
    return codes if len(translations) == 1 else translations[chunk][codes]
