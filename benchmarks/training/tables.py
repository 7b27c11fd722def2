"""Measured trainings as Markdown tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.results import OURS
from benchmarks.tables import show, table
from benchmarks.training.contestants import LIBFM
from benchmarks.training.movielens import GOALS
from benchmarks.training.trainings import Measurement, Results, epoch_ratio

THROUGHPUT, QUALITY, MOVIELENS = "throughput", "quality", "movielens"
_MILLION = 1_000_000
_GOAL_FACTORS = 64
_RATIOS_OF_CORES = {1: 1.2, 2: 2.0}


def throughput_table(results: Results) -> str:
    """Compare seconds of an epoch; ratios are taken turn by turn, to the faster build of libFM."""
    lines = []
    for group in results.groups(THROUGHPUT):
        libfm = faster_libfm(group)
        for one in group:
            is_ours = libfm is not None and one.contestant == OURS
            lines.append(
                (
                    f"{one.n_rows:,}",
                    str(one.num_factors),
                    one.contestant,
                    str(one.cores),
                    show(one.seconds, ".3f"),
                    f"{one.n_rows / one.seconds.median:,.0f}",
                    show(epoch_ratio(libfm, one)) if is_ours and libfm else "",
                    f"{one.spread(lambda training: training.wall_seconds).median:.1f}",
                    f"{one.spread(lambda training: training.peak_mib).high:,.0f}",
                )
            )
    header = "rows|factors||cores|seconds an epoch|rows/s|libFM's to ours|whole process, s|peak MiB"
    return table(header.split("|"), lines)


def quality_table(results: Results) -> str:
    """Compare the test RMSE and what it took; a planted model's own RMSE is the limit."""
    lines = []
    for group in results.groups(QUALITY):
        limit = results.limits.get(group[0].data)
        lines += [
            (
                one.data,
                one.contestant,
                str(one.cores),
                show(one.rmse, ".4f"),
                "" if limit is None else f"{limit:.4f}",
                str(len(one.trainings[0].epoch_seconds)),
                f"{one.seconds.median:.3f}",
                show(one.spread(lambda training: training.wall_seconds)),
                f"{one.spread(lambda training: training.peak_mib).high:,.0f}",
            )
            for one in group
        ]
    header = "ratings||cores|test RMSE|limit|epochs|seconds an epoch|whole process, s|peak MiB"
    return table(header.split("|"), lines)


def movielens_table(results: Results) -> str:
    """Show the test RMSE on each split, with the spread over the seeds, and of the mean."""
    settings: dict[str, list[Measurement]] = {}
    for group in results.groups(MOVIELENS):
        for one in group:
            settings.setdefault(one.contestant, []).append(one)
    lines = [
        (
            name,
            *(show(one.rmse, ".4f") for one in splits),
            f"{statistics.mean(means_of_splits(splits)):.4f}",
        )
        for name, splits in settings.items()
    ]
    names = dict.fromkeys(one.data for splits in settings.values() for one in splits)
    return table(("settings", *names, "mean"), lines)


def goals_table(results: Results) -> str:
    """Say which goals are met, of those that were measured."""
    lines = [
        (goal, measured, "yes" if is_met else "**no**")
        for goal, measured, is_met in _goals(results)
    ]
    return table(("goal", "measured", "met"), lines)


def faster_libfm(group: list[Measurement]) -> Measurement | None:
    """Give the faster of libFM's builds, if there is any."""
    builds = [one for one in group if one.contestant.startswith(LIBFM)]
    return min(builds, key=lambda one: one.seconds.median, default=None)


def means_of_splits(splits: list[Measurement]) -> list[float]:
    """Give the mean RMSE of the splits for each seed."""
    return [
        statistics.mean(training.rmse for training in trainings)
        for trainings in zip(*(one.trainings for one in splits), strict=True)
    ]


def _goals(results: Results) -> Iterator[tuple[str, str, bool]]:
    for group in results.groups(THROUGHPUT):
        libfm = faster_libfm(group)
        if libfm is None or (libfm.n_rows, libfm.num_factors) != (_MILLION, _GOAL_FACTORS):
            continue
        for one in group:
            if one.contestant == OURS and one.cores in _RATIOS_OF_CORES:
                goal, ratio = _RATIOS_OF_CORES[one.cores], epoch_ratio(libfm, one)
                name = f"1 M rows, 64 factors, {one.cores} of the cores: at least {goal} times"
                yield f"{name} libFM's speed", show(ratio), ratio.median >= goal
    for name, goal in GOALS.items():
        splits = [
            one for group in results.groups(MOVIELENS) for one in group if one.contestant == name
        ]
        if splits:
            means = means_of_splits(splits)
            measured = f"{statistics.mean(means):.4f} ({min(means):.4f} to {max(means):.4f})"
            yield f"MovieLens-100K, {name}: RMSE at most {goal}", measured, max(means) <= goal
