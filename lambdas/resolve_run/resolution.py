"""From a checked execution input to a run with nothing left to decide."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any, Literal, cast

from lambdas.resolve_run.cost import excess, max_instance_hours
from lambdas.resolve_run.events import (
    PreparationRoute,
    ResolvedRun,
    ResolvedTraining,
    ResolvedTransform,
    ResolvedTuning,
    RunUris,
)
from lambdas.resolve_run.execution_input import (
    ExecutionInput,
    Training,
    Transform,
    merge_hyperparameters,
)
from lambdas.resolve_run.placements import (
    training_placements,
    transform_placements,
    unreachable_fallbacks,
)
from lambdas.resolve_run.problems import Reading, invalid_input, read
from lambdas.resolve_run.sections import Problem, as_text
from lambdas.resolve_run.tuning_ranges import ContinuousRange, IntegerRange, Ranges
from recommender.run_layout import RunLayout

# What tuning optimises on the channel "test", which is fed the validation split. For the
# classifier the loss rather than the accuracy: it tells apart models with equally many errors.
_OBJECTIVES = {
    "regressor": {"Type": "Minimize", "MetricName": "test:rmse"},
    "binary_classifier": {
        "Type": "Minimize",
        "MetricName": "test:binary_classification_cross_entropy",
    },
}
_SCHEME = "s3://"


def make_run_id(execution_arn: str, started_at: datetime) -> str:
    """Name a run after its execution: the same execution always gets the same name.

    Parameters
    ----------
    execution_arn : str
    started_at : datetime
        Taken for UTC if it has no time zone.

    Returns
    -------
    str
        22 characters, such as ``20261122t063156-1a2b3c``: start time (UTC) and the first 30 bits of
        the ARN's SHA-256 in base 32, so that executions started in one second differ: two of a
        thousand are alike once in 2,000 times.
    """
    zoned = started_at if started_at.tzinfo else started_at.replace(tzinfo=UTC)
    digest = str(base64.b32encode(hashlib.sha256(execution_arn.encode()).digest()), "ascii").lower()
    return f"{zoned.astimezone(UTC):%Y%m%dt%H%M%S}-{digest[:6]}"


def resolve(
    given: ExecutionInput,
    *,
    run_id: str,
    data_bucket: str,
    preparation: PreparationRoute | None = None,
) -> ResolvedRun:
    """Decide everything about a run.

    Parameters
    ----------
    given : ExecutionInput
    run_id : str
    data_bucket : str
    preparation : PreparationRoute or None
        What follows from the data; None if nobody has looked at them.

    Raises
    ------
    InvalidInputError
        If sections of the input contradict each other, or the run could cost more than the input
        allows; lists every problem.
    """
    problems = contradictions(given)
    if problems:
        raise invalid_input(problems)
    hyperparameters = merge_hyperparameters(given.hyperparameters)
    ranges = _ranges(given)
    return ResolvedRun(
        run_id=run_id,
        mode=given.mode,
        allow_concurrent=given.allow_concurrent,
        preparation=preparation,
        dataset=given.dataset.model_copy(update={"uri": dataset_uri(given, data_bucket)}),
        filter=given.filter,
        split=given.split,
        predictor_type=cast(
            Literal["regressor", "binary_classifier"], hyperparameters["predictor_type"]
        ),
        positive_rating=given.positive_rating if _is_classifier(given) else None,
        hyperparameters=hyperparameters,
        training=_training(given.training),
        tuning=ResolvedTuning(
            strategy=given.tuning.strategy,
            max_jobs=given.tuning.max_jobs,
            max_parallel_jobs=given.tuning.max_parallel_jobs,
            objective=_OBJECTIVES[hyperparameters["predictor_type"]],
            parameter_ranges=_parameter_ranges(ranges),
            static_hyperparameters={
                name: value for name, value in hyperparameters.items() if name not in ranges.names
            },
        ),
        transform=_transform(given.transform),
        quality_gate=given.quality_gate,
        max_instance_hours=max_instance_hours(given).total,
        uris=_uris(RunLayout(run_id), data_bucket),
    )


def dataset_uri(given: ExecutionInput, data_bucket: str) -> str:
    """Give the address of the data set, ``s3://bucket/key``."""
    return _uri(given.dataset.uri, data_bucket)


