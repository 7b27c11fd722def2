"""What somebody should hear of, and what each alarm means."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.run_metrics import DeploymentMetrics
from workflow.failure_notice import RUNBOOK

MAX_DAYS_WITHOUT_SUCCESS = 7  # CloudWatch: an alarm looks back at most seven days
_FIVE_MINUTES = Duration.minutes(5)
_MISSING = cloudwatch.TreatMissingData


class Alarms(Construct):
    """The alarms of a deployment, all to one topic.

    A description says what has happened, what to do, why missing data is taken as it is, and which
    section of the runbook tells more.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`.
    topic : ITopic
        Gets a message when an alarm goes off.
    metrics : DeploymentMetrics
        Of the deployment.
    function_names : mapping of str to str
        Deployed names of the functions, by their names in the workflow.
    max_days_without_success : int or None
        1 to 7: alarm if no run succeeded for so many days. None, the default: no such alarm, as
        befits a deployment without a schedule. A weekly schedule is too rare for it: its runs are
        seven days apart, which is as far back as an alarm can look.
    max_rmse_ratio_to_accepted : float
        Alarm if a model's RMSE is more than so many times that of the model in use.
    max_rmse_ratio_to_baseline : float
        Alarm if a model's RMSE is more than so many times that of the bias baseline on the same
        test split; below 1, the alarm goes off before the quality gate closes.

    Attributes
    ----------
    alarms : list of Alarm
        All of them, the gravest first.

    Raises
    ------
    ValueError
        If `max_days_without_success` is more than CloudWatch can look back.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic: sns.ITopic,
        metrics: DeploymentMetrics,
        function_names: Mapping[str, str],
        max_days_without_success: int | None = None,
        max_rmse_ratio_to_accepted: float = 1.05,
        max_rmse_ratio_to_baseline: float = 1.0,
    ) -> None:
        super().__init__(scope, construct_id)
        self._metrics = metrics
        self._action = actions.SnsAction(topic)
        self.alarms: list[cloudwatch.Alarm] = []
        self._watch_executions()
        if max_days_without_success is not None:
            self._watch_successes(max_days_without_success)
        self._watch_quality(max_rmse_ratio_to_accepted, max_rmse_ratio_to_baseline)
        for name, function_name in function_names.items():
            self._watch_function(name, function_name)

    def watch_dead_letters(self, queue: sqs.IQueue) -> None:
        """Watch the queue of starts that did not come about; to be called once."""
        self._alarm(
            "DeadLetters",
            queue.metric_approximate_number_of_messages_visible(
                statistic="Maximum", period=_FIVE_MINUTES
            ),
            threshold=1,
            what="A schedule could not start its run. The message in the dead-letter queue says "
            "which one, when and why; the alarm lasts until the queue is empty.",
            no_data="No data means that the queue is empty.",
            missing=_MISSING.NOT_BREACHING,
            section="dead-letters",
        )

    def _watch_executions(self) -> None:
        no_data = "No data means that no execution ended, which is no failure."
        self._alarm(
            "ExecutionsFailed",
            self._metrics.executions("ExecutionsFailed", period=_FIVE_MINUTES),
            threshold=1,
            what="A run failed. A message of its own names the step, the reason and what to do.",
            no_data=no_data,
            missing=_MISSING.NOT_BREACHING,
            section="executions-failed",
        )
        self._alarm(
            "ExecutionsTimedOut",
            self._metrics.executions("ExecutionsTimedOut", period=_FIVE_MINUTES),
            threshold=1,
            what="A run took longer than the state machine allows. See which step it was in.",
            no_data=no_data,
            missing=_MISSING.NOT_BREACHING,
            section="executions-timed-out",
        )
        self._alarm(
            "ExecutionsThrottled",
            self._metrics.executions("ExecutionThrottled", period=_FIVE_MINUTES),
            threshold=1,
            what="Step Functions held steps of a run back: the account starts more state "
            "transitions than its quota allows. Runs go on, later; ask for a higher quota if it "
            "lasts.",
            no_data="No data means that nothing was held back.",
            missing=_MISSING.NOT_BREACHING,
            section="executions-throttled",
        )

    def _watch_successes(self, days: int) -> None:
        if not 1 <= days <= MAX_DAYS_WITHOUT_SUCCESS:
            raise ValueError(
                f"max_days_without_success: expected 1 to {MAX_DAYS_WITHOUT_SUCCESS}, as far back "
                f"as a CloudWatch alarm can look, found {days}"
            )
        # Not ExecutionsSucceeded: an execution that was skipped succeeds, too.
        evaluated = {
            name: self._metrics.run(metric, statistic="Sum", period=Duration.days(1))
            for name, metric in (("accepted", "ModelsAccepted"), ("rejected", "ModelsRejected"))
        }
        self._alarm(
            "NoSuccess",
            # Filled, because CloudWatch looks further back than asked if data points are missing,
            # and would take days more to miss them.
            cloudwatch.MathExpression(
                expression="FILL(accepted, 0) + FILL(rejected, 0)",
                using_metrics=evaluated,
                period=Duration.days(1),
                label="Evaluated models a day",
            ),
            threshold=1,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            periods=days,
            what=f"No run has succeeded for {days} days. See whether runs are started (schedule, "
            "dead-letter queue), and how they end. Right after a first deployment there is no "
            "success either: start a run.",
            no_data="No data means that no run succeeded.",
            missing=_MISSING.BREACHING,
            section="no-success",
        )

    def _watch_quality(self, to_accepted: float, to_baseline: float) -> None:
        no_data = "Between runs there is no data; the alarm stays as it is until the next run."
        self._alarm(
            "RmseWorseThanAccepted",
            self._metrics.run("RmseRatioToAccepted", statistic="Maximum", period=_FIVE_MINUTES),
            threshold=to_accepted,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            what=f"A model's RMSE is above {to_accepted:g} x that of the model in use. "
            "Compare the two runs: their input, and the rows kept and rejected.",
            no_data=no_data,
            missing=_MISSING.IGNORE,
            section="rmse-worse-than-accepted",
        )
        self._alarm(
            "RmseNearBaseline",
            cloudwatch.MathExpression(
                expression="rmse / baseline",
                using_metrics={
                    "rmse": self._metrics.run("Rmse", statistic="Maximum", period=_FIVE_MINUTES),
                    "baseline": self._metrics.run(
                        "BiasBaselineRmse", statistic="Minimum", period=_FIVE_MINUTES
                    ),
                },
                period=_FIVE_MINUTES,
                label="RMSE / RMSE of the bias baseline",
            ),
            threshold=to_baseline,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            what=f"A model's RMSE is above {to_baseline:g} x the bias baseline's on the same "
            "ratings: it has learned little or nothing. Check its hyperparameters and its "
            "training's log.",
            no_data=no_data,
            missing=_MISSING.IGNORE,
            section="rmse-near-baseline",
        )

    def _watch_function(self, name: str, function_name: str) -> None:
        no_data = "No data means that the function was not invoked."
        self._alarm(
            f"{name}Errors",
            self._metrics.function("Errors", function_name, period=_FIVE_MINUTES),
            threshold=1,
            what=f"{name} raised an error or ran out of time or memory. If its run failed, the "
            "run's own message has the reason; see the function's log otherwise.",
            no_data=no_data,
            missing=_MISSING.NOT_BREACHING,
            section="function-errors",
        )
        self._alarm(
            f"{name}Throttles",
            self._metrics.function("Throttles", function_name, period=_FIVE_MINUTES),
            threshold=1,
            what=f"Lambda refused to run {name}: the account's concurrency is used up. The run "
            "tries again for some minutes; ask for a higher quota if it lasts.",
            no_data=no_data,
            missing=_MISSING.NOT_BREACHING,
            section="function-throttles",
        )

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        what: str,
        no_data: str,
        missing: cloudwatch.TreatMissingData,
        section: str,
        comparison: cloudwatch.ComparisonOperator = (
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        ),
        periods: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            # People read it in the message's subject.
            alarm_name=f"{self._metrics.stack_name}-{name}",
            alarm_description=f"{what} {no_data} Runbook: {RUNBOOK}#{section}",
            metric=metric,
            threshold=threshold,
            comparison_operator=comparison,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._action)
        self.alarms.append(alarm)
