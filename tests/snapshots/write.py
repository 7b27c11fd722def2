"""Rewrite what tests compare with: ``make snapshot``."""

import json
import tempfile
from pathlib import Path

from infra import snapshots
from lambdas.resolve_run.execution_input import ExecutionInput

EXECUTION_INPUT_SCHEMA = snapshots.PROJECT_ROOT / "docs" / "execution_input.schema.json"
REPORTS = Path(__file__).parent / "reports"


def write_execution_input_schema() -> None:
    """Generate the schema from the models that check the input."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ExecutionInput.model_json_schema(),
    }
    EXECUTION_INPUT_SCHEMA.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


def write_report_outlines() -> None:
    """Make three runs in the embedded AWS, which takes a minute, and outline their reports."""
    from tests.conftest import synthesize
    from tests.integration.reports.outline import outline
    from tests.integration.reports.runs import reported_runs

    with tempfile.TemporaryDirectory() as folder:
        assembly = Path(folder) / "cdk.out"
        synthesize(assembly)
        with reported_runs(assembly) as found:
            for name, run in found.items():
                (REPORTS / f"{name}.txt").write_text(outline(run.html), encoding="utf-8")


if __name__ == "__main__":
    snapshots.main()
    write_execution_input_schema()
    write_report_outlines()
