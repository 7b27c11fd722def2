"""An execution input while somebody writes it: as JSON and as a form, in step, and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.embedded_stack import DeployedStack
from console.input_check import InputCheck, check, parse_json
from console.input_form.conversion import FormTexts, default_values, to_form, to_input
from lambdas.resolve_run.sections import Problem


@dataclass(frozen=True, slots=True)
class Draft:
    """One state of an input that is being written.

    Attributes
    ----------
    text : str
        JSON, as it was written or made of the form.
    form : FormTexts or None
        None if the text is no JSON object.
    execution_input : dict or None
        The same.
    checked : InputCheck
    """

    text: str
    form: FormTexts | None
    execution_input: dict[str, Any] | None
    checked: InputCheck


@dataclass(frozen=True, slots=True)
class Drafting:
    """Makes drafts for one deployed stack.

    Attributes
    ----------
    stack : DeployedStack
    deployment : mapping
        Its ``input_defaults``.
    """

    stack: DeployedStack
    deployment: Mapping[str, Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """What an empty field means, as `default_values` gives it."""
        return default_values(self.deployment)

    def of_json(self, text: str) -> Draft:
        """Take what somebody wrote as JSON; nothing at all is ``{}``."""
        try:
            given = parse_json(text) if text.strip() else {}
        except ValueError as error:
            return Draft(text, None, None, InputCheck((Problem((), str(error)),)))
        return Draft(text, to_form(given, self.defaults), given, self._check(given))

    def of_form(self, texts: Mapping[str, str]) -> Draft:
        """Take what somebody filled in, by name of the field."""
        given = to_input(texts, self.defaults)
        return Draft(pretty(given), FormTexts(dict(texts), ()), given, self._check(given))

    def _check(self, given: dict[str, Any]) -> InputCheck:
        return check(given, self.deployment, data_bucket=self.stack.data_bucket)


def pretty(value: Any) -> str:
    """Write JSON for people, in characters that every page can hold."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(value, indent=2)
    return text
