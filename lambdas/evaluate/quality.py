"""What people watch over time: the model beside its baselines and beside the model in use."""

from __future__ import annotations

from lambdas.evaluate.events import EvaluateResponse
from lambdas.runtime.metrics import Metric

# Names of the evaluation, and of the metrics made of them. All are shares or rating points.
_SCORES = {
    "rmse": "Rmse",
    "global_mean_rmse": "GlobalMeanRmse",
    "bias_baseline_rmse": "BiasBaselineRmse",
    "accuracy": "Accuracy",
    "majority_accuracy": "MajorityAccuracy",
    "log_loss": "LogLoss",
    "prior_log_loss": "PriorLogLoss",
}


def quality_metrics(
    evaluation: EvaluateResponse, *, accepted_rmse: float | None
) -> dict[str, Metric]:
    """Make metrics of an evaluation.

    Parameters
    ----------
    evaluation : EvaluateResponse
    accepted_rmse : float or None
        Of the model in use, when it was accepted; None if there is none.

    Returns
    -------
    dict of str to Metric
        The scores; ``RmseRatioToAccepted``, above 1 if this model is worse than the one in use
        was; ``ModelsAccepted`` and ``ModelsRejected``, 0 or 1.
    """
    accepted = evaluation.outcome == "accepted"
    found = {
        "ModelsAccepted": Metric(int(accepted), "Count"),
        "ModelsRejected": Metric(int(not accepted), "Count"),
        **{
            metric: Metric(evaluation.metrics[name], "None")
            for name, metric in _SCORES.items()
            if name in evaluation.metrics
        },
    }
    if accepted_rmse and "rmse" in evaluation.metrics:
        ratio = evaluation.metrics["rmse"] / accepted_rmse
        found["RmseRatioToAccepted"] = Metric(ratio, "None")
    return found
