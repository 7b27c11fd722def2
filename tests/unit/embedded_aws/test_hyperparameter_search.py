import itertools
import math
import threading
from collections.abc import Callable

import pytest

from embedded_aws.errors import UnsupportedTuningStrategyError
from embedded_aws.hyperparameter_search import HyperparameterSearch, Trial

RANGES = {
    "ContinuousParameterRanges": [
        {"Name": "lr", "MinValue": "0.0001", "MaxValue": "1", "ScalingType": "Logarithmic"},
        {"Name": "wd", "MinValue": "-1", "MaxValue": "1", "ScalingType": "Linear"},
    ],
    "IntegerParameterRanges": [{"Name": "epochs", "MinValue": "1", "MaxValue": "9"}],
    "CategoricalParameterRanges": [{"Name": "method", "Values": ["normal", "uniform"]}],
}
GRID = {
    "CategoricalParameterRanges": [
        {"Name": "a", "Values": ["1", "2", "3"]},
        {"Name": "b", "Values": ["x", "y"]},
    ]
}


def distance(trial: Trial) -> float:
    """0 at lr 0.01, wd 0.5, epochs 7, method uniform."""
    h = trial.hyperparameters
    return (
        (math.log10(float(h["lr"])) + 2) ** 2
        + (float(h["wd"]) - 0.5) ** 2
        + (int(h["epochs"]) - 7) ** 2 / 9
        + (h["method"] != "uniform")
    )


def run(
    strategy: str, seed: int, n: int, objective: Callable[[Trial], float | None] = distance
) -> list[Trial]:
    search = HyperparameterSearch(strategy, RANGES, "Minimize", seed, n)
    trials = []
    for _ in range(n):
        trials.append(search.propose())
        search.record(trials[-1], objective(trials[-1]))
    return trials


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_proposals_are_strings_within_the_ranges(strategy: str) -> None:
    for number, trial in enumerate(run(strategy, seed=4, n=30), start=1):
        assert trial.number == number
        h = trial.hyperparameters
        assert all(isinstance(value, str) for value in h.values())
        assert 0.0001 <= float(h["lr"]) <= 1
        assert -1 <= float(h["wd"]) <= 1
        assert 1 <= int(h["epochs"]) <= 9
        assert h["method"] in ("normal", "uniform")


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_the_seed_alone_decides(strategy: str) -> None:
    assert run(strategy, seed=4, n=8) == run(strategy, seed=4, n=8)
    assert run(strategy, seed=4, n=8) != run(strategy, seed=5, n=8)


def test_bayesian_begins_in_the_middle_of_the_ranges() -> None:
    (first,) = run("Bayesian", seed=1, n=1)

    assert float(first.hyperparameters.pop("lr")) == pytest.approx(0.01)
    assert first.hyperparameters == {"wd": "0.0", "epochs": "5", "method": "normal"}


def test_bayesian_finds_better_trials_than_random() -> None:
    def mean_of_late_trials(strategy: str) -> float:
        runs = [run(strategy, seed, n=40)[20:] for seed in range(3)]
        return sum(map(distance, itertools.chain(*runs))) / 60

    assert mean_of_late_trials("Bayesian") < 0.5 * mean_of_late_trials("Random")


def test_bayesian_maximizes_when_told_to() -> None:
    search = HyperparameterSearch("Bayesian", RANGES, "Maximize", 0, 40)
    found = []
    for _ in range(40):
        trial = search.propose()
        found.append(distance(trial))
        search.record(trial, -found[-1])

    assert sum(found[20:]) < sum(found[:20])


def test_bayesian_goes_on_after_failed_trials() -> None:
    objectives = itertools.cycle([None, math.nan, math.inf, 1.0])

    trials = run("Bayesian", seed=0, n=16, objective=lambda _: next(objectives))

    assert len({str(trial.hyperparameters) for trial in trials}) == 16


def test_parallel_trials_differ_and_are_counted_once() -> None:
    search = HyperparameterSearch("Bayesian", RANGES, "Minimize", 0, 24)
    trials: list[Trial] = []

    def work() -> None:
        for _ in range(6):
            trial = search.propose()
            search.record(trial, distance(trial))
            trials.append(trial)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(trial.number for trial in trials) == list(range(1, 25))
    assert len({str(trial.hyperparameters) for trial in trials}) == 24


def test_grid_proposes_every_combination_once() -> None:
    search = HyperparameterSearch("Grid", GRID, "Minimize", 0)

    proposed = [search.propose().hyperparameters for _ in range(search.max_jobs)]

    assert search.max_jobs == 6
    assert {(h["a"], h["b"]) for h in proposed} == set(itertools.product("123", "xy"))


def test_grid_refuses_numeric_ranges_and_another_number_of_jobs() -> None:
    with pytest.raises(ValueError, match="categorical ranges only, found numeric ones for lr, wd"):
        HyperparameterSearch("Grid", RANGES, "Minimize", 0)
    with pytest.raises(ValueError, match="expected 6, the number of combinations"):
        HyperparameterSearch("Grid", GRID, "Minimize", 0, 5)
    assert HyperparameterSearch("Grid", GRID, "Minimize", 0, 6).max_jobs == 6


@pytest.mark.parametrize("strategy", ["Hyperband", "random", ""])
def test_other_strategies_fail_by_name(strategy: str) -> None:
    with pytest.raises(UnsupportedTuningStrategyError, match=f'"{strategy}": expected Bayesian'):
        HyperparameterSearch(strategy, RANGES, "Minimize", 0, 3)


def test_an_unknown_objective_type_is_refused() -> None:
    with pytest.raises(ValueError, match="expected Minimize or Maximize"):
        HyperparameterSearch("Random", RANGES, "minimize", 0, 3)


def test_propose_ends_with_the_last_job() -> None:
    search = HyperparameterSearch("Random", RANGES, "Minimize", 0, 1)
    search.propose()

    with pytest.raises(RuntimeError, match="all 1 trials"):
        search.propose()


def test_record_refuses_a_trial_twice_and_a_foreign_one() -> None:
    search = HyperparameterSearch("Random", RANGES, "Minimize", 0, 3)
    trial = search.propose()
    search.record(trial, 1.0)

    with pytest.raises(ValueError, match="trial 1 is not open"):
        search.record(trial, 1.0)
    with pytest.raises(ValueError, match="trial 2 is not open"):
        search.record(Trial(2, {}), 1.0)
