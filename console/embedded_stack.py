"""The embedded AWS with the stack deployed in it, as it is synthesized."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from console.aws_access import AwsAccess, isolate_environment
from console.errors import EnvironmentProblemError
from console.synthesis import synthesis
from console.view import View


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """Where the pipeline is.

    Attributes
    ----------
    access : AwsAccess
        Clients of the AWS that it is in.
    data_bucket : str
        Name of the bucket that holds ratings and results.
    state_machine_arn : str
    """

    access: AwsAccess
    data_bucket: str
    state_machine_arn: str

    def execution_arn(self, name: str) -> str:
        """Return the ARN of the state machine's execution of that name."""
        return f"{self.state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{name}"


@contextlib.contextmanager
def embedded_stack(
    view: View, *, port: int = 0, assembly: Path | None = None
) -> Iterator[DeployedStack]:
    """Start an embedded AWS, synthesize, deploy; stop everything in the end.

    Parameters
    ----------
    view : View
        Told about each step.
    port : int
        Port to listen on; 0 takes a free one.
    assembly : Path or None
        A synthesized assembly to deploy; ``None`` synthesizes the project's.

    Raises
    ------
    EnvironmentProblemError
        If the port is taken, the packages do not fit, or the stack cannot be synthesized or
        deployed.
    """
    isolate_environment(os.environ)
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        # Node and moto both take seconds to start, so they start together.
        synthesizing = None if assembly else stack.enter_context(synthesis())

        from embedded_aws.errors import EmbeddedAwsError
        from embedded_aws.server import EmbeddedAws

        try:
            aws = stack.enter_context(EmbeddedAws(port=port))
            view.step("embedded AWS", time.monotonic() - started, aws.endpoint_url)
            folder = assembly
            if synthesizing is not None:
                folder = synthesizing.wait()
                view.step("synthesis", time.monotonic() - started, "python app.py")
            assert folder is not None  # noqa: S101 - one of the two is always there
            deploying = time.monotonic()
            outputs = aws.deploy(folder)
        except EmbeddedAwsError as error:
            raise EnvironmentProblemError(
                str(error), step="embedded AWS", error=type(error).__name__
            ) from error
        view.step("deployment", time.monotonic() - deploying, f"{len(outputs)} outputs")
        yield deployed_stack(AwsAccess.embedded(aws.endpoint_url, aws.region), outputs)


def deployed_stack(access: AwsAccess, outputs: dict[str, str]) -> DeployedStack:
    """Pick what is needed out of a stack's outputs.

    Raises
    ------
    EnvironmentProblemError
        If the stack is not this project's.
    """
    missing = missing_outputs(outputs)
    if missing:
        raise EnvironmentProblemError(missing)
    return DeployedStack(access, outputs["DataBucketName"], outputs["StateMachineArn"])


def missing_outputs(outputs: Mapping[str, str]) -> str:
    """Say what a stack's outputs lack to be this project's; empty if nothing."""
    missing = [name for name in ("DataBucketName", "StateMachineArn") if name not in outputs]
    if not missing:
        return ""
    return (
        f"expected a stack with the outputs {', '.join(missing)}, found "
        f"{', '.join(sorted(outputs)) or 'none'}; deploy the stack of this version"
    )
