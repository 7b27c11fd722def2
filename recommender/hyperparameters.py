"""What SageMaker's Factorization Machines accepts as hyperparameters.

Names, kinds, limits and defaults are those of the SageMaker developer guide, page "Factorization
Machines Hyperparameters" (fact-machines-hyperparameters), and of the container's own
``default-conf.json``. Everything travels as strings, as in SageMaker's API.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["integer", "number", "choice"]

REQUIRED = frozenset({"feature_dim", "num_factors", "predictor_type"})
PARAMETER_GROUPS = ("bias", "linear", "factors")
INIT_METHODS = ("normal", "uniform", "constant")
PREDICTOR_TYPES = ("regressor", "binary_classifier")

# The one name with an underscore that reaches the container: SageMaker itself adds it to the
# jobs of a tuning job. The other names with an underscore stay inside the container.
TUNING_OBJECTIVE_METRIC = "_tuning_objective_metric"

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Specification:
    """What one hyperparameter may be.

    Parameters
    ----------
    kind : {"integer", "number", "choice"}
        A number is any finite decimal.
    minimum : float, optional
        The least value that is allowed.
    choices : tuple of str
        The allowed values of a choice.
    """

    kind: Kind
    minimum: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """The rule in words."""
        if self.kind == "choice":
            return "expected " + " or ".join(f'"{choice}"' for choice in self.choices)
        noun = "an integer" if self.kind == "integer" else "a number"
        limit = "" if self.minimum is None else f" of at least {self.minimum:g}"
        return f"expected {noun}{limit}"

    def accepts(self, value: str) -> bool:
        """Whether the string `value` obeys the rule."""
        if self.kind == "choice":
            return value in self.choices
        pattern = _INTEGER if self.kind == "integer" else _NUMBER
        if not pattern.fullmatch(value):
            return False
        number = float(value)  # 1e999 matches, and is infinite
        return math.isfinite(number) and (self.minimum is None or number >= self.minimum)


@dataclass(frozen=True, slots=True)
class TunableRange:
    """The range in which SageMaker recommends to tune a hyperparameter.

    Parameters
    ----------
    kind : {"integer", "continuous"}
    minimum, maximum : float
        The recommended ends, both included.
    """

    kind: Literal["integer", "continuous"]
    minimum: float
    maximum: float


def _specifications() -> dict[str, Specification]:
    positive_integer = Specification("integer", minimum=1)
    not_negative = Specification("number", minimum=0)
    any_number = Specification("number")
    switch = Specification("choice", choices=("true", "false"))
    table = {
        "feature_dim": positive_integer,
        "num_factors": positive_integer,
        "predictor_type": Specification("choice", choices=PREDICTOR_TYPES),
        "epochs": positive_integer,
        "mini_batch_size": positive_integer,
        "clip_gradient": any_number,
        "eps": any_number,
        "rescale_grad": any_number,
        # Not documented, but in the container's default-conf.json.
        "use_bias": switch,
        "use_linear": switch,
        "batch_metrics_publish_interval": positive_integer,
    }
    for group in PARAMETER_GROUPS:
        table[f"{group}_lr"] = not_negative
        table[f"{group}_wd"] = not_negative
        table[f"{group}_init_method"] = Specification("choice", choices=INIT_METHODS)
        table[f"{group}_init_scale"] = not_negative
        table[f"{group}_init_sigma"] = not_negative
        table[f"{group}_init_value"] = any_number
    return table


SPECIFICATIONS: Mapping[str, Specification] = MappingProxyType(_specifications())

# Verbatim from the container, except for the names with an underscore, which nobody may set.
CONTAINER_DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "epochs": "1",
        "mini_batch_size": "1000",
        "use_bias": "true",
        "use_linear": "true",
        "bias_lr": "0.1",
        "linear_lr": "0.001",
        "factors_lr": "0.0001",
        "bias_wd": "0.01",
        "linear_wd": "0.001",
        "factors_wd": "0.00001",
        "bias_init_method": "normal",
        "bias_init_sigma": "0.01",
        "linear_init_method": "normal",
        "linear_init_sigma": "0.01",
        "factors_init_method": "normal",
        "factors_init_sigma": "0.001",
        "batch_metrics_publish_interval": "500",
    }
)

# Developer guide, page "Tune a Factorization Machines Model" (fm-tuning), which spells `epochs`
# "epoch". Neither num_factors nor any *_init_method is tunable.
TUNABLE: Mapping[str, TunableRange] = MappingProxyType(
    {
        "epochs": TunableRange("integer", 1, 1000),
        "mini_batch_size": TunableRange("integer", 100, 10000),
    }
    | {
        f"{group}_{what}": TunableRange("continuous", 1e-8, 512.0)
        for group in PARAMETER_GROUPS
        for what in ("lr", "wd", "init_scale", "init_sigma", "init_value")
    }
)

# Which further hyperparameter an initialisation method reads. Only "sigma" has a default.
_INIT_ARGUMENTS = {"normal": "sigma", "uniform": "scale", "constant": "value"}


def validate(
    hyperparameters: Mapping[str, str], *, require: frozenset[str] = REQUIRED
) -> list[str]:
    """Find everything that is wrong with hyperparameters.

    Parameters
    ----------
    hyperparameters : mapping of str to str
        As they would go into ``HyperParameters`` of ``CreateTrainingJob``.
    require : frozenset of str
        Names that must be there. Leave out those that are known only later.

    Returns
    -------
    list of str
        One sentence for each problem, in the order of the names; empty if all is well.

    Notes
    -----
    The documentation gives ``*_init_scale`` and ``*_init_value`` no default. A method that would
    read a missing one is reported, as nobody can say what SageMaker would do.
    """
    found = find_problems(hyperparameters, require=require)
    return [f"hyperparameter {name}: {text}" for name, text in found]


def find_problems(
    hyperparameters: Mapping[str, str], *, require: frozenset[str] = REQUIRED
) -> list[tuple[str, str]]:
    """Find the same, each as the hyperparameter's name and what is wrong with it.

    Parameters
    ----------
    hyperparameters, require
        As `validate` takes them.
    """
    problems = [
        (name, f"is required, but missing; {SPECIFICATIONS[name].expected}")
        for name in sorted(require - hyperparameters.keys())
    ]
    for name, value in sorted(hyperparameters.items()):
        if name == TUNING_OBJECTIVE_METRIC:
            continue
        specification = SPECIFICATIONS.get(name)
        if specification is None:
            problems.append((name, f"there is no such name{_suggestion(name)}"))
        elif not specification.accepts(value):
            problems.append((name, f'{specification.expected}, found "{value}"'))
    return problems + _missing_init_arguments(hyperparameters)


def _suggestion(name: str) -> str:
    if name.startswith("_"):
        return "; names that begin with an underscore are reserved by SageMaker"
    nearest = difflib.get_close_matches(name, SPECIFICATIONS, n=1)
    if nearest:
        return f'; did you mean "{nearest[0]}"?'
    return f"; expected one of {', '.join(sorted(SPECIFICATIONS))}"


def _missing_init_arguments(hyperparameters: Mapping[str, str]) -> list[tuple[str, str]]:
    problems = []
    for group in PARAMETER_GROUPS:
        method = hyperparameters.get(f"{group}_init_method", "normal")
        if method not in _INIT_ARGUMENTS:
            continue  # reported already
        argument = f"{group}_init_{_INIT_ARGUMENTS[method]}"
        if argument not in hyperparameters and argument not in CONTAINER_DEFAULTS:
            text = (
                f'is required, but missing, because {group}_init_method is "{method}"; '
                f"{SPECIFICATIONS[argument].expected}"
            )
            problems.append((argument, text))
    return problems
