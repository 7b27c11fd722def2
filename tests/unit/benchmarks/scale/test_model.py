"""The model finds planted costs again, and says what follows from them."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.scale import model as module
from benchmarks.scale.model import UNITS, Line, Load, Model, bytes_read, gets, heads, puts
from benchmarks.scale.results import Measured

DRIVER_SECONDS = 12.0
ALONE_SECONDS_PER_ID = 3e-6
PLANTED = {name: Line(number, 1e-6 * number) for number, name in enumerate(UNITS, 1)}


def measured(n_rows: int, cores: int) -> Measured:
    """Make a run that costs what was planted; a quarter of the ratings is kept."""
    kept, ids = n_rows // 4, n_rows // 10
    steps: dict[str, Any] = {
        name: {"seconds": line.at({"rows": n_rows, "kept": kept}[UNITS[name]] / cores)}
        for name, line in PLANTED.items()
    }
    alone = ALONE_SECONDS_PER_ID * ids
    steps["index tables"]["seconds"] += alone
    steps["index tables"]["single_task_seconds"] = alone
    wall = DRIVER_SECONDS + sum(step["seconds"] for step in steps.values())
    accounting = {"kept": kept}
    answer = {"ratings": {"accounting": accounting, "n_users": ids - 7, "n_items": 7}}
    found = {"wall_seconds": wall, "steps": steps, "answer": answer}
    return Measured("spark", n_rows, 216 * n_rows, cores, "8g", None, {}, {}, found)


def test_planted_costs_are_found_and_larger_runs_foreseen() -> None:
    model = Model.calibrate([measured(10**6 * n, 2) for n in (1, 4, 16)])
    assert model.driver_seconds == pytest.approx(DRIVER_SECONDS)
    assert model.alone_seconds_per_id == pytest.approx(ALONE_SECONDS_PER_ID)
    for name, line in PLANTED.items():
        assert model.steps[name].fixed == pytest.approx(line.fixed)
        assert model.steps[name].slope == pytest.approx(line.slope)
    for n_rows, cores in ((64_000_000, 2), (16_000_000, 1), (10**9, 36)):
        run = measured(n_rows, cores)
        found = model.seconds(Load.of(run), cores)
        assert found == pytest.approx(run.found["wall_seconds"])


def test_a_line_is_nowhere_negative() -> None:
    assert Line.fit([1e6, 2e6, 4e6], [1.0, 3.0, 9.0]).fixed == 0
    falling = Line.fit([1e6, 2e6], [4.0, 2.0])
    assert falling.slope == 0
    assert 2 < falling.fixed < 4


def test_a_line_follows_small_costs_as_closely_as_large_ones() -> None:
    line = Line.fit([1, 10, 100], [1.0, 10.0, 110.0])
    assert line.at(1) == pytest.approx(1.0, rel=0.05)
    assert line.at(100) == pytest.approx(110.0, rel=0.1)


def test_requests_of_a_piece() -> None:
    load = Load(rows=10**6, kept=10**5, ids=10, raw_bytes=200 << 20, objects=2)
    assert load.pieces == 4  # two of each object
    assert gets(load) == 8
    assert bytes_read(load) == (200 << 20) + (4 << 20)
    small = replace(load, raw_bytes=100 << 20)
    assert (small.pieces, gets(small), bytes_read(small)) == (2, 2, 100 << 20)
    assert (heads(load), heads(load.times(1000))) == (2, module.MAX_RECORDED)


def test_requests_of_an_upload() -> None:
    assert puts(3, 3.0) == 3
    assert puts(2, 2.0 * (8 << 20)) == 2 * (2 + 1)
    assert puts(1, 30 << 20) == 2 + 4


def test_so_many_times_as_much() -> None:
    load = Load(rows=10, kept=5, ids=3, raw_bytes=2160, objects=1).times(2.5)
    assert load == Load(rows=25, kept=12, ids=8, raw_bytes=5400, objects=3)
