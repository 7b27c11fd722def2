"""Each resource type of a template: visible through its service's API, changed in place, deleted.

A canary for moto as well: the types work through the services' APIs, and rely on what moto keeps.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cloudformation.resource_types import RESOURCE_TYPES
from embedded_aws.server import EmbeddedAws
from tests.integration.embedded_aws.conftest import ROLE_ARN

Resource = dict[str, Any]
CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
CODE = {"ZipFile": "def handler(event, context):\n    return event\n"}


class Deployed:
    """A stack whose template changes."""

    def __init__(self, aws: EmbeddedAws, name: str):
        self._cloudformation = aws.client("cloudformation")
        self._name = name

    def deploy(self, **resources: Resource) -> dict[str, str]:
        """Create or update; return physical ids by logical id."""
        known = {s["StackName"] for s in self._cloudformation.describe_stacks()["Stacks"]}
        operation = "update_stack" if self._name in known else "create_stack"
        getattr(self._cloudformation, operation)(
            StackName=self._name,
            TemplateBody=json.dumps({"Resources": resources}),
            Capabilities=CAPABILITIES,
        )
        stack = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]
        expected = "UPDATE_COMPLETE" if operation == "update_stack" else "CREATE_COMPLETE"
        assert stack["StackStatus"] == expected, self.failures()
        found = self._cloudformation.describe_stack_resources(StackName=self._name)
        return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found["StackResources"]}

    def failures(self) -> list[str]:
        events = self._cloudformation.describe_stack_events(StackName=self._name)["StackEvents"]
        return [
            f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}"
            for e in events
            if e["ResourceStatus"].endswith("FAILED")
        ]

    def delete(self) -> None:
        stack_id = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0][
            "StackId"
        ]
        self._cloudformation.delete_stack(StackName=self._name)
        stack = self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        assert stack["StackStatus"] == "DELETE_COMPLETE", self.failures()


@pytest.fixture
def stack(aws: EmbeddedAws, request: pytest.FixtureRequest) -> Deployed:
    return Deployed(aws, request.node.name.replace("_", "-").replace("[", "-").replace("]", ""))


def resource(type_name: str, **properties: Any) -> Resource:
    return {"Type": type_name, "Properties": properties}


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def test_the_types_that_others_build_on_are_offered() -> None:
    assert {
        "AWS::Budgets::Budget",
        "AWS::CDK::Metadata",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::Events::Rule",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::Scheduler::Schedule",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
    } <= set(RESOURCE_TYPES)


def test_bucket(aws: EmbeddedAws, stack: Deployed) -> None:
    s3 = aws.client("s3")

    def bucket(**more: Any) -> Resource:
        return resource("AWS::S3::Bucket", Tags=tags(team="a"), **more)

    name = stack.deploy(
        Bucket=bucket(
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            BucketEncryption={
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
                ]
            },
            LifecycleConfiguration={
                "Rules": [
                    {
                        "Id": "all",
                        "Status": "Enabled",
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                        "ExpiredObjectDeleteMarker": True,
                    }
                ]
            },
        )
    )["Bucket"]

    rule = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rule["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "aws:kms"
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == tags(team="a")
    s3.put_object(Bucket=name, Key="kept", Body=b"")

    changed = stack.deploy(Bucket=bucket(VersioningConfiguration={"Status": "Enabled"}))["Bucket"]

    assert changed == name
    assert s3.get_object(Bucket=name, Key="kept")["Body"].read() == b""
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    with pytest.raises(ClientError, match="lifecycle configuration does not exist"):
        s3.get_bucket_lifecycle_configuration(Bucket=name)
    s3.delete_object(Bucket=name, Key="kept", VersionId="null")
    stack.delete()
    assert name not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


def test_bucket_tells_eventbridge_of_new_objects_as_long_as_the_template_says_so(
    aws: EmbeddedAws, stack: Deployed
) -> None:
    s3, sqs = aws.client("s3"), aws.client("sqs")

    def resources(enabled: bool) -> dict[str, Resource]:
        told = {"EventBridgeConfiguration": {"EventBridgeEnabled": enabled}}
        return {
            "Bucket": resource("AWS::S3::Bucket", NotificationConfiguration=told),
            "Queue": resource("AWS::SQS::Queue"),
            "Rule": resource(
                "AWS::Events::Rule",
                EventPattern={"source": ["aws.s3"], "detail-type": ["Object Created"]},
                State="ENABLED",
                Targets=[{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            ),
        }

    def n_messages(url: str) -> int:
        return len(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages", []))

    ids = stack.deploy(**resources(True))
    s3.put_object(Bucket=ids["Bucket"], Key="k", Body=b"")
    assert n_messages(ids["Queue"]) == 1

    stack.deploy(**resources(False))
    s3.put_object(Bucket=ids["Bucket"], Key="k", Body=b"")
    assert n_messages(ids["Queue"]) == 0
    s3.delete_object(Bucket=ids["Bucket"], Key="k")
    stack.delete()


def test_bucket_policy_denies_but_not_the_loopback(aws: EmbeddedAws, stack: Deployed) -> None:
    s3 = aws.client("s3")
    bucket = resource("AWS::S3::Bucket")

    def policy(*statements: Resource) -> Resource:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        return resource("AWS::S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=document)

    everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    transport = {**everything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    writes = {**everything, "Action": "s3:PutObject"}

    name = stack.deploy(Bucket=bucket, Policy=policy(transport))["Bucket"]
    s3.put_object(Bucket=name, Key="k", Body=b"")
    shown = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    assert shown["Statement"] == [transport]

    stack.deploy(Bucket=bucket, Policy=policy(transport, writes))
    with pytest.raises(ClientError, match="Forbidden"):
        s3.put_object(Bucket=name, Key="k", Body=b"")

    stack.deploy(Bucket=bucket)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    s3.delete_object(Bucket=name, Key="k")
    stack.delete()


def test_role_and_its_policies(aws: EmbeddedAws, stack: Deployed) -> None:
    iam = aws.client("iam")
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"

    def role(**more: Any) -> Resource:
        return resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST, **more)

    def policy(*roles: str) -> Resource:
        return resource(
            "AWS::IAM::Policy",
            PolicyName="inline",
            PolicyDocument=ALLOW,
            Roles=[{"Ref": name} for name in roles],
        )

    managed = resource(
        "AWS::IAM::ManagedPolicy", PolicyDocument=ALLOW, Roles=[{"Ref": "One"}], Path="/own/"
    )
    ids = stack.deploy(
        One=role(
            ManagedPolicyArns=[read_only],
            Policies=[{"PolicyName": "own", "PolicyDocument": ALLOW}],
            Description="first",
            Tags=tags(team="a", old="x"),
        ),
        Two=role(),
        Policy=policy("One"),
        Managed=managed,
    )
    one, two = ids["One"], ids["Two"]
    attached = iam.list_attached_role_policies(RoleName=one)["AttachedPolicies"]
    assert {p["PolicyArn"] for p in attached} == {read_only, ids["Managed"]}
    assert set(iam.list_role_policies(RoleName=one)["PolicyNames"]) == {"own", "inline"}
    assert len(one) <= 64

    wider = {**ALLOW, "Statement": [{**ALLOW["Statement"][0], "Action": "s3:*"}]}
    changed = stack.deploy(
        One=role(Description="second", Tags=tags(team="b"), MaxSessionDuration=7200),
        Two=role(),
        Policy=policy("Two"),
        Managed={**managed, "Properties": {**managed["Properties"], "PolicyDocument": wider}},
    )

    assert changed == ids
    found = iam.get_role(RoleName=one)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("second", 7200)
    assert iam.list_role_tags(RoleName=one)["Tags"] == tags(team="b")
    assert iam.list_role_policies(RoleName=one)["PolicyNames"] == []
    assert iam.list_role_policies(RoleName=two)["PolicyNames"] == ["inline"]
    version = iam.get_policy(PolicyArn=ids["Managed"])["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=ids["Managed"], VersionId=version)
    assert document["PolicyVersion"]["Document"] == wider
    stack.delete()
    for name in (one, two):
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName=name)


def test_function_and_what_belongs_to_it(aws: EmbeddedAws, stack: Deployed) -> None:
    client = aws.client("lambda")

    def function(**more: Any) -> Resource:
        return resource(
            "AWS::Lambda::Function",
            Code=CODE,
            Handler="index.handler",
            Runtime="python3.13",
            Role={"Fn::GetAtt": ["Role", "Arn"]},
            **more,
        )

    others = {
        "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST),
        "Permission": resource(
            "AWS::Lambda::Permission",
            FunctionName={"Ref": "Function"},
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        ),
        "Retries": resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Function"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=0,
        ),
    }
    ids = stack.deploy(
        **others,
        Function=function(
            Architectures=["arm64"],
            Environment={"Variables": {"A": "1"}},
            EphemeralStorage={"Size": 2048},
            LoggingConfig={"LogGroup": "/own/group", "LogFormat": "JSON"},
            MemorySize=512,
            ReservedConcurrentExecutions=3,
            Tags=tags(team="a", old="x"),
            Timeout=20,
            TracingConfig={"Mode": "Active"},
            VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        ),
    )
    name = ids["Function"]
    found = client.get_function(FunctionName=name)
    shown = found["Configuration"]
    assert shown["Architectures"] == ["arm64"]
    assert shown["EphemeralStorage"] == {"Size": 2048}
    assert shown["LoggingConfig"] == {"LogGroup": "/own/group", "LogFormat": "JSON"}
    assert shown["TracingConfig"] == {"Mode": "Active"}
    assert shown["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert (shown["MemorySize"], shown["Timeout"]) == (512, 20)
    assert found["Tags"] == {"team": "a", "old": "x"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    statement = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    retries = client.get_function_event_invoke_config(FunctionName=name)
    assert retries["MaximumRetryAttempts"] == 0

    changed = stack.deploy(
        **others,
        Function=function(
            Environment={"Variables": {"A": "2"}}, Tags=tags(team="b"), MemorySize=1024
        ),
    )

    assert changed == ids
    found = client.get_function(FunctionName=name)
    shown = found["Configuration"]
    assert shown["Environment"] == {"Variables": {"A": "2"}}
    assert shown["EphemeralStorage"] == {"Size": 512}
    assert shown["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{name}"
    assert shown["TracingConfig"] == {"Mode": "PassThrough"}
    assert (shown["MemorySize"], shown["Timeout"]) == (1024, 3)
    assert found["Tags"] == {"team": "b"}
    answer = client.invoke(FunctionName=name, Payload=b'{"x": 1}')
    assert json.loads(answer["Payload"].read()) == {"x": 1}
    stack.delete()
    assert name not in [f["FunctionName"] for f in client.list_functions()["Functions"]]


def test_changed_layer_is_another_version_that_functions_get(
    aws: EmbeddedAws, stack: Deployed
) -> None:
    client, s3 = aws.client("lambda"), aws.client("s3")
    s3.create_bucket(Bucket="layer-code")
    s3.put_object(Bucket="layer-code", Key="one.zip", Body=b"1")
    s3.put_object(Bucket="layer-code", Key="two.zip", Body=b"2")

    def resources(key: str) -> dict[str, Resource]:
        return {
            "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST),
            "Layer": resource(
                "AWS::Lambda::LayerVersion",
                Content={"S3Bucket": "layer-code", "S3Key": key},
                CompatibleRuntimes=["python3.13"],
            ),
            "Function": resource(
                "AWS::Lambda::Function",
                Code=CODE,
                Handler="index.handler",
                Runtime="python3.13",
                Role={"Fn::GetAtt": ["Role", "Arn"]},
                Layers=[{"Ref": "Layer"}],
            ),
        }

    before = stack.deploy(**resources("one.zip"))
    after = stack.deploy(**resources("two.zip"))

    assert after["Function"] == before["Function"]
    assert after["Layer"].endswith(":2")
    shown = client.get_function_configuration(FunctionName=after["Function"])
    assert [layer["Arn"] for layer in shown["Layers"]] == [after["Layer"]]
    versions = client.list_layer_versions(LayerName="Layer")["LayerVersions"]
    assert [v["LayerVersionArn"] for v in versions] == [after["Layer"]]
    stack.delete()


def test_state_machine(aws: EmbeddedAws, stack: Deployed) -> None:
    client = aws.client("stepfunctions")
    group = resource("AWS::Logs::LogGroup")

    def machine(**more: Any) -> Resource:
        return resource("AWS::StepFunctions::StateMachine", RoleArn=ROLE_ARN, **more)

    before = stack.deploy(
        Group=group,
        Machine=machine(
            DefinitionString=json.dumps(PASS),
            TracingConfiguration={"Enabled": True},
            Tags=tags(team="a", old="x"),
            LoggingConfiguration={
                "Level": "ERROR",
                "Destinations": [
                    {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]}}}
                ],
            },
        ),
    )
    arn = before["Machine"]
    shown = client.describe_state_machine(stateMachineArn=arn)
    assert shown["loggingConfiguration"]["level"] == "ERROR"
    assert shown["tracingConfiguration"] == {"enabled": True}

    other = {**PASS, "Comment": "${what}"}
    after = stack.deploy(
        Group=group,
        Machine=machine(
            Definition=other, DefinitionSubstitutions={"what": "b"}, Tags=tags(team="b")
        ),
    )

    assert after == before
    shown = client.describe_state_machine(stateMachineArn=arn)
    assert json.loads(shown["definition"])["Comment"] == "b"
    assert shown["tracingConfiguration"] == {"enabled": False}
    assert shown["loggingConfiguration"]["level"] == "OFF"
    found = client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert found == [{"key": "team", "value": "b"}]
    stack.delete()
    assert arn not in [m["stateMachineArn"] for m in client.list_state_machines()["stateMachines"]]


def test_log_group_and_metric_filter(aws: EmbeddedAws, stack: Deployed) -> None:
    logs = aws.client("logs")

    def resources(pattern: str, **more: Any) -> dict[str, Resource]:
        return {
            "Group": resource("AWS::Logs::LogGroup", **more),
            "Filter": resource(
                "AWS::Logs::MetricFilter",
                LogGroupName={"Ref": "Group"},
                FilterPattern=pattern,
                MetricTransformations=[
                    {"MetricName": "M", "MetricNamespace": "N", "MetricValue": "1"}
                ],
            ),
        }

    before = stack.deploy(**resources("ERROR", RetentionInDays=30, Tags=tags(team="a", old="x")))
    after = stack.deploy(**resources("WARN", RetentionInDays=14, Tags=tags(team="b")))

    assert after == before
    group = logs.describe_log_groups(logGroupNamePrefix=after["Group"])["logGroups"][0]
    assert group["retentionInDays"] == 14
    assert logs.list_tags_log_group(logGroupName=after["Group"])["tags"] == {"team": "b"}
    found = logs.describe_metric_filters(logGroupName=after["Group"])["metricFilters"][0]
    assert found["filterPattern"] == "WARN"
    assert found["metricTransformations"][0]["metricName"] == "M"

    stack.deploy(**resources("WARN"))
    group = logs.describe_log_groups(logGroupNamePrefix=after["Group"])["logGroups"][0]
    assert "retentionInDays" not in group
    stack.delete()
    assert logs.describe_log_groups(logGroupNamePrefix=after["Group"])["logGroups"] == []


def test_topic_with_subscription_and_policy(aws: EmbeddedAws, stack: Deployed) -> None:
    sns = aws.client("sns")
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": "*",
            }
        ],
    }

    def resources(name: str, address: str) -> dict[str, Resource]:
        return {
            "Topic": resource("AWS::SNS::Topic", DisplayName=name, Tags=tags(team=name)),
            "Mail": resource(
                "AWS::SNS::Subscription",
                TopicArn={"Ref": "Topic"},
                Protocol="email",
                Endpoint=address,
                FilterPolicy={"kind": ["alarm"]},
            ),
            "Policy": resource(
                "AWS::SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=document
            ),
        }

    def subscriptions(arn: str) -> list[tuple[str, str]]:
        found = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        return [(s["Protocol"], s["Endpoint"]) for s in found]

    before = stack.deploy(**resources("first", "a@example.com"))
    arn = before["Topic"]
    assert subscriptions(arn) == [("email", "a@example.com")]
    shown = sns.get_subscription_attributes(SubscriptionArn=before["Mail"])["Attributes"]
    assert json.loads(shown["FilterPolicy"]) == {"kind": ["alarm"]}

    after = stack.deploy(**resources("second", "b@example.com"))

    assert after["Topic"] == arn
    assert subscriptions(arn) == [("email", "b@example.com")]
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["DisplayName"] == "second"
    assert json.loads(attributes["Policy"]) == document
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags(team="second")
    stack.delete()
    assert arn not in [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]


def test_queue_and_policy(aws: EmbeddedAws, stack: Deployed) -> None:
    sqs = aws.client("sqs")

    def resources(**more: Any) -> dict[str, Resource]:
        return {
            "Dead": resource("AWS::SQS::Queue"),
            "Queue": resource("AWS::SQS::Queue", **more),
            "Policy": resource(
                "AWS::SQS::QueuePolicy",
                Queues=[{"Ref": "Queue"}],
                PolicyDocument={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": {"AWS": "*"},
                            "Action": "sqs:*",
                            "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            ),
        }

    def attributes(url: str) -> dict[str, str]:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return dict(found["Attributes"])

    before = stack.deploy(
        **resources(
            RedrivePolicy={
                "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                "maxReceiveCount": 3,
            },
            MessageRetentionPeriod=3600,
            SqsManagedSseEnabled=True,
            Tags=tags(team="a"),
        )
    )
    found = attributes(before["Queue"])
    assert json.loads(found["RedrivePolicy"])["maxReceiveCount"] == 3
    assert found["MessageRetentionPeriod"] == "3600"
    assert "aws:SecureTransport" in found["Policy"]

    after = stack.deploy(**resources(VisibilityTimeout=60, Tags=tags(team="b")))

    assert after == before
    found = attributes(before["Queue"])
    assert found["VisibilityTimeout"] == "60"
    assert found["MessageRetentionPeriod"] == "345600"
    assert sqs.list_queue_tags(QueueUrl=before["Queue"])["Tags"] == {"team": "b"}
    sqs.send_message(QueueUrl=before["Queue"], MessageBody="still works")
    stack.delete()
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        attributes(before["Queue"])


def test_alarm_and_dashboard(aws: EmbeddedAws, stack: Deployed) -> None:
    cloudwatch = aws.client("cloudwatch")

    def resources(threshold: float, title: str) -> dict[str, Resource]:
        body = {"widgets": [{"type": "text", "properties": {"markdown": title}}]}
        return {
            "Alarm": resource(
                "AWS::CloudWatch::Alarm",
                AlarmActions=["arn:aws:sns:us-east-1:123456789012:topic"],
                AlarmDescription="what to do",
                ComparisonOperator="GreaterThanOrEqualToThreshold",
                DatapointsToAlarm=1,
                Dimensions=[{"Name": "StateMachineArn", "Value": "arn"}],
                EvaluationPeriods=2,
                MetricName="ExecutionsFailed",
                Namespace="AWS/States",
                Period=60,
                Statistic="Sum",
                Tags=tags(team="a"),
                Threshold=threshold,
                TreatMissingData="notBreaching",
            ),
            "Math": resource(
                "AWS::CloudWatch::Alarm",
                ComparisonOperator="LessThanThreshold",
                EvaluationPeriods=1,
                Metrics=[
                    {"Id": "sum", "Expression": "a * 2", "Label": "twice", "ReturnData": True},
                    {
                        "Id": "a",
                        "MetricStat": {
                            "Metric": {"Namespace": "N", "MetricName": "M"},
                            "Period": 300,
                            "Stat": "Sum",
                        },
                        "ReturnData": False,
                    },
                ],
                Threshold=1,
            ),
            "Dashboard": resource(
                "AWS::CloudWatch::Dashboard", DashboardBody=json.dumps(body), Tags=tags(team="a")
            ),
        }

    before = stack.deploy(**resources(1, "old"))
    alarm = cloudwatch.describe_alarms(AlarmNames=[before["Alarm"]])["MetricAlarms"][0]
    assert alarm["AlarmDescription"] == "what to do"
    assert alarm["ActionsEnabled"] is True
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": "arn"}]
    math = cloudwatch.describe_alarms(AlarmNames=[before["Math"]])["MetricAlarms"][0]
    assert math["Metrics"][0]["Expression"] == "a * 2"

    after = stack.deploy(**resources(5, "new"))

    assert after == before
    alarm = cloudwatch.describe_alarms(AlarmNames=[before["Alarm"]])["MetricAlarms"][0]
    assert alarm["Threshold"] == 5.0
    dashboard = cloudwatch.get_dashboard(DashboardName=before["Dashboard"])
    assert '"new"' in dashboard["DashboardBody"]
    stack.delete()
    assert cloudwatch.describe_alarms(AlarmNames=[before["Alarm"]])["MetricAlarms"] == []
    assert before["Dashboard"] not in str(cloudwatch.list_dashboards())


def test_schedule_and_group(aws: EmbeddedAws, stack: Deployed) -> None:
    scheduler = aws.client("scheduler")

    def resources(expression: str) -> dict[str, Resource]:
        return {
            "Group": resource("AWS::Scheduler::ScheduleGroup", Name="group", Tags=tags(team="a")),
            "Daily": resource(
                "AWS::Scheduler::Schedule",
                Name="daily",
                GroupName={"Ref": "Group"},
                Description="every day",
                FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
                ScheduleExpression=expression,
                ScheduleExpressionTimezone="Europe/Berlin",
                State="ENABLED",
                Target={
                    "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
                    "RoleArn": ROLE_ARN,
                    "Input": '{"mode": "train"}',
                    "RetryPolicy": {"MaximumRetryAttempts": 2},
                    "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"},
                },
            ),
        }

    before = stack.deploy(**resources("cron(0 3 * * ? *)"))
    after = stack.deploy(**resources("rate(7 days)"))

    assert after == before
    shown = scheduler.get_schedule(Name="daily", GroupName="group")
    assert shown["ScheduleExpression"] == "rate(7 days)"
    assert shown["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert shown["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 15
    assert shown["Target"]["Input"] == '{"mode": "train"}'
    assert shown["Target"]["DeadLetterConfig"]["Arn"].endswith(":dead")
    stack.delete()
    names = [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]]
    assert "group" not in names


def test_schedule_without_group(aws: EmbeddedAws, stack: Deployed) -> None:
    schedule = resource(
        "AWS::Scheduler::Schedule",
        FlexibleTimeWindow={"Mode": "OFF"},
        ScheduleExpression="rate(1 day)",
        Target={"Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", "RoleArn": ROLE_ARN},
    )

    name = stack.deploy(Schedule=schedule)["Schedule"]

    scheduler = aws.client("scheduler")
    assert scheduler.get_schedule(Name=name)["State"] == "ENABLED"
    stack.delete()
    assert scheduler.list_schedules()["Schedules"] == []


def test_rule(aws: EmbeddedAws, stack: Deployed) -> None:
    events = aws.client("events")

    def rule(source: str, *targets: str) -> Resource:
        return resource(
            "AWS::Events::Rule",
            EventPattern={"source": [source]},
            State="ENABLED",
            Targets=[{"Id": target, "Arn": ROLE_ARN, "RoleArn": ROLE_ARN} for target in targets],
        )

    before = stack.deploy(Rule=rule("aws.s3", "one", "two"))
    after = stack.deploy(Rule=rule("aws.states", "two", "three"))

    assert after == before
    shown = events.describe_rule(Name=after["Rule"])
    assert json.loads(shown["EventPattern"]) == {"source": ["aws.states"]}
    targets = events.list_targets_by_rule(Rule=after["Rule"])["Targets"]
    assert sorted(target["Id"] for target in targets) == ["three", "two"]
    stack.delete()
    assert after["Rule"] not in [found["Name"] for found in events.list_rules()["Rules"]]


def test_key_and_alias(aws: EmbeddedAws, stack: Deployed) -> None:
    kms = aws.client("kms")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }

    def resources(**more: Any) -> dict[str, Resource]:
        return {
            "Key": resource(
                "AWS::KMS::Key",
                KeyPolicy=policy,
                EnableKeyRotation=True,
                Tags=tags(team="a"),
                **more,
            ),
            "Alias": resource(
                "AWS::KMS::Alias", AliasName="alias/data", TargetKeyId={"Ref": "Key"}
            ),
        }

    before = stack.deploy(**resources(Description="old", PendingWindowInDays=7))
    key = before["Key"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    assert kms.describe_key(KeyId="alias/data")["KeyMetadata"]["KeyId"] == key

    after = stack.deploy(**resources(Description="new", PendingWindowInDays=7))

    assert after == before
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "new"
    stack.delete()
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_budget(aws: EmbeddedAws, stack: Deployed) -> None:
    budgets = aws.client("budgets")

    def budget(amount: float) -> Resource:
        return resource(
            "AWS::Budgets::Budget",
            ResourceTags=tags(team="a"),
            Budget={
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": amount, "Unit": "USD"},
            },
            NotificationsWithSubscribers=[
                {
                    "Notification": {
                        "ComparisonOperator": "GREATER_THAN",
                        "NotificationType": "ACTUAL",
                        "Threshold": 80,
                    },
                    "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.com"}],
                }
            ],
        )

    before = stack.deploy(Budget=budget(10))
    after = stack.deploy(Budget=budget(20.5))

    assert after == before
    place = {"AccountId": "123456789012", "BudgetName": after["Budget"]}
    assert budgets.describe_budget(**place)["Budget"]["BudgetLimit"]["Amount"] == "20.5"
    found = budgets.describe_notifications_for_budget(**place)["Notifications"]
    assert found[0]["Threshold"] == 80
    stack.delete()
    assert budgets.describe_budgets(AccountId="123456789012")["Budgets"] == []


def test_parameter_and_repository(aws: EmbeddedAws, stack: Deployed) -> None:
    ssm, ecr = aws.client("ssm"), aws.client("ecr")

    def resources(value: str, mutability: str) -> dict[str, Resource]:
        return {
            "Parameter": resource("AWS::SSM::Parameter", Name="/a/b", Type="String", Value=value),
            "Repository": resource(
                "AWS::ECR::Repository", RepositoryName="images", ImageTagMutability=mutability
            ),
        }

    stack.deploy(**resources("one", "IMMUTABLE"))
    stack.deploy(**resources("two", "MUTABLE"))

    assert ssm.get_parameter(Name="/a/b")["Parameter"]["Value"] == "two"
    shown = ecr.describe_repositories(repositoryNames=["images"])["repositories"][0]
    assert shown["imageTagMutability"] == "MUTABLE"
    stack.delete()
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/a/b")
    assert ecr.describe_repositories()["repositories"] == []


def test_metadata_has_no_effect(stack: Deployed) -> None:
    metadata = resource("AWS::CDK::Metadata", Analytics="v2:deflate64:abc")

    assert stack.deploy(Metadata=metadata)["Metadata"]

    stack.delete()
