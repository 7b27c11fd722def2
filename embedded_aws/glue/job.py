"""A job as it is defined: its checks, and what Glue adds to it.

Sources: Glue API reference, ``Job``, ``CreateJob``, ``StartJobRun``; developer guide, "Using job
parameters in AWS Glue jobs". The messages are those that people report, where there are any.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

from embedded_aws.glue.errors import InvalidInputException
from embedded_aws.iam.errors import RoleNotAssumableError
from embedded_aws.iam.role_sessions import GLUE, RoleSession, assume
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

# DPUs and GB of memory of each type of worker for Spark ("WorkerType").
WORKER_TYPES: Mapping[str, tuple[float, int]] = {
    "Standard": (1, 16),
    "G.025X": (0.25, 4),
    "G.1X": (1, 16),
    "G.2X": (2, 32),
    "G.4X": (4, 64),
    "G.8X": (8, 128),
    "G.12X": (12, 192),
    "G.16X": (16, 256),
    "R.1X": (1, 32),
    "R.2X": (2, 64),
    "R.4X": (4, 128),
    "R.8X": (8, 256),
}
_GLUE_VERSIONS = ("5.0", "5.1")  # those with Spark 3.5
_DEFAULT_WORKER_TYPE, _DEFAULT_WORKERS = "G.1X", 10
_DEFAULT_TIMEOUT_MINUTES = 480
_MOST_TIMEOUT_MINUTES = 10080
# Parameters that Glue itself acts on, and the embedded AWS cannot.
_UNSUPPORTED_ARGUMENTS = frozenset(
    {
        "--conf",
        "--custom-logStream-prefix",
        "--datalake-formats",
        "--extra-files",
        "--extra-jars",
        "--scriptLocation",
    }
)


class Job:
    """One job.

    Parameters
    ----------
    request : mapping
        CreateJob's members, or JobUpdate's with the name; checked.
    account_id, region : str
        Where it is.

    Attributes
    ----------
    id : str
        As the script gets it, in ``--JOB_ID``; it does not change with an update.
    description : dict
        What GetJob answers.

    Raises
    ------
    InvalidInputException
        For what AWS refuses.
    UnsupportedInEmbeddedAws
        By name for what only the embedded AWS cannot do.
    """

    def __init__(self, request: Mapping[str, Any], account_id: str, region: str):
        self.name: str = request["Name"]
        self.arn = f"arn:aws:glue:{region}:{account_id}:job/{self.name}"
        self.id = f"j_{hashlib.sha256(self.arn.encode()).hexdigest()}"
        self.request = {key: value for key, value in request.items() if key != "Tags"}
        role = str(request["Role"])
        # "The name or Amazon Resource Name (ARN) of the IAM role"
        self.role_arn = (
            role if role.startswith("arn:") else f"arn:aws:iam::{account_id}:role/{role}"
        )
        _check(self.request)
        self.assume_role()
        now = datetime.datetime.now(datetime.UTC)
        self.description: dict[str, Any] = {
            "JobMode": "SCRIPT",
            "MaxRetries": 0,
            "ExecutionProperty": {"MaxConcurrentRuns": 1},
            "ExecutionClass": "STANDARD",
            "Timeout": _DEFAULT_TIMEOUT_MINUTES,
            **self.request,
            **capacity(self.request),
            "CreatedOn": now,
            "LastModifiedOn": now,
        }

    def assume_role(self) -> RoleSession:
        """Assume the job's role.

        Raises
        ------
        InvalidInputException
            If there is no such role, or it does not trust Glue.
        """
        try:
            return assume(self.role_arn, GLUE, name="GlueJobRunnerSession", source_arn=self.arn)
        except RoleNotAssumableError as error:
            raise InvalidInputException(
                f"Role {self.role_arn} should be given assume role permissions for Glue Service."
            ) from error

    def arguments(self, of_run: Mapping[str, str]) -> dict[str, str]:
        """Merge the arguments of a run with the job's.

        A run's replace the defaults of the same name; what cannot be overridden wins.
        """
        return {
            **self.request.get("DefaultArguments", {}),
            **of_run,
            **self.request.get("NonOverridableArguments", {}),
        }


def capacity(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return type and number of workers, and the DPUs that they are."""
    worker_type = request.get("WorkerType", _DEFAULT_WORKER_TYPE)
    workers = int(request.get("NumberOfWorkers", _DEFAULT_WORKERS))
    units = WORKER_TYPES[worker_type][0] * workers
    return {
        "WorkerType": worker_type,
        "NumberOfWorkers": workers,
        "MaxCapacity": float(units),
        "AllocatedCapacity": int(units),
    }


def check_settings(request: Mapping[str, Any], arguments: Mapping[str, str]) -> None:
    """Check what CreateJob and StartJobRun both take.

    Parameters
    ----------
    request : mapping
        Of either operation.
    arguments : mapping of str to str
        The script's.

    Raises
    ------
    InvalidInputException, UnsupportedInEmbeddedAws
        As `Job`.
    """
    if "MaxCapacity" in request or "AllocatedCapacity" in request:
        raise InvalidInputException(
            "For Glue version 2.0+ jobs, you cannot specify a Maximum capacity; set WorkerType and "
            "NumberOfWorkers."
        )
    if request.get("Timeout", 1) > _MOST_TIMEOUT_MINUTES:
        raise InvalidInputException(
            f"Timeout: expected at most {_MOST_TIMEOUT_MINUTES} minutes, found {request['Timeout']}"
        )
    if request.get("WorkerType", _DEFAULT_WORKER_TYPE) not in WORKER_TYPES:
        raise UnsupportedInEmbeddedAws(
            f"The embedded AWS runs Spark jobs, on the workers {', '.join(WORKER_TYPES)}; found "
            f"{request['WorkerType']}"
        )
    if request.get("JobRunQueuingEnabled"):
        raise UnsupportedInEmbeddedAws("The embedded AWS does not queue job runs")
    unsupported = sorted(_UNSUPPORTED_ARGUMENTS & arguments.keys())
    if unsupported:
        raise UnsupportedInEmbeddedAws(
            f"The embedded AWS does not offer the job parameters {', '.join(unsupported)}"
        )
    bookmarks = arguments.get("--job-bookmark-option", "job-bookmark-disable")
    if bookmarks != "job-bookmark-disable":
        raise UnsupportedInEmbeddedAws(
            f"The embedded AWS has no job bookmarks, found --job-bookmark-option {bookmarks}"
        )


def _check(request: Mapping[str, Any]) -> None:
    command = request["Command"]
    kind, python = command.get("Name"), command.get("PythonVersion", "3")
    if kind != "glueetl" or python != "3":
        raise UnsupportedInEmbeddedAws(
            "The embedded AWS runs jobs of the command glueetl with Python 3 only, found "
            f"{kind!r} with Python {python}"
        )
    if not str(command.get("ScriptLocation", "")).startswith("s3://"):
        raise InvalidInputException(
            "Command.ScriptLocation: expected s3://bucket/key, found "
            f"{command.get('ScriptLocation')!r}"
        )
    version = request.get("GlueVersion")
    if version not in _GLUE_VERSIONS:
        raise UnsupportedInEmbeddedAws(
            f"The embedded AWS runs jobs of the Glue versions {', '.join(_GLUE_VERSIONS)} (Spark "
            f"3.5), found {version or 'none, which is the newest one on AWS'}"
        )
    check_settings(request, {
        **request.get("DefaultArguments", {}), **request.get("NonOverridableArguments", {})
    })  # fmt: skip
