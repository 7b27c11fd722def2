"""What the code would deploy, read from its synthesized assembly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.errors import EnvironmentProblemError

_FINDS_BOOTSTRAP = "bootstrapStackVersionSsmParameter"
_NEEDS_BOOTSTRAP = "requiresBootstrapStackVersion"


@dataclass(frozen=True, slots=True)
class Assembly:
    """The stack of a synthesized assembly.

    Attributes
    ----------
    stack_name : str
    template : dict
    bootstrap_parameter : str
        Name of the SSM parameter that holds the version of ``cdk bootstrap``.
    bootstrap_version : int
        The oldest that will do.
    """

    stack_name: str
    template: dict[str, Any]
    bootstrap_parameter: str
    bootstrap_version: int

    @property
    def image_registries(self) -> dict[str, dict[str, str]]:
        """Account and domain suffix of the algorithm's registry, by region.

        The template has them as a mapping, which CloudFormation looks up when it deploys.
        """
        for mapping in self.template.get("Mappings", {}).values():
            if all({"Account", "DomainSuffix"} <= row.keys() for row in mapping.values()):
                return dict(mapping)
        return {}


def read_assembly(folder: Path) -> Assembly:
    """Read the only stack of an assembly.

    Parameters
    ----------
    folder : Path
        What ``cdk synth`` or ``python app.py`` wrote.

    Raises
    ------
    EnvironmentProblemError
        If it holds no assembly, or another number of stacks.
    """
    try:
        manifest = _parse(folder / "manifest.json")
        stacks = [
            artifact
            for artifact in manifest["artifacts"].values()
            if artifact["type"] == "aws:cloudformation:stack"
        ]
        if len(stacks) != 1:
            raise EnvironmentProblemError(
                f"{folder}: expected one stack, found {len(stacks)}; synthesize again"
            )
        name = stacks[0].get("displayName")
        stack = stacks[0]["properties"]
        return Assembly(
            stack_name=str(stack.get("stackName") or name),
            template=_parse(folder / stack["templateFile"]),
            bootstrap_parameter=str(stack[_FINDS_BOOTSTRAP]),
            bootstrap_version=int(stack[_NEEDS_BOOTSTRAP]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise EnvironmentProblemError(
            f"{folder}: expected a synthesized assembly ({type(error).__name__}: {error}); write "
            "one with `python app.py`"
        ) from error


def _parse(path: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed
