"""Which hyperparameters a tuning job tries next.

Source: SageMaker API reference, ``HyperParameterTuningJobConfig``. SageMaker's own Bayesian search
is not public; here it is a tree-structured Parzen estimator (optuna's TPESampler), which takes
running trials into account, so that parallel trials differ.
"""

from __future__ import annotations

import itertools
import math
import random
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from embedded_aws.errors import UnsupportedTuningStrategyError
from embedded_aws.tuning_ranges import CategoricalRange, NumericRange, TuningRange, parse_ranges

# As many trials as SageMaker allows a tuning job that does not say how many it wants.
_DEFAULT_MAX_JOBS = 750


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


class _Strategy(Protocol):
    def propose(self) -> dict[str, str]: ...

    def record(self, number: int, objective: float | None) -> None: ...


class HyperparameterSearch:
    """Proposes trials and learns from their results; safe to use from several threads.

    Parameters
    ----------
    strategy : {"Random", "Bayesian", "Grid"}
        Random and Grid propose the same trials for the same seed and ranges; Bayesian does so as
        long as results are recorded in the same order.
    parameter_ranges : mapping
        SageMaker's ``ParameterRanges``: numbers are strings.
    objective_type : {"Minimize", "Maximize"}
    seed : int
    max_jobs : int, optional
        How many trials will be proposed. A grid has its own number, which it must equal.

    Raises
    ------
    UnsupportedTuningStrategyError
        For Hyperband and for unknown strategies.
    ValueError
        If the ranges are not valid; lists all problems.
    """

    def __init__(
        self,
        strategy: str,
        parameter_ranges: Mapping[str, Any],
        objective_type: str,
        seed: int,
        max_jobs: int | None = None,
    ) -> None:
        if strategy not in ("Random", "Bayesian", "Grid"):
            raise UnsupportedTuningStrategyError(
                f'tuning strategy "{strategy}": expected Bayesian, Random or Grid; '
                "the embedded SageMaker offers no other"
            )
        if objective_type not in ("Minimize", "Maximize"):
            raise ValueError(f'objective: expected Minimize or Maximize, found "{objective_type}"')
        ranges = parse_ranges(parameter_ranges)
        self._strategy: _Strategy
        if strategy == "Grid":
            grid = _Grid(ranges)
            if max_jobs not in (None, grid.size):
                raise ValueError(
                    f"MaxNumberOfTrainingJobs: expected {grid.size}, the number of combinations "
                    f"of the grid, or nothing, found {max_jobs}"
                )
            self._strategy, self.max_jobs = grid, grid.size
        else:
            self.max_jobs = _DEFAULT_MAX_JOBS if max_jobs is None else max_jobs
            if strategy == "Random":
                self._strategy = _Random(ranges, seed)
            else:
                maximize = objective_type == "Maximize"
                self._strategy = _Bayesian(ranges, seed, self.max_jobs, maximize=maximize)
        self._lock = threading.Lock()
        self._proposed = 0
        self._open: set[int] = set()

    def propose(self) -> Trial:
        """Return the next trial.

        Raises
        ------
        RuntimeError
            If `max_jobs` trials have been proposed.
        """
        with self._lock:
            if self._proposed >= self.max_jobs:
                raise RuntimeError(f"all {self.max_jobs} trials have been proposed")
            self._proposed += 1
            self._open.add(self._proposed)
            return Trial(self._proposed, self._strategy.propose())

    def record(self, trial: Trial, objective: float | None) -> None:
        """Learn the objective metric of a trial, None (or not finite) if it failed.

        Raises
        ------
        ValueError
            If the trial was not proposed here, or is recorded twice.
        """
        with self._lock:
            if trial.number not in self._open:
                raise ValueError(f"trial {trial.number} is not open: it was recorded, or not ours")
            self._open.remove(trial.number)
            failed = objective is None or not math.isfinite(objective)
            self._strategy.record(trial.number, None if failed else objective)


class _Random:
    def __init__(self, ranges: list[TuningRange], seed: int) -> None:
        self._ranges = ranges
        self._random = random.Random(seed)  # noqa: S311 - not a secret

    def propose(self) -> dict[str, str]:
        return {r.name: self._draw(r) for r in self._ranges}

    def _draw(self, tuning_range: TuningRange) -> str:
        if isinstance(tuning_range, CategoricalRange):
            return self._random.choice(tuning_range.values)
        return tuning_range.value_at(self._random.uniform(*tuning_range.scaled_bounds))

    def record(self, number: int, objective: float | None) -> None:
        """Forget it."""


class _Grid:
    def __init__(self, ranges: list[TuningRange]) -> None:
        numeric = [r.name for r in ranges if isinstance(r, NumericRange)]
        if numeric:
            raise ValueError(
                "a grid takes categorical ranges only, found numeric ones for " + ", ".join(numeric)
            )
        categorical = [r for r in ranges if isinstance(r, CategoricalRange)]
        self._names = [r.name for r in categorical]
        self._combinations = itertools.product(*(r.values for r in categorical))
        self.size = math.prod(len(r.values) for r in categorical)

    def propose(self) -> dict[str, str]:
        return dict(zip(self._names, next(self._combinations), strict=True))

    def record(self, number: int, objective: float | None) -> None:
        """Forget it."""


class _Bayesian:
    """The middle of all ranges first, then a few random trials, then the estimator's choices.

    A range is usually put around a value that is known to be good, and a tuning job may have no
    more than a handful of trials; hence the middle.
    """

    def __init__(
        self, ranges: list[TuningRange], seed: int, max_jobs: int, *, maximize: bool
    ) -> None:
        import optuna  # takes half a second

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=seed,
                multivariate=True,
                constant_liar=True,
                n_startup_trials=max(3, min(10, max_jobs // 4)),
            )
        self._ranges = ranges
        self._study = optuna.create_study(
            sampler=sampler, direction="maximize" if maximize else "minimize"
        )
        self._failed = optuna.trial.TrialState.FAIL
        self._distributions: dict[str, Any] = {}
        middle: dict[str, Any] = {}
        for r in ranges:
            if isinstance(r, CategoricalRange):
                distribution = optuna.distributions.CategoricalDistribution(r.values)
                middle[r.name] = r.values[0]
            else:
                distribution = optuna.distributions.FloatDistribution(*r.scaled_bounds)
                middle[r.name] = sum(r.scaled_bounds) / 2
            self._distributions[r.name] = distribution
        self._study.enqueue_trial(middle)

    def propose(self) -> dict[str, str]:
        drawn = self._study.ask(self._distributions).params
        return {
            r.name: drawn[r.name] if isinstance(r, CategoricalRange) else r.value_at(drawn[r.name])
            for r in self._ranges
        }

    def record(self, number: int, objective: float | None) -> None:
        state = self._failed if objective is None else None
        self._study.tell(number - 1, objective, state=state)  # optuna counts from 0
