"""Everything that is wrong with an execution input, in words."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.sections import Problems
from recommender.errors import InvalidInputError

_SHOWN = 80


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
    if not isinstance(execution_input, dict):
        raise InvalidInputError(
            f"execution input: expected a JSON object such as {{}}, found {_shown(execution_input)}"
        )
    try:
        return ExecutionInput.model_validate(execution_input)
    except ValidationError as error:
        problems = [text for details in error.errors() for text in _describe(details)]
        raise invalid_input(problems) from error


def invalid_input(problems: list[str]) -> InvalidInputError:
    """Make one error of all problems."""
    if len(problems) == 1:
        return InvalidInputError(f"execution input: {problems[0]}")
    listed = "; ".join(f"({number}) {text}" for number, text in enumerate(problems, start=1))
    return InvalidInputError(f"execution input: {len(problems)} problems: {listed}")


def _describe(details: ErrorDetails) -> list[str]:
    path = ".".join(str(part) for part in details["loc"])
    if details["type"] == "extra_forbidden":
        return [f"{path}: unknown key{_suggestion(details['loc'])}"]
    if details["type"] == "value_error":
        error = details["ctx"]["error"]
        texts = error.problems if isinstance(error, Problems) else [str(error)]
        return [f"{path}: {text}" for text in texts]
    if details["type"] == "missing":
        return [f"{path}: is required, but missing"]
    message = details["msg"].replace("Input should be", "expected")
    return [f"{path}: {message}, found {_shown(details['input'])}"]


def _suggestion(location: tuple[int | str, ...]) -> str:
    known = _known_keys(location[:-1])
    nearest = difflib.get_close_matches(str(location[-1]), known, n=1)
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


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
