"""Between which values a tuning job searches hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lambdas.resolve_run.sections import HyperparameterValue, Problems, Section, as_text, too_long
from recommender.hyperparameters import TUNABLE, validate

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
                f"{name}: expected one range, found {self.names.count(name)}"
                for name in sorted(set(self.names))
                if self.names.count(name) > 1
            ),
        ]
        if not 1 <= len(self.names) <= MAX_TUNED:
            problems.append(f"expected 1 to {MAX_TUNED} hyperparameters, found {len(self.names)}")
        if problems:
            raise Problems(problems)
        return self


def _range_problems(
    kind: str, ranges: Mapping[str, ContinuousRange] | Mapping[str, IntegerRange]
) -> list[str]:
    problems = []
    for name, limits in ranges.items():
        tunable = TUNABLE.get(name)
        if tunable is None or tunable.kind != kind:
            known = sorted(other for other, spec in TUNABLE.items() if spec.kind == kind)
            problems.append(
                f"{kind}.{name}: SageMaker tunes no such {kind} hyperparameter of Factorization "
                f"Machines; expected one of {', '.join(known)}"
            )
            continue
        if not tunable.minimum <= limits.min < limits.max <= tunable.maximum:
            problems.append(
                f"{kind}.{name}: expected {tunable.minimum:g} <= min < max <= "
                f"{tunable.maximum:g}, found min {limits.min:g} and max {limits.max:g}"
            )
        if limits.scaling == "ReverseLogarithmic" and not (kind == "continuous" and limits.max < 1):
            problems.append(
                f"{kind}.{name}: scaling ReverseLogarithmic needs a continuous range below 1, "
                f"found max {limits.max:g}"
            )
    return problems


def _categorical_problems(ranges: Mapping[str, list[HyperparameterValue]]) -> list[str]:
    problems = []
    for name, values in ranges.items():
        if name not in TUNABLE:
            problems.append(
                f"categorical.{name}: SageMaker tunes no such hyperparameter of Factorization "
                f"Machines; expected one of {', '.join(sorted(TUNABLE))}"
            )
            continue
        for value in values:
            problems += [
                f"categorical.{name}: {problem}"
                for text in (as_text(value),)
                for problem in (*validate({name: text}, require=frozenset()), *too_long(text))
            ]
    return problems
