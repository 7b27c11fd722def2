"""Every test that docs/security.md names beside a claim is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def named_tests() -> list[tuple[str, str]]:
    return NAMED.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))


def functions_of(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists():
    missing = [
        f"{path}::{name}"
        for path, name in named_tests()
        if not (ROOT / path).is_file() or (name and name not in functions_of(path))
    ]

    assert len(named_tests()) > 40
    assert missing == []


def test_every_test_of_security_is_named():
    """So that the document tells all that is proved; helpers of a claim's test go without."""
    named = {path for path, _ in named_tests()}
    files = [*ROOT.glob("tests/*/security/test_*.py")]

    assert {str(file.relative_to(ROOT)) for file in files} <= named
