"""The form that starts an execution, typed into as people do; the schedules beside it."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from console.aws_access import AwsAccess
from console.embedded_stack import DeployedStack
from console.web.serving import web_console
from embedded_aws.server import EmbeddedAws
from tests.e2e.browser.conftest import Visitor, assert_readable_everywhere, barriers
from tests.integration.embedded_aws.conftest import ROLE_ARN, Machines, make_role

pytestmark = pytest.mark.slow

DEPLOYMENT = {"training": {"instance_type": "ml.m5.large"}}
# As far as the console reads the pipeline's: where the deployment's defaults are.
DEFINITION = {
    "StartAt": "ResolveRun",
    "States": {
        "ResolveRun": {
            "Type": "Pass",
            "Parameters": {"Payload": {"input_defaults": DEPLOYMENT}},
            "End": True,
        }
    },
}


@pytest.fixture(scope="module")
def stack() -> Iterator[DeployedStack]:
    with EmbeddedAws() as aws:
        make_role(aws)
        machine = Machines(aws).create(DEFINITION)
        aws.client("s3").create_bucket(Bucket="ratings-bucket")
        aws.client("s3").put_object(Bucket="ratings-bucket", Key="raw/mine.csv", Body=b"x")
        scheduler = aws.client("scheduler")
        scheduler.create_schedule_group(Name="group")
        for name, text in (("weekly", '{"mode": "tune"}'), ("broken", "[1]")):
            scheduler.create_schedule(
                Name=name,
                GroupName="group",
                ScheduleExpression="cron(30 2 ? * SUN *)",
                ScheduleExpressionTimezone="Europe/Berlin",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={"Arn": machine, "RoleArn": ROLE_ARN, "Input": text},
            )
        access = AwsAccess.embedded(aws.endpoint_url, aws.region)
        yield DeployedStack(access, "ratings-bucket", machine)


@pytest.fixture(scope="module")
def address(stack: DeployedStack) -> Iterator[str]:
    with web_console(stack, "VideoRecommender", port=0) as found:
        yield found


def written(page: Page) -> object:
    return json.loads(page.get_by_label("JSON", exact=True).input_value())


def input_of(stack: DeployedStack, name: str) -> object:
    described = stack.access.client("stepfunctions").describe_execution(
        executionArn=stack.execution_arn(name)
    )
    return json.loads(described["input"])


def test_form_and_json_keep_in_step_and_start(
    visitor: Visitor, address: str, stack: DeployedStack
) -> None:
    page = visitor.open(f"{address}start")
    bound = page.locator("#bound")
    expect(bound).to_have_text("at most 100 instance-hours in at most 8 jobs")
    expect(page.get_by_role("button", name="Start this JSON")).to_be_hidden()
    tuning = page.locator("#s-tuning")
    expect(tuning).to_be_hidden()

    page.get_by_label("mode").select_option("tune")
    expect(bound).to_have_text("at most 128 instance-hours in at most 36 jobs")
    expect(tuning).to_be_visible()
    uri = page.get_by_label("uri")
    uri.press_sequentially("raw/mine.csv", delay=5)
    expect(uri).to_have_value("raw/mine.csv")
    expect(page.locator("#plan")).to_contain_text("Reads s3://ratings-bucket/raw/mine.csv.")
    assert written(page) == {"mode": "tune", "dataset": {"uri": "raw/mine.csv"}}

    both = {"mode": "tune", "dataset": {"uri": "raw/mine.csv"}, "tuning": {"max_jobs": 4}}
    page.get_by_label("JSON", exact=True).fill(json.dumps(both))
    expect(page.get_by_label("max jobs")).to_have_value("4")
    expect(bound).to_have_text("at most 112 instance-hours in at most 20 jobs")

    page.get_by_label("Name of the execution").fill("from-the-form")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("from-the-form")
    assert input_of(stack, "from-the-form") == both
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_label("max jobs")).to_have_value("4")
    assert written(page) == both


def test_enter_starts_what_was_typed_last(
    visitor: Visitor, address: str, stack: DeployedStack
) -> None:
    page = visitor.open(f"{address}start")
    page.get_by_label("Name of the execution").fill("by-enter")
    page.get_by_label("uri").fill("raw/mine.csv")
    # At once, before the JSON has followed.
    page.get_by_label("uri").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("by-enter")
    assert input_of(stack, "by-enter") == {"dataset": {"uri": "raw/mine.csv"}}


def test_a_named_range_replaces_the_default_ones(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}start")
    page.get_by_label("mode").select_option("tune")
    page.locator("#s-tuning summary").first.click()
    page.get_by_text("Ranges: which hyperparameters").click()
    default = page.get_by_label("ranges: continuous: linear lr: min")
    expect(default).to_have_attribute("placeholder", "0.0015")
    page.get_by_label("ranges: integer: epochs: min").fill("1")
    expect(default).to_have_attribute("placeholder", "")
    page.get_by_label("ranges: integer: epochs: max").fill("9")
    expect(page.locator("#plan")).to_contain_text("Tunes epochs in 8 trials")


def test_what_is_wrong_is_said_at_its_field_and_in_a_list(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}start")
    page.locator("#s-training summary").click()
    instance_type = page.locator("#s-training").get_by_label("instance type", exact=True)
    expect(instance_type).to_have_attribute("placeholder", "ml.m5.large")
    instance_type.fill("ml.c5.xlarg")
    expect(instance_type).to_have_attribute("aria-invalid", "true")
    expect(instance_type).to_have_accessible_description(
        'SageMaker has no instance type "ml.c5.xlarg" for training; did you mean "ml.c5.xlarge"?'
    )
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    assert barriers(page) == []

    page.locator("#s-training summary").click()
    page.get_by_role("link", name="training.instance_type").click()
    expect(instance_type).to_be_focused()
    instance_type.fill("ml.c5.xlarge")
    expect(instance_type).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_json_that_the_form_cannot_show_holds_the_form(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}start")
    json_side = page.get_by_label("JSON", exact=True)
    json_side.fill('{"hyperparameters": {"epochs": 12}, "moed": "tune"}')
    expect(page.locator("#problems")).to_contain_text('moed: unknown key, did you mean "mode"?')
    expect(page.locator("#not-shown")).to_contain_text("moed")
    expect(page.get_by_label("mode")).to_be_disabled()
    json_side.fill('{"hyperparameters": {"epochs": 12}, "mode')
    expect(page.locator("#problems")).to_contain_text("expected JSON such as")
    expect(json_side).to_have_attribute("aria-invalid", "true")
    json_side.fill('{"hyperparameters": {"epochs": 12}, "mode": "tune"}')
    expect(page.get_by_label("mode")).to_be_enabled()
    expect(page.get_by_label("mode")).to_have_value("tune")


def test_without_script_the_form_is_checked_when_it_starts(
    visitor: Visitor, address: str, stack: DeployedStack
) -> None:
    context = visitor.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}start")
    page.get_by_label("uri").fill("https://example.org/ratings")
    page.get_by_label("Name of the execution").fill("without-script")
    page.locator(".starting").get_by_role("button", name="Start").click()
    expect(page.locator("#problems")).to_contain_text("dataset.uri: expected s3://bucket/key")
    expect(page.get_by_label("uri")).to_have_value("https://example.org/ratings")
    page.get_by_label("JSON", exact=True).fill('{"mode": "tune"}')
    page.get_by_role("button", name="Start this JSON").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("without-script")
    assert input_of(stack, "without-script") == {"mode": "tune"}


def test_schedules_are_paused_resumed_and_fired(
    visitor: Visitor, address: str, stack: DeployedStack
) -> None:
    page = visitor.open(f"{address}schedules")
    weekly = page.get_by_role("region", name="weekly", exact=True)
    expect(weekly).to_contain_text("on Sundays at 02:30, Europe/Berlin")
    expect(weekly.get_by_role("time")).to_have_count(5)
    page.get_by_role("button", name="Pause weekly").click()
    expect(weekly).to_contain_text("paused")
    page.get_by_role("button", name="Resume weekly").click()
    expect(weekly.get_by_role("time")).to_have_count(5)
    expect(page.get_by_role("button", name="Fire broken now")).to_have_count(0)
    page.get_by_role("button", name="Fire weekly now").click()
    name = page.get_by_role("heading", level=1).inner_text()
    assert input_of(stack, name) == {"mode": "tune"}


def test_the_pages_are_readable_everywhere(visitor: Visitor, address: str) -> None:
    for page in ("start", "schedules"):
        assert_readable_everywhere(visitor, f"{address}{page}")
