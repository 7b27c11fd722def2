"""The algorithm's metrics under the names of its log.

Sources: SageMaker developer guide, "Tune a Factorization Machines Model", for the names; the logs
of real jobs for the way they are computed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# name -> "loss" (less is better) or "score", in the order of the log
REGRESSOR_METRICS = {"rmse": "loss", "mse": "loss", "absolute_loss": "loss"}
CLASSIFIER_METRICS = {
    "binary_classification_accuracy": "score",
    "binary_classification_cross_entropy": "loss",
    "binary_f_1.000": "score",
}
METRIC_DIRECTIONS = REGRESSOR_METRICS | CLASSIFIER_METRICS


def batch_metrics(
    scores: NDArray[np.float32], labels: NDArray[np.float32], *, is_classifier: bool
) -> dict[str, NDArray[np.float64]]:
    """Compute each metric for each mini-batch.

    Parameters
    ----------
    scores : float32 array, shape (n_batches, batch_size)
        The model's scores; a classifier's before the sigmoid.
    labels : float32 array, shape (n_batches, batch_size)

    Returns
    -------
    dict of float64 array, shape (n_batches,)
        In the log's order. ``rmse`` is the root of the mini-batch's ``mse``: take `running_mean`
        for what the log shows.
    """
    raw = scores.astype(np.float64)
    if not is_classifier:
        errors = raw - labels
        mse = np.mean(errors**2, axis=1)
        return {
            "rmse": np.sqrt(mse),
            "mse": mse,
            "absolute_loss": np.mean(np.abs(errors), axis=1),
        }
    predicted = raw >= 0.0  # sigmoid(score) >= 0.5
    actual = labels == 1
    return {
        "binary_classification_accuracy": np.mean(predicted == actual, axis=1),
        "binary_classification_cross_entropy": np.mean(
            np.logaddexp(0.0, raw) - labels * raw, axis=1
        ),
        "binary_f_1.000": _f1(predicted, actual),
    }


def running_mean(metrics: dict[str, NDArray[np.float64]], n_batches: int) -> dict[str, float]:
    """Average the first `n_batches`; ``rmse`` is the root of the mean ``mse``."""
    means = {name: float(np.mean(values[:n_batches])) for name, values in metrics.items()}
    if "rmse" in means:
        means["rmse"] = means["mse"] ** 0.5
    return means


def _f1(predicted: NDArray[np.bool_], actual: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Compute F1 along the last axis; 0 where nothing is, and nothing is taken for, positive."""
    hits = np.sum(predicted & actual, axis=-1)
    marked = np.sum(predicted, axis=-1) + np.sum(actual, axis=-1)
    result: NDArray[np.float64] = 2.0 * hits / np.maximum(marked, 1)
    return result
