"""The strategy that learns: Bayesian."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from embedded_aws.hyperparameter_search.trials import KnownResult
from embedded_aws.tuning_ranges import CategoricalRange, TuningRange


class Bayesian:
    """The middle of all ranges first, then a few random trials, then the estimator's choices.

    The estimator is optuna's TPESampler, a tree-structured Parzen estimator, which takes running
    trials for bad ones, so that parallel trials differ. A range is usually put around a value that
    is known to be good, and a tuning job may have no more than a handful of trials; hence the
    middle.

    Known results take the place of the first trials. One of which a hyperparameter lies outside
    its range, or is no number where the range is one of numbers, is left out: the estimator has no
    place for it, and moved to the range's end it would claim what nobody measured.
    """

    learns = True

    def __init__(
        self,
        ranges: list[TuningRange],
        seed: int,
        max_jobs: int,
        *,
        maximize: bool,
        known: Sequence[KnownResult] = (),
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
        self._asked: list[Any] = []
        self._distributions = {
            r.name: optuna.distributions.CategoricalDistribution(r.values)
            if isinstance(r, CategoricalRange)
            else optuna.distributions.FloatDistribution(*r.scaled_bounds)
            for r in ranges
        }
        points = [(self._point(result), result.objective) for result in known]
        for point, objective in points:
            if point is not None:
                self._study.add_trial(
                    optuna.trial.create_trial(
                        params=point, distributions=self._distributions, value=objective
                    )
                )
        if not self._study.trials:
            self._study.enqueue_trial(
                {
                    r.name: r.values[0]
                    if isinstance(r, CategoricalRange)
                    else sum(r.scaled_bounds) / 2
                    for r in ranges
                }
            )

    def _point(self, result: KnownResult) -> dict[str, Any] | None:
        """Return where in the ranges a result lies, None if outside."""
        point: dict[str, Any] = {}
        for r in self._ranges:
            position = r.position_of(result.hyperparameters.get(r.name, ""))
            if position is None:
                return None
            point[r.name] = position
        return point

    def propose(self) -> dict[str, str]:
        """Ask the estimator."""
        self._asked.append(self._study.ask(self._distributions))
        drawn = self._asked[-1].params
        return {
            r.name: drawn[r.name] if isinstance(r, CategoricalRange) else r.value_at(drawn[r.name])
            for r in self._ranges
        }

    def record(self, number: int, objective: float | None) -> None:
        """Tell the estimator."""
        state = self._failed if objective is None else None
        self._study.tell(self._asked[number - 1], objective, state=state)
