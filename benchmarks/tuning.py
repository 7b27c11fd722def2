"""How well tuning searches: 20 Bayesian trials beside 40 random ones, on MovieLens-100K.

``python -m benchmarks.tuning``. Every trial is what a training job of the workflow's tuning job
would learn: the run's default preparation, split and static hyperparameters, trained on the split
`train`, its objective the RMSE of the split `validation` (the channel `test`). Trials are kept in
the folder, so that a run that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ratings_file import DEFAULT_FOLDER
from console.datasets import movielens_100k
from embedded_aws.factorization_machines.container import AlgorithmError
from embedded_aws.factorization_machines.learning import evaluate, train
from embedded_aws.factorization_machines.samples import Samples
from embedded_aws.factorization_machines.settings import parse_settings
from embedded_aws.hyperparameter_search import HyperparameterSearch, Trial
from lambdas.resolve_run.execution_input import ExecutionInput, merge_hyperparameters
from lambdas.resolve_run.resolution import resolve
from recommender.cleansing import CleansingRules
from recommender.errors import ModelArtifactError
from recommender.features import one_hot
from recommender.hyperparameters import TUNABLE
from recommender.preparation import prepare
from recommender.ratings import RatingsSource, read_ratings
from recommender.splitting import SplitFractions

# To be raised whenever training gives other results: older trials are then left alone.
_VERSION = 1
BAYESIAN_TRIALS, RANDOM_TRIALS = 20, 40
_GOAL = 7 / 10

Ranges = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Space:
    """Where to search: SageMaker's ``ParameterRanges``, and the other hyperparameters."""

    ranges: Ranges
    static: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Search:
    """One tuning job."""

    space: str
    strategy: str
    seed: int
    n_trials: int
    parallel: int


def _default_space() -> Space:
    """Return what a run in mode ``tune`` searches unless told otherwise."""
    tuning = resolve(
        ExecutionInput(mode="tune"), run_id="benchmark", data_bucket="benchmark"
    ).tuning
    return Space(tuning.parameter_ranges, tuning.static_hyperparameters)


def _documented_space() -> Space:
    """Return what SageMaker recommends to tune: 13 orders of magnitude of rates and decays.

    Without `epochs`, whose range up to 1000 would take a minute for a trial, and with the initial
    values that the default `*_init_method` makes use of.
    """
    ranges: dict[str, list[dict[str, Any]]] = {
        "ContinuousParameterRanges": [],
        "IntegerParameterRanges": [],
    }
    for name, found in TUNABLE.items():
        if name == "epochs" or name.endswith(("_init_scale", "_init_value")):
            continue
        ranges[f"{found.kind.capitalize()}ParameterRanges"].append(
            {
                "Name": name,
                "MinValue": f"{found.minimum:.12g}",
                "MaxValue": f"{found.maximum:.12g}",
                "ScalingType": "Auto",
            }
        )
    tuned = {description["Name"] for kind in ranges.values() for description in kind}
    static = {k: v for k, v in merge_hyperparameters({}).items() if k not in tuned}
    return Space(ranges, static)


SPACES = {"default": _default_space, "documented": _documented_space}


def best_objective(search: Search, folder: Path) -> float:
    """Run a tuning job's trials, those that `folder` does not know yet; return the least RMSE."""
    space = SPACES[search.space]()
    found = HyperparameterSearch(
        search.strategy, space.ranges, "Minimize", search.seed, search.n_trials
    )
    objectives: list[float] = []
    running: deque[Trial] = deque()
    for _ in range(search.n_trials):
        running.append(found.propose())
        if len(running) == search.parallel:
            objectives += _finish(found, running.popleft(), space, folder)
    while running:
        objectives += _finish(found, running.popleft(), space, folder)
    return min(objectives)


def _finish(found: HyperparameterSearch, trial: Trial, space: Space, folder: Path) -> list[float]:
    value = objective({**space.static, **trial.hyperparameters}, folder)
    found.record(trial, value)
    return [] if value is None else [value]


def objective(hyperparameters: Mapping[str, str], folder: Path) -> float | None:
    """Return the RMSE of a training job on the channel `test`, None where it fails."""
    text = json.dumps([_VERSION, hyperparameters], sort_keys=True)
    kept = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    if not kept.exists():
        content = json.dumps({"hyperparameters": hyperparameters, "rmse": _train(hyperparameters)})
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(content, encoding="utf-8")
        unfinished.replace(kept)
    found: float | None = json.loads(kept.read_text(encoding="utf-8"))["rmse"]
    return found


def _train(hyperparameters: Mapping[str, str]) -> float | None:
    channels = _channels()
    feature_dim = channels["train"].features.shape[1]
    settings = parse_settings({**hyperparameters, "feature_dim": str(feature_dim)})
    with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink):  # noqa: PTH123
        try:
            model = train(settings, channels["train"], np.random.default_rng(0), host="algo-1")
        except (AlgorithmError, ModelArtifactError):
            return None
    return evaluate(settings, model, channels["test"])["rmse"]


@cache
def _channels() -> dict[str, Samples]:
    """Prepare the ratings as a run without any input does."""
    given = ExecutionInput()
    path, _ = movielens_100k()
    sources = [RatingsSource(path.name, lambda: path.open("rb"), path.stat().st_size)]
    fractions = SplitFractions(given.split.train, given.split.validation, given.split.test)
    channels = {}
    with (
        read_ratings(sources) as table,
        prepare(
            table,
            CleansingRules(**given.filter.model_dump()),
            fractions,
            strategy=given.split.strategy,
            seed=given.split.seed,
        ) as prepared,
    ):
        sizes = {"n_users": prepared.index.n_users, "n_items": prepared.index.n_items}
        for channel, split in (("train", "train"), ("test", "validation")):
            (rows,) = prepared.parts(split, max_rows=10**9)  # type: ignore[arg-type]
            features = one_hot(rows.customer.astype(np.int64), rows.video.astype(np.int64), **sizes)
            channels[channel] = Samples(features, rows.rating)
    return channels


def _table(seeds: Sequence[int], pairs: Sequence[tuple[float, float]]) -> str:
    lines = [
        f"| seed | best of {BAYESIAN_TRIALS} Bayesian | best of {RANDOM_TRIALS} random | as good |",
        "| ---: | ---: | ---: | --- |",
    ]
    for seed, (ours, theirs) in zip(seeds, pairs, strict=True):
        verdict = "yes" if ours <= theirs else "no"
        lines.append(f"| {seed} | {ours:.5f} | {theirs:.5f} | {verdict} |")
    wins = sum(ours <= theirs for ours, theirs in pairs)
    met = "met" if wins >= _GOAL * len(seeds) else "not met"
    lines.append(f"\nat least as good in {wins} of {len(seeds)} seeds; goal of 7 in 10: {met}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Search in each space with each seed, and print a table for each space."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__)
    parser.add_argument("--spaces", nargs="+", choices=SPACES, default=list(SPACES))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(10)))
    parser.add_argument("--parallel", type=int, default=1, help="trials at a time of a tuning job")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER / "tuning")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for space in options.spaces:
        pairs = []
        for seed in options.seeds:
            contenders = (("Bayesian", BAYESIAN_TRIALS), ("Random", RANDOM_TRIALS))
            ours, theirs = (
                best_objective(
                    Search(space, strategy, seed, n_trials, options.parallel), options.folder
                )
                for strategy, n_trials in contenders
            )
            pairs.append((ours, theirs))
        print(f"{space} ranges, {options.parallel} at a time\n")
        print(_table(options.seeds, pairs), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
