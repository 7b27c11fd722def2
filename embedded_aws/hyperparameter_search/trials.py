"""What a search proposes, and what it may know before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """One training job of a tuning job.

    Parameters
    ----------
    number : int
        Counts from 1, as the number in the training job's name does.
    hyperparameters : dict of str to str
        Values of the tuned hyperparameters.
    """

    number: int
    hyperparameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class KnownResult:
    """A training job of an earlier tuning job.

    Parameters
    ----------
    hyperparameters : mapping of str to str
        All of them, tuned or not.
    objective : float
        Finite.
    """

    hyperparameters: Mapping[str, str]
    objective: float
