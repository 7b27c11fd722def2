"""The recommendations browser in a browser: searched, followed, readable by everybody."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from console.aws_access import AwsAccess
from console.embedded_stack import DeployedStack
from console.web.serving import web_console
from embedded_aws.server import EmbeddedAws
from recommender.run_layout import ACCEPTED_MODEL_KEY
from tests.e2e.browser.conftest import Visitor, assert_readable_everywhere, barriers
from tests.integration.embedded_aws.conftest import Machines, make_role
from tests.unit.console.recommendations.planted import BUCKET, RUN_ID, store_run

pytestmark = pytest.mark.slow

NOTHING = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the console of a stack in which one run has left its files."""
    folder: Path = tmp_path_factory.mktemp("run")
    with EmbeddedAws() as aws:
        make_role(aws)
        machine = Machines(aws).create(NOTHING)
        access = AwsAccess.embedded(aws.endpoint_url, aws.region)
        s3 = access.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        store_run(s3, folder)
        record = {"run_id": RUN_ID, "metrics": {"rmse": 0.9}}
        s3.put_object(Bucket=BUCKET, Key=ACCEPTED_MODEL_KEY, Body=json.dumps(record).encode())
        stack = DeployedStack(access, BUCKET, machine)
        with web_console(stack, "VideoRecommender", port=0) as address:
            yield address


def test_a_customer_is_searched_and_recommendations_lead_on(visitor: Visitor, console: str) -> None:
    page = visitor.open(console)
    page.get_by_role("link", name="Recommendations").click()
    page.get_by_label("Customer or title").fill("bo")
    page.get_by_label("Customer or title").press("Enter")
    page.get_by_role("link", name="Bob").click()

    top = page.get_by_role("region", name="Recommended").get_by_role("row")
    expect(top.nth(1)).to_contain_text("V8")
    expect(top.nth(2)).to_contain_text("Title 7")
    history = page.get_by_role("region", name="Rated").get_by_role("row")
    expect(history).to_have_count(1 + 4)
    expect(history.nth(1)).to_contain_text("Title 0")
    assert barriers(page) == []

    history.nth(1).get_by_role("link").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("Title 0")
    expect(page.get_by_role("region", name="Similar videos").get_by_role("row")).to_have_count(3)
    page.go_back()
    expect(page.get_by_role("heading", level=2).first).to_have_text("Customer Bob")


@pytest.mark.parametrize("address", ["", "?q=title", "?customer=Bob", "?video=V0"])
def test_every_page_is_readable_everywhere(visitor: Visitor, console: str, address: str) -> None:
    assert_readable_everywhere(visitor, f"{console}recommendations{address}")
