import json

import pytest

from console.failure_digest import digest_of

TOLD = {
    "step": "TrainModel",
    "error": "JobFailed",
    "reason": "ClientError: channel 'train'\nis empty",
    "advice": "Read the log.",
    "links": "Job: https://j\nLog: https://l",
    "redrives": 0,
}


def digest(**given):
    found = {"told": None, "status": "FAILED", "step": None, "error": None, "cause": None}
    return digest_of(**{**found, "with_links": True, **given})


def test_what_the_state_machine_made_of_it_is_taken():
    found = digest(told=TOLD, error="JobFailed", step="RunFailed", cause="long")

    assert found.as_document() == {
        "step": "TrainModel",
        "error": "JobFailed",
        "cause": "ClientError: channel 'train' is empty",
        "what_to_do": "Read the log.",
        "links": ["Job: https://j", "Log: https://l"],
    }


def test_pages_that_do_not_show_the_execution_are_left_out():
    assert digest(told=TOLD, error="JobFailed", with_links=False).links == ()


@pytest.mark.parametrize("told", [{"step": "none"}, {**TOLD, "error": "another"}, None, "text"])
def test_an_end_that_the_state_machine_did_not_tell_of_is_read_from_the_execution(told):
    found = digest(told=told, error="States.Runtime", step="Preprocess", cause="no such\n field")

    assert (found.step, found.error, found.cause) == (
        "Preprocess",
        "States.Runtime",
        "no such field",
    )
    assert found.what_to_do


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (json.dumps({"errorMessage": "no rows", "stackTrace": ["x"]}), "no rows"),
        (json.dumps({"FailureReason": "AlgorithmError: NaN", "a": 1}), "AlgorithmError: NaN"),
        ("[1]", "[1]"),
        ("{broken", "{broken"),
        (None, "no cause was given"),
    ],
)
def test_reasons_are_found_in_escaped_json(cause, reason):
    assert digest(cause=cause).cause == reason


def test_a_stopped_run_can_be_redriven():
    assert "redrive" in digest(status="ABORTED").what_to_do
