"""The console of ``recommender serve``, used as people use it."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from console.aws_access import AwsAccess
from console.embedded_stack import DeployedStack
from console.executions import find_stack, start_execution
from tests import planted
from tests.e2e.browser.conftest import Visitor, assert_readable_everywhere, barriers
from tests.e2e.conftest import RECOMMENDER
from tests.integration.deployed_workflow import FAST, LONG

pytestmark = pytest.mark.slow

UNTIL_THE_END_MS = 120_000


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[tuple[str, str]]:
    """Run ``recommender serve``; gives the addresses of the console and of the embedded AWS."""
    folder = tmp_path_factory.mktemp("serve")
    ratings = planted.plant(seed=7)
    (folder / "movies.csv").write_bytes(planted.movies_csv(ratings.frame))
    (folder / "ratings.csv").write_bytes(planted.ratings_csv(ratings.frame))
    process = subprocess.Popen(
        [str(RECOMMENDER), "serve", "--port", "0", "--data", "ratings.csv",
         "--assembly", str(assembly), "--quiet"],
        cwd=folder, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if "Ctrl-C" in line:
            break
    addresses = re.findall(r"^(?:Web console|Embedded AWS) +(\S+)$", told, re.MULTILINE)
    yield addresses[0], addresses[1]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.fixture
def stack(console: tuple[str, str]) -> DeployedStack:
    return find_stack(AwsAccess.embedded(console[1], "us-east-1"), "VideoRecommender")


def box(page: Page, state: str) -> str:
    """Return what the graph says became of a state."""
    graph = page.get_by_role("region", name="Graph of the state machine")
    outcome = graph.locator("g", has_text=re.compile(rf"{state}\b")).first.get_attribute("class")
    return str(outcome)


def test_a_run_is_started_by_the_form_watched_to_its_end_and_reported(
    visitor: Visitor, console: tuple[str, str], stack: DeployedStack
) -> None:
    page = visitor.open(console[0])
    page.get_by_role("link", name="Start").click()
    page.get_by_label("Name of the execution").fill("watched")
    page.locator("#s-hyperparameters summary").click()
    epochs = page.get_by_label("epochs").first
    epochs.fill("many")
    expect(page.locator("#problems")).to_contain_text(
        'hyperparameters.epochs: expected an integer of at least 1, found "many"'
    )
    for name, value in FAST["hyperparameters"].items():
        page.locator(f'[name="hyperparameters.{name}"]').fill(str(value))
    page.get_by_role("button", name="Start").click()
    expect(page.locator("main")).to_contain_text("The run has not ended yet.")
    # From here on nothing is reloaded by hand.
    page.evaluate("window.notReloaded = true")
    expect(page.locator("svg.graph g.RUNNING").first).to_be_attached()
    expect(page.get_by_role("log")).to_contain_text("Preprocess")
    expect(page.locator("main")).to_contain_text(
        "The run succeeded, and its model was taken into use.", timeout=UNTIL_THE_END_MS
    )
    assert page.evaluate("window.notReloaded")
    assert box(page, "AcceptModel") == "SUCCEEDED"
    assert box(page, "TuneModel") == "NOT_REACHED"
    expect(page.get_by_text("train RMSE per epoch").first).to_be_visible()
    expect(page.get_by_role("region", name="Jobs").get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("log")).to_contain_text("model evaluated")
    assert barriers(page) == []

    page.get_by_role("link", name="Report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The run succeeded, and its model was taken into use."
    )
    assert barriers(page) == []
    page.go_back()
    page.get_by_role("link", name="Recommendations").last.click()
    page.get_by_label("Customer or title").fill("1")
    page.get_by_label("Customer or title").press("Enter")
    page.locator("section", has_text="Customers").get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Recommended").get_by_role("row")).to_have_count(1 + 10)
    assert barriers(page) == []
    assert_readable_everywhere(visitor, f"{console[0]}executions/watched/")


def test_a_failed_run_says_why_and_what_to_do(
    visitor: Visitor, console: tuple[str, str], stack: DeployedStack
) -> None:
    start_execution(stack, {"dataset": {"uri": "raw/nothing-here/"}}, name="failing")
    page = visitor.open(f"{console[0]}executions/failing/")
    failure = page.locator(".failure")
    expect(failure).to_contain_text("raw/nothing-here/", timeout=UNTIL_THE_END_MS)
    expect(failure).to_contain_text("What to do")
    assert box(page, "ResolveRun") == "FAILED"
    assert barriers(page) == []


def test_a_run_is_stopped_and_redriven(
    visitor: Visitor, console: tuple[str, str], stack: DeployedStack
) -> None:
    start_execution(stack, LONG, name="stopped")
    page = visitor.open(f"{console[0]}executions/stopped/")
    expect(page.locator("svg.graph g.RUNNING", has_text="TrainModel")).to_be_attached(
        timeout=UNTIL_THE_END_MS
    )
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("main")).to_contain_text("The run was stopped in TrainModel.")
    page.get_by_role("button", name="Redrive").click()
    expect(page.locator("main")).to_contain_text(re.compile("redriven 1"))
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator("svg.graph g.RUNNING", has_text="TrainModel")).to_be_attached()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("main")).to_contain_text("The run was stopped in TrainModel.")


def test_a_deployed_stack_is_shown_to_who_has_the_token(
    visitor: Visitor, console: tuple[str, str], stack: DeployedStack
) -> None:
    start_execution(stack, {"dataset": {"uri": "raw/nothing-here/"}}, name="seen-from-elsewhere")
    process = subprocess.Popen(
        [str(RECOMMENDER), "console", "--port", "0"],
        env={**os.environ, "AWS_ENDPOINT_URL": console[1], "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    with pytest.raises(HTTPError, match="403"):
        urlopen(address.partition("?")[0])  # noqa: S310 - it is http
    page = visitor.open(address)
    expect(page.get_by_role("link", name="seen-from-elsewhere")).to_be_visible()
    assert "token" not in page.url
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_an_execution_that_is_not_there_is_said_to_be_missing(
    visitor: Visitor, console: tuple[str, str]
) -> None:
    page = visitor.open(f"{console[0]}executions/nobody/")
    expect(page.get_by_role("alert")).to_contain_text("there is no such execution")
    complaints, visitor.complaints = visitor.complaints, []
    assert len(complaints) == 1
    assert "400" in complaints[0]
