"""Everything that is wrong with an execution input, in words."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.sections import Problems, shown
from recommender.errors import InvalidInputError

# So that the error fits where Step Functions, Lambda and people read it.
_ROOM = 3_500
_LONGEST = 600
_LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class Reading:
    """An execution input, as far as it could be understood.

    Attributes
    ----------
    given : ExecutionInput
        Sections with problems are at their defaults.
    problems : list of str
        What is wrong with the others.
    not_understood : frozenset of str
        Their names.
    """

    given: ExecutionInput
    problems: list[str]
    not_understood: frozenset[str]


def read(execution_input: Any) -> Reading:
    """Understand as much of an execution input as can be, and fill in the defaults.

    Parameters
    ----------
    execution_input : object
        As it was parsed from JSON.

    Raises
    ------
    InvalidInputError
        If it is no object at all.
    """
    if not isinstance(execution_input, dict):
        raise InvalidInputError(
            f"execution input: expected a JSON object such as {{}}, found {shown(execution_input)}"
        )
    try:
        return Reading(ExecutionInput.model_validate(execution_input), [], frozenset())
    except ValidationError as error:
        found = error.errors()
    bad = frozenset(str(details["loc"][0]) for details in found)
    rest = {name: value for name, value in execution_input.items() if name not in bad}
    problems = [text for details in found for text in _describe(details)]
    return Reading(ExecutionInput.model_validate(rest), problems, bad)


def check(execution_input: Any) -> ExecutionInput:
    """Check an execution input and fill in the defaults.

    Parameters
    ----------
    execution_input : object
        As it was parsed from JSON.

    Raises
    ------
    InvalidInputError
        Lists every problem, each with the key, what was expected and what was found.
    """
    reading = read(execution_input)
    if reading.problems:
        raise invalid_input(reading.problems)
    return reading.given


def invalid_input(problems: list[str]) -> InvalidInputError:
    """Make one error of all problems; of very many it lists the first, and counts the others."""
    texts = [text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in problems]
    if len(texts) == 1:
        return InvalidInputError(f"execution input: {texts[0]}")
    numbered = [f"({number}) {text}" for number, text in enumerate(texts, start=1)]
    lengths = accumulate(len(text) + 2 for text in numbered)
    listed = [text for text, length in zip(numbered, lengths, strict=True) if length <= _ROOM]
    if len(listed) < len(texts):
        listed.append(f"and {len(texts) - len(listed)} more")
    return InvalidInputError(f"execution input: {len(texts)} problems: {'; '.join(listed)}")


def _describe(details: ErrorDetails) -> list[str]:
    path = ".".join(_key(part) for part in details["loc"])
    if details["type"] == "extra_forbidden":
        return [f"{path}: unknown key{_suggestion(details['loc'])}"]
    if details["type"] == "value_error":
        error = details["ctx"]["error"]
        texts = error.problems if isinstance(error, Problems) else [str(error)]
        return [f"{path}: {text}" for text in texts]
    if details["type"] == "missing":
        return [f"{path}: is required, but missing"]
    message = details["msg"].replace("Input should be", "expected")
    return [f"{path}: {message}, found {shown(details['input'])}"]


def _key(part: int | str) -> str:
    text = str(part)
    return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}…"


def _suggestion(location: tuple[int | str, ...]) -> str:
    known = _known_keys(location[:-1])
    nearest = difflib.get_close_matches(_key(location[-1]), known, n=1)
    if nearest:
        return f', did you mean "{nearest[0]}"?'
    return f"; expected one of {', '.join(known)}" if known else ""


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] | None = ExecutionInput
    for part in location:
        field = model.model_fields.get(str(part)) if model else None
        annotation: Any = field.annotation if field else None
        is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        model = annotation if is_model else None
    return list(model.model_fields) if model else []
