r"""Writes docs/fault-matrix.md: what became of each fault of each state.

    python -m tests.integration.faults.table

Times with jitter are random; the table has the longest that they can be.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.integration.faults.cells import CELLS, Cell
from tests.integration.faults.laboratory import Observation, laboratory

COMMAND = "python -m tests.integration.faults.table"
DOCUMENT = "docs/fault-matrix.md"
_ROOT = Path(__file__).resolve().parents[3]
# Faults that a state can have in principle and that no cell tries, because another state's cell
# goes through the same code.
_DATA = ("MissingObject", "CorruptedObject", "TruncatedObject")
_READ_NOTHING = (
    "ClaimRun",
    "DescribeBestTrainingJob",
    "AcceptModel",
    "TellOfFailure",
    "RunFailed",
)
LEFT_OUT = {
    *(f"TuneModel:{fault}" for fault in _DATA),
    *(f"PrepareWithSpark:{fault}" for fault in _DATA if fault != "MissingObject"),
    *(f"ResolveRun:{fault}" for fault in _DATA if fault != "MissingObject"),
    "CreateModel:CorruptedObject",
    *(f"{state}:{fault}" for state in _READ_NOTHING for fault in _DATA),
    *(f"{state}:ValidationException" for state in ("TellOfFailure", "RunFailed")),
    *(f"{state}:Slow" for state in ("TellOfFailure", "RunFailed")),
    "RunFailed:InternalFailure",
    # Broken JSON in an intrinsic function ends an execution at once in moto; on AWS it is caught.
    "ReadPreparation:CorruptedObject",
    "ReadPreparation:TruncatedObject",
}
_HEAD = f"""# Fault matrix

What becomes of a run when one of its states fails in one of the ways that it can. Each row is a
run of the deployed state machine in the embedded AWS, with the fault injected where the service,
the job or the function would fail; `*3` says that three attempts in a row fail. The same faults can
be tried by hand: `recommender run --fail 'TrainModel:CapacityError'`.

In each of these runs no SageMaker job is left running, no object below the run's prefix differs
from those of an undisturbed run (but for the rows that say so), none is there that the undisturbed
run does not have, and `models/accepted.json` changes when the run ends with an accepted model, and
only then.

Waits are those of the state machine, not shortened; where it waits a random part (jitter), the
longest that it can be. "Jobs" counts what the run itself started in SageMaker, after the fault's
state too; a tuning job counts once.

Written by `{COMMAND}`; the tests in `tests/integration/faults` check it row by row.

| State | Fault | How the run ends | Calls | Waits | Jobs |
|---|---|---|---|---|---|
"""


def escaped(text: str) -> str:
    """Write an asterisk as one in Markdown."""
    return text.replace("*", r"\*")


def row(cell: Cell, seen: Observation) -> str:
    """Make a cell's line of the table."""
    if seen.status == "SUCCEEDED":
        ended = f"succeeds, model {seen.output['outcome']}"
        if cell.unnoticed:
            ended += "; **the data differ, and nobody notices**"
    else:
        step = (seen.cause or "").partition(" failed: ")[0]
        ended = f"fails: `{seen.error}` in {step}"
    waits = ", ".join(_duration(wait.longest_seconds) for wait in seen.waits) or "none"
    return (
        f"| {cell.state} | {escaped(cell.name)} | {ended} | {seen.calls} | {waits} "
        f"| {seen.started_jobs} |"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} min"


def main() -> None:
    """Try all cells and write the document."""
    with tempfile.TemporaryDirectory() as folder:
        assembly = Path(folder) / "cdk.out"
        subprocess.run(
            [sys.executable, "app.py"],
            cwd=_ROOT,
            env={**os.environ, "CDK_OUTDIR": str(assembly)},
            check=True,
        )
        with laboratory(assembly) as lab:
            rows = []
            for cell in CELLS:
                rows.append(row(cell, lab.try_out(cell)))
                print(rows[-1], flush=True)  # noqa: T201 - it takes minutes
    (_ROOT / DOCUMENT).write_text(_HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
