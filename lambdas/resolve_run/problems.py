"""Everything that is wrong with an execution input, in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.sections import Problem, Problems, shown
from recommender.errors import InvalidInputError

# So that the error fits where Step Functions, Lambda and people read it.
_ROOM = 3_500
_LONGEST = 600
_COMPARED = 80
# What pydantic puts after a key that is wrong itself.
_OF_A_KEY = "[key]"
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
# Further inside nothing is read: no key is known there.
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """An execution input, as far as it could be understood.

    Attributes
    ----------
    given : ExecutionInput
        Sections with problems are at their defaults.
    problems : list of Problem
        What is wrong with the others.
    not_understood : frozenset of str
        Their names.
    """

    given: ExecutionInput
    problems: list[Problem]
    not_understood: frozenset[str]


def read(execution_input: Any) -> Reading:
    """Understand as much of an execution input as can be, and fill in the defaults.

    Parameters
    ----------
    execution_input : object
        As it was parsed from JSON.
    """
    if not isinstance(execution_input, dict):
        problem = Problem(
            (), f"expected a JSON object such as {{}}, found {shown(execution_input)}"
        )
        return Reading(ExecutionInput(), [problem], frozenset(ExecutionInput.model_fields))
    problems = list(_half_characters(execution_input, ()))
    bad = {problem.path[0] for problem in problems}
    try:
        given = ExecutionInput.model_validate(_without(execution_input, bad))
    except ValidationError as error:
        found = error.errors()
        bad |= {str(details["loc"][0]) for details in found}
        problems += [problem for details in found for problem in _describe(details)]
        given = ExecutionInput.model_validate(_without(execution_input, bad))
    return Reading(given, problems, frozenset(bad))


def _without(execution_input: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in execution_input.items() if name not in names}


def _half_characters(value: Any, path: tuple[str, ...]) -> Iterator[Problem]:
    r"""Look for what JSON can write, such as ``"\ud800"``, and UTF-8 cannot."""
    if isinstance(value, str) and _HALF_A_CHARACTER.search(value):
        yield Problem(path, f"expected text, found half of a surrogate pair in {shown(value)}")
    elif isinstance(value, Mapping) and len(path) < _DEPTH:
        for key, inside in value.items():
            if _HALF_A_CHARACTER.search(key):
                yield Problem((*path, key), "expected a key of text, found half a surrogate pair")
            else:
                yield from _half_characters(inside, (*path, key))
    elif isinstance(value, list) and len(path) < _DEPTH:
        for index, inside in enumerate(value):
            yield from _half_characters(inside, (*path, str(index)))


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


def invalid_input(problems: Sequence[Problem]) -> InvalidInputError:
    """Make one error of all problems; of very many it lists the first, and counts the others."""
    texts = [
        text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in map(str, problems)
    ]
    if len(texts) == 1:
        return InvalidInputError(f"execution input: {texts[0]}")
    numbered = [f"({number}) {text}" for number, text in enumerate(texts, start=1)]
    lengths = accumulate(len(text) + 2 for text in numbered)
    listed = [text for text, length in zip(numbered, lengths, strict=True) if length <= _ROOM]
    if len(listed) < len(texts):
        listed.append(f"and {len(texts) - len(listed)} more")
    return InvalidInputError(f"execution input: {len(texts)} problems: {'; '.join(listed)}")


def _describe(details: ErrorDetails) -> list[Problem]:
    path = tuple(str(part) for part in details["loc"] if part != _OF_A_KEY)
    if details["type"] == "value_error":
        error = details["ctx"]["error"]
        if isinstance(error, Problems):
            return [replace(problem, path=path + problem.path) for problem in error.problems]
        return [Problem(path, str(error))]
    if details["type"] == "extra_forbidden":
        text = f"unknown key{_suggestion(path)}"
    elif details["type"] == "missing":
        text = "is required, but missing"
    else:
        message = details["msg"].replace("Input should be", "expected")
        text = f"{message}, found {shown(details['input'])}"
    return [Problem(path, text)]


def _suggestion(path: tuple[str, ...]) -> str:
    known = _known_keys(path[:-1])
    # Looking for what is near takes time that grows with the key.
    nearest = difflib.get_close_matches(path[-1][:_COMPARED], known, n=1)
    if nearest:
        return f', did you mean "{nearest[0]}"?'
    return f"; expected one of {', '.join(known)}" if known else ""


def _known_keys(path: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] | None = ExecutionInput
    for key in path:
        field = model.model_fields.get(key) if model else None
        annotation: Any = field.annotation if field else None
        is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        model = annotation if is_model else None
    return list(model.model_fields) if model else []
