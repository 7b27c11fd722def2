"""What the documents say of the project is true."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from lambdas.resolve_run.execution_input import ExecutionInput

PROJECT_ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [PROJECT_ROOT / "README.md", *sorted((PROJECT_ROOT / "docs").rglob("*.md"))]


def test_changelog_begins_with_the_projects_version() -> None:
    version = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]["version"]

    newest = re.search(r"^## \[([^]]+)\]", (PROJECT_ROOT / "CHANGELOG.md").read_text(), re.M)

    assert newest is not None
    assert newest[1] == version


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())

    missing = [target for target in targets if not (document.parent / target).exists()]

    assert missing == []


def test_schema_of_the_execution_input_is_current() -> None:
    written = json.loads((PROJECT_ROOT / "docs" / "execution_input.schema.json").read_text())

    del written["$schema"]
    assert written == ExecutionInput.model_json_schema(), "rewrite it with `make snapshot`"


def test_make_targets_in_the_readme_exist() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    named = set(re.findall(r"`?make ([a-z]+)", (PROJECT_ROOT / "README.md").read_text()))

    assert {name for name in named if f"\n{name}:" not in makefile} <= {"are"}
