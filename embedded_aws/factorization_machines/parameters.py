"""The parameters that training changes, and how they start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedded_aws.factorization_machines.settings import GroupSettings, TrainingSettings
from recommender.model_artifact import FactorizationMachinesModel


@dataclass(frozen=True, slots=True)
class Parameters:
    """Values and Adam moments, laid out for `kernels.train_epoch`.

    Parameters
    ----------
    bias : float32 array, shape (3,)
        Value, first and second moment.
    weights, means, variances : float32 arrays, shape (feature_dim, 1 + num_factors)
        Column 0 is the linear weight.
    """

    bias: NDArray[np.float32]
    weights: NDArray[np.float32]
    means: NDArray[np.float32]
    variances: NDArray[np.float32]

    @classmethod
    def initial(cls, settings: TrainingSettings, rng: np.random.Generator) -> Parameters:
        """Draw the initial values: bias, then linear, then factors; moments are zero."""
        shape = (settings.feature_dim, 1 + settings.num_factors)
        bias = np.zeros(3, np.float32)
        weights = np.empty(shape, np.float32)
        bias[:1] = _draw(settings.bias, (1,), rng)
        weights[:, 0] = _draw(settings.linear, shape[:1], rng)
        weights[:, 1:] = _draw(settings.factors, (shape[0], settings.num_factors), rng)
        return cls(bias, weights, np.zeros(shape, np.float32), np.zeros(shape, np.float32))

    def model(self) -> FactorizationMachinesModel:
        """Copy the values into a model."""
        return FactorizationMachinesModel(
            bias=float(self.bias[0]),
            linear=self.weights[:, 0].copy(),
            factors=self.weights[:, 1:].copy(),
        )


def _draw(
    settings: GroupSettings, shape: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.float32]:
    if not settings.used:
        return np.zeros(shape, np.float32)
    if settings.init_method == "constant":
        return np.full(shape, settings.init_argument, np.float32)
    if settings.init_method == "uniform":
        unit = rng.random(shape, np.float32) * np.float32(2) - np.float32(1)
    else:
        unit = rng.standard_normal(shape, np.float32)
    return unit * np.float32(settings.init_argument)
