"""The web console of a stack whose AWS answers from memory."""

import datetime as dt
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from console.embedded_stack import DeployedStack
from console.web.application import create_application
from tests.unit.console.conftest import START

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Machine"
HOSTILE = '<script>alert(1)</script>" onmouseover=alert(1) \u202e'


class FakeAws:
    """Access and every client in one: some executions of one state machine."""

    endpoint_url = None
    region = "eu-west-1"
    is_local = False
    poll_seconds = 0.0

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.described = 0

    def add(self, name: str, status: str = "RUNNING", **output: Any) -> None:
        item = {
            "executionArn": f"{MACHINE.replace('stateMachine', 'execution')}:{name}",
            "name": name,
            "status": status,
            "startDate": START - dt.timedelta(minutes=len(self.items)),
        }
        if status != "RUNNING":
            item["stopDate"] = item["startDate"] + dt.timedelta(seconds=65)
            item["output"] = json.dumps(output)
        self.items.append(item)

    def client(self, _service: str) -> Any:
        return self

    def list_executions(self, **request: Any) -> dict[str, Any]:
        wanted = request.get("statusFilter")
        found = [item for item in self.items if wanted in (None, item["status"])]
        return {"executions": found[: request["maxResults"]]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        self.described += 1
        return next(item for item in self.items if item["executionArn"] == executionArn)


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def stack(aws: FakeAws) -> DeployedStack:
    return DeployedStack(aws, "bucket", MACHINE)  # type: ignore[arg-type]


@pytest.fixture
def browser(stack: DeployedStack) -> FlaskClient:
    return create_application(stack, "VideoRecommender").test_client()
