"""A job's log stream in CloudWatch Logs, filled while the job runs."""

from __future__ import annotations

from moto.logs.models import logs_backends

from embedded_aws.iam.enforcement import has_all
from embedded_aws.iam.permissions import Permission
from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.log_delivery import deliver


class JobLog:
    """One stream of a group such as ``/aws/sagemaker/TrainingJobs``.

    Without the permissions that writing it needs, the job runs and its log is missing. What becomes
    of such a job is documented neither for SageMaker ("How to use SageMaker AI execution roles"
    lists the permissions) nor for Glue (managed policy AWSGlueServiceRole).

    Parameters
    ----------
    session : RoleSession
        The job's role.
    region : str
        Where the job runs.
    group, stream : str
        Names.
    """

    def __init__(self, session: RoleSession, region: str, group: str, stream: str):
        self._backend = logs_backends[session.account_id][region]
        self._group = group
        self._stream = stream
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        if group not in self._backend.groups:
            actions.insert(0, "logs:CreateLogGroup")
        arn = (
            f"arn:{session.partition}:logs:{region}:{session.account_id}:"
            f"log-group:{group}:log-stream:{stream}"
        )
        self._may_write = has_all(session, [Permission(action, arn) for action in actions], region)

    def write(self, line: str) -> None:
        """Append a line."""
        if self._may_write:
            deliver(self._backend, self._group, self._stream, [line])
