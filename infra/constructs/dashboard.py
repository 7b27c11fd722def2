"""What a person on call looks at, from the top down: is it broken, where, how good, how dear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.run_metrics import STATES_NAMESPACE, DeploymentMetrics
from recommender.reject_reasons import RejectReason
from workflow.console_pages import ConsolePages
from workflow.failure_notice import RUNBOOK

_WIDTH = 24
_DAY = Duration.days(1)
_HOUR = Duration.hours(1)
_JOBS = {
    "training": "createTrainingJob.sync",
    "tuning": "createHyperParameterTuningJob.sync",
    "batch transform": "createTransformJob.sync",
}
_ERRORS = ("fields @timestamp, run_id, logger, message", "filter level = 'ERROR'")
_LATEST = ("sort @timestamp desc", "limit 20")


class RunDashboard(Construct):
    """The deployment's dashboard, named like the stack.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`.
    metrics : DeploymentMetrics
        Of the deployment.
    alarms : sequence of Alarm
        Shown first.
    function_names, function_logs : mapping of str to str
        Deployed names and log groups of the functions, by their names in the workflow.
    console : ConsolePages
        For links.

    Attributes
    ----------
    url : str
        Address in the console.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metrics: DeploymentMetrics,
        alarms: Sequence[cloudwatch.IAlarm],
        function_names: Mapping[str, str],
        function_logs: Mapping[str, str],
        console: ConsolePages,
    ) -> None:
        super().__init__(scope, construct_id)
        self._metrics = metrics
        self._functions = function_names
        self._logs = function_logs
        self._console = console
        self.url = console.dashboard(metrics.stack_name)
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=metrics.stack_name,
            default_interval=Duration.days(14),
            widgets=[
                [self._links()],
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WIDTH)],
                self._executions(),
                [self._errors()],
                self._durations(),
                self._rows(),
                self._quality(),
                self._cost(),
            ],
        )

    def _links(self) -> cloudwatch.TextWidget:
        state_machine = self._console.state_machine(self._metrics.state_machine_arn)
        errors = self._console.logs_insights(
            "\n| ".join((*_ERRORS, *_LATEST)), list(self._logs.values())
        )
        return cloudwatch.TextWidget(
            markdown=(
                f"# {self._metrics.stack_name}\n"
                "Read from the top: alarms, runs and their errors, then where the time goes, what "
                "became of the rows, how good the models are, and what it costs.\n\n"
                f"[State machine, start a run]({state_machine}) · "
                f"[Errors in Logs Insights]({errors}) · runbook: `{RUNBOOK}`"
            ),
            width=_WIDTH,
            height=4,
        )

    def _executions(self) -> list[cloudwatch.IWidget]:
        names = ("Started", "Succeeded", "Failed", "TimedOut", "Aborted")
        return [
            _graph(
                "Runs by how they ended, a day",
                [self._metrics.executions(f"Executions{name}", period=_DAY) for name in names],
                width=12,
            ),
            _graph(
                "Held back: throttled steps, throttled functions",
                [
                    self._metrics.executions("ExecutionThrottled", period=_HOUR),
                    *self._of_functions("Throttles", "Sum"),
                ],
                width=6,
            ),
            _graph("Errors of functions", self._of_functions("Errors", "Sum"), width=6),
        ]

    def _errors(self) -> cloudwatch.LogQueryWidget:
        return cloudwatch.LogQueryWidget(
            title="Latest errors, with the run's id",
            log_group_names=list(self._logs.values()),
            query_lines=[*_ERRORS, *_LATEST],
            width=_WIDTH,
        )

    def _durations(self) -> list[cloudwatch.IWidget]:
        return [
            _graph(
                "A run's duration, ms",
                [
                    self._metrics.executions("ExecutionTime", statistic=statistic, period=_DAY)
                    for statistic in ("Average", "Maximum")
                ],
            ),
            _graph("Functions, ms", self._of_functions("Duration", "Maximum")),
            _graph("Jobs, ms (all state machines of the region)", _job_times("Average")),
        ]

    def _rows(self) -> list[cloudwatch.IWidget]:
        return [
            _graph(
                "Rows read, kept, rejected",
                [self._run(name, "Maximum") for name in ("RowsRead", "RowsKept", "RowsRejected")],
            ),
            _graph(
                "Rows rejected, by reason",
                [
                    self._run("RowsRejected", "Maximum", label=reason, Reason=reason)
                    for reason in get_args(RejectReason)
                ],
            ),
            _graph(
                "Records and bytes converted",
                [self._run("RecordsWritten", "Maximum")],
                right=[self._run("BytesWritten", "Maximum")],
            ),
        ]

    def _quality(self) -> list[cloudwatch.IWidget]:
        return [
            _graph(
                "RMSE beside its baselines (lower is better)",
                [
                    self._run(name, "Average")
                    for name in ("Rmse", "BiasBaselineRmse", "GlobalMeanRmse")
                ],
            ),
            _graph(
                "RMSE / RMSE of the model in use (above 1 is worse)",
                [self._run("RmseRatioToAccepted", "Maximum")],
            ),
            _graph(
                "Quality gate",
                [self._run(name, "Sum") for name in ("ModelsAccepted", "ModelsRejected")],
            ),
        ]

    def _cost(self) -> list[cloudwatch.IWidget]:
        return [
            _graph("Time of jobs, ms a day (all state machines of the region)", _job_times("Sum")),
            _graph("Time of functions, ms", self._of_functions("Duration", "Sum")),
            _graph(
                "Instance-hours that a run could use at most",
                [self._run("MaxInstanceHours", "Maximum")],
            ),
        ]

    def _of_functions(self, name: str, statistic: str) -> list[cloudwatch.Metric]:
        return [
            self._metrics.function(
                name, function_name, statistic=statistic, period=_HOUR, label=function
            )
            for function, function_name in self._functions.items()
        ]

    def _run(
        self, name: str, statistic: str, *, label: str | None = None, **dimensions: str
    ) -> cloudwatch.Metric:
        return self._metrics.run(
            name, statistic=statistic, period=_HOUR, label=label or name, **dimensions
        )


def _job_times(statistic: str) -> list[cloudwatch.Metric]:
    """Step Functions counts the time of jobs by the kind of task, not by the state machine."""
    return [
        cloudwatch.Metric(
            namespace=STATES_NAMESPACE,
            metric_name="ServiceIntegrationRunTime",
            dimensions_map={
                "ServiceIntegrationResourceArn": (
                    f"arn:{Aws.PARTITION}:states:{Aws.REGION}::sagemaker:{task}"
                )
            },
            statistic=statistic,
            period=_DAY,
            label=label,
        )
        for label, task in _JOBS.items()
    ]


def _graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    *,
    right: Sequence[cloudwatch.IMetric] = (),
    width: int = 8,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        right=list(right),
        width=width,
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
    )
