"""Where every failure goes: one readable cause, which names the step and the reason.

A failed SageMaker job arrives with its whole Describe response as ``Cause``, a failed function
with a JSON object around its message; people should see neither. Catchers remember the step;
the states here dig out the reason, send it to those who want to know, and end the execution.
"""

from __future__ import annotations

from functools import partial

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from workflow.failed_end import failed_end
from workflow.failure_notice import JOB_KINDS, FailureNotice
from workflow.resumption import RESTARTABLE_REASONS, Resumption

# A variable, because a state that follows a catcher is not told where the error came from.
FAILED_STEP = "failed_step"
FAILED_STEP_LINKS = "failed_step_links"
ERROR = sfn.JsonPath.string_at("$.Error")

# What to do, by what is known of the failure.
MEND_AND_GO_ON = (
    "Mend what the reason names. If that is the input, start a new execution; otherwise redrive "
    "this one, which goes on at this step."
)
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
    "redrive the execution, which goes on at this step."
)
READ_THE_LOG_OR_REDRIVE = (
    "If the reason names the data or the input, mend that and start a new execution. Otherwise "
    "read the log, then redrive this one, which starts another job run."
)
REDRIVE_IF_STOPPED = (
    "If somebody stopped the job, redrive the execution, which starts another one. Otherwise read "
    "its log."
)
TRY_LATER = (
    "SageMaker failed, not the job, in every attempt that the input allows. Redrive the execution "
    "later, or start a new one with other instance types (fallback_instance_types)."
)


