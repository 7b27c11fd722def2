"""What all sections of the execution input have in common."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

_SHOWN = 80
_LONGEST_KEY = 80


def shown(value: object) -> str:
    """Write a value that was found, short enough for a message."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with an execution input.

    Attributes
    ----------
    path : tuple of str
        Keys that lead to what is to blame, such as ``("training", "instance_count")``; empty for
        the whole input.
    text : str
        What is wrong, what was expected and what was found.
    """

    path: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.name}: {self.text}" if self.path else self.text

    @property
    def name(self) -> str:
        """The path with dots, short enough for a message."""
        keys = (key.encode(errors="backslashreplace").decode() for key in self.path)
        return ".".join(
            key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…" for key in keys
        )


class Problems(ValueError):  # noqa: N818 - a list of complaints, not an error of its own
    """Several things that are wrong with one section; paths begin inside it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class Section(BaseModel):
    """A part of the execution input."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,  # they describe the keys in the JSON Schema
    )


def matching(pattern: re.Pattern[str], expected: str) -> AfterValidator:
    """Make a check that says in words what a text should be like."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"expected {expected}, found {shown(text)}")
        return text

    return AfterValidator(check)


def _check_scalar(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise ValueError(f"expected a text, a number, true or false, found {shown(value)}")
    if isinstance(value, float) and not math.isfinite(value):  # 1e999 is valid JSON
        raise ValueError(f"expected a finite number, found {shown(value)}")
    return value


HyperparameterValue = Annotated[str | int | float | bool, BeforeValidator(_check_scalar)]


def as_text(value: str | int | float | bool) -> str:
    """Write a value as SageMaker's API wants it: a string, ``true`` or ``false`` in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# SageMaker takes 2,500 characters (CreateTrainingJob, HyperParameters), or 256 if they are searched
# (ParameterValues). No number needs as many, and every value is in the payload of every state.
MAX_VALUE_LENGTH = 64


def too_long(value: str) -> list[str]:
    """Complain about a hyperparameter's value that is longer than any number."""
    if len(value) <= MAX_VALUE_LENGTH:
        return []
    return [f"expected at most {MAX_VALUE_LENGTH} characters, found {len(value)}"]
