import ast
import importlib.util
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.hyperparameters import (
    CONTAINER_DEFAULTS,
    REQUIRED,
    SPECIFICATIONS,
    TUNABLE,
    validate,
)

MINIMAL = {"feature_dim": "2095", "num_factors": "64", "predictor_type": "regressor"}


def test_validate_accepts_the_minimum_and_the_containers_defaults() -> None:
    assert validate(MINIMAL) == []
    assert validate(MINIMAL | CONTAINER_DEFAULTS) == []


def test_validate_reports_all_problems_at_once() -> None:
    problems = validate(
        {
            "num_factors": "0",
            "predictor_type": "regression",
            "epochs": "2.5",
            "bias_lr": "-0.1",
            "factor_lr": "0.1",
            "clip_gradient": "much",
        }
    )

    assert problems == [
        "hyperparameter feature_dim: is required, but missing; expected an integer of at least 1",
        'hyperparameter bias_lr: expected a number of at least 0, found "-0.1"',
        'hyperparameter clip_gradient: expected a number, found "much"',
        'hyperparameter epochs: expected an integer of at least 1, found "2.5"',
        'hyperparameter factor_lr: there is no such name; did you mean "factors_lr"?',
        'hyperparameter num_factors: expected an integer of at least 1, found "0"',
        'hyperparameter predictor_type: expected "regressor" or "binary_classifier", '
        'found "regression"',
    ]


def test_validate_requires_what_it_is_told_to_require() -> None:
    assert validate({}, require=frozenset()) == []
    assert len(validate({})) == len(REQUIRED)
    assert validate({"num_factors": "8"}, require=frozenset({"num_factors"})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", "1e3"),
        ("epochs", "1_0"),
        ("epochs", " 5"),
        ("epochs", ""),
        ("epochs", "٣"),
        ("linear_lr", "nan"),
        ("linear_lr", "inf"),
        ("linear_lr", "1e999"),
        ("linear_lr", "0x1p3"),
        ("linear_lr", "1_0.5"),
        ("use_bias", "True"),
        ("factors_init_method", "Normal"),
    ],
)
def test_validate_refuses_a_value_that_is_not_plain(name: str, value: str) -> None:
    (problem,) = validate(MINIMAL | {name: value})

    assert problem.startswith(f"hyperparameter {name}: expected ")
    assert problem.endswith(f'found "{value}"')


@pytest.mark.parametrize("value", ["0", "1", "+1", "0.5", ".5", "5.", "1e-05", "1E+2"])
def test_validate_accepts_every_way_to_write_a_number(value: str) -> None:
    assert validate(MINIMAL | {"linear_lr": value}) == []


def test_validate_wants_the_argument_of_an_initialisation_without_default() -> None:
    (problem,) = validate(MINIMAL | {"linear_init_method": "uniform"})

    assert problem.startswith("hyperparameter linear_init_scale: is required, but missing")
    assert 'linear_init_method is "uniform"' in problem
    complete = {"linear_init_method": "uniform", "linear_init_scale": "0.1"}
    assert validate(MINIMAL | complete) == []
    assert validate(MINIMAL | {"factors_init_method": "normal"}) == []


def test_validate_lets_only_the_tuning_objective_begin_with_an_underscore() -> None:
    assert validate(MINIMAL | {"_tuning_objective_metric": "test:rmse"}) == []
    (problem,) = validate(MINIMAL | {"_optimizer": "sgd"})
    assert "reserved by SageMaker" in problem


def test_validate_lists_the_names_when_none_is_near() -> None:
    (problem,) = validate(MINIMAL | {"zzz": "1"})

    assert "expected one of batch_metrics_publish_interval, bias_init_method" in problem


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=8), max_size=4))
def test_validate_reports_each_unknown_name_once(hyperparameters: dict[str, str]) -> None:
    unknown = hyperparameters.keys() - SPECIFICATIONS.keys() - {"_tuning_objective_metric"}

    problems = validate(hyperparameters, require=frozenset())

    assert len([p for p in problems if "no such name" in p]) == len(unknown)


def sdk_specifications() -> dict[str, tuple[str, str]]:
    """Name -> (validator, type) in the SDK's source; importing the SDK takes seconds."""
    package = importlib.util.find_spec("sagemaker")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).with_name("amazon") / "factorization_machines.py"
    found = {}
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
            name, validator, _, data_type = node.value.args
            assert isinstance(name, ast.Constant)
            found[str(name.value)] = (ast.unparse(validator), ast.unparse(data_type))
    return found


def test_names_and_limits_are_those_of_the_sagemaker_sdk() -> None:
    sdk = sdk_specifications()
    # The SDK has the first two elsewhere; the others are not documented.
    own = SPECIFICATIONS.keys() - {
        *("feature_dim", "mini_batch_size"),
        *("use_bias", "use_linear", "batch_metrics_publish_interval"),
    }

    assert own == sdk.keys()
    for name in sorted(own):
        specification = SPECIFICATIONS[name]
        if specification.kind == "choice":
            validator, data_type = sdk[name]
            assert set(re.findall(r"'(\w+)'", validator)) == set(specification.choices)
            assert data_type == "str"
        else:
            limits = {("integer", 1): "gt(0)", ("number", 0): "ge(0)", ("number", None): "()"}
            types = {"integer": "int", "number": "float"}
            expected = limits[specification.kind, specification.minimum], types[specification.kind]
            assert sdk[name] == expected


def test_tunable_names_are_hyperparameters_and_their_ends_are_valid() -> None:
    assert TUNABLE.keys() <= SPECIFICATIONS.keys()
    assert "num_factors" not in TUNABLE
    assert len(TUNABLE) == 2 + 3 * 5
    for name, tunable in TUNABLE.items():
        for end in (tunable.minimum, tunable.maximum):
            text = str(int(end)) if tunable.kind == "integer" else repr(end)
            assert SPECIFICATIONS[name].accepts(text)
