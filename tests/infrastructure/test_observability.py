"""Topic, alarms, dashboard and budget, synthesized around a small state machine."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from aws_cdk import App, Stack

from infra.constructs.alarms import Alarms
from infra.constructs.budget import MonthlyBudget
from infra.constructs.notifications import Notifications
from infra.run_metrics import DeploymentMetrics
from lambdas.evaluate.events import EvaluateResponse
from lambdas.evaluate.quality import quality_metrics
from lambdas.resolve_run.cost import TRANSFORM_LIMIT_HOURS
from recommender.comparison import AcceptedModel, compare
from recommender.reject_reasons import RejectReason
from tests.infrastructure.conftest import Template, resources_of
from tests.infrastructure.observed import EMAILS, STACK_NAME, synthesize

# What tests/unit/lambdas/test_run_metrics.py reads from the functions' logs, but for Evaluate's.
WRITTEN = {
    "MaxInstanceHours",
    "RowsRead",
    "RowsKept",
    "RowsRejected",
    "RecordsWritten",
    "BytesWritten",
    "Duration",
}
OF_STEP_FUNCTIONS = {
    "ExecutionsStarted",
    "ExecutionsSucceeded",
    "ExecutionsFailed",
    "ExecutionsTimedOut",
    "ExecutionsAborted",
    "ExecutionThrottled",
    "ExecutionTime",
    "ServiceIntegrationRunTime",
}
OF_LAMBDA = {"Errors", "Throttles", "Duration"}


@pytest.fixture(scope="module")
def observed() -> Template:
    return synthesize()


@pytest.fixture(scope="module")
def alarms(observed: Template) -> dict[str, dict[str, Any]]:
    return {
        alarm["Properties"]["AlarmName"].removeprefix(f"{STACK_NAME}-"): alarm["Properties"]
        for alarm in resources_of(observed, "AWS::CloudWatch::Alarm").values()
    }


def written_by_evaluate() -> set[str]:
    scores = ("rmse", "global_mean_rmse", "bias_baseline_rmse", "accuracy", "majority_accuracy")
    evaluation = EvaluateResponse(
        outcome="accepted",
        reasons=[],
        metrics=dict.fromkeys((*scores, "log_loss", "prior_log_loss"), 1.0),
        comparison=compare({"rmse": 1.0}, AcceptedModel("earlier", {"rmse": 1.0}), limit=None),
        evaluation_uri="",
    )
    return set(quality_metrics(evaluation))


def only(template: Template, resource_type: str) -> dict[str, Any]:
    (resource,) = resources_of(template, resource_type).values()
    return dict(resource["Properties"])


def statements(policy: dict[str, Any], principal: str) -> list[dict[str, Any]]:
    return [s for s in policy["Statement"] if s.get("Principal") == {"Service": principal}]


def test_topic_takes_messages_over_tls_only_and_from_this_account_s_alarms(
    observed: Template,
) -> None:
    policy = only(observed, "AWS::SNS::TopicPolicy")["PolicyDocument"]

    (denied,) = (s for s in policy["Statement"] if s["Effect"] == "Deny")
    assert denied["Principal"] == "*"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (allowed,) = statements(policy, "cloudwatch.amazonaws.com")
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert ":alarm:*" in json.dumps(allowed["Condition"]["ArnLike"]["aws:SourceArn"])
    everyone = {json.dumps(s["Principal"]) for s in policy["Statement"] if s["Effect"] == "Allow"}
    assert everyone == {
        '{"Service": "cloudwatch.amazonaws.com"}',
        '{"Service": "events.amazonaws.com"}',
    }


def test_everybody_named_is_subscribed(observed: Template) -> None:
    found = resources_of(observed, "AWS::SNS::Subscription").values()

    assert [s["Properties"]["Protocol"] for s in found] == ["email", "email"]
    assert [s["Properties"]["Endpoint"] for s in found] == EMAILS


def test_a_key_encrypts_the_topic_and_lets_its_publishers_use_it() -> None:
    template = synthesize(key=True)

    key = only(template, "AWS::KMS::Key")["KeyPolicy"]
    assert "KmsMasterKeyId" in only(template, "AWS::SNS::Topic")
    for service in ("cloudwatch.amazonaws.com", "events.amazonaws.com"):
        (statement,) = statements(key, service)
        assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert statements(key, "cloudwatch.amazonaws.com")[0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_state_machine_may_publish_to_this_topic_only(observed: Template) -> None:
    statements = [
        statement
        for policy in resources_of(observed, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]

    (publish,) = (s for s in statements if "sns:" in json.dumps(s["Action"]))
    (topic,) = resources_of(observed, "AWS::SNS::Topic")
    assert (publish["Action"], publish["Resource"]) == ("sns:Publish", {"Ref": topic})


def test_each_end_that_a_run_cannot_tell_of_has_one_rule(observed: Template) -> None:
    rules = [r["Properties"] for r in resources_of(observed, "AWS::Events::Rule").values()]
    details = [rule["EventPattern"]["detail"] for rule in rules]

    assert sorted(status for detail in details for status in detail["status"]) == [
        "ABORTED",
        "FAILED",
        "TIMED_OUT",
    ]
    (failed,) = (detail for detail in details if detail["status"] == ["FAILED"])
    assert failed["error"] == [{"prefix": "States."}]
    for rule in rules:
        assert rule["EventPattern"]["source"] == ["aws.states"]
        assert len(rule["EventPattern"]["detail"]["stateMachineArn"]) == 1
        (target,) = rule["Targets"]
        # EventBridge does not escape what it puts in: nothing that may contain quotes.
        assert set(target["InputTransformer"]["InputPathsMap"].values()) <= {
            "$.detail.status",
            "$.detail.name",
            "$.detail.executionArn",
            "$.detail.error",
        }
        assert "RoleArn" not in target  # EventBridge: delivery to a topic may then fail


def test_every_alarm_tells_what_it_means_and_tells_the_topic(
    observed: Template, alarms: dict[str, dict[str, Any]]
) -> None:
    (topic,) = resources_of(observed, "AWS::SNS::Topic")
    assert set(alarms) == {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsThrottled",
        "NoSuccess",
        "RmseWorseThanAccepted",
        "RmseNearBaseline",
        "PreprocessErrors",
        "PreprocessThrottles",
    }
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": topic}], name
        description = alarm["AlarmDescription"]
        assert len(description) <= 1024, name
        assert re.search(r" Runbook: docs/operating\.md#[a-z-]+$", description), name
        says_why = r"No data means|Between runs there is no data"
        assert re.search(says_why, description), name
        assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"], name


@pytest.mark.parametrize(
    ("name", "comparison", "threshold", "missing"),
    [
        ("ExecutionsFailed", "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
        ("ExecutionsTimedOut", "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
        ("ExecutionsThrottled", "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
        ("PreprocessErrors", "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
        ("PreprocessThrottles", "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
        ("NoSuccess", "LessThanThreshold", 1, "breaching"),
        ("RmseWorseThanAccepted", "GreaterThanThreshold", 1.05, "ignore"),
        ("RmseNearBaseline", "GreaterThanThreshold", 1.0, "ignore"),
    ],
)
def test_alarm_goes_off_at(
    alarms: dict[str, dict[str, Any]], name: str, comparison: str, threshold: float, missing: str
) -> None:
    alarm = alarms[name]

    assert (alarm["ComparisonOperator"], alarm["Threshold"], alarm["TreatMissingData"]) == (
        comparison,
        threshold,
        missing,
    )


def test_a_deployment_without_a_schedule_is_not_asked_for_successes() -> None:
    template = synthesize(days_without_success=None)

    names = [
        alarm["Properties"]["AlarmName"]
        for alarm in resources_of(template, "AWS::CloudWatch::Alarm").values()
    ]
    assert len(names) == 7
    assert f"{STACK_NAME}-NoSuccess" not in names


def test_successes_are_asked_for_by_the_day(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["NoSuccess"]
    expression, *metrics = sorted(alarm["Metrics"], key=lambda query: "MetricStat" in query)

    assert alarm["EvaluationPeriods"] == 2
    assert expression["Expression"] == "FILL(accepted, 0) + FILL(rejected, 0)"
    assert {metric["Id"]: metric["MetricStat"]["Metric"]["MetricName"] for metric in metrics} == {
        "accepted": "ModelsAccepted",  # and not ExecutionsSucceeded, which skipped ones are, too
        "rejected": "ModelsRejected",
    }
    assert {(each["MetricStat"]["Period"], each["MetricStat"]["Stat"]) for each in metrics} == {
        (86400, "Sum")
    }


@pytest.mark.parametrize("days", [0, 8])
def test_more_days_than_an_alarm_can_look_back_are_refused(days: int) -> None:
    stack = Stack(App(analytics_reporting=False), "S")
    notifications = Notifications(stack, "Notifications", emails=[], key=None)

    with pytest.raises(ValueError, match=f"expected 1 to 7, .* found {days}"):
        Alarms(
            stack,
            "Alarms",
            topic=notifications.topic,
            metrics=DeploymentMetrics(stack_name="S", state_machine_arn="arn"),
            function_names={},
            max_days_without_success=days,
        )


@pytest.fixture(scope="module")
def dashboard(observed: Template) -> dict[str, Any]:
    body = only(observed, "AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "<token>" for part in body)
    found: dict[str, Any] = json.loads(text)
    return found


def metrics_of(dashboard: dict[str, Any]) -> list[tuple[str, str, list[Any]]]:
    return [
        (metric[0], metric[1], metric[2:])
        for widget in dashboard["widgets"]
        for metric in widget["properties"].get("metrics", [])
    ]


def test_dashboard_shows_metrics_that_somebody_writes(dashboard: dict[str, Any]) -> None:
    known = {
        "AWS/States": OF_STEP_FUNCTIONS,
        "AWS/Lambda": OF_LAMBDA,
        "VideoRecommender": WRITTEN | written_by_evaluate(),
    }
    shown = metrics_of(dashboard)

    assert len(shown) > 30
    for namespace, name, _ in shown:
        assert name in known[namespace]
    assert {name for namespace, name, _ in shown if namespace == "VideoRecommender"} >= {
        "Rmse",
        "BiasBaselineRmse",
        "ModelsRejected",
        "RowsKept",
        "MaxInstanceHours",
    }
    for namespace, _, dimensions in shown:
        if namespace == "VideoRecommender":
            assert dimensions[dimensions.index("Stack") + 1] == STACK_NAME


def test_dashboard_shows_every_reason_for_a_rejected_row(dashboard: dict[str, Any]) -> None:
    reasons = {
        dimensions[dimensions.index("Reason") + 1]
        for _, name, dimensions in metrics_of(dashboard)
        if name == "RowsRejected" and "Reason" in dimensions
    }

    assert reasons == set(get_args(RejectReason))


def test_alarms_watch_metrics_that_somebody_writes(alarms: dict[str, dict[str, Any]]) -> None:
    queries = [query for alarm in alarms.values() for query in alarm.get("Metrics", [])]
    watched = [
        (alarm["Namespace"], alarm["MetricName"])
        for alarm in alarms.values()
        if "MetricName" in alarm
    ] + [
        (q["MetricStat"]["Metric"]["Namespace"], q["MetricStat"]["Metric"]["MetricName"])
        for q in queries
        if "MetricStat" in q
    ]

    assert len(watched) == 10
    assert {name for namespace, name in watched if namespace == "VideoRecommender"} == {
        "RmseRatioToAccepted",
        "Rmse",
        "BiasBaselineRmse",
        "ModelsAccepted",
        "ModelsRejected",
    }
    assert {name for _, name in watched} <= OF_STEP_FUNCTIONS | OF_LAMBDA | written_by_evaluate()


def test_dashboard_is_read_from_the_top_and_leads_on(dashboard: dict[str, Any]) -> None:
    widgets = dashboard["widgets"]
    first = widgets[0]["properties"]["markdown"]

    assert [widget["type"] for widget in widgets[:2]] == ["text", "alarm"]
    assert len(widgets[1]["properties"]["alarms"]) == 8
    assert "#/statemachines/view/" in first
    assert "#logsV2:logs-insights?queryDetail=~(" in first
    assert "docs/operating.md" in first
    assert any(widget["type"] == "log" for widget in widgets)
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets)


def test_budget_warns_of_money_spent_and_of_more_to_come() -> None:
    stack = Stack(app := App(analytics_reporting=False), "S")
    MonthlyBudget(stack, "Budget", amount_usd=50, emails=EMAILS)

    budget = only(app.synth().get_stack_by_name("S").template, "AWS::Budgets::Budget")

    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    assert budget["Budget"]["TimeUnit"] == "MONTHLY"
    told = budget["NotificationsWithSubscribers"]
    assert [
        (n["Notification"]["NotificationType"], n["Notification"]["Threshold"]) for n in told
    ] == [("ACTUAL", 80), ("FORECASTED", 100)]
    assert all([s["Address"] for s in n["Subscribers"]] == EMAILS for n in told)


@pytest.mark.parametrize(
    ("amount", "emails"), [(0, EMAILS), (-1, EMAILS), (5, []), (5, EMAILS * 6)]
)
def test_a_budget_that_aws_would_refuse_is_refused(amount: float, emails: list[str]) -> None:
    stack = Stack(App(analytics_reporting=False), "S")

    with pytest.raises(ValueError, match=r"expected .*, found"):
        MonthlyBudget(stack, "Budget", amount_usd=amount, emails=emails)


def test_bound_of_a_batch_transform_is_its_state_s_time_limit(definition: dict[str, Any]) -> None:
    limit_seconds = definition["States"]["TransformTestSet"]["TimeoutSeconds"]

    assert limit_seconds == TRANSFORM_LIMIT_HOURS * 3600
