"""Measured costs in a file: raw, so that whatever is said about them can be worked out again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.measuring import Cost

OURS = "this project"

Costs = dict[str, list[Cost]]


@dataclass
class Results:
    """Everything that was measured.

    Attributes
    ----------
    machine : dict
        As `machine.describe` gives it.
    files : dict
        For each number of rows, the sizes of the file in bytes: "compressed" and "plain".
    preparation, functions : dict
        For each number of rows, costs by name.
    codec : dict
        For each "<kind> <rows>" and task, costs by name.
    codec_memory : dict
        For each "<kind> <rows>", one cost by task.
    """

    machine: dict[str, str] = field(default_factory=dict)
    files: dict[int, dict[str, int]] = field(default_factory=dict)
    preparation: dict[int, Costs] = field(default_factory=dict)
    functions: dict[int, Costs] = field(default_factory=dict)
    codec: dict[str, dict[str, Costs]] = field(default_factory=dict)
    codec_memory: dict[str, dict[str, Cost]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            machine=content["machine"],
            files=_by_rows(content["files"]),
            preparation=_by_rows(_costs(content["preparation"])),
            functions=_by_rows(_costs(content["functions"])),
            codec=_costs(content["codec"]),
            codec_memory=_costs(content["codec_memory"]),
        )

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def _by_rows(content: Mapping[str, Any]) -> dict[int, Any]:
    return {int(n_rows): value for n_rows, value in content.items()}


def _costs(content: Any) -> Any:
    """Make costs of the mappings that are some, however deep they are."""
    if isinstance(content, list):
        return [_costs(value) for value in content]
    if "wall_seconds" in content:
        return Cost(**content)
    return {name: _costs(value) for name, value in content.items()}
