"""Takes the documentation's pictures of a real run: ``make pictures``."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from console.aws_access import AwsAccess
from console.embedded_stack import DeployedStack
from console.executions import find_stack, start_execution
from tests.e2e.browser.conftest import find_browser

RECOMMENDER = Path(sys.executable).with_name("recommender")
FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SUCCEEDED = "The run succeeded, and its model is in use."


@contextmanager
def served() -> Iterator[tuple[str, DeployedStack]]:
    """Run ``recommender serve``; gives the console's address and the stack."""
    process = subprocess.Popen(
        [str(RECOMMENDER), "serve", "--port", "0", "--quiet"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if "Ctrl-C" in line:
            break
    console, endpoint = re.findall(r"^(?:Web console|Embedded AWS) +(\S+)$", told, re.MULTILINE)
    try:
        yield console, find_stack(AwsAccess.embedded(endpoint, "us-east-1"), "VideoRecommender")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def visit(browser: Browser, address: str, *, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1.5)
    page.set_default_timeout(120_000)
    page.goto(address)
    return page


def take() -> None:
    expect.set_options(timeout=120_000)
    with served() as (console, stack), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        start_execution(stack, {"mode": "tune"}, name="tune-nightly")
        page = visit(browser, f"{console}executions/tune-nightly/", width=1280, height=1000)
        # While trials run: some have ended, some have not.
        expect(page.get_by_role("region", name="Tuning trials").get_by_role("row")).to_have_count(5)
        page.screenshot(path=FOLDER / "console.png")
        expect(page.locator("main")).to_contain_text("The run succeeded")

        start_execution(stack, {}, name="train-after-it")
        page = visit(browser, f"{console}executions/train-after-it/", width=1280, height=1000)
        expect(page.locator("main")).to_contain_text("The run succeeded")
        page.locator("svg.graph").screenshot(path=FOLDER / "graph.png")
        page = visit(browser, f"{console}executions/train-after-it/report", width=900, height=1150)
        page.screenshot(path=FOLDER / "report.png")
        browser.close()


if __name__ == "__main__":
    take()
