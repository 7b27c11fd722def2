"""Asking AWS: answers, refusals, silence."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from console.doctor.finding import Finding, NotSeenError, Status, ask, checked


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "a\nlong story"}}, "GetThing")


def raising(error: Exception):
    def question() -> None:
        raise error

    return question


def test_answer_is_passed_on():
    assert ask("s3:GetObject", lambda: 7) == 7


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "403", "Forbidden"])
def test_what_may_not_be_asked_is_skipped_and_names_the_permission(code):
    (finding,) = checked("thing", lambda: ask("x:GetThing", raising(refusal(code))))

    assert finding.check == "thing"
    assert finding.status is Status.SKIPPED
    assert finding.found == "not allowed to ask (x:GetThing)"
    assert "x:GetThing" in finding.advice


def test_silence_is_skipped():
    with pytest.raises(NotSeenError, match="x:GetThing: Could not connect"):
        ask("x:GetThing", raising(EndpointConnectionError(endpoint_url="https://x")))


def test_another_error_is_for_the_check_or_ends_as_skipped_in_one_line():
    with pytest.raises(ClientError):
        ask("x:GetThing", raising(refusal("Throttling")))

    (finding,) = checked("thing", lambda: ask("x:GetThing", raising(refusal("Throttling"))))
    assert finding.status is Status.SKIPPED
    assert "Throttling" in finding.found
    assert "\n" not in finding.found


def test_finding_as_a_document():
    assert Finding("a", Status.OK, "b").as_document() == {
        "check": "a", "status": "ok", "found": "b", "advice": "",
    }  # fmt: skip
