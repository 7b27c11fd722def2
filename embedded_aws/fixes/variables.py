"""Variables can be read in JSONPath states: ``"$run.training.instance_type"``.

moto hands such expressions to a JSONata engine that it ships without, so every use fails. In a
JSONPath state AWS takes the part after the variable's name as a reference path into its value.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.utils.json_path import extract_json

_REFERENCE = re.compile(r"\$(?P<name>[A-Za-z_]\w*)(?P<path>.*)", re.DOTALL)


def apply() -> None:
    """Resolve variables of JSONPath states without JSONata."""
    original = StringVariableSample._eval_body

    def eval_body(self: StringVariableSample, env: Any) -> None:
        reference = _REFERENCE.fullmatch(self.expression)
        if self.query_language_mode != QueryLanguageMode.JSONPath or reference is None:
            original(self, env)
            return
        value = env.variable_store.get(reference["name"])
        if reference["path"]:
            value = extract_json(f"${reference['path']}", value)
        env.stack.append(copy.deepcopy(value))

    StringVariableSample._eval_body = eval_body
