"""The form of an execution input: its fields, and the way from texts to an input and back."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.input_check import check
from console.input_form.conversion import default_texts, default_values, to_form, to_input
from console.input_form.fields import form_fields, form_sections, place_of
from lambdas.resolve_run.events import ResolvedRun
from lambdas.resolve_run.execution_input import ExecutionInput
from recommender.hyperparameters import SPECIFICATIONS
from tests.execution_inputs import (
    INSTANCE_TYPES,
    JSON,
    LEARNING,
    POSITIVE,
    some,
    spoiled_inputs,
    valid_inputs,
)

DEFAULTS = default_values({})


def what_it_does(run: ResolvedRun) -> dict[str, Any]:
    dumped = run.model_dump()
    dumped["dataset"]["columns"] = dumped["dataset"]["columns"] or None
    for ranges in dumped["tuning"]["parameter_ranges"].values():
        ranges.sort(key=itemgetter("Name"))
    return dumped


@given(valid_inputs())
def test_a_valid_input_means_the_same_after_the_form(execution_input):
    run = check(execution_input, {}).run
    assume(run is not None)

    form = to_form(execution_input, DEFAULTS)
    back = to_input(form.texts, DEFAULTS)

    assert form.not_shown == ()
    again = check(back, {}).run
    assert again is not None
    assert what_it_does(again) == what_it_does(run)


@given(valid_inputs(), some(training=some(instance_type=INSTANCE_TYPES, use_spot=st.booleans()),
                   hyperparameters=some(epochs=LEARNING["epochs"]),
                   quality_gate=some(max_rmse=POSITIVE)))  # fmt: skip
def test_a_deployments_defaults_change_nothing_of_it(execution_input, deployment):
    run = check(execution_input, deployment).run
    defaults = default_values(deployment)
    form = to_form(execution_input, defaults)
    assume(run is not None and not form.not_shown)

    again = check(to_input(form.texts, defaults), deployment).run

    assert again is not None
    assert again.training == run.training
    assert again.hyperparameters == run.hyperparameters
    assert again.quality_gate == run.quality_gate


@given(spoiled_inputs() | st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_nothing_is_lost_in_silence(execution_input):
    """Either the form shows what is wrong, or it says that it does not."""
    form = to_form(execution_input, DEFAULTS)
    problems = check(execution_input, {}).problems

    if not form.not_shown:
        after = check(to_input(form.texts, DEFAULTS), {}).problems
        assert {problem.path for problem in after} == {problem.path for problem in problems}


def test_an_empty_form_is_the_empty_input():
    assert to_input({}, DEFAULTS) == {}
    assert to_input(dict.fromkeys(form_fields(), ""), DEFAULTS) == {}
    assert to_form({}, DEFAULTS).texts == {}


def test_what_is_typed_is_read_as_its_kind():
    texts = {
        "mode": "tune",
        "dataset.uri": "s3://bucket/key",
        "dataset.rating_range": "1, 5",
        "training.instance_count": " 2 ",
        "training.use_spot": "true",
        "training.fallback_instance_types": "ml.m5.large, ml.m5.xlarge,",
        "hyperparameters.epochs": "12",
        "hyperparameters.linear_lr": "0.0010",
        "quality_gate.max_loss_ratio_to_accepted": "null",
        "tuning.ranges.continuous.bias_lr.min": "0.1",
        "not_a_field": "x",
    }

    assert to_input(texts, DEFAULTS) == {
        "mode": "tune",
        "dataset": {"uri": "s3://bucket/key", "rating_range": [1, 5]},
        "hyperparameters": {"epochs": 12, "linear_lr": "0.0010"},
        "training": {
            "instance_count": 2,
            "use_spot": True,
            "fallback_instance_types": ["ml.m5.large", "ml.m5.xlarge"],
        },
        "tuning": {"ranges": {"continuous": {"bias_lr": {"min": 0.1}}}},
        "quality_gate": {"max_loss_ratio_to_accepted": None},
    }


def test_what_cannot_be_read_is_left_for_the_check():
    texts = {
        "training.instance_count": "two",
        "split.train": "1e999",
        "limits.max_instance_hours": "9" * 5000,
        "training.use_spot": "yes",
    }

    made = to_input(texts, DEFAULTS)

    assert made["training"] == {"instance_count": "two", "use_spot": "yes"}
    assert made["split"] == {"train": "1e999"}
    paths = {".".join(problem.path) for problem in check(made, {}).problems}
    assert paths == set(texts)


def test_a_default_that_is_said_counts_only_where_it_changes_something():
    said = {"split.seed": "2026", "hyperparameters.epochs": "40"}

    assert to_input(said, DEFAULTS) == {"hyperparameters": {"epochs": 40}}


def test_defaults_of_the_deployment_are_what_an_empty_field_means():
    defaults = default_values({"training": {"instance_count": 4}, "hyperparameters": {"epochs": 3}})

    assert default_texts(defaults)["training.instance_count"] == "4"
    assert default_texts(defaults)["hyperparameters.epochs"] == "3"
    assert to_input({"training.instance_count": "4"}, defaults) == {}
    assert to_input({"training.instance_count": "1"}, defaults) == {
        "training": {"instance_count": 1}
    }


@pytest.mark.parametrize(
    ("execution_input", "not_shown"),
    [
        ({"moed": 1}, ("moed",)),
        ({"mode": {}}, ("mode",)),
        ({"mode": "guess"}, ("mode",)),
        ({"training": {"instance_cuont": 1}}, ("training.instance_cuont",)),
        ({"training": []}, ("training",)),
        ({"training": {"use_spot": 1}}, ("training.use_spot",)),
        ({"training": {"use_spot": 0}}, ("training.use_spot",)),
        ({"hyperparameters": {"epocs": 1}}, ("hyperparameters.epocs",)),
        ({"dataset": {"uri": "raw/a\nb"}}, ("dataset.uri",)),
        ({"dataset": {"uri": "\ud800"}}, ("dataset.uri",)),
        ({"tuning": {"ranges": {}}}, ("tuning.ranges",)),
        (
            {"training.use_spot": True, "training": {"use_spot": True}},
            ("training.use_spot",),
        ),
    ],
)
def test_what_a_form_cannot_hold_is_named(execution_input, not_shown):
    assert to_form(execution_input, DEFAULTS).not_shown == not_shown


def test_there_is_a_field_for_every_key_of_the_models():
    sections = {section.name: section for section in form_sections()}
    for name, member in ExecutionInput.model_fields.items():
        model = member.annotation
        keys = getattr(model, "model_fields", None)
        fields = {field.path[1] for field in sections[name].fields} if keys else set()
        assert fields == set(keys or ())
        assert name in sections or name in form_fields()
    assert {field.path[1] for field in sections["hyperparameters"].fields} == {
        name for name in SPECIFICATIONS if name != "feature_dim"
    }


def test_a_field_says_what_it_may_be():
    fields = form_fields()

    assert fields["training.instance_count"].limits == "1 to 100"
    assert fields["split.train"].limits == "more than 0, less than 1"
    assert fields["hyperparameters.epochs"].limits == "an integer of at least 1"
    assert fields["dataset.format"].nullable
    assert "parquet" in fields["dataset.format"].choices
    assert fields["hyperparameters.use_bias"].choices == ("true", "false")
    assert fields["dataset.uri"].description == (
        "s3://bucket/key, or a key in the data bucket: an object or a folder."
    )
    assert fields["positive_rating"].used_if == (
        "hyperparameters.predictor_type",
        "binary_classifier",
    )


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("training", "instance_count"), "training.instance_count"),
        (("training", "fallback_instance_types", "1"), "training.fallback_instance_types"),
        (
            ("tuning", "ranges", "continuous", "bias_lr"),
            "tuning.ranges.continuous.bias_lr.min",
        ),
        (("split",), "split"),
        (("training", "unknown"), "training"),
        (("unknown",), ""),
        ((), ""),
    ],
)
def test_a_problem_has_a_place_in_the_form(path, place):
    assert place_of(path) == place
