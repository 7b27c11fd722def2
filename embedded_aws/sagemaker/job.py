"""What training, transform and tuning jobs share: a description, a thread, an end."""

from __future__ import annotations

import abc
import datetime
import logging
import threading
from typing import Any

from embedded_aws.iam.errors import RoleNotAssumableError
from embedded_aws.iam.role_sessions import SAGEMAKER, RoleSession, assume

log = logging.getLogger(__name__)

ENDED = ("Completed", "Failed", "Stopped")


class JobFailedError(Exception):
    """The job cannot succeed; the message becomes its FailureReason."""


INTERNAL_SERVER_ERROR = "InternalServerError"


def internal_server_error(reason: object) -> JobFailedError:
    """Return what AWS reports when the fault is its own, not the caller's or the algorithm's."""
    return JobFailedError(f"{INTERNAL_SERVER_ERROR}: {reason}")


class JobStoppedError(Exception):
    """Somebody asked the job to stop, or it ran out of its time."""

    def __init__(self, secondary_status: str = "Stopped"):
        super().__init__(secondary_status)
        self.secondary_status = secondary_status


def not_assumable(role_arn: str) -> str:
    """Say that SageMaker cannot assume a role, in its own words."""
    return (
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
        f"principal '{SAGEMAKER}' to assume the role."
    )


def utc_now() -> datetime.datetime:
    """Return the present time, with its zone."""
    return datetime.datetime.now(datetime.UTC)


class Job(abc.ABC):
    """One job that runs in a thread of its own.

    Parameters
    ----------
    request : dict
        The request that created it, validated.
    account_id, region : str
        Where it runs.

    Attributes
    ----------
    description : dict
        What Describe answers; the job's thread replaces values, never the dictionary.
    """

    kind: str  # "TrainingJob": prefix of the API's members
    resource: str  # "training-job": part of the ARN

    def __init__(self, request: dict[str, Any], account_id: str, region: str):
        self.name: str = request[f"{self.kind}Name"]
        self.request = request
        self.account_id = account_id
        self.region = region
        self.arn = f"arn:aws:sagemaker:{region}:{account_id}:{self.resource}/{self.name}"
        self.stop_requested = threading.Event()
        self.tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        now = utc_now()
        self.description: dict[str, Any] = {
            **{key: value for key, value in request.items() if key != "Tags"},
            f"{self.kind}Arn": self.arn,
            f"{self.kind}Status": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        self._thread = threading.Thread(target=self._run_to_end, name=self.name, daemon=True)

    @property
    def status(self) -> str:
        """InProgress, Stopping, Completed, Failed or Stopped."""
        return str(self.description[f"{self.kind}Status"])

    def start(self) -> None:
        """Begin working."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the job to end early; does nothing if it has ended."""
        if self.status not in ENDED:
            self._set_status("Stopping")
            self.stop_requested.set()

    def join(self, timeout_seconds: float | None = None) -> None:
        """Wait for the job's end."""
        self._thread.join(timeout_seconds)

    def assume(self, role_arn: str) -> RoleSession:
        """Assume a role for this job.

        Raises
        ------
        JobFailedError
            If it does not exist, or does not trust SageMaker.
        """
        try:
            return assume(role_arn, SAGEMAKER, name="SageMaker", source_arn=self.arn)
        except RoleNotAssumableError as error:
            raise JobFailedError(f"ClientError: {not_assumable(role_arn)}") from error

    @abc.abstractmethod
    def _run(self) -> None:
        """Do the work; raise JobFailedError or JobStoppedError to end otherwise."""

    def _ended(  # noqa: B027 - most jobs have nothing to add
        self, status: str, secondary_status: str
    ) -> None:
        """Complete the description when the job has ended, before its status says so."""

    def _run_to_end(self) -> None:
        status, secondary_status = "Completed", "Completed"
        try:
            self._run()
        except JobStoppedError as stopped:
            status, secondary_status = "Stopped", stopped.secondary_status
        except JobFailedError as failure:
            self.description["FailureReason"] = str(failure)[:1024]
            status = secondary_status = "Failed"
        except Exception as error:  # a bug here must end the job, or its execution waits for ever
            log.exception("the embedded AWS failed in job %s", self.name)
            self.description["FailureReason"] = str(internal_server_error(repr(error)))[:1024]
            status = secondary_status = "Failed"
        self._ended(status, secondary_status)
        self._set_status(status)

    def _set_status(self, status: str) -> None:
        self.description["LastModifiedTime"] = utc_now()
        self.description[f"{self.kind}Status"] = status
