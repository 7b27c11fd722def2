"""State machines made by CloudFormation can be executed, and keep all their settings.

moto creates them in the backend that only records, while executions run in the parser's backend,
so the API would not find them; and it drops the logging, tracing and type properties.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions import models
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.utils import cfn_to_api_tags

_LOGGING_NAMES = {
    "Level": "level",
    "IncludeExecutionData": "includeExecutionData",
    "Destinations": "destinations",
    "CloudWatchLogsLogGroup": "cloudWatchLogsLogGroup",
    "LogGroupArn": "logGroupArn",
}


def _api_names(value: Any) -> Any:
    """CloudFormation writes ``Level`` where the API writes ``level``."""
    if isinstance(value, dict):
        return {_LOGGING_NAMES.get(key, key): _api_names(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_api_names(item) for item in value]
    return value


def _create_from_cloudformation_json(
    _cls: type[models.StateMachine],
    /,
    resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **_: Any,
) -> models.StateMachine:
    properties = cloudformation_json["Properties"]
    tracing = properties.get("TracingConfiguration")
    return stepfunctions_parser_backends[account_id][region_name].create_state_machine(
        name=properties.get("StateMachineName", resource_name),
        definition=properties["DefinitionString"],
        roleArn=properties["RoleArn"],
        tags=cfn_to_api_tags(properties.get("Tags", [])),
        loggingConfiguration=_api_names(properties.get("LoggingConfiguration")),
        tracingConfiguration={"enabled": tracing["Enabled"]} if tracing else None,
        sm_type=properties.get("StateMachineType"),
    )


def apply() -> None:
    """Let CloudFormation create state machines where executions are run."""
    models.stepfunctions_backends = stepfunctions_parser_backends
    models.StateMachine.create_from_cloudformation_json = classmethod(
        _create_from_cloudformation_json
    )
