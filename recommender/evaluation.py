"""A model's predictions against the truth, the baselines, and the quality gate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender import metrics
from recommender.baselines import fit_bias_baseline
from recommender.comparison import Comparison
from recommender.labels import label

PredictorType = Literal["regressor", "binary_classifier"]
Outcome = Literal["accepted", "rejected"]
Metrics = Mapping[str, float | int]


@dataclass(frozen=True, slots=True)
class QualityGate:
    """What a model must achieve to be used.

    Attributes
    ----------
    must_beat_baselines : bool
        Regressor: RMSE below the global mean's and the bias baseline's. Binary classifier:
        accuracy above the majority's, log loss below the training share's.
    max_rmse : float or None
        Largest acceptable RMSE of a regressor, in rating points.
    """

    must_beat_baselines: bool
    max_rmse: float | None


def regressor_metrics(
    train: pd.DataFrame,
    test: pd.DataFrame,
    scores: npt.NDArray[np.float64],
    *,
    n_users: int,
    n_items: int,
) -> dict[str, float | int]:
    """Score predicted ratings, and the baselines beside them.

    Parameters
    ----------
    train, test : DataFrame
        ``user_index``, ``item_index``, ``rating``; baselines are fitted on `train` only.
    scores : float64 array, shape (len(test),)
    n_users, n_items : int

    Returns
    -------
    dict
        ``rmse``, ``mse``, ``mae``, ``global_mean_rmse``, ``bias_baseline_rmse`` (rating points),
        ``n_test``, ``cold_customers``, ``cold_videos``, ``cold_rows``.

    Raises
    ------
    PredictionsError
        If predictions and truths do not match.
    """
    truths = test["rating"].to_numpy(np.float64)
    baseline = fit_bias_baseline(
        train["user_index"].to_numpy(np.int64),
        train["item_index"].to_numpy(np.int64),
        train["rating"].to_numpy(np.float64),
        n_users=n_users,
        n_items=n_items,
    )
    by_bias = baseline.predict(
        test["user_index"].to_numpy(np.int64), test["item_index"].to_numpy(np.int64)
    )
    return {
        "rmse": metrics.rmse(truths, scores),
        "mse": metrics.mse(truths, scores),
        "mae": metrics.mae(truths, scores),
        "global_mean_rmse": metrics.rmse(truths, np.full(len(truths), baseline.mean)),
        "bias_baseline_rmse": metrics.rmse(truths, by_bias),
        **_counts(train, test),
    }


def classifier_metrics(
    train: pd.DataFrame,
    test: pd.DataFrame,
    probabilities: npt.NDArray[np.float64],
    *,
    positive_rating: float,
) -> dict[str, float | int]:
    """Score predicted probabilities, and the baselines beside them.

    Parameters
    ----------
    train, test : DataFrame
        ``user_index``, ``item_index``, ``rating``.
    probabilities : float64 array, shape (len(test),)
    positive_rating : float
        Ratings from here on are positive.

    Returns
    -------
    dict
        ``accuracy``, ``log_loss`` (nats), ``majority_accuracy`` (always the training split's more
        frequent class), ``prior_log_loss`` (always the training split's share of positives),
        ``n_test``, ``cold_customers``, ``cold_videos``, ``cold_rows``.

    Raises
    ------
    PredictionsError
        If predictions and truths do not match, or are no probabilities.
    """
    truths = label(test["rating"].to_numpy(), positive_rating)
    prior = float(label(train["rating"].to_numpy(), positive_rating).mean(dtype=np.float64))
    by_prior = np.full(len(truths), prior)
    return {
        "accuracy": metrics.accuracy(truths, probabilities),
        "log_loss": metrics.log_loss(truths, probabilities),
        "majority_accuracy": metrics.accuracy(truths, by_prior),
        "prior_log_loss": metrics.log_loss(truths, by_prior),
        **_counts(train, test),
    }


def judge(found: Metrics, gate: QualityGate, comparison: Comparison) -> tuple[Outcome, list[str]]:
    """Decide whether the model may be used.

    Parameters
    ----------
    found : mapping
        From `regressor_metrics` or `classifier_metrics`.
    gate : QualityGate
    comparison : Comparison
        With the model in use.

    Returns
    -------
    outcome : str
    reasons : list of str
        Why the model is rejected, one sentence for each failed condition; empty if accepted.
    """
    reasons: list[str] = []
    if gate.must_beat_baselines:
        for name, baseline, is_better_below in _BASELINES:
            if name not in found:
                continue
            value, bar = found[name], found[baseline]
            if not (value < bar if is_better_below else value > bar):
                side = "below" if is_better_below else "above"
                reasons.append(f"{name} {value:.4f} is not {side} {baseline} {bar:.4f}")
    if gate.max_rmse is not None and not found.get("rmse", math.inf) <= gate.max_rmse:
        reasons.append(f"rmse {found.get('rmse', math.inf):.4f} is above max_rmse {gate.max_rmse}")
    if comparison.reason_to_reject is not None:
        reasons.append(comparison.reason_to_reject)
    return ("rejected" if reasons else "accepted"), reasons


_BASELINES = (
    ("rmse", "global_mean_rmse", True),
    ("rmse", "bias_baseline_rmse", True),
    ("accuracy", "majority_accuracy", False),
    ("log_loss", "prior_log_loss", True),
)


def _counts(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, int]:
    cold = metrics.cold_starts(
        train["user_index"].to_numpy(np.int64),
        train["item_index"].to_numpy(np.int64),
        test["user_index"].to_numpy(np.int64),
        test["item_index"].to_numpy(np.int64),
    )
    return {
        "n_test": len(test),
        "cold_customers": cold.customers,
        "cold_videos": cold.videos,
        "cold_rows": cold.rows,
    }
