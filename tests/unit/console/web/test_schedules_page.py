"""The schedules: when they fire, and their buttons."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.unit.console.web.conftest import HOSTILE, MACHINE
from tests.unit.console.web.test_start_page import StartAws


class ScheduleAws(StartAws):
    """Has schedules as well."""

    def __init__(self) -> None:
        super().__init__()
        self.schedules: dict[str, dict[str, Any]] = {}
        self.updates: list[dict[str, Any]] = []

    def schedule(self, name: str, expression: str, text: str, state: str = "ENABLED") -> None:
        self.schedules[name] = {
            "Name": name,
            "GroupName": "group",
            "State": state,
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "CreationDate": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            "Target": {"Arn": MACHINE, "Input": text},
        }

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_schedules"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Schedules": list(self.schedules.values())}]

    def get_schedule(self, *, GroupName: str, Name: str) -> dict[str, Any]:
        assert GroupName == "group"
        return self.schedules[Name]

    def update_schedule(self, **request: Any) -> None:
        self.updates.append(request)
        self.schedules[request["Name"]] |= {"State": request["State"]}


@pytest.fixture
def aws() -> ScheduleAws:
    found = ScheduleAws()
    found.schedule("weekly", "cron(30 2 ? * SUN *)", '{"mode": "tune"}')
    return found


def test_a_schedule_says_when_it_fires_and_with_what(browser: FlaskClient) -> None:
    text = browser.get("/schedules").text

    assert "on Sundays at 02:30, Europe/Berlin" in text
    assert "cron(30 2 ? * SUN *)" in text
    times = [dt.datetime.fromisoformat(found) for found in re.findall('datetime="([^"]+)"', text)]
    assert times[0] > dt.datetime.now(dt.UTC)
    # On the wall clock of Berlin, whatever its offset then.
    assert [time.replace(tzinfo=None) - times[0].replace(tzinfo=None) for time in times] == [
        dt.timedelta(weeks=number) for number in range(5)
    ]
    assert {f"{time:%a %H:%M}" for time in times} == {"Sun 02:30"}
    assert "&#34;mode&#34;: &#34;tune&#34;" in text
    assert "at most 128 instance-hours in at most 36 jobs" in text


def test_without_schedules_the_page_says_where_they_come_from(
    browser: FlaskClient, aws: ScheduleAws
) -> None:
    aws.schedules.clear()

    assert "a setting of the deployment" in browser.get("/schedules").text


def test_a_schedule_is_paused_and_resumed(browser: FlaskClient, aws: ScheduleAws) -> None:
    answer = browser.post("/schedules/weekly/state", data={"to": "pause"})
    assert (answer.status_code, answer.location) == (302, "/schedules")
    page = browser.get("/schedules").text
    assert "paused" in page
    assert "<time" not in page

    browser.post("/schedules/weekly/state", data={"to": "pause"})
    browser.post("/schedules/weekly/state", data={"to": "resume"})
    assert [update["State"] for update in aws.updates] == ["DISABLED", "ENABLED"]


def test_a_schedule_is_fired_with_its_input(browser: FlaskClient, aws: ScheduleAws) -> None:
    answer = browser.post("/schedules/weekly/fire")

    (request,) = aws.started
    assert json.loads(request["input"]) == {"mode": "tune"}
    assert (answer.status_code, answer.location) == (302, f"/executions/{request['name']}/")


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[1]", "expected a JSON object"), ('{"mode": "x"}', "mode: expected")],
)
def test_a_schedule_whose_executions_fail_is_not_offered(
    browser: FlaskClient, aws: ScheduleAws, text: str, problem: str
) -> None:
    aws.schedule("weekly", "rate(1 day)", text)

    page = browser.get("/schedules").text

    assert "Its executions fail: " in page
    assert problem in page
    assert "Fire now" not in page


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/schedules/none/fire", {}),
        ("/schedules/none/state", {"to": "pause"}),
        ("/schedules/weekly/state", {"to": "explode"}),
        ("/schedules/weekly/state", {}),
    ],
)
def test_what_cannot_be_done_is_said(
    browser: FlaskClient, aws: ScheduleAws, address: str, data: dict[str, str]
) -> None:
    answer = browser.post(address, data=data)

    assert answer.status_code == 400
    assert "schedule &#39;" in answer.text
    assert aws.updates == aws.started == []


def test_hostile_names_and_inputs_are_text(browser: FlaskClient, aws: ScheduleAws) -> None:
    aws.schedule(HOSTILE, f"cron({HOSTILE})", json.dumps({HOSTILE: HOSTILE}))

    text = browser.get("/schedules").text

    assert "<script>alert" not in text
    assert '" onmouseover' not in text


@pytest.mark.parametrize("action", ["fire", "state"])
def test_other_sites_fire_and_pause_nothing(
    browser: FlaskClient, aws: ScheduleAws, action: str
) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = browser.post(f"/schedules/weekly/{action}", data={"to": "pause"}, headers=headers)

    assert answer.status_code == 403
    assert aws.updates == aws.started == []
    assert browser.get(f"/schedules/weekly/{action}").status_code == 405
