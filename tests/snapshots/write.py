"""Rewrite what tests compare with: ``make snapshot``."""

import json

from infra import snapshots
from lambdas.resolve_run.execution_input import ExecutionInput

EXECUTION_INPUT_SCHEMA = snapshots.PROJECT_ROOT / "docs" / "execution_input.schema.json"


def write_execution_input_schema() -> None:
    """Generate the schema from the models that check the input."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ExecutionInput.model_json_schema(),
    }
    EXECUTION_INPUT_SCHEMA.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    snapshots.main()
    write_execution_input_schema()
