"""Functions made by CloudFormation keep every property that changes how they run.

moto drops the layers, architecture, tracing, storage and logging properties, and a layer's ``Ref``
is a Python object instead of the layer version's ARN.
"""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction, LayerVersion
from moto.awslambda.utils import get_backend

_SAME_NAME_IN_API = (
    "Architectures",
    "Description",
    "Environment",
    "EphemeralStorage",
    "Layers",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)


def _create_from_cloudformation_json(
    _cls: type[LambdaFunction],
    /,
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **_: Any,
) -> LambdaFunction:
    properties = cloudformation_json["Properties"]
    if "ZipFile" in properties["Code"]:
        return _create_inline(resource_name, cloudformation_json, account_id, region_name)
    spec = {
        "Code": properties["Code"],
        "FunctionName": properties.get("FunctionName", resource_name),
        "Handler": properties["Handler"],
        "Role": properties["Role"],
        "Runtime": properties["Runtime"],
        **{name: properties[name] for name in _SAME_NAME_IN_API if name in properties},
        "Tags": {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])},
    }
    function = get_backend(account_id, region_name).create_function(spec)
    log_group = properties.get("LoggingConfig", {}).get("LogGroup")
    if log_group:
        function.logs_group_name = log_group
    return function


_create_inline = LambdaFunction.create_from_cloudformation_json


def apply() -> None:
    """Hand all properties on, and give layers an id that ``Ref`` can return."""
    LayerVersion.physical_resource_id = property(lambda self: self.arn)
    LambdaFunction.create_from_cloudformation_json = classmethod(_create_from_cloudformation_json)
