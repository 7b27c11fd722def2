"""What ResolveRun is asked, and what it answers: ``$run`` of the state machine."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from lambdas.resolve_run.execution_input import Dataset, Filter, QualityGate, Split


class ResolveRunRequest(BaseModel, frozen=True):
    """The execution, as Step Functions knows it."""

    execution_input: Any
    execution_arn: str
    started_at: datetime
    input_defaults: dict[str, Any]
    """The deployment's, for what the execution input does not say."""


class TrainingPlacement(BaseModel, frozen=True):
    """Where one start of a training job runs; ``stopping_condition`` is SageMaker's."""

    instance_type: str
    is_last: bool
    """Whether no restart is left."""
    use_spot: bool
    stopping_condition: dict[str, int]


class PreparationRoute(BaseModel, frozen=True):
    """Who prepares the ratings; ``reason`` is a sentence for people."""

    route: Literal["lambda", "glue"]
    reason: str


class ResolvedTraining(BaseModel, frozen=True):
    """Resources of the training job, or of each trial of the tuning job."""

    instance_count: int
    volume_size_gb: int
    placements: list[TrainingPlacement]
    """One for the first start and for each restart."""


class ResolvedTuning(BaseModel, frozen=True):
    """Search of the tuning job; ``objective`` and ``parameter_ranges`` are SageMaker's."""

    strategy: str
    max_jobs: int
    max_parallel_jobs: int
    objective: dict[str, str]
    parameter_ranges: dict[str, list[dict[str, Any]]]
    static_hyperparameters: dict[str, str]


class TransformPlacement(BaseModel, frozen=True):
    """Where one start of the batch transform runs."""

    instance_type: str
    is_last: bool
    """Whether no restart is left."""


class ResolvedTransform(BaseModel, frozen=True):
    """Resources of the batch transform, and sizes of what it is sent."""

    instance_count: int
    max_rows_per_file: int
    max_payload_mb: int
    placements: list[TransformPlacement]
    """One for the first start and for each restart."""


class RunUris(BaseModel, frozen=True):
    """Where the jobs read and write."""

    model_prefix_uri: str
    recordio_train_uri: str
    recordio_validation_uri: str
    recordio_test_uri: str
    predictions_uri: str


class ResolvedRun(BaseModel, frozen=True):
    """A run with nothing left to default."""

    run_id: str
    mode: Literal["train", "tune"]
    allow_concurrent: bool
    preparation: PreparationRoute | None
    """None if nobody has looked at the data set."""
    dataset: Dataset
    filter: Filter
    split: Split
    predictor_type: Literal["regressor", "binary_classifier"]
    positive_rating: float | None
    """Set for a binary classifier only."""
    hyperparameters: dict[str, str]
    """Without ``feature_dim``, which follows from the data."""
    training: ResolvedTraining
    tuning: ResolvedTuning
    transform: ResolvedTransform
    quality_gate: QualityGate
    max_instance_hours: float
    """What the run can use at most."""
    uris: RunUris