class RunFailure(Construct):
    """The states between an error and the end of the execution.

    Parameters
    ----------
    scope : Construct
        Parent of the states.
    construct_id : str
        Id below `scope`.
    notice : FailureNotice
        Who is told.

    Attributes
    ----------
    run_failed : SnsPublish
        The beginning of the end; whatever leads here has assigned ``because(...)``.
    restart_job : Choice
        For a job that failed for a reason of SageMaker's own; what leads here has assigned
        ``because(...)`` too.
    resume_step : Choice
        Where a run begins, and where it goes on.
    """

    def __init__(self, scope: Construct, construct_id: str, *, notice: FailureNotice) -> None:
        super().__init__(scope, construct_id)
        self._notice = notice
        self._steps: dict[str, sfn.State] = {}
        self._resumption = Resumption(self, "Resumption")
        self._redriven = sfn.Choice(
            self, "RedriveRun", comment="The run was redriven: what was the step that failed?"
        )
        self.resume_step = self._resumption.resume_step
        self.run_failed = notice.publish(self, failed_end(self, self._redriven))
        self.restart_job = self._resumption.restart_job_or(self.run_failed)
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

    def catch_all(
        self,
        state: sfn.TaskStateBase | sfn.CustomState,
        *,
        resume_at: sfn.State | None = None,
    ) -> None:
        """Send every error of `state` to the readable failure, from where it can be resumed.

        The error output replaces the state's input: what the run knows is in variables, and an
        execution input that is no JSON object would have no place for it.

        Parameters
        ----------
        state : TaskStateBase or CustomState
        resume_at : State, optional
            Where a redrive goes on, if `state` works on its input and not on variables; the
            default is `state`.
        """
        state.add_catch(
            self._read_failure,
            errors=[sfn.Errors.ALL],
            assign={
                FAILED_STEP: state.id,
                FAILED_STEP_LINKS: self._notice.step_links(state.id),
            },
        )
        self._steps[state.id] = resume_at or state

    def begin_with(self, resolve_run: sfn.State, claim_run: sfn.State, first: sfn.State) -> None:
        """Say what a run begins with, before its steps and after a redrive.

        Parameters
        ----------
        resolve_run : State
            Makes ``$run``; a run that has none begins here.
        claim_run : State
            Every run passes it, again when it is redriven.
        first : State
            The first step.
        """
        self._redriven.when(
            sfn.Condition.string_equals("$failure.step", resolve_run.id),
            resolve_run,
            comment="ResolveRun: nothing is known of the run",
        ).otherwise(claim_run)
        for step, state in reversed(self._steps.items()):
            if state not in (resolve_run, claim_run):
                self._resumption.lead_to(step, state)
        self.resume_step.otherwise(first)

    def because(
        self,
        *,
        step: str,
        error: str,
        reason: str,
        advice: str,
        job: tuple[str, str] | None = None,
    ) -> dict[str, object]:
        """Assign this in a transition to ``run_failed`` or ``restart_job``.

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
        links = self._notice.job_links(*job) if job else self._notice.step_links(step)
        return _assignment(step=step, error=error, reason=reason, advice=advice, links=links)

    def _caught(
        self, *, error: str, reason: str, advice: str, job: tuple[str, str] | None = None
    ) -> dict[str, object]:
        """Assign this where a caught error is looked into."""
        links = sfn.JsonPath.string_at(f"${FAILED_STEP_LINKS}")
        if job:
            links = self._notice.job_links(*job)
        step = sfn.JsonPath.string_at(f"${FAILED_STEP}")
        return _assignment(step=step, error=error, reason=reason, advice=advice, links=links)

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
                    sfn.Condition.string_matches("$.Cause", '{*"JobRunState":*}'),
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
        for kind in JOB_KINDS:
            self._find_reason_of_job(find, kind)
        return parse.next(self._find_other_reasons(find))

    def _find_reason_of_job(self, find: sfn.Choice, kind: str) -> None:
        """Add rules for one kind of job, which know where to look for it."""
        name, reason = f"$.details.{kind}Name", "$.details.FailureReason"
        failed = [sfn.Condition.is_present(reason), sfn.Condition.is_present(name)]
        caught = partial(
            self._caught,
            error="JobFailed",
            reason=sfn.JsonPath.string_at(reason),
            job=(kind, name),
        )
        find.when(
            sfn.Condition.and_(
                *failed,
                sfn.Condition.or_(
                    *(sfn.Condition.string_matches(reason, each) for each in RESTARTABLE_REASONS)
                ),
            ),
            self.restart_job,
            assign=caught(advice=TRY_LATER),
            comment=f"{kind}: SageMaker's own failure",
        ).when(
            sfn.Condition.and_(*failed),
            self.run_failed,
            assign=caught(advice=READ_THE_LOG),
            comment=f"{kind}: FailureReason",
        )

    def _find_other_reasons(self, find: sfn.Choice) -> sfn.Choice:
        self._find_reason_of_job_run(find)
        return find.when(
            sfn.Condition.is_present("$.details.errorMessage"),
            self._name_failure,
            assign=self._caught(
                error=ERROR,
                reason=sfn.JsonPath.string_at("$.details.errorMessage"),
                advice=MEND_AND_GO_ON,
            ),
            comment="function: errorMessage",
        ).otherwise(self._keep_cause)

    def _find_reason_of_job_run(self, find: sfn.Choice) -> None:
        """Add rules for Glue's job runs; one that was stopped has no message."""
        state, message = "$.details.JobRunState", "$.details.ErrorMessage"
        is_job_run = sfn.Condition.is_present(state)
        find.when(
            sfn.Condition.and_(is_job_run, sfn.Condition.is_present(message)),
            self.run_failed,
            assign=self._caught(
                error="JobFailed",
                reason=sfn.JsonPath.string_at(message),
                advice=READ_THE_LOG_OR_REDRIVE,
            ),
            comment="JobRun: ErrorMessage",
        ).when(
            is_job_run,
            self.run_failed,
            assign=self._caught(
                error="JobNotCompleted",
                reason=job_run_not_completed("$.details"),
                advice=REDRIVE_IF_STOPPED,
            ),
            comment="JobRun: no message",
        )

    def _naming(self) -> sfn.Choice:
        """Step Functions keeps names that begin with ``States.`` to itself."""
        return (
            sfn.Choice(
                self, "NameFailure", comment="An error that is ours has no name of Step Functions'"
            )
            .when(
                sfn.Condition.string_matches("$failure.error", "States.*"),
                self.run_failed,
                assign=_assignment(
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


def job_run_not_completed(job_run: str) -> str:
    """Say how a job run of Glue ended; `job_run` is its path."""
    return sfn.JsonPath.format(
        "job run {} ended with state {}, not SUCCEEDED",
        sfn.JsonPath.string_at(f"{job_run}.Id"),
        sfn.JsonPath.string_at(f"{job_run}.JobRunState"),
    )


def _assignment(
    *, step: str, error: str, reason: str, advice: str, links: str
) -> dict[str, object]:
    return {
        "failure": {
            "step": step,
            "error": error,
            "reason": reason,
            "advice": advice,
            "links": links,
            "redrives": sfn.JsonPath.number_at("$$.Execution.RedriveCount"),
        }
    }
