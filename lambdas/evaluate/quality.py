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


def quality_metrics(evaluation: EvaluateResponse) -> dict[str, Metric]:
    """Make metrics of an evaluation.

    Parameters
    ----------
    evaluation : EvaluateResponse

    Returns
    -------
    dict of str to Metric
        The scores; ``RmseRatioToAccepted``, above 1 if this model is worse than the one in use
        was when it was accepted; ``ModelsAccepted`` and ``ModelsRejected``, 0 or 1.
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
    comparison = evaluation.comparison
    if comparison.loss_name == "rmse" and comparison.ratio is not None:
        found["RmseRatioToAccepted"] = Metric(comparison.ratio, "None")
    return found
