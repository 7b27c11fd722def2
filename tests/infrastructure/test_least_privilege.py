"""Every role may do exactly what it is for: nothing is missing, nothing is over."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.settings import DeploymentSettings
from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.resolution import resolve
from tests.infrastructure.conftest import Template, load_template, resources_of
from tests.infrastructure.deployments import EVERYTHING, app_of
from tests.infrastructure.least_privilege.code_paths import (
    CODE,
    PROJECT_ROOT,
    SERVICES,
    all_request_lines,
    requests_of,
    services_used,
)
from tests.infrastructure.least_privilege.functions import function_needs
from tests.infrastructure.least_privilege.grants import (
    Grant,
    Statement,
    granted,
    listed,
    statements,
)
from tests.infrastructure.least_privilege.jobs import job_needs
from tests.infrastructure.least_privilege.schedules import schedule_needs
from tests.infrastructure.least_privilege.spark_job import spark_job_needs
from tests.infrastructure.least_privilege.state_machine import machine_needs, roles_in

Needs = dict[str, set[Grant]]

# Actions that know no resource, according to the Service Authorization Reference, or none that is
# there before they are needed.
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData": "metrics have no ARN; limited to namespaces by a condition",
    "ec2:AssignPrivateIpAddresses": "Lambda names network interfaces when it makes them",
    "ec2:CreateNetworkInterface": "network interfaces are named when they are made",
    "ec2:CreateNetworkInterfacePermission": "network interfaces are named when they are made",
    "ec2:DeleteNetworkInterface": "network interfaces are named when they are made",
    "ec2:DeleteNetworkInterfacePermission": "network interfaces are named when they are made",
    "ec2:DescribeDhcpOptions": "describing has no resource",
    "ec2:DescribeNetworkInterfaces": "describing has no resource",
    "ec2:DescribeRouteTables": "describing has no resource",
    "ec2:DescribeSecurityGroups": "describing has no resource",
    "ec2:DescribeSubnets": "describing has no resource",
    "ec2:DescribeVpcAttribute": "the network is the connection's, which the stack does not know",
    "ec2:DescribeVpcEndpoints": "describing has no resource",
    "ec2:DescribeVpcs": "describing has no resource",
    "ec2:UnassignPrivateIpAddresses": "Lambda names network interfaces when it makes them",
    "ecr:GetAuthorizationToken": "a token is for the caller's registry as a whole",
    "logs:CreateLogDelivery": "deliveries have no ARN",
    "logs:DeleteLogDelivery": "deliveries have no ARN",
    "logs:DescribeLogGroups": "is asked for the account",
    "logs:DescribeResourcePolicies": "CloudWatch Logs' policies belong to the account",
    "logs:GetLogDelivery": "deliveries have no ARN",
    "logs:ListLogDeliveries": "deliveries have no ARN",
    "logs:PutResourcePolicy": "CloudWatch Logs' policies belong to the account",
    "logs:UpdateLogDelivery": "deliveries have no ARN",
    "xray:GetSamplingRules": "sampling rules are read as a whole",
    "xray:GetSamplingTargets": "sampling rules are read as a whole",
    "xray:PutTelemetryRecords": "traces have no ARN",
    "xray:PutTraceSegments": "traces have no ARN",
}


# The CDK's own, in stacks that are deleted with their data: it empties the bucket.
EMPTYING_FUNCTION = "Custom::S3AutoDeleteObjectsCustomResourceProvider"


@pytest.fixture(scope="module", params=[DeploymentSettings(), EVERYTHING], ids=["default", "all"])
def settings(request: pytest.FixtureRequest) -> DeploymentSettings:
    found: DeploymentSettings = request.param
    return found


@pytest.fixture(scope="module")
def template(settings: DeploymentSettings, tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("assembly")
    app_of(settings, folder).synth()
    return load_template(folder)


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    """Give a run as ResolveRun resolves it."""
    resolved = resolve(ExecutionInput(), run_id="20261122t063156-1a2b3c", data_bucket="the-bucket")
    return resolved.model_dump(mode="json")


@pytest.fixture(scope="module")
def needs(template: Template, run: dict[str, Any], settings: DeploymentSettings) -> Needs:
    return derived(template, run, settings.dataset_uris)


def derived(template: Template, run: dict[str, Any], datasets: list[str]) -> Needs:
    """What each role needs, by the role's logical id."""
    (bucket,) = (
        name
        for name, resource in resources_of(template, "AWS::S3::Bucket").items()
        if resource["Metadata"]["aws:cdk:path"].endswith("/Data/Bucket/Resource")
    )
    found: Needs = {}
    for function in resources_of(template, "AWS::Lambda::Function").values():
        properties = function["Properties"]
        if properties["Handler"].startswith("lambdas."):
            role = properties["Role"]["Fn::GetAtt"][0]
            found[role] = function_needs(template, properties, bucket, datasets)
    ((_, job),) = resources_of(template, "AWS::Glue::Job").items()
    found[job["Properties"]["Role"]["Fn::GetAtt"][0]] = spark_job_needs(
        template,
        job["Properties"],
        _needs_of_functions(template, found, "preprocess")
        | _needs_of_functions(template, found, "convert_recordio"),
    )
    ((machine_id, machine),) = resources_of(template, "AWS::StepFunctions::StateMachine").items()
    properties = machine["Properties"]
    found[properties["RoleArn"]["Fn::GetAtt"][0]] = machine_needs(template, machine_id, bucket)
    found[job_role(template)] = job_needs(template, properties, bucket, run)
    return {**found, **schedule_needs(template)}


