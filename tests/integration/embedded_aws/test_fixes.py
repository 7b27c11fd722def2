"""A canary for each difference between moto and AWS; a moto that moves the parts fails by name."""

import json
import time
from collections.abc import Callable

import moto
import pytest
from moto.stepfunctions.parser.backend.execution import Execution

from embedded_aws import fixes
from embedded_aws.errors import MotoVersionError
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN, Machines, task

PASS = {"Type": "Pass", "End": True}


def template(resources: dict[str, object]) -> str:
    return json.dumps({"Resources": resources})


def test_another_moto_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto, "__version__", "9.9.9")

    with pytest.raises(MotoVersionError, match=r"moto 9\.9\.9 is installed.*5\.2\.5"):
        fixes.apply_all()


def test_state_machine_resource_keeps_its_settings_runs_and_logs(
    aws: EmbeddedAws, machines: Machines
) -> None:
    log_group = "arn:aws:logs:us-east-1:123456789012:log-group:/machine:*"
    aws.client("cloudformation").create_stack(
        StackName="machine-stack",
        TemplateBody=template(
            {
                "Machine": {
                    "Type": "AWS::StepFunctions::StateMachine",
                    "Properties": {
                        "StateMachineName": "from-template",
                        "RoleArn": ROLE_ARN,
                        "DefinitionString": json.dumps({"StartAt": "A", "States": {"A": PASS}}),
                        "LoggingConfiguration": {
                            "Level": "ALL",
                            "IncludeExecutionData": True,
                            "Destinations": [
                                {"CloudWatchLogsLogGroup": {"LogGroupArn": log_group}}
                            ],
                        },
                        "TracingConfiguration": {"Enabled": True},
                    },
                }
            }
        ),
    )
    stepfunctions = aws.client("stepfunctions")
    listed = stepfunctions.list_state_machines()["stateMachines"]
    arn = next(m["stateMachineArn"] for m in listed if m["name"] == "from-template")
    described = stepfunctions.describe_state_machine(stateMachineArn=arn)
    execution = stepfunctions.start_execution(stateMachineArn=arn)["executionArn"]

    assert machines.wait(execution)["status"] == "SUCCEEDED"
    entries = aws.client("logs").filter_log_events(logGroupName="/machine")["events"]
    assert [json.loads(entry["message"])["type"] for entry in entries] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert described["tracingConfiguration"] == {"enabled": True}
    assert described["loggingConfiguration"]["level"] == "ALL"


def test_execution_lifecycle_names_unnamed_executions(aws: EmbeddedAws, machines: Machines) -> None:
    arn = machines.create({"StartAt": "A", "States": {"A": PASS}})
    start = aws.client("stepfunctions").start_execution

    first, second = (start(stateMachineArn=arn)["executionArn"] for _ in range(2))

    assert first != second
    assert not first.endswith(":None")


def test_execution_lifecycle_keeps_the_reason_of_a_stop(
    aws: EmbeddedAws, machines: Machines
) -> None:
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    execution = machines.start({"StartAt": "A", "States": {"A": wait}})

    aws.client("stepfunctions").stop_execution(
        executionArn=execution, error="Changed.Mind", cause="not today"
    )

    ended = machines.wait(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == (
        "ABORTED",
        "Changed.Mind",
        "not today",
    )


@pytest.mark.parametrize(
    ("state", "status", "outcome"),
    [
        ({"Type": "Fail", "Error": "E", "Cause": "c"}, "FAILED", {"error": "E", "cause": "c"}),
        ({"Type": "Pass", "Result": 1, "End": True}, "SUCCEEDED", {"output": 1}),
    ],
)
def test_execution_lifecycle_shows_the_status_last(
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, object],
    status: str,
    outcome: dict[str, object],
) -> None:
    seen: list[dict[str, object]] = []

    def record(self: Execution, name: str, value: object) -> None:
        if name == "exec_status" and value == status:
            seen.append({key: getattr(self, key) for key in outcome})
        object.__setattr__(self, name, value)

    monkeypatch.setattr(Execution, "__setattr__", record)

    machines.run({"StartAt": "A", "States": {"A": state}})

    assert seen == [outcome]


