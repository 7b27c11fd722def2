"""What the role of EventBridge Scheduler needs: for each schedule its target and dead letters."""

from __future__ import annotations

from tests.infrastructure.least_privilege.grants import Grant, Template, flat, grants


def schedule_needs(template: Template) -> dict[str, set[Grant]]:
    """Derive the grants that roles of schedules need, by the role's logical id.

    EventBridge Scheduler user guide, "Setting up the execution role", "Configuring a dead-letter
    queue", "Encryption at rest"; Amazon SQS developer guide, "Key management" for who sends to an
    encrypted queue.
    """
    found: dict[str, set[Grant]] = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Scheduler::Schedule":
            schedule = resource["Properties"]
            target = schedule["Target"]
            needs = found.setdefault(target["RoleArn"]["Fn::GetAtt"][0], set())
            needs |= grants({"states:StartExecution"}, [flat(target["Arn"])])
            if "KmsKeyArn" in schedule:
                needs |= grants({"kms:Decrypt"}, [flat(schedule["KmsKeyArn"])])
            if "DeadLetterConfig" in target:
                needs |= _sending(template, target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0])
    return found


def _sending(template: Template, queue: str) -> set[Grant]:
    needs = grants({"sqs:SendMessage"}, [f"<{queue}.Arn>"])
    key = template["Resources"][queue]["Properties"].get("KmsMasterKeyId")
    if key is not None:
        needs |= grants({"kms:GenerateDataKey", "kms:Decrypt"}, [flat(key)])
    return needs
