"""What is said of measured trainings."""

from pathlib import Path

import pytest

from benchmarks.results import OURS
from benchmarks.training import movielens, tables
from benchmarks.training.trainings import Measurement, Results, Training, epoch_ratio


def measurement(contestant: str, cores: int, *seconds: float, num_factors: int = 64) -> Measurement:
    trainings = [Training([second, second], 10.0, 9.0, 100.0, 0.9) for second in seconds]
    return Measurement(
        tables.THROUGHPUT, "planted", 1_000_000, contestant, num_factors, cores, trainings
    )


def splits(settings: str, rmse: list[list[float]]) -> list[Measurement]:
    """One inner list for each seed."""
    return [
        Measurement(
            tables.MOVIELENS,
            f"u{number}",
            80_000,
            settings,
            16,
            1,
            [Training([1.0], 1.0, 1.0, 1.0, value) for value in by_seed],
        )
        for number, by_seed in enumerate(zip(*rmse, strict=True), 1)
    ]


def test_ratios_are_taken_turn_by_turn() -> None:
    ratio = epoch_ratio(measurement("libFM", 1, 4.0, 9.0, 8.0), measurement(OURS, 1, 2.0, 3.0, 1.0))

    assert (ratio.median, ratio.low, ratio.high) == (3.0, 2.0, 8.0)


def test_an_epoch_is_the_median() -> None:
    assert Training([9.0, 1.0, 2.0], 1.0, 1.0, 1.0, 1.0).epoch == 2.0


@pytest.mark.parametrize(
    ("ours", "expected"), [((1.0, 0.6), ["yes", "yes"]), ((1.1, 0.7), ["**no**", "**no**"])]
)
def test_goals_compare_with_the_faster_libfm(
    ours: tuple[float, float], expected: list[str]
) -> None:
    group = [
        measurement(OURS, 1, ours[0]),
        measurement(OURS, 2, ours[1]),
        measurement("libFM slow", 1, 2.0),
        measurement("libFM fast", 1, 1.3),
    ]

    table = tables.goals_table(Results(measurements=group))

    assert [line.split("|")[3].strip() for line in table.splitlines()[2:]] == expected


def test_goals_of_movielens_hold_for_every_seed() -> None:
    good = splits(movielens.TUNED, [[0.91, 0.908], [0.912, 0.909]])
    bad = splits(movielens.TUNED, [[0.90, 0.90], [0.912, 0.911]])

    good_line, bad_line = (
        tables.goals_table(Results(measurements=found)).splitlines()[2] for found in (good, bad)
    )

    assert good_line.endswith("| 0.9098 (0.9090 to 0.9105) | yes |")
    assert bad_line.endswith("| **no** |")


def test_without_libfm_there_is_no_ratio_and_no_goal() -> None:
    results = Results(measurements=[measurement(OURS, 1, 2.0)])

    line = tables.throughput_table(results).splitlines()[2]

    assert [cell.strip() for cell in line.split("|")[1:-1]] == [
        *("1,000,000", "64", OURS, "1", "2.000 (2.000 to 2.000)", "500,000", "", "10.0", "100")
    ]
    assert len(tables.goals_table(results).splitlines()) == 2


def test_new_results_take_the_place_of_old_ones(tmp_path: Path) -> None:
    results = Results(machine={"date": "today"}, limits={"planted": 0.6})
    results.replace([measurement(OURS, 1, 5.0), measurement("libFM", 1, 5.0)])
    results.replace([measurement(OURS, 1, 3.0, num_factors=8)])
    results.replace([measurement(OURS, 1, 4.0)])
    results.save(tmp_path / "results.json")

    loaded = Results.load(tmp_path / "results.json")

    assert loaded == results
    assert [(one.num_factors, one.seconds.median) for one in loaded.measurements] == [
        (8, 3.0),
        (64, 4.0),
    ]
