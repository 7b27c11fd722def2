"""What the role of the Spark job needs: for its code, its files, its log, its network.

Sources: Glue developer guide, "Create an IAM role for AWS Glue" (AWSGlueServiceRole, limited to
what a job without bookmarks, catalog and metrics does), "Logging for AWS Glue jobs".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from tests.infrastructure.least_privilege.code_paths import PROJECT_ROOT
from tests.infrastructure.least_privilege.functions import S3_ACTIONS
from tests.infrastructure.least_privilege.grants import Grant, Template, flat, grants

LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
# AWSGlueServiceRole, for workers in a private network.
NETWORK = {
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
}
TAGGED = {"ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}}
# Files that Glue fetches as the role.
FILES = ("--extra-py-files", "--additional-python-modules")

_HERE = "<AWS::Region>:<AWS::AccountId>"


def spark_job_needs(
    template: Template, job: dict[str, Any], functions_need: set[Grant]
) -> set[Grant]:
    """Derive the grants that the job's role needs.

    Parameters
    ----------
    template : dict
    job : dict
        The job's properties.
    functions_need : set of Grant
        Of the functions whose work the job does. It reads the same data sets and writes to the same
        places, but reads nothing that they hand to each other.
    """
    actions = set().union(*(S3_ACTIONS[method] for method in s3_methods()))
    needs = {
        grant
        for grant in functions_need
        if grant.action.startswith("kms:")
        or (grant.action in actions and not _is_between_functions(grant))
    }
    arguments = job["DefaultArguments"]
    files = [flat(job["Command"]["ScriptLocation"]), *(flat(arguments[name]) for name in FILES)]
    needs |= grants({"s3:GetObject"}, map(_asset_arn, files))
    needs |= grants(
        LOGGING, list(_log_groups(template, flat(arguments["--custom-logGroup-prefix"])))
    )
    for name in job.get("Connections", {}).get("Connections", []):
        arns = [
            f"arn:<AWS::Partition>:glue:{_HERE}:{what}"
            for what in ("catalog", f"connection/{name}")
        ]
        needs |= grants({"glue:GetConnection"}, arns) | grants(NETWORK, ["*"])
        interfaces = f"arn:<AWS::Partition>:ec2:{_HERE}:network-interface/*"
        needs |= grants({"ec2:CreateTags", "ec2:DeleteTags"}, [interfaces], TAGGED)
    return needs


def s3_methods() -> set[str]:
    """Operations of S3 that the job's code uses."""
    return {
        name
        for path in (PROJECT_ROOT / "spark").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in _names(node)
        if name in S3_ACTIONS
    }


def _asset_arn(uri: str) -> str:
    """ARN of an asset, whose address is one text with the bucket's tokens in it."""
    found = re.fullmatch(r"<\{Fn::Sub: s3://(?P<bucket>[^/]+)/(?P<key>.+)\}>", uri)
    assert found, uri
    return f"arn:<AWS::Partition>:s3:::<{{Fn::Sub: {found['bucket']}}}>/{found['key']}"


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value  # of a paginator


def _is_between_functions(grant: Grant) -> bool:
    return grant.action == "s3:GetObject" and "/runs/" in grant.resource


def _log_groups(template: Template, prefix: str) -> Iterator[str]:
    """Groups of the stack that Glue writes to, as their names say."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Logs::LogGroup":
            group = flat(resource["Properties"].get("LogGroupName", ""))
            if group in (f"{prefix}/output", f"{prefix}/error"):
                yield f"<{name}.Arn>"