def find_problems(execution_input: Any) -> tuple[Reading, list[Problem]]:
    """Find everything that the input itself shows to be wrong.

    What is wrong between sections shows only when each of them is right.

    Parameters
    ----------
    execution_input : object
        As it was parsed from JSON.
    """
    reading = read(execution_input)
    return reading, reading.problems or contradictions(reading.given)


def contradictions(given: ExecutionInput) -> list[Problem]:
    """Find what is wrong between sections of the input, each of which is right by itself.

    Returns
    -------
    list of Problem
        What the run could cost among them; empty if all is well.
    """
    ranges, problems = _ranges(given), []
    if given.mode == "tune":
        problems += [
            Problem(
                ("hyperparameters", name),
                "is set, and searched by tuning.ranges too; remove one",
            )
            for name in ranges.names
            if name in given.hyperparameters
        ]
        if not ranges.names:
            problems.append(
                Problem(
                    ("tuning", "ranges"),
                    "every hyperparameter of the default ranges is set in hyperparameters; remove "
                    "one, or say tuning.ranges",
                )
            )
    if _is_classifier(given) and given.quality_gate.max_rmse is not None:
        problems.append(
            Problem(("quality_gate", "max_rmse"), "a binary_classifier has no RMSE; remove it")
        )
    return [
        *problems,
        *unreachable_fallbacks(given.training, given.transform),
        *excess(max_instance_hours(given), given.limits.max_instance_hours),
    ]


def _is_classifier(given: ExecutionInput) -> bool:
    merged = merge_hyperparameters(given.hyperparameters)
    return merged["predictor_type"] == "binary_classifier"


def _ranges(given: ExecutionInput) -> Ranges:
    """Take a hyperparameter that was set out of the default ranges: it is no longer open."""
    if "ranges" in given.tuning.model_fields_set:
        return given.tuning.ranges
    fixed = given.hyperparameters
    return Ranges.model_construct(
        continuous={k: v for k, v in given.tuning.ranges.continuous.items() if k not in fixed},
        integer={k: v for k, v in given.tuning.ranges.integer.items() if k not in fixed},
        categorical={k: v for k, v in given.tuning.ranges.categorical.items() if k not in fixed},
    )


def _training(training: Training) -> ResolvedTraining:
    return ResolvedTraining(
        instance_count=training.instance_count,
        volume_size_gb=training.volume_size_gb,
        placements=training_placements(training),
    )


def _transform(transform: Transform) -> ResolvedTransform:
    return ResolvedTransform(
        instance_count=transform.instance_count,
        max_rows_per_file=transform.max_rows_per_file,
        max_payload_mb=transform.max_payload_mb,
        placements=transform_placements(transform),
    )


def _parameter_ranges(ranges: Ranges) -> dict[str, list[dict[str, Any]]]:
    """Write ranges as CreateHyperParameterTuningJob's ParameterRanges: all values are strings."""

    def limits(name: str, found: ContinuousRange | IntegerRange) -> dict[str, Any]:
        return {
            "Name": name,
            "MinValue": as_text(found.min),
            "MaxValue": as_text(found.max),
            "ScalingType": found.scaling,
        }

    return {
        "ContinuousParameterRanges": [limits(*item) for item in ranges.continuous.items()],
        "IntegerParameterRanges": [limits(*item) for item in ranges.integer.items()],
        "CategoricalParameterRanges": [
            {"Name": name, "Values": [as_text(value) for value in values]}
            for name, values in ranges.categorical.items()
        ],
    }


def _uris(layout: RunLayout, bucket: str) -> RunUris:
    return RunUris(
        model_prefix_uri=_uri(layout.model_prefix, bucket),
        recordio_train_uri=_uri(layout.recordio_prefix("train"), bucket),
        recordio_validation_uri=_uri(layout.recordio_prefix("validation"), bucket),
        recordio_test_uri=_uri(layout.recordio_prefix("test"), bucket),
        predictions_uri=_uri(layout.predictions_prefix, bucket),
    )


def _uri(key_or_uri: str, bucket: str) -> str:
    return key_or_uri if key_or_uri.startswith(_SCHEME) else f"{_SCHEME}{bucket}/{key_or_uri}"
