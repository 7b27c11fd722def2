import math

import numpy as np
import pytest

from embedded_aws.factorization_machines.metrics import batch_metrics, running_mean


def test_regressor_metrics_have_the_known_values() -> None:
    scores = np.array([[1, 2], [5, 5]], np.float32)
    labels = np.array([[1, 4], [4, 2]], np.float32)

    metrics = batch_metrics(scores, labels, is_classifier=False)

    assert list(metrics) == ["rmse", "mse", "absolute_loss"]
    assert metrics["mse"].tolist() == [2.0, 5.0]
    assert metrics["absolute_loss"].tolist() == [1.0, 2.0]
    assert running_mean(metrics, 1)["rmse"] == pytest.approx(math.sqrt(2))
    # The root of the mean, not the mean of the roots.
    assert running_mean(metrics, 2) == pytest.approx(
        {"rmse": math.sqrt(3.5), "mse": 3.5, "absolute_loss": 1.5}
    )


def test_classifier_metrics_have_the_known_values() -> None:
    scores = np.array([[2.0, -1.0, 0.0, -3.0]], np.float32)  # takes the first and third for 1
    labels = np.array([[1, 1, 0, 0]], np.float32)

    metrics = running_mean(batch_metrics(scores, labels, is_classifier=True), 1)

    probabilities = 1 / (1 + np.exp(-scores[0].astype(float)))
    chosen = np.where(labels[0] == 1, probabilities, 1 - probabilities)
    assert metrics == pytest.approx(
        {
            "binary_classification_accuracy": 0.5,
            "binary_classification_cross_entropy": -np.log(chosen).mean(),
            "binary_f_1.000": 0.5,  # precision 1/2, recall 1/2
        }
    )


def test_cross_entropy_is_finite_for_extreme_scores() -> None:
    scores, labels = np.array([[1e4, -1e4]], np.float32), np.array([[0, 1]], np.float32)

    metrics = running_mean(batch_metrics(scores, labels, is_classifier=True), 1)

    assert metrics["binary_classification_cross_entropy"] == pytest.approx(1e4)


def test_f1_is_zero_without_any_positive() -> None:
    scores, labels = np.full((1, 3), -1, np.float32), np.zeros((1, 3), np.float32)

    assert batch_metrics(scores, labels, is_classifier=True)["binary_f_1.000"].tolist() == [0.0]


def test_f1_is_perfect_for_a_perfect_classifier() -> None:
    labels = np.array([[0, 1, 1]], np.float32)

    assert batch_metrics(labels - 0.5, labels, is_classifier=True)["binary_f_1.000"] == 1.0
