"""What the functions and jobs of a run have logged, read from CloudWatch Logs in time order.

Every line of a function has the run's id, and the streams of a job begin with its name, which
begins with the run's id too.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_problems import aws_problem
from console.execution_reference import Execution
from console.timeline import Job, StateRun, Timeline

# Where SageMaker writes (developer guide, "CloudWatch Logs for Amazon SageMaker AI"); the jobs of
# a tuning job are training jobs whose names begin with its own.
JOB_LOG_GROUPS = {
    "TrainingJob": ("/aws/sagemaker/TrainingJobs", "/"),
    "HyperParameterTuningJob": ("/aws/sagemaker/TrainingJobs", "-"),
    "TransformJob": ("/aws/sagemaker/TransformJobs", "/"),
}
# Lines reach CloudWatch a little after they are written, and not in order.
_LATE = dt.timedelta(seconds=60)
_LOOKS_AFTER_THE_END = 2
_MOST_STREAMS = 100  # API reference, FilterLogEvents


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of one stream.

    Attributes
    ----------
    step : str
        The state that it belongs to.
    job : str or None
        The SageMaker job that wrote it; ``None`` for a function.
    """

    time: dt.datetime
    step: str
    job: str | None
    stream: str
    message: str


@dataclass
class _Source:
    """A function's lines of one run, or the streams of a job."""

    step: str
    group: str
    since: dt.datetime
    pattern: str | None = None
    stream_prefix: str | None = None
    looks_left: int = _LOOKS_AFTER_THE_END
    seen: set[str] = field(default_factory=set)


class RunLogs:
    """Reads what is new in the logs of an execution.

    Parameters
    ----------
    execution : Execution
    step : str or None
        Only of this state.
    """

    def __init__(self, execution: Execution, step: str | None = None):
        self._execution = execution
        self._logs = execution.access.client("logs")
        self._step = step
        self._sources: dict[str | Job, _Source] = {}

    def new_lines(self, timeline: Timeline) -> list[LogLine]:
        """Return the lines since the last call, in the order of their times.

        Parameters
        ----------
        timeline : Timeline
            What is known of the execution; says what functions and jobs there are.

        Raises
        ------
        EnvironmentProblemError
            If AWS cannot be reached or refuses.
        """
        try:
            self._find_sources(timeline)
            lines = [
                line
                for source in self._sources.values()
                if source.looks_left > 0
                for line in self._read(source)
            ]
        except (BotoCoreError, ClientError) as error:
            raise aws_problem(self._execution.name, error, step="logs") from error
        return sorted(lines, key=lambda line: line.time)

    @property
    def may_come_more(self) -> bool:
        """Whether a log has not been read often enough since its state ended."""
        return any(source.looks_left > 0 for source in self._sources.values())

    def _find_sources(self, timeline: Timeline) -> None:
        for state in timeline.states:
            if self._step in (None, state.name):
                for key in self._keys(state):
                    if state.status == "RUNNING":
                        self._sources[key].looks_left = _LOOKS_AFTER_THE_END + 1

    def _keys(self, state: StateRun) -> Iterator[str | Job]:
        # A training job and a transform job of a run may have one name.
        if state.function:
            if state.function not in self._sources:
                self._sources[state.function] = _Source(
                    state.name,
                    self._group_of(state.function),
                    self._execution.started_at - _LATE,
                    pattern=f'"{self._execution.run_id}"',
                )
            yield state.function
        for job in state.jobs:
            if job.kind in JOB_LOG_GROUPS or job.kind == "JobRun":
                if job not in self._sources:
                    self._sources[job] = self._job_source(state, job)
                yield job

    def _group_of(self, function: str) -> str:
        configuration = self._execution.access.client("lambda").get_function_configuration(
            FunctionName=function
        )
        return str(configuration["LoggingConfig"]["LogGroup"])

    def _job_source(self, state: StateRun, job: Job) -> _Source:
        if job.kind == "JobRun":
            group, separator = self._output_of_glue_job(job.of), ""
        else:
            group, separator = JOB_LOG_GROUPS[job.kind]
        return _Source(
            state.name, group, state.started_at - _LATE, stream_prefix=f"{job.name}{separator}"
        )

    def _output_of_glue_job(self, name: str) -> str:
        """Glue developer guide, "Logging for AWS Glue jobs": streams begin with the run's id."""
        job = self._execution.access.client("glue").get_job(JobName=name)["Job"]
        prefix = job.get("DefaultArguments", {}).get("--custom-logGroup-prefix")
        return f"{prefix or '/aws-glue/jobs'}/output"

    def _read(self, source: _Source) -> Iterator[LogLine]:
        source.looks_left -= 1
        newest = source.since
        try:
            for event in self._events(source):
                if event["eventId"] in source.seen:
                    continue
                source.seen.add(event["eventId"])
                time = dt.datetime.fromtimestamp(event["timestamp"] / 1000, dt.UTC)
                newest = max(newest, time - _LATE)
                if source.stream_prefix is None and self._is_of_another_run(event["message"]):
                    continue
                stream = event["logStreamName"]
                job = stream.partition("/")[0] if source.stream_prefix else None
                yield LogLine(time, source.step, job, stream, event["message"].rstrip("\n"))
        except self._logs.exceptions.ResourceNotFoundException:
            return  # nobody has logged yet
        source.since = newest

    def _is_of_another_run(self, message: str) -> bool:
        """Whether a function's line only mentions this run, as one that compares models does."""
        try:
            line = json.loads(message)
        except ValueError:
            return False
        run_id = line.get("run_id") if isinstance(line, dict) else None
        return run_id not in (None, self._execution.run_id)

    def _events(self, source: _Source) -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {
            "logGroupName": source.group,
            "startTime": int(source.since.timestamp() * 1000),
        }
        if source.stream_prefix is None:
            requests = [{**request, "filterPattern": source.pattern}]
        else:
            streams = self._streams(source.group, source.stream_prefix)
            requests = [
                {**request, "logStreamNames": streams[first : first + _MOST_STREAMS]}
                for first in range(0, len(streams), _MOST_STREAMS)
            ]
        for request in requests:
            for page in self._logs.get_paginator("filter_log_events").paginate(**request):
                yield from page["events"]

    def _streams(self, group: str, prefix: str) -> list[str]:
        pages = self._logs.get_paginator("describe_log_streams").paginate(
            logGroupName=group, logStreamNamePrefix=prefix
        )
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
