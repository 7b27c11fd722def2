"""The ranges of a tuning job, with SageMaker's scalings.

Source: SageMaker API reference, ``ParameterRanges``, ``ContinuousParameterRange``,
``IntegerParameterRange`` and ``CategoricalParameterRange``; developer guide, "Hyperparameter
scaling" (automatic-model-tuning-define-ranges).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SCALINGS = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")

# SageMaker chooses a scale for "Auto" by itself, how is not published. Here: logarithmic, if the
# range is positive and spans at least this factor.
_AUTO_LOGARITHMIC_FACTOR = 100.0


@dataclass(frozen=True, slots=True)
class NumericRange:
    """Numbers from `minimum` to `maximum`, both included.

    Parameters
    ----------
    scaling : {"Linear", "Logarithmic", "ReverseLogarithmic"}
        The scale on which values are spread evenly; the reverse one is that of ``1 - value``.
    is_integer : bool
    """

    name: str
    minimum: float
    maximum: float
    scaling: str
    is_integer: bool

    @property
    def scaled_bounds(self) -> tuple[float, float]:
        """The ends on the scale; half a step further out for linear integers.

        Otherwise the two ends would be half as likely as the other integers.
        """
        margin = 0.5 if self.is_integer and self.scaling == "Linear" else 0.0
        return self._scale(self.minimum - margin), self._scale(self.maximum + margin)

    def value_at(self, scaled: float) -> str:
        """Return the value at a point of the scale, as SageMaker writes it."""
        if self.scaling == "Logarithmic":
            value = math.exp(scaled)
        elif self.scaling == "ReverseLogarithmic":
            value = -math.expm1(-scaled)
        else:
            value = scaled
        if self.is_integer:
            return str(int(min(max(round(value), self.minimum), self.maximum)))
        return repr(float(min(max(value, self.minimum), self.maximum)))

    def position_of(self, value: str) -> float | None:
        """Return where on the scale a value lies, None if it is outside or no such number.

        A number that is not an integer has no place in a range of integers.
        """
        try:
            number = float(int(value) if self.is_integer else float(value))
        except ValueError:
            return None
        return self._scale(number) if self.minimum <= number <= self.maximum else None

    def _scale(self, value: float) -> float:
        if self.scaling == "Logarithmic":
            return math.log(value)
        if self.scaling == "ReverseLogarithmic":
            return -math.log1p(-value)
        return value


@dataclass(frozen=True, slots=True)
class CategoricalRange:
    """One of some strings."""

    name: str
    values: tuple[str, ...]

    def position_of(self, value: str) -> str | None:
        """Return the value, None if it is none of them."""
        return value if value in self.values else None


TuningRange = NumericRange | CategoricalRange


def parse_ranges(parameter_ranges: Mapping[str, Any]) -> list[TuningRange]:
    """Read SageMaker's ``ParameterRanges``.

    Parameters
    ----------
    parameter_ranges : mapping
        For example ``{"IntegerParameterRanges": [{"Name": "epochs", "MinValue": "10",
        "MaxValue": "30"}]}``.

    Returns
    -------
    list
        Continuous ranges first, then integer, then categorical ones.

    Raises
    ------
    ValueError
        Listing everything that is wrong.
    """
    known = {"ContinuousParameterRanges", "IntegerParameterRanges", "CategoricalParameterRanges"}
    problems = [f"{key}: is not supported here" for key in parameter_ranges if key not in known]
    ranges: list[TuningRange] = []
    for kind, is_integer in (("Continuous", False), ("Integer", True)):
        for description in parameter_ranges.get(f"{kind}ParameterRanges", ()):
            found = list(_numeric_problems(description, is_integer))
            if found:
                problems.extend(found)
            else:
                ranges.append(_numeric_range(description, is_integer))
    for description in parameter_ranges.get("CategoricalParameterRanges", ()):
        name, values = description["Name"], tuple(description["Values"])
        if not values:
            problems.append(f"range of {name}: expected at least one value")
        ranges.append(CategoricalRange(name, values))
    names = [r.name for r in ranges]
    problems += [f"range of {n}: is given twice" for n in sorted({*names}) if names.count(n) > 1]
    if not ranges and not problems:
        problems.append("ParameterRanges: expected at least one range")
    if problems:
        raise ValueError("; ".join(problems))
    return ranges


def _numeric_problems(description: Mapping[str, str], is_integer: bool) -> Iterator[str]:
    name = description["Name"]
    kind, parse = ("an integer", int) if is_integer else ("a number", float)
    ends = []
    for key in ("MinValue", "MaxValue"):
        try:
            value = float(parse(description[key]))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            yield f'range of {name}: expected {kind} as {key}, found "{description[key]}"'
        ends.append(value)
    minimum, maximum = ends
    if minimum > maximum:
        yield f"range of {name}: MinValue {minimum:g} is above MaxValue {maximum:g}"
    scaling = description.get("ScalingType", "Auto")
    if scaling not in SCALINGS:
        yield f'range of {name}: expected a ScalingType of {", ".join(SCALINGS)}, found "{scaling}"'
    elif scaling == "Logarithmic" and minimum <= 0:
        yield f"range of {name}: Logarithmic needs a MinValue above 0, found {minimum:g}"
    elif scaling == "ReverseLogarithmic" and is_integer:
        yield f"range of {name}: ReverseLogarithmic is for continuous ranges only"
    elif scaling == "ReverseLogarithmic" and not (minimum >= 0 and maximum < 1):
        yield f"range of {name}: ReverseLogarithmic needs 0 <= MinValue and MaxValue < 1"


def _numeric_range(description: Mapping[str, str], is_integer: bool) -> NumericRange:
    minimum, maximum = float(description["MinValue"]), float(description["MaxValue"])
    scaling = description.get("ScalingType", "Auto")
    if scaling == "Auto":
        wide = minimum > 0 and maximum >= _AUTO_LOGARITHMIC_FACTOR * minimum
        scaling = "Logarithmic" if wide else "Linear"
    return NumericRange(description["Name"], minimum, maximum, scaling, is_integer)
