"""What the model recommends to two of its customers: the most active one and an average one."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from botocore.exceptions import ClientError

from recommender import tables
from recommender.errors import RecommenderError
from recommender.model_artifact import parse_model
from recommender.run_layout import SPLITS, RunLayout
from recommender.scoring import probability, recommend

_SHOWN_FAVOURITES = 5
_SHOWN_RECOMMENDATIONS = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A video with a number: a rating that was given, or the model's score."""

    video_id: str
    title: str | None
    value: float

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.video_id


@dataclass(frozen=True, slots=True)
class CustomerSample:
    """A customer's best-rated videos and what the model recommends.

    Attributes
    ----------
    remark : str
        Why this customer was chosen.
    n_ratings : int
        How many of the ratings that were kept are theirs.
    recommendations : tuple of Shown
        Videos they have not rated, best first; ``value`` is a predicted rating, or the
        probability of a good one.
    """

    customer_id: str
    remark: str
    n_ratings: int
    favourites: tuple[Shown, ...]
    recommendations: tuple[Shown, ...]


def sample_customers(
    s3: Any, bucket: str, layout: RunLayout, model_key: str, *, is_classifier: bool
) -> list[CustomerSample]:
    """Recommend videos to two customers of a run.

    Parameters
    ----------
    s3 : boto3 client
    bucket : str
    layout : RunLayout
    model_key : str
        Of ``model.tar.gz``.
    is_classifier : bool
        Whether scores are log odds.

    Raises
    ------
    RecommenderError
        If a table or the model cannot be read.
    """
    try:
        ratings = pd.concat(
            [tables.parse_ratings(_get(s3, bucket, layout.ratings_key(split))) for split in SPLITS],
            ignore_index=True,
        )
        customers = tables.parse_customers(_get(s3, bucket, layout.customers_key))
        videos = tables.parse_videos(_get(s3, bucket, layout.videos_key))
        model = parse_model(_get(s3, bucket, model_key))
    except (ClientError, ValueError, gzip.BadGzipFile, zlib.error) as error:
        raise RecommenderError(f"s3://{bucket}/{layout.prefix}: {error}") from error
    named = videos.set_index("item_index")
    ids = customers.set_index("user_index")["customer_id"]
    found = []
    for remark, user_index in _choose(ratings["user_index"]):
        own = ratings[ratings["user_index"] == user_index]
        items, scores = recommend(
            model,
            user_index,
            n_users=len(customers),
            seen=own["item_index"].to_numpy(np.int64),
            count=_SHOWN_RECOMMENDATIONS,
        )
        values = probability(scores) if is_classifier else scores
        best = own.sort_values(["rating", "item_index"], ascending=[False, True], kind="stable")
        best = best.head(_SHOWN_FAVOURITES)
        found.append(
            CustomerSample(
                customer_id=str(ids[user_index]),
                remark=remark,
                n_ratings=len(own),
                favourites=_shown(named, best["item_index"].tolist(), best["rating"].tolist()),
                recommendations=_shown(named, items.tolist(), values.tolist()),
            )
        )
    return found


def _choose(user_index: pd.Series[int]) -> list[tuple[str, int]]:
    """Choose by number of ratings, ties by index: always the same two for the same ratings."""
    counts = user_index.value_counts()
    ranked = sorted(counts.index, key=lambda user: (-int(counts[user]), int(user)))
    if len(ranked) < 2:
        return [("the only customer", int(user)) for user in ranked]
    return [
        ("the most active customer", int(ranked[0])),
        ("a customer of average activity", int(ranked[len(ranked) // 2])),
    ]


def _shown(videos: pd.DataFrame, items: list[int], values: list[float]) -> tuple[Shown, ...]:
    rows = videos.loc[items]
    titles = [title if isinstance(title, str) else None for title in rows["title"]]
    return tuple(
        Shown(str(video_id), title, float(value))
        for video_id, title, value in zip(rows["video_id"], titles, values, strict=True)
    )


def _get(s3: Any, bucket: str, key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content
