"""What the model recommends to two of its customers: the most active one and an average one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from botocore.exceptions import ClientError

from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.store import ArtifactStore
from recommender.errors import RecommenderError
from recommender.model_artifact import parse_model
from recommender.run_layout import SPLITS, RunLayout
from recommender.scoring import probability, recommend
from recommender.tables import concatenate, read_customers, read_videos

_T = TypeVar("_T")
_Videos = tuple[list[str], list[str | None]]

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
    store = ArtifactStore(s3, bucket)
    try:
        with TemporaryDirectory() as folder:
            ratings = _ratings(store, layout, Path(folder))
            customer_ids = _table(store, layout.customers_key, Path(folder), read_customers)
            videos = _table(store, layout.videos_key, Path(folder), read_videos)
        model = parse_model(store.get(model_key))
    except ClientError as error:
        raise RecommenderError(f"s3://{bucket}/{layout.prefix}: {error}") from error
    found = []
    for remark, user_index in _choose(ratings["user_index"]):
        own = ratings[ratings["user_index"] == user_index]
        items, scores = recommend(
            model,
            user_index,
            n_users=len(customer_ids),
            seen=own["item_index"].to_numpy(np.int64),
            count=_SHOWN_RECOMMENDATIONS,
        )
        values = probability(scores) if is_classifier else scores
        best = own.sort_values(["rating", "item_index"], ascending=[False, True], kind="stable")
        best = best.head(_SHOWN_FAVOURITES)
        found.append(
            CustomerSample(
                customer_id=customer_ids[user_index],
                remark=remark,
                n_ratings=len(own),
                favourites=_shown(videos, best["item_index"].tolist(), best["rating"].tolist()),
                recommendations=_shown(videos, items.tolist(), values.tolist()),
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


def _shown(videos: _Videos, items: list[int], values: list[float]) -> tuple[Shown, ...]:
    ids, titles = videos
    return tuple(
        Shown(ids[item], titles[item], float(value))
        for item, value in zip(items, values, strict=True)
    )


def _ratings(store: ArtifactStore, layout: RunLayout, folder: Path) -> pd.DataFrame:
    prefixes = [layout.ratings_prefix(split) for split in SPLITS]
    ratings = concatenate(
        [part for prefix in prefixes for part in ratings_parts(store, prefix, folder)]
    )
    return pd.DataFrame(
        {
            "user_index": ratings.user_index,
            "item_index": ratings.item_index,
            "rating": ratings.rating,
        }
    )


def _table(store: ArtifactStore, key: str, folder: Path, read: Callable[..., _T]) -> _T:
    path = folder / "table.parquet"
    store.download(key, path)
    return read(path, where=store.uri(key))
