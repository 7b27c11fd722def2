"""Between which values a tuning job searches hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lambdas.resolve_run.sections import (
    HyperparameterValue,
    Problem,
    Problems,
    Section,
    as_text,
    too_long,
)
from recommender.hyperparameters import TUNABLE, find_problems

# CreateHyperParameterTuningJob's limits: parameters in all, and values of one.
MAX_TUNED = 30
MAX_VALUES = 30

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]


class ContinuousRange(Section):
    """Between which numbers to search."""

    min: float
    max: float
    scaling: Scaling = "Auto"


class IntegerRange(Section):
    """Between which integers to search."""

    min: int
    max: int
    scaling: Scaling = "Auto"


CategoricalValues = Annotated[list[HyperparameterValue], Field(min_length=1, max_length=MAX_VALUES)]


class Ranges(Section):
    """Which hyperparameters to search, by name; giving this replaces the default ranges."""

    continuous: dict[str, ContinuousRange] = Field(default_factory=dict)
    integer: dict[str, IntegerRange] = Field(default_factory=dict)
    categorical: dict[str, CategoricalValues] = Field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Every hyperparameter that is searched."""
        return [*self.continuous, *self.integer, *self.categorical]

    @model_validator(mode="after")
    def _can_be_tuned(self) -> Self:
        problems = [
            *_range_problems("continuous", self.continuous),
            *_range_problems("integer", self.integer),
            *_categorical_problems(self.categorical),
            *(
                Problem((name,), f"expected one range, found {self.names.count(name)}")
                for name in sorted(set(self.names))
                if self.names.count(name) > 1
            ),
        ]
        if not 1 <= len(self.names) <= MAX_TUNED:
            problems.append(
                Problem((), f"expected 1 to {MAX_TUNED} hyperparameters, found {len(self.names)}")
            )
        if problems:
            raise Problems(problems)
        return self


def _range_problems(
    kind: str, ranges: Mapping[str, ContinuousRange] | Mapping[str, IntegerRange]
) -> list[Problem]:
    problems = []
    for name, limits in ranges.items():
        path, tunable = (kind, name), TUNABLE.get(name)
        if tunable is None or tunable.kind != kind:
            known = sorted(other for other, spec in TUNABLE.items() if spec.kind == kind)
            text = (
                f"SageMaker tunes no such {kind} hyperparameter of Factorization Machines; "
                f"expected one of {', '.join(known)}"
            )
            problems.append(Problem(path, text))
            continue
        if not tunable.minimum <= limits.min < limits.max <= tunable.maximum:
            text = (
                f"expected {tunable.minimum:g} <= min < max <= {tunable.maximum:g}, found min "
                f"{limits.min:g} and max {limits.max:g}"
            )
            problems.append(Problem(path, text))
        if limits.scaling == "ReverseLogarithmic" and not (kind == "continuous" and limits.max < 1):
            text = (
                "scaling ReverseLogarithmic needs a continuous range below 1, found max "
                f"{limits.max:g}"
            )
            problems.append(Problem(path, text))
    return problems


def _categorical_problems(ranges: Mapping[str, list[HyperparameterValue]]) -> list[Problem]:
    problems = []
    for name, values in ranges.items():
        path = ("categorical", name)
        if name not in TUNABLE:
            text = (
                "SageMaker tunes no such hyperparameter of Factorization Machines; expected one of "
                f"{', '.join(sorted(TUNABLE))}"
            )
            problems.append(Problem(path, text))
            continue
        for value in map(as_text, values):
            found = find_problems({name: value}, require=frozenset())
            problems += [Problem(path, text) for _, text in found]
            problems += [Problem(path, text) for text in too_long(value)]
    return problems