def test_execution_history_comes_in_pages_and_reversed(
    aws: EmbeddedAws, machines: Machines
) -> None:
    arn = machines.start({"StartAt": "A", "States": {"A": PASS}})
    machines.wait(arn)
    history = aws.client("stepfunctions").get_execution_history

    whole = [event["id"] for event in history(executionArn=arn)["events"]]
    page = history(executionArn=arn, maxResults=2)
    rest = history(executionArn=arn, nextToken=page["nextToken"])
    backwards = [event["id"] for event in history(executionArn=arn, reverseOrder=True)["events"]]

    assert [event["id"] for event in page["events"] + rest["events"]] == whole
    assert backwards == whole[::-1]


def test_context_object_has_text_times_and_counts(machines: Machines) -> None:
    state = {
        "Type": "Pass",
        "Parameters": {
            "started.$": "$$.Execution.StartTime",
            "redrives.$": "$$.Execution.RedriveCount",
        },
        "End": True,
    }

    output = machines.output({"StartAt": "A", "States": {"A": state}})

    assert output["redrives"] == 0
    assert output["started"].endswith("Z")
    assert "T" in output["started"]


def test_variables_are_read_by_path_and_in_functions(machines: Machines) -> None:
    definition = {
        "StartAt": "Set",
        "States": {
            "Set": {
                "Type": "Pass",
                "Assign": {"run": {"id": "r1", "deep": {"x": 5}}},
                "Next": "Use",
            },
            "Use": {
                "Type": "Pass",
                "Parameters": {
                    "id.$": "$run.id",
                    "x.$": "$run.deep.x",
                    "text.$": "States.Format('{}!', $run.id)",
                    "merged.$": "States.JsonMerge($run.deep, $run, false)",
                },
                "Next": "Choose",
            },
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$run.id", "StringEquals": "r1", "Next": "Right"}],
                "Default": "Wrong",
            },
            "Right": PASS,
            "Wrong": {"Type": "Fail"},
        },
    }

    output = machines.output(definition)

    assert output["id"] == "r1"
    assert output["x"] == 5
    assert output["text"] == "r1!"
    assert output["merged"]["x"] == 5
    assert output["merged"]["id"] == "r1"


@pytest.mark.parametrize("compound", [False, True])
def test_choice_rules_assign_from_the_states_input(machines: Machines, compound: bool) -> None:
    comparison: dict[str, object] = {"Variable": "$.n", "NumericEquals": 1}
    rule = {"And": [comparison]} if compound else comparison
    definition = {
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.n", "NumericEquals": 2, "Assign": {"was": 2}, "Next": "Use"},
                    {**rule, "Assign": {"was.$": "$.n"}, "Next": "Use"},
                ],
            },
            "Use": {"Type": "Pass", "Parameters": {"was.$": "$was"}, "End": True},
        },
    }

    assert machines.output(definition, {"n": 1}) == {"was": 1}


def test_aws_sdk_parameters_become_json_and_reach_s3(aws: EmbeddedAws, machines: Machines) -> None:
    aws.client("s3").create_bucket(Bucket="sdk-bucket")

    machines.output(
        task(
            "arn:aws:states:::aws-sdk:s3:putObject",
            {"Bucket": "sdk-bucket", "Key": "k.json", "Body": {"a.$": "$.a"}},
            ResultPath=None,
        ),
        {"a": [1, 2]},
    )

    body = aws.client("s3").get_object(Bucket="sdk-bucket", Key="k.json")["Body"].read()
    assert json.loads(body) == {"a": [1, 2]}


def test_lambda_errors_of_the_service_keep_their_names(machines: Machines) -> None:
    missing = "arn:aws:lambda:us-east-1:123456789012:function:missing"

    execution = machines.run(task("arn:aws:states:::lambda:invoke", {"FunctionName": missing}))

    assert execution["status"] == "FAILED"
    assert execution["error"] == "Lambda.ResourceNotFoundException"


