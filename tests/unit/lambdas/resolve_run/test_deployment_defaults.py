import pytest

from lambdas.resolve_run.deployment_defaults import with_defaults

DEFAULTS = {
    "mode": "tune",
    "training": {"instance_type": "ml.m5.large", "use_spot": True},
    "tuning": {"ranges": {"integer": {"epochs": {"min": 1, "max": 2}}}},
}


def test_what_is_not_said_is_the_deployments():
    assert with_defaults({}, DEFAULTS) == DEFAULTS


def test_sections_are_merged_and_their_members_taken_whole():
    given = {
        "training": {"instance_type": "ml.c5.xlarge"},
        "tuning": {"ranges": {"continuous": {}}},
        "split": {"seed": 1},
    }

    assert with_defaults(given, DEFAULTS) == {
        "mode": "tune",
        "training": {"instance_type": "ml.c5.xlarge", "use_spot": True},
        "tuning": {"ranges": {"continuous": {}}},
        "split": {"seed": 1},
    }


@pytest.mark.parametrize("given", [[], "text", None, 3])
def test_what_is_no_object_is_left_to_be_refused(given):
    assert with_defaults(given, DEFAULTS) == given


def test_a_section_that_is_no_object_is_left_to_be_refused():
    assert with_defaults({"training": "large"}, DEFAULTS)["training"] == "large"
