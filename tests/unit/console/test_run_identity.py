"""Which code a run was made of, as Lambda tells it."""

import datetime as dt
from typing import Any

from botocore.exceptions import ClientError

from console.run_identity import FunctionCode, function_codes

START = dt.datetime(2026, 11, 22, 6, 31, 56, tzinfo=dt.UTC)


def invoke(name: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws-cn:states:::lambda:invoke",
        "Parameters": {"FunctionName": name},
        **more,
    }


class Lambda:
    def __init__(self, modified: str) -> None:
        self.modified = modified

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, str]:
        if FunctionName == "gone":
            raise ClientError({"Error": {"Code": "ResourceNotFound"}}, "GetFunctionConfiguration")
        return {"CodeSha256": f"sha-of-{FunctionName}", "LastModified": self.modified}


def codes(states: dict[str, Any], modified: str = "2026-11-22T06:31:55.999+0000"):
    return function_codes(Lambda(modified), {"States": states}, START)


def test_functions_are_found_in_branches_and_iterations_too():
    found, gaps = codes(
        {
            "B": invoke("b"),
            "Both": {"Type": "Parallel", "Branches": [{"States": {"C": invoke("c")}}]},
            "Each": {"Type": "Map", "ItemProcessor": {"States": {"A": invoke("a")}}},
            "Job": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createModel"},
        }
    )

    assert found == [FunctionCode(name.upper(), f"sha-of-{name}", "") for name in "abc"]
    assert gaps == []


def test_code_that_was_changed_after_the_start_is_said_so():
    later = "2026-11-22T06:31:56.001+0000"

    assert codes({"A": invoke("a")}, later)[0][0].changed_since == later
    assert codes({"A": invoke("a")}, "no time")[0][0].changed_since == ""


def test_function_that_is_gone_is_a_gap():
    found, gaps = codes({"A": invoke("gone"), "B": invoke("b")})

    assert [code.state for code in found] == ["B"]
    assert gaps[0].startswith("code of A: ")
