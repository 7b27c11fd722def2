"""``AWS::StepFunctions::StateMachine``."""

from __future__ import annotations

import json
import re
from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    change_tags,
    lower_camel,
)

_LONGEST_NAME = 80
_WITHOUT_LOGS = {"Level": "OFF", "IncludeExecutionData": False, "Destinations": []}


class StateMachine(ResourceType):
    """A state machine with its logging, tracing and encryption."""

    type_name = "AWS::StepFunctions::StateMachine"
    properties = frozenset(
        {
            "Definition",
            "DefinitionS3Location",
            "DefinitionString",
            "DefinitionSubstitutions",
            "EncryptionConfiguration",
            "LoggingConfiguration",
            "RoleArn",
            "StateMachineName",
            "StateMachineType",
            "Tags",
            "TracingConfiguration",
        }
    )
    immutable = frozenset({"StateMachineName", "StateMachineType"})
    name_property = "StateMachineName"

    def create(self, request: Request) -> Physical:
        """Make the state machine; Step Functions checks the definition."""
        properties = request.properties
        name = request.name("StateMachineName", longest=_LONGEST_NAME)
        optional = {
            "type": properties.get("StateMachineType"),
            "loggingConfiguration": lower_camel(properties.get("LoggingConfiguration")),
            "tracingConfiguration": lower_camel(properties.get("TracingConfiguration")),
            "encryptionConfiguration": lower_camel(properties.get("EncryptionConfiguration")),
            "tags": lower_camel(properties.get("Tags")),
        }
        arn = request.client("stepfunctions").create_state_machine(
            name=name,
            definition=_definition(request),
            roleArn=properties["RoleArn"],
            **{key: value for key, value in optional.items() if value is not None},
        )["stateMachineArn"]
        return Physical(arn, {"Arn": arn, "Name": name})

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change the state machine; running executions go on with what they started with."""
        client, properties = request.client("stepfunctions"), request.properties
        optional = {
            "loggingConfiguration": properties.get("LoggingConfiguration", _WITHOUT_LOGS),
            "tracingConfiguration": properties.get("TracingConfiguration", {"Enabled": False}),
            "encryptionConfiguration": properties.get("EncryptionConfiguration"),
        }
        client.update_state_machine(
            stateMachineArn=physical.id,
            definition=_definition(request),
            roleArn=properties["RoleArn"],
            **{key: lower_camel(value) for key, value in optional.items() if value is not None},
        )
        change_tags(
            properties,
            previous,
            remove=lambda keys: client.untag_resource(resourceArn=physical.id, tagKeys=keys),
            put=lambda tags: client.tag_resource(resourceArn=physical.id, tags=lower_camel(tags)),
        )
        return physical

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the state machine."""
        request.client("stepfunctions").delete_state_machine(stateMachineArn=physical.id)


def _definition(request: Request) -> str:
    properties = request.properties
    text: str
    if "DefinitionString" in properties:
        text = properties["DefinitionString"]
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"])
    else:
        place = properties["DefinitionS3Location"]
        stored = request.client("s3").get_object(Bucket=place["Bucket"], Key=place["Key"])
        text = stored["Body"].read().decode()
    values: dict[str, Any] = properties.get("DefinitionSubstitutions", {})
    return re.sub(r"\$\{([^}]+)\}", lambda m: str(values.get(m[1], m[0])), text)
