"""Every state, every failure that applies: how the run ends, what it cost, what is left of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.node import use_found_node

use_found_node()  # before the CDK is imported

from embedded_aws.faults.kinds import applicable  # noqa: E402
from embedded_aws.faults.machine import task_kinds  # noqa: E402
from tests.conftest import PROJECT_ROOT  # noqa: E402
from tests.integration.faults import table  # noqa: E402
from tests.integration.faults.cells import CELLS, FROM_START, SUCCEEDED, Cell  # noqa: E402
from tests.integration.faults.laboratory import (  # noqa: E402
    Laboratory,
    Observation,
    laboratory,
)

DOCUMENT = (PROJECT_ROOT / table.DOCUMENT).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lab(assembly: Path) -> Iterator[Laboratory]:
    with laboratory(assembly) as ready:
        yield ready


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_cell(lab: Laboratory, cell: Cell) -> None:
    seen = lab.try_out(cell)

    assert seen.unfinished_jobs == []
    assert (seen.status, seen.error) == (
        ("SUCCEEDED", None) if cell.ended == SUCCEEDED else ("FAILED", cell.ended)
    ), seen.cause
    assert seen.calls == cell.calls
    if cell.ended != SUCCEEDED:
        assert (seen.cause or "").startswith(f"{cell.blames or cell.state} failed: ")
        assert cell.cause in (seen.cause or "")
    assert sum(wait.error is None for wait in seen.waits) == cell.restarts
    assert seen.started_jobs == cell.jobs
    check_objects(cell, seen)
    assert table.row(cell, seen) in DOCUMENT.splitlines(), (
        f"docs/fault-matrix.md is out of date: run `{table.COMMAND}`"
    )


def check_objects(cell: Cell, seen: Observation) -> None:
    """Nothing lost, nothing twice, nothing that an undisturbed run would not have."""
    accepted = cell.ended == SUCCEEDED and seen.output["outcome"] == "accepted"
    assert seen.accepted_changed == accepted
    if accepted:
        assert seen.accepted_run_id == seen.run_id
    if cell.unnoticed:
        assert seen.contents != seen.undisturbed
        return
    harmed = {name for name in seen.harmed if name in seen.undisturbed}
    if cell.lost_trials:  # it may have been the best one: then another one's model predicts
        harmed |= {n for n in seen.undisturbed if n.startswith(("predictions/", "metrics/"))}
    written = {k: v for k, v in seen.contents.items() if k not in harmed}
    assert written.items() <= seen.undisturbed.items()
    if cell.ended == SUCCEEDED:
        lost = set(seen.undisturbed) - set(seen.contents)
        assert len(lost) == cell.lost_trials
        assert all(name.startswith("model/") for name in lost)


def test_every_task_state_is_tried_with_every_fault_that_it_can_have(lab: Laboratory) -> None:
    kinds = task_kinds(lab.definition)
    tried = {(cell.state, fault.partition("(")[0].partition("*")[0]) for cell in CELLS
             for fault in cell.faults}  # fmt: skip
    left_out = {
        f"{state}:{fault}"
        for state, kind in kinds.items()
        for fault in applicable(kind)
        if (state, fault) not in tried
    }
    assert left_out == table.LEFT_OUT
    assert {cell.state for cell in CELLS} == set(kinds)


def test_document_has_the_rows_of_these_cells_and_no_others() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| ")]
    named = [tuple(part.strip() for part in row.split("|")[1:3]) for row in rows]
    assert named[1:] == [(cell.state, table.escaped(cell.name)) for cell in CELLS]


def test_states_that_begin_a_run_are_tried_from_its_start() -> None:
    assert set(FROM_START) <= {cell.state for cell in CELLS}
