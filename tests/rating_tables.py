"""Tables of ratings, read from text as the pipeline reads them."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.indexing import IndexTables
from recommender.preparation import PreparedRatings
from recommender.ratings import RatingsSource, RatingsTable, Rows, Workspace, read_ratings
from recommender.run_layout import Split

HEADER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\ttitle"

# So little memory that most rows go to the disk, in several partitions, of dozens or of thousands.
CRAMPED = Workspace(rows_bytes=200, working_bytes=1000)
CRAMPED_FOR_THOUSANDS = Workspace(rows_bytes=20_000, working_bytes=80_000)


@dataclass(frozen=True)
class Rating:
    customer: str
    video: str
    rating: float = 3.0
    time: int | None = 1
    title: str = ""

    @property
    def line(self) -> str:
        time = "" if self.time is None else self.time
        return f"{self.customer}\t{self.video}\t{self.rating}\t{time}\t{self.title}"


def table_of(
    ratings: Iterable[Rating | tuple],
    *,
    bad_lines: int = 0,
    workspace: Workspace | None = None,
    chunk_rows: int = 7,
) -> RatingsTable:
    """Read ratings, and some lines that are malformed; in several chunks even if there are few."""
    rows = [row if isinstance(row, Rating) else Rating(*row) for row in ratings]
    text = "\n".join([HEADER, *(row.line for row in rows), *["malformed"] * bad_lines])
    return read_ratings(
        [RatingsSource("ratings", lambda: io.BytesIO(text.encode()))],
        columns={"title": "title"},
        rating_range=(-1e6, 1e6),
        max_rejected_ratio=1.0,
        workspace=workspace,
        chunk_rows=chunk_rows,
        block_bytes=16 * chunk_rows,
    )


def frame_table(frame: pd.DataFrame, *, workspace: Workspace | None = None) -> RatingsTable:
    """Read the ratings of a frame."""
    columns = (frame[name] for name in ("customer_id", "video_id", "rating", "timestamp", "title"))
    return table_of(
        (
            Rating(customer, video, rating, None if pd.isna(time) else int(time), title)
            for customer, video, rating, time, title in zip(*columns, strict=True)
        ),
        workspace=workspace,
        chunk_rows=1000,
    )


def ids_of(index: IndexTables) -> tuple[list[str], list[str]]:
    """Give the ids of the customers and of the videos, by their indices."""
    customers = [customer for batch in index.customer_ids() for customer in batch]
    videos = [video for batch, _ in index.video_ids() for video in batch]
    return customers, videos


def split_rows(prepared: PreparedRatings, split: Split) -> Rows:
    """Give a split as one piece."""
    pieces = list(prepared.ratings(split))
    return Rows.of(
        np.concatenate(columns)
        for columns in zip(*(piece.columns for piece in pieces), strict=True)
    )


def split_frame(prepared: PreparedRatings, split: Split) -> pd.DataFrame:
    """Give a split with the ids that its indices stand for."""
    rows = split_rows(prepared, split)
    customers, videos = ids_of(prepared.index)
    return pd.DataFrame(
        {
            "customer_id": np.array(customers, dtype=object)[rows.customer],
            "video_id": np.array(videos, dtype=object)[rows.video],
            "rating": rows.rating,
            "timestamp": rows.timestamp,
        }
    )


def indexed(frame: pd.DataFrame) -> pd.DataFrame:
    """Number the customers and videos of a frame, in the order of their ids."""
    return frame.assign(
        user_index=pd.factorize(frame["customer_id"], sort=True)[0].astype(np.int64),
        item_index=pd.factorize(frame["video_id"], sort=True)[0].astype(np.int64),
    )
