"""A model's predictions against the truth, the baselines, and the quality gate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommender.baselines import fit_bias_baseline
from recommender.comparison import Comparison
from recommender.kept_ratings import KeptRatings
from recommender.labels import label
from recommender.metrics import ColdStarts, ProbabilityErrors, RatingErrors
from recommender.predictions import PredictedRatings
from recommender.tables import RatingsColumns

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
    train: Sequence[RatingsColumns] | KeptRatings,
    test: Iterable[PredictedRatings],
    *,
    n_users: int,
    n_items: int,
) -> dict[str, float | int]:
    """Score predicted ratings, and the baselines beside them.

    Parameters
    ----------
    train : sequence of RatingsColumns, or KeptRatings
        Baselines are fitted on these only; gone through 22 times.
    test : iterable of (RatingsColumns, float64 array)
        Ratings with their predictions; one block at a time is held.
    n_users, n_items : int
        Memory grows with these, not with the ratings.

    Returns
    -------
    dict
        ``rmse``, ``mse``, ``mae``, ``global_mean_rmse``, ``bias_baseline_rmse`` (rating points),
        ``n_test``, ``cold_customers``, ``cold_videos``, ``cold_rows``. Where blocks are cut
        matters only to the last digits, and not to counts.

    Raises
    ------
    PredictionsError
        If predictions and truths do not match.
    """
    cold = ColdStarts(n_users, n_items)
    for block in train:
        cold.learn(block.user_index, block.item_index)
    baseline = fit_bias_baseline(train, n_users=n_users, n_items=n_items)
    model, by_mean, by_bias = RatingErrors(), RatingErrors(), RatingErrors()
    for ratings, scores in test:
        model.add(ratings.rating, scores)
        by_mean.add(ratings.rating, np.full(len(ratings), baseline.mean))
        by_bias.add(ratings.rating, baseline.predict(ratings.user_index, ratings.item_index))
        cold.add(ratings.user_index, ratings.item_index)
    return {
        "rmse": model.rmse,
        "mse": model.mse,
        "mae": model.mae,
        "global_mean_rmse": by_mean.rmse,
        "bias_baseline_rmse": by_bias.rmse,
        **_counts(model.n, cold),
    }


def classifier_metrics(
    train: Iterable[RatingsColumns],
    test: Iterable[PredictedRatings],
    *,
    n_users: int,
    n_items: int,
    positive_rating: float,
) -> dict[str, float | int]:
    """Score predicted probabilities, and the baselines beside them.

    Parameters
    ----------
    train : iterable of RatingsColumns
        Gone through once; one block at a time is held.
    test : iterable of (RatingsColumns, float64 array)
        Ratings with the probabilities predicted for them; one block at a time is held.
    n_users, n_items : int
        Memory grows with these, not with the ratings.
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
    cold = ColdStarts(n_users, n_items)
    n_positive, n_train = 0, 0
    for block in train:
        cold.learn(block.user_index, block.item_index)
        n_positive += int(np.count_nonzero(label(block.rating, positive_rating)))
        n_train += len(block)
    prior = n_positive / n_train
    model, by_prior = ProbabilityErrors(), ProbabilityErrors()
    for ratings, probabilities in test:
        truths = label(ratings.rating, positive_rating)
        model.add(truths, probabilities)
        by_prior.add(truths, np.full(len(truths), prior))
        cold.add(ratings.user_index, ratings.item_index)
    return {
        "accuracy": model.accuracy,
        "log_loss": model.log_loss,
        "majority_accuracy": by_prior.accuracy,
        "prior_log_loss": by_prior.log_loss,
        **_counts(model.n, cold),
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


def _counts(n_test: int, cold: ColdStarts) -> dict[str, int]:
    return {
        "n_test": n_test,
        "cold_customers": cold.customers,
        "cold_videos": cold.videos,
        "cold_rows": cold.rows,
    }
