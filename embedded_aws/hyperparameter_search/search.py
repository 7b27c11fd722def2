"""Trials in, objectives out, the same every time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from embedded_aws.errors import UnsupportedTuningStrategyError
from embedded_aws.hyperparameter_search.bayesian import Bayesian
from embedded_aws.hyperparameter_search.strategies import Grid, Random, Strategy
from embedded_aws.hyperparameter_search.trials import KnownResult, Trial
from embedded_aws.tuning_ranges import TuningRange, parse_ranges

# As many trials as SageMaker allows a tuning job that does not say how many it wants.
DEFAULT_MAX_JOBS = 750


class HyperparameterSearch:
    """Proposes trials and learns from their results. For one thread.

    With `max_parallel` p, trial n is proposed from the results of the trials 1 to n - p, always
    and only: it must wait until they have ended, and what a faster trial found is held back until
    its turn. So the trials depend on the seed and on p, not on which of them were faster. The
    price is a place that stays empty while a slow trial holds up the next one. In a simulation
    with 20 trials whose times lie evenly between 30 and 50 (the epochs of the workflow's default
    ranges) a tuning job took 2% longer for it with 2 at a time, 4% with 4; with times between 10
    and 50, 9% and 17%. Random and Grid learn nothing and never wait.

    Parameters
    ----------
    strategy : {"Random", "Bayesian", "Grid"}
    parameter_ranges : mapping
        SageMaker's ``ParameterRanges``: numbers are strings.
    objective_type : {"Minimize", "Maximize"}
    seed : int
    max_jobs : int, optional
        How many trials will be proposed. A grid has its own number, which it must equal.
    max_parallel : int
        How many trials run at a time.
    known : sequence of KnownResult
        For Bayesian; the others make no use of it.

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
        *,
        max_parallel: int = 1,
        known: Sequence[KnownResult] = (),
    ) -> None:
        if strategy not in ("Random", "Bayesian", "Grid"):
            raise UnsupportedTuningStrategyError(
                f'tuning strategy "{strategy}": expected Bayesian, Random or Grid; '
                "the embedded SageMaker offers no other"
            )
        if objective_type not in ("Minimize", "Maximize"):
            raise ValueError(f'objective: expected Minimize or Maximize, found "{objective_type}"')
        ranges = parse_ranges(parameter_ranges)
        self.max_jobs = DEFAULT_MAX_JOBS if max_jobs is None else max_jobs
        self._strategy: Strategy
        if strategy == "Grid":
            self._strategy, self.max_jobs = _grid(ranges, max_jobs)
        elif strategy == "Random":
            self._strategy = Random(ranges, seed)
        else:
            maximize = objective_type == "Maximize"
            self._strategy = Bayesian(ranges, seed, self.max_jobs, maximize=maximize, known=known)
        self._max_parallel = max_parallel
        self._proposed = 0
        self._learned = 0  # the trials up to this number are known to the strategy
        self._ended: dict[int, float | None] = {}

    @property
    def _needed(self) -> int:
        """Number of the last trial whose result the next proposal takes into account."""
        return max(0, self._proposed + 1 - self._max_parallel) if self._strategy.learns else 0

    @property
    def is_ready(self) -> bool:
        """Whether there is another trial, and what it needs to know is known."""
        needed = range(self._learned + 1, self._needed + 1)
        return self._proposed < self.max_jobs and all(n in self._ended for n in needed)

    def propose(self) -> Trial:
        """Return the next trial.

        Raises
        ------
        RuntimeError
            If `max_jobs` trials have been proposed, or a trial that it depends on is running.
        """
        if self._proposed >= self.max_jobs:
            raise RuntimeError(f"all {self.max_jobs} trials have been proposed")
        if not self.is_ready:
            raise RuntimeError(
                f"trial {self._proposed + 1} needs the results of all trials up to {self._needed}"
            )
        while self._learned < self._needed:
            self._learned += 1
            self._strategy.record(self._learned, self._ended[self._learned])
        self._proposed += 1
        return Trial(self._proposed, self._strategy.propose())

    def record(self, trial: Trial, objective: float | None) -> None:
        """Learn the objective metric of a trial, None (or not finite) if it failed.

        Raises
        ------
        ValueError
            If the trial was not proposed here, or is recorded twice.
        """
        if not 1 <= trial.number <= self._proposed or trial.number in self._ended:
            raise ValueError(f"trial {trial.number} is not open: it was recorded, or not ours")
        failed = objective is None or not math.isfinite(objective)
        self._ended[trial.number] = None if failed else objective


def _grid(ranges: list[TuningRange], max_jobs: int | None) -> tuple[Grid, int]:
    grid = Grid(ranges)
    if max_jobs not in (None, grid.size):
        raise ValueError(
            f"MaxNumberOfTrainingJobs: expected {grid.size}, the number of combinations "
            f"of the grid, or nothing, found {max_jobs}"
        )
    return grid, grid.size