def test_lambda_invocation_marks_errors_as_unhandled(
    aws: EmbeddedAws, create_function: Callable[..., str]
) -> None:
    create_function("raises", "def handle(event, context):\n    raise KeyError('x')\n")

    answer = aws.client("lambda").invoke(FunctionName="raises")

    assert answer["FunctionError"] == "Unhandled"


def test_bucket_properties_and_policy_come_from_the_template(aws: EmbeddedAws) -> None:
    deny_http = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    aws.client("cloudformation").create_stack(
        StackName="bucket-stack",
        TemplateBody=template(
            {
                "Bucket": {
                    "Type": "AWS::S3::Bucket",
                    "Properties": {
                        "BucketName": "template-bucket",
                        "VersioningConfiguration": {"Status": "Enabled"},
                        "PublicAccessBlockConfiguration": {
                            "BlockPublicAcls": True,
                            "BlockPublicPolicy": True,
                            "IgnorePublicAcls": True,
                            "RestrictPublicBuckets": True,
                        },
                        "LifecycleConfiguration": {
                            "Rules": [
                                {
                                    "Id": "old",
                                    "Status": "Enabled",
                                    "Prefix": "runs/",
                                    "ExpirationInDays": 90,
                                }
                            ]
                        },
                    },
                },
                "Policy": {
                    "Type": "AWS::S3::BucketPolicy",
                    "Properties": {
                        "Bucket": {"Ref": "Bucket"},
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [deny_http]},
                    },
                },
            }
        ),
    )
    s3 = aws.client("s3")

    s3.put_object(Bucket="template-bucket", Key="k", Body=b"loopback is allowed")

    assert s3.get_bucket_versioning(Bucket="template-bucket")["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket="template-bucket")["PublicAccessBlockConfiguration"]
    assert all(block.values())
    rules = s3.get_bucket_lifecycle_configuration(Bucket="template-bucket")["Rules"]
    assert rules[0]["Expiration"] == {"Days": 90}
    resources = aws.client("cloudformation").describe_stack_resources(StackName="bucket-stack")
    assert {r["ResourceType"] for r in resources["StackResources"]} == {
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    }


def test_sagemaker_service_refuses_by_name_what_it_does_not_offer(aws: EmbeddedAws) -> None:
    sagemaker = aws.client("sagemaker")

    with pytest.raises(sagemaker.exceptions.ClientError) as caught:
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")

    assert caught.value.response["Error"]["Code"] == "UnsupportedInEmbeddedAws"
    assert "CreateEndpoint" in caught.value.response["Error"]["Message"]


def test_sagemaker_tasks_report_the_services_errors(machines: Machines) -> None:
    execution = machines.run(
        task(
            "arn:aws:states:::sagemaker:createModel",
            {"ModelName": "bad_name", "ExecutionRoleArn": ROLE_ARN},
        )
    )

    assert execution["status"] == "FAILED"
    assert execution["error"] == "SageMaker.AmazonSageMakerException"
    assert "'modelName' failed to satisfy constraint" in execution["cause"]
    assert "regular expression pattern" in execution["cause"]


def test_sagemaker_tasks_refuse_unknown_parameters(machines: Machines) -> None:
    execution = machines.run(
        task("arn:aws:states:::sagemaker:createModel", {"NoSuchParameter": "x"})
    )

    assert execution["error"] == "States.Runtime"
    assert 'The field "NoSuchParameter" is not supported' in execution["cause"]


def test_timeout_of_a_state_is_reported_as_such(
    machines: Machines, create_function: Callable[..., str]
) -> None:
    arn = create_function(
        "slow", "import time\ndef handle(event, context):\n    time.sleep(30)\n", Timeout=40
    )
    started = time.monotonic()

    execution = machines.run(
        task("arn:aws:states:::lambda:invoke", {"FunctionName": arn}, TimeoutSeconds=1)
    )

    assert execution["error"] == "States.Timeout"
    assert time.monotonic() - started < 10
