"""A training job's hyperparameters, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from embedded_aws.factorization_machines.container import ClientError
from recommender.hyperparameters import CONTAINER_DEFAULTS, validate

# Adam's `epsilon` where `eps` is not given, as in MXNet.
DEFAULT_EPS = 1e-8


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """How one group of parameters (bias, linear or factors) starts and learns.

    Parameters
    ----------
    learning_rate, decay : float
        ``*_lr`` and ``*_wd``.
    init_method : {"normal", "uniform", "constant"}
    init_argument : float
        Standard deviation, half width or value, as the method needs it.
    used : bool
        A group that is not used stays at zero (``use_bias``, ``use_linear``).
    """

    learning_rate: float
    decay: float
    init_method: str
    init_argument: float
    used: bool = True


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """All of a training job's hyperparameters; the names are SageMaker's.

    Parameters
    ----------
    clip_gradient : float
        Negative means that gradients are not clipped, as in MXNet.
    rescale_grad : float
        ``1 / mini_batch_size`` where the caller gave none.
    """

    feature_dim: int
    num_factors: int
    is_classifier: bool
    epochs: int
    mini_batch_size: int
    bias: GroupSettings
    linear: GroupSettings
    factors: GroupSettings
    clip_gradient: float
    eps: float
    rescale_grad: float
    batch_metrics_publish_interval: int


def parse_settings(hyperparameters: Mapping[str, str]) -> TrainingSettings:
    """Check hyperparameters and fill in the container's defaults.

    Raises
    ------
    ClientError
        Listing everything that is wrong.
    """
    not_strings = [
        f"hyperparameter {name}: expected a JSON string, found {value!r}"
        for name, value in hyperparameters.items()
        if not isinstance(value, str)
    ]
    problems = not_strings or validate(hyperparameters)
    if problems:
        raise ClientError("; ".join(problems))
    merged = {**CONTAINER_DEFAULTS, **hyperparameters}
    batch_size = int(merged["mini_batch_size"])
    return TrainingSettings(
        feature_dim=int(merged["feature_dim"]),
        num_factors=int(merged["num_factors"]),
        is_classifier=merged["predictor_type"] == "binary_classifier",
        epochs=int(merged["epochs"]),
        mini_batch_size=batch_size,
        bias=_group_settings(merged, "bias"),
        linear=_group_settings(merged, "linear"),
        factors=_group_settings(merged, "factors"),
        clip_gradient=float(merged.get("clip_gradient", -1.0)),
        eps=float(merged.get("eps", DEFAULT_EPS)),
        rescale_grad=float(merged.get("rescale_grad", 1.0 / batch_size)),
        batch_metrics_publish_interval=int(merged["batch_metrics_publish_interval"]),
    )


def _group_settings(merged: Mapping[str, str], group: str) -> GroupSettings:
    method = merged[f"{group}_init_method"]
    argument = {"normal": "sigma", "uniform": "scale", "constant": "value"}[method]
    return GroupSettings(
        learning_rate=float(merged[f"{group}_lr"]),
        decay=float(merged[f"{group}_wd"]),
        init_method=method,
        init_argument=float(merged[f"{group}_init_{argument}"]),
        used=merged.get(f"use_{group}", "true") == "true",
    )
