"""What an evaluated run left, in memory: its ratings, its names and its model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ValidationError

from console.errors import BadInputError, EnvironmentProblemError, RunTooLargeError
from console.recommendations.rating_table import RatingTable
from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.store import ArtifactStore, object_sizes
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError
from recommender.model_artifact import FactorizationMachinesModel, parse_model
from recommender.run_layout import SPLITS, RunLayout
from recommender.tables import RatingsColumns, read_customers, read_videos

_T = TypeVar("_T")

# Of the objects to read. 1 M ratings by 200,000 customers, with 64 factors, have 68 MiB and take
# 0.25 GiB of memory while they are read, 20 M ratings with 16 factors 204 MiB and 1.3 GiB.
MAX_OBJECT_BYTES = 256 * 2**20
_MAX_MODEL_BYTES = 2**30  # unpacked
_MIB = 2**20


class _Evaluation(BaseModel, frozen=True):
    """What has to be known of ``evaluation.json``; there is more in it."""

    model_data_uri: str
    positive_rating: float | None = None
    outcome: Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True, eq=False)
class RatedRun:
    """A run with a model, whole.

    Attributes
    ----------
    outcome : str
        ``accepted`` or ``rejected``: whether the quality gate let the model pass.
    positive_rating : float or None
        Of a binary classifier: it predicts the probability of a rating from here on.
    customer_ids : list of str
        By ``user_index``.
    video_ids, titles : list of str, list of (str or None)
        By ``item_index``.
    ratings : RatingTable
        All that were kept, of all splits.
    model : FactorizationMachinesModel
        Features are customers first, then videos.
    """

    run_id: str
    outcome: str
    positive_rating: float | None
    customer_ids: list[str]
    video_ids: list[str]
    titles: list[str | None]
    ratings: RatingTable
    model: FactorizationMachinesModel


def load_run(
    s3: Any, bucket: str, run_id: str, *, max_object_bytes: int = MAX_OBJECT_BYTES
) -> RatedRun:
    """Read what an evaluated run left in the data bucket.

    Parameters
    ----------
    s3 : boto3 client
    bucket : str
    run_id : str
    max_object_bytes : int
        Largest acceptable size of all objects that would be read, in bytes; they are listed
        before the first is read.

    Raises
    ------
    BadInputError
        If there is no such run, or it was not evaluated.
    RunTooLargeError
        If the objects are larger than they may be.
    CorruptArtifactError, ModelArtifactError, ArtifactNotFoundError
        If a file is damaged or missing, or files do not fit together.
    EnvironmentProblemError
        If S3 cannot be reached or refuses.
    """
    try:
        return _load(s3, bucket, _layout(run_id), max_object_bytes)
    except (BotoCoreError, ClientError) as error:
        raise EnvironmentProblemError(f"s3://{bucket}/, run {run_id}: {error}") from error


def _layout(run_id: str) -> RunLayout:
    try:
        return RunLayout(run_id)
    except ValueError as error:
        raise BadInputError(f"{error}; `recommender list` shows which runs there are") from error


def _load(s3: Any, bucket: str, layout: RunLayout, max_object_bytes: int) -> RatedRun:
    store = ArtifactStore(s3, bucket)
    evaluation = _evaluation(store, layout)
    model_key = _key_of(store, evaluation.model_data_uri, layout)
    _check_size(s3, store, bucket, layout, model_key, max_object_bytes)
    model = parse_model(store.get(model_key), max_unpacked_bytes=_MAX_MODEL_BYTES)
    with TemporaryDirectory() as folder:
        customer_ids = _table(store, layout.customers_key, Path(folder), read_customers)
        video_ids, titles = _table(store, layout.videos_key, Path(folder), read_videos)
        parts = {split: _ratings(store, layout.ratings_prefix(split), folder) for split in SPLITS}
    if model.feature_dim != len(customer_ids) + len(video_ids):
        raise CorruptArtifactError(
            f"{store.uri(model_key)}: expected a model of {len(customer_ids)} customers and "
            f"{len(video_ids)} videos, found one of {model.feature_dim} features; run it again"
        )
    try:
        ratings = RatingTable.of(parts, n_users=len(customer_ids), n_items=len(video_ids))
    except ValueError as error:
        raise CorruptArtifactError(
            f"{store.uri(layout.prefix)}ratings/: {error}; run Preprocess again"
        ) from error
    return RatedRun(
        run_id=layout.run_id,
        outcome=evaluation.outcome,
        positive_rating=evaluation.positive_rating,
        customer_ids=customer_ids,
        video_ids=video_ids,
        titles=titles,
        ratings=ratings,
        model=model,
    )


def _evaluation(store: ArtifactStore, layout: RunLayout) -> _Evaluation:
    where = store.uri(layout.evaluation_key)
    try:
        return _Evaluation.model_validate_json(store.get(layout.evaluation_key))
    except ArtifactNotFoundError as error:
        raise BadInputError(
            f"{where}: expected the evaluation of a run, found nothing; choose a run that "
            "succeeded: `recommender list --status succeeded` shows which there are"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part)[:80] for part in first["loc"]) or "all of it"
        raise CorruptArtifactError(
            f"{where}: expected the evaluation of a run, found something else ({field}: "
            f"{first['msg'][:200]}); run it again"
        ) from error


def _key_of(store: ArtifactStore, uri: str, layout: RunLayout) -> str:
    """Give the model's key; a file in the bucket leads to no other bucket and no other run."""
    start = store.uri(layout.prefix)
    if not uri.startswith(start):
        raise CorruptArtifactError(
            f"{store.uri(layout.evaluation_key)}: expected a model_data_uri below {start}, found "
            f"{uri[:200]!r}; run it again"
        )
    return layout.prefix + uri[len(start) :]


def _check_size(
    s3: Any, store: ArtifactStore, bucket: str, layout: RunLayout, model_key: str, limit: int
) -> None:
    places = [layout.ratings_prefix(split) for split in SPLITS]
    places += [layout.customers_key, layout.videos_key, model_key]
    size = sum(sum(object_sizes(s3, bucket, place).values()) for place in places)
    if size > limit:
        raise RunTooLargeError(
            f"{store.uri(layout.prefix)}: expected ratings, names and a model of at most "
            f"{limit / _MIB:,.0f} MiB, to look at them in memory, found {size / _MIB:,.0f} MiB; "
            "choose a run with fewer ratings, or query its Parquet files where they are, for "
            "example with Amazon Athena"
        )


def _table(store: ArtifactStore, key: str, folder: Path, read: Callable[..., _T]) -> _T:
    path = folder / "table.parquet"
    store.download(key, path)
    return read(path, where=store.uri(key))


def _ratings(store: ArtifactStore, prefix: str, folder: str) -> list[RatingsColumns]:
    return list(ratings_parts(store, prefix, Path(folder), with_timestamp=True))
