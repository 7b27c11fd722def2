"""Addresses of pages in the AWS console."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

TRAINING_LOG = "/aws/sagemaker/TrainingJobs"
TRANSFORM_LOG = "/aws/sagemaker/TransformJobs"

# Logs Insights writes them as * and two hexadecimal digits.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_JOB_PAGES = {
    "TrainingJob": ("jobs", TRAINING_LOG),
    "HyperParameterTuningJob": ("hyper-tuning-jobs", TRAINING_LOG),
    "TransformJob": ("transform-jobs", TRANSFORM_LOG),
}


@dataclass(frozen=True)
class ConsolePages:
    """The console of one region; all texts may contain CloudFormation tokens.

    Parameters
    ----------
    url : str
        ``https://<region>.<domain>``; the domain depends on the partition.
    region : str
        The region's name.
    """

    url: str
    region: str

    def state_machine(self, arn: str) -> str:
        """Page of a state machine, where executions are started."""
        return f"{self._service('states')}#/statemachines/view/{arn}"

    def execution(self, arn: str) -> str:
        """Page of an execution: its graph, and input and output of every state."""
        return f"{self._service('states')}#/v2/executions/details/{arn}"

    def job(self, api_name: str, name: str) -> str:
        """Page of a SageMaker job.

        Parameters
        ----------
        api_name : {"TrainingJob", "HyperParameterTuningJob", "TransformJob"}
            As in the API's ``Create<api_name>``.
        name : str
            The job's.
        """
        page, _ = _JOB_PAGES[api_name]
        return f"{self._service('sagemaker')}#/{page}/{name}"

    def job_log(self, api_name: str, name: str) -> str:
        """Log streams of a SageMaker job; a tuning job's are those of its trials."""
        _, group = _JOB_PAGES[api_name]
        return f"{self.log_group(group)}$3FlogStreamNameFilter$3D{name}"

    def log_group(self, name: str) -> str:
        """Log streams of a log group; a name that is a token must have no slash."""
        # The console encodes what follows its own # twice, and writes % as $.
        return (
            f"{self._service('cloudwatch')}#logsV2:log-groups/log-group/"
            f"{name.replace('/', '$252F')}"
        )

    def dashboard(self, name: str) -> str:
        """Page of a CloudWatch dashboard."""
        return f"{self._service('cloudwatch')}#dashboards/dashboard/{name}"

    def logs_insights(self, query: str, groups: Sequence[str]) -> str:
        """Give a query over log groups, to be run over the last day.

        Parameters
        ----------
        query : str
            In the language of CloudWatch Logs Insights.
        groups : sequence of str
            Names; those that are tokens must have no slash.
        """
        sources = "".join(f"~'{group.replace('/', '*2f')}" for group in groups)
        encoded = _UNSAFE.sub(lambda found: f"*{ord(found[0]):02x}", query)
        return (
            f"{self._service('cloudwatch')}#logsV2:logs-insights?queryDetail=~(end~0~start~-86400"
            f"~timeType~'RELATIVE~unit~'seconds~editorString~'{encoded}~source~({sources}))"
        )

    def _service(self, name: str) -> str:
        return f"{self.url}/{name}/home?region={self.region}"
