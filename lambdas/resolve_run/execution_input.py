"""What a person may say when starting an execution, and every default.

``{}`` is valid. Unknown keys are refused. Each class is a section of the input; what is wrong in
one section does not hide what is wrong in another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from lambdas.resolve_run.instance_types import offered_for
from lambdas.resolve_run.sections import (
    HyperparameterValue,
    Problem,
    Problems,
    Section,
    as_text,
    matching,
    too_long,
)
from lambdas.resolve_run.tuning_ranges import ContinuousRange, IntegerRange, Ranges
from recommender.hyperparameters import find_problems
from recommender.rating_formats import REQUIRED_FIELDS, RatingField, RatingsFormat

# Learn well on MovieLens-100K in a few seconds; the container's own defaults do not.
DEFAULT_HYPERPARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "predictor_type": "regressor",
        "num_factors": "64",
        "epochs": "40",
        "mini_batch_size": "200",
        "bias_lr": "0.002",
        "linear_lr": "0.003",
        "factors_lr": "0.0007",
        "bias_wd": "0.00001",
        "linear_wd": "0.0001",
        "factors_wd": "0.0005",
        "factors_init_sigma": "0.015",
    }
)
# feature_dim follows from the data.
REQUIRED_HYPERPARAMETERS = frozenset({"num_factors", "predictor_type"})

# Long ones would only fill the execution's payload.
_COLUMN_NAME = re.compile(r"[^\r\n]{1,255}")
# S3 and SageMaker's limits.
_S3_LOCATION = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+|[^:/][^:]*")
_MAX_KEY_BYTES = 1024
_INSTANCE_TYPE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")
_MAX_RUNTIME_SECONDS = 28 * 24 * 3600
_MAX_RESTARTS = 9


def _has_a_key(location: str) -> str:
    key = location.removeprefix("s3://").partition("/")[2] if "://" in location else location
    if len(key.encode()) > _MAX_KEY_BYTES:
        raise ValueError(
            f"expected a key of at most {_MAX_KEY_BYTES} bytes, as S3 takes it, found "
            f"{len(key.encode())}"
        )
    return location


S3Location = Annotated[
    str,
    matching(_S3_LOCATION, "s3://bucket/key or a key in the data bucket"),
    AfterValidator(_has_a_key),
]
InstanceType = Annotated[
    str, matching(_INSTANCE_TYPE, "a SageMaker instance type such as ml.c5.xlarge")
]
TrainingInstanceType = Annotated[InstanceType, offered_for("training")]
TransformInstanceType = Annotated[InstanceType, offered_for("batch transform")]
ColumnName = Annotated[
    str, matching(_COLUMN_NAME, "the name of a column, or its number, of at most 255 characters")
]
Restarts = Annotated[int, Field(ge=0, le=_MAX_RESTARTS)]


Preparation = Literal["auto", "lambda", "glue"]


class Dataset(Section):
    """Where the ratings are and how they are written."""

    uri: S3Location = "raw/ratings"
    """``s3://bucket/key``, or a key in the data bucket: an object or a folder."""
    format: RatingsFormat | None = None
    """null: detect, file by file."""
    columns: dict[RatingField, ColumnName] | None = None
    """Columns that are not called as in the format. With customer_id, video_id and rating, any file
    separated by tab, ``::``, comma, semicolon or pipe can be read; in one without a header, columns
    are numbers from 1, written as texts."""
    rating_range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Smallest and largest rating; null: the format's."""
    max_rejected_ratio: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The largest share of rows that the reader may reject as malformed, missing a value or out of
    range before the step fails."""

    @field_validator("columns")
    @classmethod
    def _are_distinct(cls, columns: dict[RatingField, str] | None) -> dict[RatingField, str] | None:
        names = [columns[field] for field in REQUIRED_FIELDS if field in columns] if columns else []
        if len(set(names)) < len(names):
            raise ValueError(
                f"expected a column of its own for each of {', '.join(REQUIRED_FIELDS)}, found "
                f"{', '.join(map(repr, names))}"
            )
        return columns

    @field_validator("rating_range")
    @classmethod
    def _is_ordered(cls, limits: list[float] | None) -> list[float] | None:
        if limits is not None and not limits[0] < limits[1]:
            raise ValueError("expected the smallest rating first, then the largest")
        return limits


class Filter(Section):
    """Which ratings are worth learning from."""

    min_ratings_per_customer: Annotated[int, Field(ge=1)] = 5
    min_ratings_per_video: Annotated[int, Field(ge=1)] = 10
    until_stable: bool = False


class Split(Section):
    """Which ratings train, which tune, which test."""

    strategy: Literal["random", "latest"] = "random"
    train: Annotated[float, Field(gt=0, lt=1)] = 0.6
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 2026

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        total = self.train + self.validation + self.test
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(
                f"expected train, validation and test to sum to 1, found {self.train} + "
                f"{self.validation} + {self.test} = {total:g}"
            )
        return self


class Training(Section):
    """The training job, and each trial of a tuning job."""

    instance_type: TrainingInstanceType = "ml.c5.xlarge"
    fallback_instance_types: list[TrainingInstanceType] = Field(default_factory=list)
    """Where to start again, on demand and in this order, after instance_type (spot first, then on
    demand, if use_spot)."""
    max_restarts: Restarts = 3
    """How often a job that ended for want of capacity, or by a failure of SageMaker's own, is
    started again; 0 leaves it at the first start, with use_spot at spot."""
    instance_count: Annotated[int, Field(ge=1, le=100)] = 1
    volume_size_gb: Annotated[int, Field(ge=1, le=16384)] = 30
    max_runtime_seconds: Annotated[int, Field(ge=1, le=_MAX_RUNTIME_SECONDS)] = 3600
    use_spot: bool = False


def _default_ranges() -> Ranges:
    return Ranges(
        continuous={
            "linear_lr": ContinuousRange(min=0.0015, max=0.006, scaling="Logarithmic"),
            "factors_lr": ContinuousRange(min=0.0004, max=0.0012, scaling="Logarithmic"),
            "factors_wd": ContinuousRange(min=0.0003, max=0.0009, scaling="Logarithmic"),
        },
        integer={"epochs": IntegerRange(min=30, max=50, scaling="Linear")},
    )


class Tuning(Section):
    """The tuning job, if the mode is "tune"."""

    strategy: Literal["Bayesian", "Random", "Grid"] = "Bayesian"
    max_jobs: Annotated[int, Field(ge=1, le=750)] = 8
    max_parallel_jobs: Annotated[int, Field(ge=1, le=100)] = 2
    ranges: Ranges = Field(default_factory=_default_ranges)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        problems = []
        if self.max_parallel_jobs > self.max_jobs:
            text = (
                f"expected at most tuning.max_jobs, {self.max_jobs}, found {self.max_parallel_jobs}"
            )
            problems.append(Problem(("max_parallel_jobs",), text))
        if self.strategy == "Grid":
            n_combinations = math.prod(map(len, self.ranges.categorical.values()))
            if self.ranges.continuous or self.ranges.integer:
                text = 'strategy "Grid" searches categorical ranges only'
                problems.append(Problem(("strategy",), text))
            elif n_combinations != self.max_jobs:
                text = (
                    f'strategy "Grid" needs max_jobs {n_combinations}, one for each combination, '
                    f"found {self.max_jobs}"
                )
                problems.append(Problem(("max_jobs",), text))
        if problems:
            raise Problems(problems)
        return self


class Transform(Section):
    """The batch transform of the test split."""

    instance_type: TransformInstanceType = "ml.c5.xlarge"
    fallback_instance_types: list[TransformInstanceType] = Field(default_factory=list)
    """Where to start again, in this order, after instance_type."""
    max_restarts: Restarts = 3
    """As for the training."""
    instance_count: Annotated[int, Field(ge=1, le=100)] = 1
    max_rows_per_file: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    max_payload_mb: Annotated[int, Field(ge=1, le=100)] = 6


class QualityGate(Section):
    """What a model must achieve to be used."""

    must_beat_baselines: bool = True
    max_rmse: Annotated[float, Field(gt=0)] | None = None
    max_loss_ratio_to_accepted: Annotated[float, Field(gt=0)] | None = 1.02
    """How many times the loss of the model in use (RMSE of a regressor, log loss of a binary
    classifier) this one's may be; null: not compared. Each loss is that of its own run's test
    split, so say null for ratings of another kind or scale."""


class Limits(Section):
    """What a run may cost."""

    max_instance_hours: Annotated[float, Field(gt=0)] = 500
    """Refuse a run that could use more, were every job to run into its time limit at every start:
    starts (max_restarts and one) times instances times hours of training, or of all trials, and of
    batch transform (24 hours)."""


class ExecutionInput(Section):
    """The whole input."""

    mode: Literal["train", "tune"] = "train"
    allow_concurrent: bool = False
    """Run beside another execution, which otherwise skips this one; nor does this one then skip
    those that start after it."""
    preparation: Preparation = "auto"
    """Who prepares the ratings: functions (lambda), a Spark job (glue), or whichever suits their
    size (auto). Both give the same."""
    dataset: Dataset = Dataset()
    filter: Filter = Filter()
    split: Split = Split()
    hyperparameters: dict[str, HyperparameterValue] = Field(default_factory=dict)
    """SageMaker's own names; what is not said keeps the default."""
    positive_rating: float = 4.0
    """Ratings from here on are what a binary classifier calls positive."""
    training: Training = Training()
    tuning: Tuning = Field(default_factory=Tuning)
    transform: Transform = Transform()
    quality_gate: QualityGate = QualityGate()
    limits: Limits = Limits()

    @field_validator("hyperparameters")
    @classmethod
    def _are_sagemakers(
        cls, given: dict[str, HyperparameterValue]
    ) -> dict[str, HyperparameterValue]:
        problems = []
        if "feature_dim" in given:
            text = "follows from the data, and may not be set; remove it"
            problems.append(Problem(("feature_dim",), text))
        merged = merge_hyperparameters({k: v for k, v in given.items() if k != "feature_dim"})
        found = find_problems(merged, require=REQUIRED_HYPERPARAMETERS)
        problems += [Problem((name,), text) for name, text in found]
        problems += [
            Problem((name,), text) for name, value in merged.items() for text in too_long(value)
        ]
        if problems:
            raise Problems(problems)
        return given


def merge_hyperparameters(given: Mapping[str, HyperparameterValue]) -> dict[str, str]:
    """Put the given hyperparameters over the defaults, all as the strings SageMaker wants."""
    return {**DEFAULT_HYPERPARAMETERS, **{name: as_text(value) for name, value in given.items()}}
