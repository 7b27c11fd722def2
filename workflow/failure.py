"""Where every failure goes: one readable cause, which names the step and the reason.

A failed SageMaker job arrives with its whole Describe response as ``Cause``, a failed function
with a JSON object around its message; people should see neither. Catchers remember the step;
the states here dig out the reason.
"""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

# A variable, because a state that follows a catcher is not told where the error came from.
FAILED_STEP = "failed_step"
ERROR = sfn.JsonPath.string_at("$.Error")


class RunFailure(Construct):
    """The states between an error and the end of the execution.

    Attributes
    ----------
    run_failed : Fail
        The end; whatever leads here has assigned ``because(...)``.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.run_failed = sfn.Fail(
            self,
            "RunFailed",
            comment="The run failed; the cause names the step and the reason",
            error_path="$failure.error",
            cause_path="States.Format('{} failed: {}', $failure.step, $failure.reason)",
        )
        self._name_failure = self._naming()
        self._keep_cause = sfn.Pass(
            self,
            "KeepFailureCause",
            comment="The cause is readable as it is",
            assign=self._caught(error=ERROR, reason=sfn.JsonPath.string_at("$.Cause")),
        )
        self._keep_cause.next(self._name_failure)
        self._read_failure = self._reading()

    def catch_all(self, state: sfn.TaskStateBase | sfn.CustomState) -> None:
        """Send every error of `state` to the readable failure.

        The error output replaces the state's input: what the run knows is in variables, and an
        execution input that is no JSON object would have no place for it.
        """
        state.add_catch(self._read_failure, errors=[sfn.Errors.ALL], assign={FAILED_STEP: state.id})

    def because(self, *, step: str, error: str, reason: str) -> dict[str, object]:
        """Assign this in a transition to ``run_failed``.

        Parameters
        ----------
        step : str
            Name of the state that is to blame.
        error : str
            Error name that the execution ends with; must not begin with ``States.``.
        reason : str
            The reason, or an intrinsic function or path that makes it.
        """
        return {"failure": {"step": step, "error": error, "reason": reason}}

    def _caught(self, *, error: str, reason: str) -> dict[str, object]:
        step = sfn.JsonPath.string_at(f"${FAILED_STEP}")
        return self.because(step=step, error=error, reason=reason)

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
                    error="StepTimedOut", reason="it ran longer than its time limit"
                ),
                comment="timed out",
            )
            .when(
                sfn.Condition.not_(sfn.Condition.is_present("$.Cause")),
                self._name_failure,
                assign=self._caught(error=ERROR, reason="no cause was given"),
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
        find = (
            sfn.Choice(self, "FindFailureReason", comment="Whose cause it is")
            .when(
                sfn.Condition.is_present("$.details.FailureReason"),
                self.run_failed,
                assign=self._caught(
                    error="JobFailed", reason=sfn.JsonPath.string_at("$.details.FailureReason")
                ),
                comment="job: FailureReason",
            )
            .when(
                sfn.Condition.is_present("$.details.errorMessage"),
                self._name_failure,
                assign=self._caught(
                    error=ERROR, reason=sfn.JsonPath.string_at("$.details.errorMessage")
                ),
                comment="function: errorMessage",
            )
            .otherwise(self._keep_cause)
        )
        return parse.next(find)

    def _naming(self) -> sfn.Choice:
        """Step Functions keeps names that begin with ``States.`` to itself."""
        return (
            sfn.Choice(
                self, "NameFailure", comment="A Fail state may not use Step Functions' own names"
            )
            .when(
                sfn.Condition.string_matches("$failure.error", "States.*"),
                self.run_failed,
                assign=self.because(
                    step=sfn.JsonPath.string_at("$failure.step"),
                    error="StepFailed",
                    reason=sfn.JsonPath.format(
                        "{} ({})",
                        sfn.JsonPath.string_at("$failure.reason"),
                        sfn.JsonPath.string_at("$failure.error"),
                    ),
                ),
                comment="reserved name",
            )
            .otherwise(self.run_failed)
        )
