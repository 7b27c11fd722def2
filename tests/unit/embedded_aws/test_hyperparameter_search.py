import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from embedded_aws.errors import UnsupportedTuningStrategyError
from embedded_aws.hyperparameter_search import HyperparameterSearch, KnownResult, Trial

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


def run_in_parallel(strategy: str, n: int, max_parallel: int, order: int) -> list[Trial]:
    """Run trials that end in any order."""
    search = HyperparameterSearch(strategy, RANGES, "Minimize", 4, n, max_parallel=max_parallel)
    generator = np.random.default_rng(order)
    trials: list[Trial] = []
    running: list[Trial] = []
    while search.is_ready or running:
        while search.is_ready and len(running) < max_parallel:
            trials.append(search.propose())
            running.append(trials[-1])
        ended = running.pop(int(generator.integers(len(running))))
        search.record(ended, distance(ended))
    return trials


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
@pytest.mark.parametrize("max_parallel", [2, 4])
def test_parallel_trials_do_not_depend_on_which_of_them_are_faster(
    strategy: str, max_parallel: int
) -> None:
    runs = [run_in_parallel(strategy, 24, max_parallel, order) for order in range(3)]

    assert runs[0] == runs[1] == runs[2]
    assert [trial.number for trial in runs[0]] == list(range(1, 25))
    assert len({str(trial.hyperparameters) for trial in runs[0]}) == 24


def test_bayesian_takes_into_account_all_that_its_places_allow() -> None:
    def third_of(objectives: tuple[float, ...]) -> Trial:
        search = HyperparameterSearch(
            "Bayesian", RANGES, "Minimize", 4, max_parallel=2, known=known_results()
        )
        first, second = search.propose(), search.propose()
        search.record(first, objectives[0])
        if len(objectives) > 1:
            search.record(second, objectives[1])
        return search.propose()

    assert third_of((0.0,)) != third_of((1e9,))
    assert third_of((0.0,)) == third_of((0.0, 0.0)) == third_of((0.0, 1e9))


def test_only_bayesian_waits_for_the_trials_it_learns_from() -> None:
    bayesian, drawn = (
        HyperparameterSearch(strategy, RANGES, "Minimize", 0, 9, max_parallel=2)
        for strategy in ("Bayesian", "Random")
    )
    for search in (bayesian, drawn):
        search.propose()
        search.record(search.propose(), 1.0)

    assert drawn.is_ready
    assert not bayesian.is_ready
    with pytest.raises(RuntimeError, match="trial 3 needs the results of all trials up to 1"):
        bayesian.propose()


def known_results(n: int = 12) -> list[KnownResult]:
    """Return what a random search found, with a hyperparameter that the new one does not tune."""
    trials = run("Random", seed=1, n=n)
    return [KnownResult({**t.hyperparameters, "more": "1"}, distance(t)) for t in trials]


def test_bayesian_goes_on_from_known_results() -> None:
    def mean_of_first(known: list[KnownResult]) -> float:
        found = []
        for seed in range(3):
            search = HyperparameterSearch("Bayesian", RANGES, "Minimize", seed, 40, known=known)
            for _ in range(8):
                trial = search.propose()
                found.append(distance(trial))
                search.record(trial, found[-1])
        return sum(found) / len(found)

    assert mean_of_first(known_results(60)) < 0.6 * mean_of_first([])


@pytest.mark.parametrize(
    "outside", [{"lr": "2"}, {"epochs": "2.5"}, {"method": "constant"}, {"wd": "many"}, {"lr": "0"}]
)
def test_known_results_outside_the_ranges_are_left_out(outside: dict[str, str]) -> None:
    inside = known_results(1)[0].hyperparameters
    result = KnownResult({**inside, **outside}, 0.0)

    search = HyperparameterSearch("Bayesian", RANGES, "Minimize", 0, known=[result])

    # The middle comes first where nothing is known.
    assert search.propose() == HyperparameterSearch("Bayesian", RANGES, "Minimize", 0).propose()
    search = HyperparameterSearch("Bayesian", RANGES, "Minimize", 0, known=[KnownResult(inside, 0)])
    assert search.propose() != HyperparameterSearch("Bayesian", RANGES, "Minimize", 0).propose()


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
