"""Runs an algorithm's stand-in the way SageMaker runs its container.

Source: SageMaker developer guide, "How Amazon SageMaker runs your training image" (folders below
``/opt/ml``, exit code, ``output/failure``, SIGTERM on stop), "How to use SageMaker AI execution
roles" (what a role needs to pull an image). The guide does not say which of those actions is asked
when; here all are asked before the container starts.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence

from embedded_aws.child_process import DeadlineError, StopRequestedError, run_to_end
from embedded_aws.iam.enforcement import has_all
from embedded_aws.iam.permissions import Permission
from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.sagemaker.job import JobFailedError, JobStoppedError
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

_MODULE_BY_REPOSITORY = {"factorization-machines": "embedded_aws.factorization_machines"}
_PULL_ACTIONS = ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")


def stand_in_for(image: str) -> str:
    """Return the Python module that stands in for an image.

    Raises
    ------
    UnsupportedInEmbeddedAws
        For any other image than the built-in algorithms that have a stand-in.
    """
    repository = image.rpartition("/")[2].partition(":")[0]
    if repository not in _MODULE_BY_REPOSITORY:
        raise UnsupportedInEmbeddedAws(
            f"The embedded AWS runs the images {sorted(_MODULE_BY_REPOSITORY)} only, not {image!r}"
        )
    return _MODULE_BY_REPOSITORY[repository]


def check_pull(image: str, session: RoleSession, region: str) -> None:
    """Check that a role may pull an image, ``<account>.dkr.ecr.<region>.<suffix>/<name>:<tag>``.

    Raises
    ------
    JobFailedError
        If it may not.
    """
    registry, _, name = image.partition("/")
    account_id, _, _, registry_region = registry.split(".")[:4]
    repository = (
        f"arn:{session.partition}:ecr:{registry_region}:{account_id}:"
        f"repository/{name.partition(':')[0]}"
    )
    needs = [
        Permission("ecr:GetAuthorizationToken", "*"),
        *(Permission(f"ecr:{action}", repository) for action in _PULL_ACTIONS),
    ]
    if not has_all(session, needs, region):
        raise JobFailedError(
            "ClientError: Cannot pull algorithm container. Either the image does not exist or its "
            "permissions are incorrect."
        )


def run_container(
    module: str,
    arguments: Sequence[str],
    *,
    on_line: Callable[[str], None],
    stop_requested: threading.Event,
    deadline: float | None = None,
    n_processors: int = 1,
) -> int:
    """Run a stand-in to its end.

    Parameters
    ----------
    module : str
        Python module to run.
    arguments : sequence of str
        Its arguments.
    on_line : callable
        Gets each line that it prints, without the line end.
    stop_requested : threading.Event
        When set, the process is stopped.
    deadline : float, optional
        ``time.monotonic()`` after which it is stopped.
    n_processors : int
        How many it may use.

    Returns
    -------
    int
        Exit code.

    Raises
    ------
    JobStoppedError
        If it was stopped; ``MaxRuntimeExceeded`` if by the deadline.
    """
    environment = {
        **os.environ,
        "EMBEDDED_AWS_PARENT": "stdin",  # end with this process, even if it is killed
        "PYTHONUNBUFFERED": "1",
        "SM_NUM_CPUS": str(n_processors),
    }
    try:
        return run_to_end(
            [sys.executable, "-m", module, *arguments],
            environment=environment,
            on_line=on_line,
            stop_requested=stop_requested,
            deadline=deadline,
        )
    except StopRequestedError as stopped:
        raise JobStoppedError from stopped
    except DeadlineError as too_late:
        raise JobStoppedError("MaxRuntimeExceeded") from too_late
