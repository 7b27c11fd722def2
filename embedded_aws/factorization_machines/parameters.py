"""The parameters that training changes, and how they start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedded_aws.factorization_machines.settings import GroupSettings, TrainingSettings
from recommender.model_artifact import FactorizationMachinesModel

# Bounds the memory that drawing takes: a few times this.
_NUMBERS_PER_DRAW = 1 << 20


@dataclass(frozen=True, slots=True)
class Parameters:
    """Values and Adam moments, laid out for `kernels.train_batches`: value, first, second moment.

    Parameters
    ----------
    bias : float32 array, shape (3,)
    linear : float32 array, shape (feature_dim, 3)
    factors : float32 array, shape (feature_dim, 3, num_factors)
    """

    bias: NDArray[np.float32]
    linear: NDArray[np.float32]
    factors: NDArray[np.float32]

    @classmethod
    def initial(cls, settings: TrainingSettings, rng: np.random.Generator) -> Parameters:
        """Draw the initial values: bias, then linear, then factors; moments are zero."""
        bias = np.zeros((1, 3), np.float32)
        linear = np.zeros((settings.feature_dim, 3), np.float32)
        factors = np.zeros((settings.feature_dim, 3, settings.num_factors), np.float32)
        _draw(settings.bias, bias[:, :1], rng)
        _draw(settings.linear, linear[:, :1], rng)
        _draw(settings.factors, factors[:, 0], rng)
        return cls(bias[0], linear, factors)

    def model(self) -> FactorizationMachinesModel:
        """Copy the values into a model."""
        return FactorizationMachinesModel(
            bias=float(self.bias[0]),
            linear=self.linear[:, 0].copy(),
            factors=self.factors[:, 0].copy(),
        )


def _draw(settings: GroupSettings, values: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Fill an array of shape (n_rows, n_columns), some rows at a time."""
    if not settings.used:
        return
    argument = np.float32(settings.init_argument)
    n_rows = max(1, _NUMBERS_PER_DRAW // values.shape[1])
    for start in range(0, len(values), n_rows):
        part = values[start : start + n_rows]
        if settings.init_method == "constant":
            part[:] = argument
        elif settings.init_method == "uniform":
            part[:] = (
                rng.random(part.shape, np.float32) * np.float32(2) - np.float32(1)
            ) * argument
        else:
            part[:] = rng.standard_normal(part.shape, np.float32) * argument
