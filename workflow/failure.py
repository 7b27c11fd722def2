"""Where every failure goes: one readable cause, which names the step and the reason.

A failed SageMaker job arrives with its whole Describe response as ``Cause``, a failed function
with a JSON object around its message; people should see neither. Catchers remember the step;
the states here dig out the reason, send it to those who want to know, and end the execution.
"""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failure_notice import JOB_KINDS, FailureNotice

# A variable, because a state that follows a catcher is not told where the error came from.
FAILED_STEP = "failed_step"
FAILED_STEP_LINKS = "failed_step_links"
ERROR = sfn.JsonPath.string_at("$.Error")

# What to do, by what is known of the failure.
START_AGAIN = "Mend what the reason names, then start a new execution with the same input."
READ_THE_LOG = (
    "Read the log of the job, mend the data or the hyperparameters that the reason names, then "
    "start a new execution."
)
GIVE_MORE_TIME = (
    "See in the log how far the step came. Give it more time, or less data, then start a new "
    "execution."
)
ASK_THE_SERVICE = (
    "If the reason names a quota or a permission, see to that; if the service was busy, wait. Then "
    "start a new execution with the same input."
)


class RunFailure(Construct):
    """The states between an error and the end of the execution.

    Parameters
    ----------
    scope : Construct
        Parent of the states.
    construct_id : str
        Id below `scope`.
    notice : FailureNotice, optional
        Who is told; the default is nobody.

    Attributes
    ----------
    run_failed : Fail or SnsPublish
        The beginning of the end; whatever leads here has assigned ``because(...)``.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, notice: FailureNotice | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        self._notice = notice
        end = sfn.Fail(
            self,
            "RunFailed",
            comment="The run failed; the cause names the step and the reason",
            error_path="$failure.error",
            cause_path="States.Format('{} failed: {}', $failure.step, $failure.reason)",
        )
        self.run_failed: sfn.State = end if notice is None else notice.publish(self, end)
        self._name_failure = self._naming()
        self._keep_cause = sfn.Pass(
            self,
            "KeepFailureCause",
            comment="The cause is readable as it is",
            assign=self._caught(
                error=ERROR, reason=sfn.JsonPath.string_at("$.Cause"), advice=ASK_THE_SERVICE
            ),
        )
        self._keep_cause.next(self._name_failure)
        self._read_failure = self._reading()

    def catch_all(self, state: sfn.TaskStateBase | sfn.CustomState) -> None:
        """Send every error of `state` to the readable failure.

        The error output replaces the state's input: what the run knows is in variables, and an
        execution input that is no JSON object would have no place for it.
        """
        assign = {FAILED_STEP: state.id}
        if self._notice is not None:
            assign[FAILED_STEP_LINKS] = self._notice.step_links(state.id)
        state.add_catch(self._read_failure, errors=[sfn.Errors.ALL], assign=assign)

    def because(
        self,
        *,
        step: str,
        error: str,
        reason: str,
        advice: str = START_AGAIN,
        job: tuple[str, str] | None = None,
    ) -> dict[str, object]:
        """Assign this in a transition to ``run_failed``.

        Parameters
        ----------
        step : str
            Name of the state that is to blame.
        error : str
            Error name that the execution ends with; must not begin with ``States.``.
        reason : str
            The reason, or an intrinsic function or path that makes it.
        advice : str
            What to do about it.
        job : tuple of (str, str), optional
            Kind, as in the API's ``Create<kind>``, and path of the name of the SageMaker job that
            is to blame.
        """
        links = ""
        if self._notice is not None:
            links = self._notice.job_links(*job) if job else self._notice.step_links(step)
        return self._assignment(step=step, error=error, reason=reason, advice=advice, links=links)

    def _caught(
        self, *, error: str, reason: str, advice: str, job: tuple[str, str] | None = None
    ) -> dict[str, object]:
        """Assign this where a caught error is looked into."""
        links = sfn.JsonPath.string_at(f"${FAILED_STEP_LINKS}")
        if self._notice is not None and job:
            links = self._notice.job_links(*job)
        step = sfn.JsonPath.string_at(f"${FAILED_STEP}")
        return self._assignment(step=step, error=error, reason=reason, advice=advice, links=links)

    def _assignment(
        self, *, step: str, error: str, reason: str, advice: str, links: str
    ) -> dict[str, object]:
        told = {} if self._notice is None else {"advice": advice, "links": links}
        return {"failure": {"step": step, "error": error, "reason": reason, **told}}

    def _reading(self) -> sfn.Choice:
        return (
            sfn.Choice(
                self,
                "ReadFailure",
                comment="Whether the cause is readable: a job's or a function's is JSON",
            )
            .when(
                sfn.Condition.string_equals("$.Error", sfn.Errors.TIMEOUT),
                self.run_failed,
                assign=self._caught(
                    error="StepTimedOut",
                    reason="it ran longer than its time limit",
                    advice=GIVE_MORE_TIME,
                ),
                comment="timed out",
            )
            .when(
                sfn.Condition.not_(sfn.Condition.is_present("$.Cause")),
                self._name_failure,
                assign=self._caught(
                    error=ERROR, reason="no cause was given", advice=ASK_THE_SERVICE
                ),
                comment="no cause given",
            )
            .when(
                sfn.Condition.or_(
                    sfn.Condition.string_matches("$.Cause", '{*"FailureReason":*}'),
                    sfn.Condition.string_matches("$.Cause", '{*"errorMessage":*}'),
                ),
                self._parsing(),
                comment="JSON of a job or a function",
            )
            .otherwise(self._keep_cause)
        )

    def _parsing(self) -> sfn.IChainable:
        parse = sfn.Pass(
            self,
            "ParseFailureCause",
            comment="Turn the cause's JSON text into an object",
            parameters={
                "Error": ERROR,
                "Cause": sfn.JsonPath.string_at("$.Cause"),
                "details": sfn.JsonPath.string_to_json(sfn.JsonPath.string_at("$.Cause")),
            },
        )
        find = sfn.Choice(self, "FindFailureReason", comment="Whose cause it is")
        if self._notice is not None:
            for kind in JOB_KINDS:
                self._find_reason_of_job(find, kind)
        return parse.next(self._find_other_reasons(find))

    def _find_reason_of_job(self, find: sfn.Choice, kind: str) -> None:
        """Add a rule for one kind of job, which knows where to look for it."""
        name = f"$.details.{kind}Name"
        find.when(
            sfn.Condition.and_(
                sfn.Condition.is_present("$.details.FailureReason"), sfn.Condition.is_present(name)
            ),
            self.run_failed,
            assign=self._caught(
                error="JobFailed",
                reason=sfn.JsonPath.string_at("$.details.FailureReason"),
                advice=READ_THE_LOG,
                job=(kind, name),
            ),
            comment=f"{kind}: FailureReason",
        )

    def _find_other_reasons(self, find: sfn.Choice) -> sfn.Choice:
        return (
            find.when(
                sfn.Condition.is_present("$.details.FailureReason"),
                self.run_failed,
                assign=self._caught(
                    error="JobFailed",
                    reason=sfn.JsonPath.string_at("$.details.FailureReason"),
                    advice=READ_THE_LOG,
                ),
                comment="job: FailureReason",
            )
            .when(
                sfn.Condition.is_present("$.details.errorMessage"),
                self._name_failure,
                assign=self._caught(
                    error=ERROR,
                    reason=sfn.JsonPath.string_at("$.details.errorMessage"),
                    advice=START_AGAIN,
                ),
                comment="function: errorMessage",
            )
            .otherwise(self._keep_cause)
        )

    def _naming(self) -> sfn.Choice:
        """Step Functions keeps names that begin with ``States.`` to itself."""
        return (
            sfn.Choice(
                self, "NameFailure", comment="A Fail state may not use Step Functions' own names"
            )
            .when(
                sfn.Condition.string_matches("$failure.error", "States.*"),
                self.run_failed,
                assign=self._assignment(
                    step=sfn.JsonPath.string_at("$failure.step"),
                    error="StepFailed",
                    reason=sfn.JsonPath.format(
                        "{} ({})",
                        sfn.JsonPath.string_at("$failure.reason"),
                        sfn.JsonPath.string_at("$failure.error"),
                    ),
                    advice=sfn.JsonPath.string_at("$failure.advice"),
                    links=sfn.JsonPath.string_at("$failure.links"),
                ),
                comment="reserved name",
            )
            .otherwise(self.run_failed)
        )