def _needs_of_functions(template: Template, found: Needs, folder: str) -> set[Grant]:
    (role,) = (
        function["Properties"]["Role"]["Fn::GetAtt"][0]
        for function in resources_of(template, "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"].startswith(f"lambdas.{folder}.")
    )
    return found[role]


def of_the_stack(template: Template) -> dict[str, Any]:
    """Roles, but for that of the function with which the CDK empties a bucket."""
    return {
        name: role
        for name, role in resources_of(template, "AWS::IAM::Role").items()
        if EMPTYING_FUNCTION not in role["Metadata"]["aws:cdk:path"]
    }


def job_role(template: Template) -> str:
    """Logical id of the only role that SageMaker may take on."""
    (role,) = (
        name
        for name, resource in resources_of(template, "AWS::IAM::Role").items()
        if "sagemaker.amazonaws.com" in str(resource["Properties"]["AssumeRolePolicyDocument"])
    )
    return role


def differences(template: Template, needs: Needs) -> list[str]:
    """What is missing and what is over, in words."""
    roles = of_the_stack(template)
    found = [f"{role}: say what it needs" for role in roles if role not in needs]
    for role, wanted in needs.items():
        has = granted(template, role)
        found += [f"{role} lacks {' '.join(grant)}" for grant in sorted(wanted - has)]
        found += [f"{role} needs no {' '.join(grant)}" for grant in sorted(has - wanted)]
        if "ManagedPolicyArns" in roles[role]["Properties"]:
            found.append(f"{role}: managed policies are AWS's to change")
    return found


def test_every_role_may_do_exactly_what_it_needs(template: Template, needs: Needs) -> None:
    assert differences(template, needs) == []


def test_any_action_less_or_more_is_noticed(template: Template, needs: Needs) -> None:
    mutants = list(mutated(template, needs))
    before = differences(template, needs)
    unnoticed = [name for name, mutant in mutants if differences(mutant, needs) == before]

    assert unnoticed == []
    assert len(mutants) > 150, "each action and resource of each statement, in several ways"


def mutated(template: Template, needs: Needs) -> Iterator[tuple[str, Template]]:
    """Every template that differs from this in one action, resource, condition or statement."""
    for role in needs:
        for number, statement in enumerate(statements(template, role)):
            for name, changes in changed(statement):
                mutant = copy.deepcopy(template)
                changes_of = list(statements(mutant, role))[number]
                changes_of.clear()
                changes_of.update(changes)
                yield f"{role}, statement {number}: {name}", mutant


def changed(statement: Statement) -> Iterator[tuple[str, Statement]]:
    for field, more in (("Action", "s3:DeleteObject"), ("Resource", "*")):
        values = listed(statement[field])
        for value in values:
            rest = [other for other in values if other is not value]
            yield f"without {value}", {**statement, field: rest}
        if more not in values:
            yield f"with {more}", {**statement, field: [*values, more]}
    if "Condition" in statement:
        yield "without condition", {k: v for k, v in statement.items() if k != "Condition"}


def test_no_action_is_a_wildcard_and_resources_are_only_with_a_reason(needs: Needs) -> None:
    everything = {grant for wanted in needs.values() for grant in wanted}

    assert [grant for grant in everything if "*" in grant.action] == []
    assert {g.action for g in everything if g.resource == "*"} <= set(WITHOUT_RESOURCE)


def test_roles_are_passed_to_the_service_that_trusts_them_only(
    template: Template, needs: Needs
) -> None:
    roles = of_the_stack(template)
    passed = {grant for wanted in needs.values() for grant in wanted if is_pass_role(grant)}

    assert f"<{job_role(template)}.Arn>" in {grant.resource for grant in passed}
    for grant in passed:
        role = grant.resource.removeprefix("<").removesuffix(".Arn>")
        (trust,) = roles[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        service = {"iam:PassedToService": trust["Principal"]["Service"]}
        assert json.loads(grant.condition) == {"StringEquals": service}


def is_pass_role(grant: Grant) -> bool:
    return grant.action == "iam:PassRole"


def test_every_request_of_the_functions_code_is_some_handlers() -> None:
    """Otherwise the code is dead, or the reading of it has a gap."""
    folders = [path.parent.name for path in (PROJECT_ROOT / CODE).glob("*/handler.py")]
    reached = {
        request.where
        for folder in folders
        for request in requests_of(f"lambdas.{folder}.handler.lambda_handler")
    }

    assert len(folders) >= 4
    assert services_used() <= SERVICES
    assert all_request_lines() == reached


def test_the_buckets_policy_allows_nobody_but_who_empties_it(
    template: Template, settings: DeploymentSettings
) -> None:
    (policy,) = resources_of(template, "AWS::S3::BucketPolicy").values()
    allowed = [
        statement["Principal"]["AWS"]["Fn::GetAtt"][0]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    others = set(resources_of(template, "AWS::IAM::Role")) - set(of_the_stack(template))
    assert set(allowed) == others
    assert len(allowed) == settings.destroys_data


def test_roles_are_for_one_service_and_this_account(template: Template) -> None:
    """AWS asks for it where a service acts for others: the confused deputy."""
    for name, role in of_the_stack(template).items():
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"]["Service"]
        if service != "lambda.amazonaws.com":  # does not say for whom it takes on a role
            account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
            assert account == {"Ref": "AWS::AccountId"}, name


def test_roles_are_found_at_any_depth_of_a_request() -> None:
    request = {"Definition": [{"RoleArn": "a"}], "ExecutionRoleArn": "b", "Other": "c"}

    assert sorted(roles_in(request)) == ["a", "b"]
