"""A job's log stream in CloudWatch Logs, filled while the job runs."""

from __future__ import annotations

from moto.logs.models import logs_backends

from embedded_aws.log_delivery import deliver


class JobLog:
    """One stream of a group such as ``/aws/sagemaker/TrainingJobs``.

    Parameters
    ----------
    account_id, region : str
        Where the job runs.
    group, stream : str
        Names.
    """

    def __init__(self, account_id: str, region: str, group: str, stream: str):
        self._backend = logs_backends[account_id][region]
        self._group = group
        self._stream = stream

    def write(self, line: str) -> None:
        """Append a line."""
        deliver(self._backend, self._group, self._stream, [line])
