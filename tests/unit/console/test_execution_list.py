"""The list of executions asks AWS for no more than it shows."""

import datetime as dt
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.embedded_stack import DeployedStack
from console.errors import EnvironmentProblemError
from console.execution_list import list_executions
from lambdas.resolve_run.resolution import make_run_id
from tests.unit.console.conftest import START

MACHINE = "arn:aws:states:eu-west-1:1:stateMachine:M"
STATUSES = ["SUCCEEDED", "FAILED", "RUNNING", "SUCCEEDED", "SUCCEEDED"]
OUTCOMES = ["accepted", None, None, "rejected", "skipped"]


class Access:
    """Step Functions with 500 executions; number 0 is the latest."""

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = []
        self.described: list[str] = []

    def client(self, _service: str) -> Any:
        return self

    def list_executions(self, **request: Any) -> dict[str, Any]:
        self.pages.append(request)
        numbers = [
            number
            for number in range(500)
            if request.get("statusFilter") in (None, STATUSES[number % 5])
        ]
        first = int(request.get("nextToken", 0))
        last = first + request["maxResults"]
        answer: dict[str, Any] = {"executions": [_item(n) for n in numbers[first:last]]}
        if last < len(numbers):
            answer["nextToken"] = str(last)
        return answer

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        self.described.append(executionArn)
        number = int(executionArn.rpartition("-")[2])
        output: dict[str, Any] = {"outcome": OUTCOMES[number % 5]}
        if output["outcome"] != "skipped":
            output["metrics"] = {"rmse": number / 1000}
        return {**_item(number), "output": json.dumps(output)}


def _item(number: int) -> dict[str, Any]:
    started = START - dt.timedelta(hours=number)
    item = {
        "executionArn": f"arn:run-{number}",
        "name": f"run-{number}",
        "startDate": started,
        "status": STATUSES[number % 5],
    }
    if item["status"] != "RUNNING":
        item["stopDate"] = started + dt.timedelta(minutes=2)
    return item


@pytest.fixture
def access() -> Access:
    return Access()


@pytest.fixture
def stack(access: Access) -> DeployedStack:
    return DeployedStack(access, "bucket", MACHINE)  # type: ignore[arg-type]


def test_only_one_page_is_asked_for_and_only_what_succeeded_described(stack, access):
    found = list_executions(stack, status=None, limit=5)

    assert access.pages == [{"stateMachineArn": MACHINE, "maxResults": 5}]
    assert access.described == ["arn:run-0", "arn:run-3", "arn:run-4"]
    assert [(one.name, one.status, one.outcome, one.rmse) for one in found] == [
        ("run-0", "succeeded", "accepted", 0.0),
        ("run-1", "failed", None, None),
        ("run-2", "running", None, None),
        ("run-3", "succeeded", "rejected", 0.003),
        ("run-4", "succeeded", "skipped", None),
    ]
    assert found[1].run_id == make_run_id("arn:run-1", START - dt.timedelta(hours=1))
    assert found[1].seconds(START) == 120.0
    assert found[2].seconds(START) == 2 * 3600.0


def test_status_is_chosen_by_step_functions(stack, access):
    found = list_executions(stack, status="failed", limit=3)

    assert [one.name for one in found] == ["run-1", "run-6", "run-11"]
    assert [page["statusFilter"] for page in access.pages] == ["FAILED"]
    assert access.described == []


def test_outcome_is_looked_for_page_by_page_until_there_are_enough(stack, access):
    found = list_executions(stack, status="rejected", limit=2)

    assert [one.name for one in found] == ["run-3", "run-8"]
    assert [page.get("nextToken") for page in access.pages] == [None, "2", "4"]
    assert access.described == [f"arn:run-{number}" for number in (0, 3, 4, 5, 8)]


def test_all_pages_are_read_for_a_large_limit(stack, access):
    assert len(list_executions(stack, status="running", limit=10_000)) == 100
    assert [page["maxResults"] for page in access.pages] == [1000]


def test_document_has_iso_times_and_step_functions_words(stack):
    document = list_executions(stack, status=None, limit=2)[1].as_document(START)

    assert document["status"] == "FAILED"
    assert document["started_at"] == "2026-11-22T05:31:56+00:00"
    assert document["ended_at"] == "2026-11-22T05:33:56+00:00"
    assert document["execution_arn"] == "arn:run-1"


def test_refusal_names_the_state_machine(stack, access, monkeypatch):
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListExecutions")

    monkeypatch.setattr(access, "list_executions", refuse)
    with pytest.raises(EnvironmentProblemError, match=f"{MACHINE}: .*AccessDenied"):
        list_executions(stack, status=None, limit=1)
