"""What all sections of the execution input have in common."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


class Problems(ValueError):  # noqa: N818 - a list of complaints, not an error of its own
    """Several things that are wrong with one section."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
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
            raise ValueError(f"expected {expected}, found {text!r}")
        return text

    return AfterValidator(check)


def _check_scalar(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise ValueError(f"expected a text, a number, true or false, found {value!r}")
    return value


HyperparameterValue = Annotated[str | int | float | bool, BeforeValidator(_check_scalar)]


def as_text(value: str | int | float | bool) -> str:
    """Write a value as SageMaker's API wants it: a string, ``true`` or ``false`` in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)
