"""What of CreateHyperParameterTuningJob is refused."""

from __future__ import annotations

from typing import Any

from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.sagemaker.metrics import METRIC_DEFINITIONS
from embedded_aws.sagemaker.training_job import check_training_request
from embedded_aws.unsupported import UnsupportedInEmbeddedAws


def check_tuning_request(request: dict[str, Any]) -> None:
    """Check what the API's model does not say.

    Raises
    ------
    ValidationException
        For what AWS refuses.
    UnsupportedInEmbeddedAws
        By name for what only the embedded AWS cannot do.
    """
    config = request["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinition" not in request:
        raise UnsupportedInEmbeddedAws("The embedded AWS tunes one TrainingJobDefinition only")
    if "Autotune" in request:
        raise UnsupportedInEmbeddedAws("The embedded AWS does not offer Autotune")
    criteria = config.get("TuningJobCompletionCriteria", {})
    if criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled":
        raise UnsupportedInEmbeddedAws(
            "The embedded AWS does not offer CompleteOnConvergence: how AWS detects convergence is "
            "not published; BestObjectiveNotImproving is offered"
        )
    definition = request["TrainingJobDefinition"]
    for member in ("TuningObjective", "HyperParameterRanges", "HyperParameterTuningResourceConfig"):
        if member in definition:
            raise UnsupportedInEmbeddedAws(
                f"The embedded AWS does not offer {member} in TrainingJobDefinition"
            )
    check_training_request(definition)
    if "HyperParameterTuningJobObjective" not in config:
        raise ValidationException("HyperParameterTuningJobObjective is required")
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    allowed = [d["Name"] for d in METRIC_DEFINITIONS if d["Name"].startswith("test:")]
    if metric not in allowed:
        raise ValidationException(
            f"The objective metric for the hyperparameter tuning job, [{metric}], isn't valid for "
            f"the algorithm; choose a valid objective metric type from {allowed}."
        )
