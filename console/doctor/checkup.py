"""All checks, in the order in which one depends on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from console.aws_access import AwsAccess
from console.aws_options import AwsOptions
from console.doctor.account import check_bootstrap, check_credentials, check_region
from console.doctor.algorithm_image import check_image
from console.doctor.assembly import Assembly, read_assembly
from console.doctor.deployed_stack import (
    check_code,
    check_drift,
    check_stack,
    describe_stack,
    outputs_of,
)
from console.doctor.execution_input import (
    check_execution_input,
    check_ratings,
)
from console.doctor.finding import Finding, NotSeenError, Status, checked
from console.doctor.machine import check_machine
from console.doctor.permissions import check_permissions
from console.doctor.quotas import check_quotas
from console.errors import EnvironmentProblemError
from console.synthesis import synthesis

_NOT_EMBEDDED = "nothing to ask: this is an embedded AWS, and runs there do not need it"


def examine(
    parse: Callable[[], dict[str, Any]],
    *,
    stack_name: str | None,
    aws: AwsOptions,
    assembly_folder: Path | None,
) -> Iterator[Finding]:
    """Check everything, one finding after the other.

    Parameters
    ----------
    parse : callable
        Gives the execution input, or raises a `BadInputError`.
    stack_name : str or None
        ``None`` takes the name in the code.
    aws : AwsOptions
    assembly_folder : Path or None
        ``None`` synthesizes the project's.
    """
    yield from check_machine()
    finding, assembly = _synthesized(assembly_folder)
    yield finding
    access, caller_arn, findings = _account(aws)
    yield from findings
    name = stack_name or (assembly.stack_name if assembly else None)
    outputs: dict[str, str] = {}
    if access is not None and caller_arn is not None:
        if assembly is not None:
            yield from _of_code(access, assembly)
        if name is not None:
            findings, outputs = _of_stack(access, name, assembly)
            yield from findings
    yield from _of_input(parse, access if caller_arn else None, outputs.get("DataBucketName"))
    if access is not None and caller_arn is not None and outputs:
        yield from checked("permissions", lambda: _permissions(access, caller_arn, outputs))


def _synthesized(folder: Path | None) -> tuple[Finding, Assembly | None]:
    try:
        if folder is not None:
            return Finding("synthesis", Status.OK, f"not needed: {folder}"), read_assembly(folder)
        with synthesis() as synthesizing:
            assembly = read_assembly(synthesizing.wait())
        return Finding("synthesis", Status.OK, f"app.py gives {assembly.stack_name}"), assembly
    except EnvironmentProblemError as error:
        advice = "mend app.py's settings, or say --assembly; what needs the template is left out"
        return Finding("synthesis", Status.PROBLEM, str(error), advice), None


def _account(aws: AwsOptions) -> tuple[AwsAccess | None, str | None, list[Finding]]:
    try:
        access = aws.access()
        finding, caller_arn = check_credentials(access.client("sts"))
    except EnvironmentProblemError as error:
        finding, access, caller_arn = (
            Finding("credentials", Status.PROBLEM, str(error)),
            None,
            None,
        )
    if caller_arn is not None:
        return access, caller_arn, [finding]
    rest = "everything in AWS: needs credentials that AWS accepts"
    return access, None, [finding, Finding("account", Status.SKIPPED, rest)]


def _of_code(access: AwsAccess, assembly: Assembly) -> Iterator[Finding]:
    yield check_region(access.region, assembly)
    yield from checked("CDK bootstrap", lambda: check_bootstrap(access.client("ssm"), assembly))
    yield from checked(
        "image",
        lambda: _not_embedded(access) or check_image(access.client("ecr"), access.region, assembly),
    )


def _of_stack(
    access: AwsAccess, name: str, assembly: Assembly | None
) -> tuple[list[Finding], dict[str, str]]:
    cloudformation = access.client("cloudformation")
    outputs: dict[str, str] = {}

    def look() -> list[Finding]:
        stack = describe_stack(cloudformation, name)
        findings = [check_stack(name, stack)]
        if stack is not None:
            outputs.update(outputs_of(stack))
            if assembly is not None:
                findings += checked("code", lambda: check_code(cloudformation, name, assembly))
            findings += checked(
                "drift",
                lambda: _not_embedded(access) or check_drift(cloudformation, name, stack),
            )
        return findings

    return checked("stack", look), outputs


def _of_input(
    parse: Callable[[], dict[str, Any]], access: AwsAccess | None, data_bucket: str | None
) -> Iterator[Finding]:
    finding, run = check_execution_input(parse, data_bucket)
    yield finding
    if run is None:
        return
    if access is not None:
        s3 = access.client("s3")
        yield from checked("ratings", lambda: check_ratings(s3, run, data_bucket))
        yield from checked(
            "quotas",
            lambda: _not_embedded(access) or check_quotas(access.client("service-quotas"), run),
        )


def _permissions(access: AwsAccess, caller_arn: str, outputs: dict[str, str]) -> list[Finding]:
    return _not_embedded(access) or check_permissions(
        access.client("iam"),
        caller_arn,
        state_machine_arn=outputs["StateMachineArn"],
        data_bucket=outputs["DataBucketName"],
    )


def _not_embedded(access: AwsAccess) -> list[Finding]:
    """Leave out what only AWS's own account has."""
    if access.is_local:
        raise NotSeenError(_NOT_EMBEDDED)
    return []
