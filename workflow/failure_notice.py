"""The one message about a failed run: which step, why, what to do, and where to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from workflow import retries
from workflow.console_pages import TRAINING_LOG, TRANSFORM_LOG, ConsolePages

RUNBOOK = "docs/operating.md"
JOB_KINDS = ("TrainingJob", "HyperParameterTuningJob", "TransformJob")
# SNS takes 100 characters; the rest of the subject and the longest state's name need 40.
_MAX_NAME_IN_SUBJECT = 60
_JOB_LOGS = {
    "TrainModel": TRAINING_LOG,
    "TuneModel": TRAINING_LOG,
    "TransformTestSet": TRANSFORM_LOG,
}


@dataclass(frozen=True, kw_only=True)
class FailureNotice:
    """Who is told of a failed run, and what the message points to.

    Parameters
    ----------
    topic : ITopic
        Gets the message.
    console : ConsolePages
        For links.
    step_logs : mapping of str to str
        Log groups of functions and of the Spark job, by the name of the state.
    """

    topic: sns.ITopic
    console: ConsolePages
    step_logs: Mapping[str, str]

    def step_links(self, step: str) -> str:
        """Links for a step of which no more is known than its name."""
        group = {**_JOB_LOGS, **self.step_logs}.get(step)
        if group is None:
            return "Log: this step has none of its own, see the execution"
        return f"Log: {self.console.log_group(group)}"

    def job_links(self, api_name: str, name: str) -> str:
        """Make an expression that gives the links of a SageMaker job.

        Parameters
        ----------
        api_name : str
            One of `JOB_KINDS`.
        name : str
            Path of the job's name.
        """
        return sfn.JsonPath.format(
            f"Job: {self.console.job(api_name, '{}')}\nLog: {self.console.job_log(api_name, '{}')}",
            sfn.JsonPath.string_at(name),
            sfn.JsonPath.string_at(name),
        )

    def publish(self, scope: Construct, then: sfn.CustomState) -> tasks.SnsPublish:
        """Make the state that sends the message; whatever becomes of it, `then` follows.

        Step Functions' ``States.Format`` has no escapes for braces and quotes that would be read
        well, hence none in the text.
        """
        stack = Stack.of(scope).stack_name[:_MAX_NAME_IN_SUBJECT]
        failure = {
            name: sfn.JsonPath.string_at(f"$failure.{name}")
            for name in ("step", "reason", "error", "advice", "links")
        }
        state = tasks.SnsPublish(
            scope,
            "TellOfFailure",
            comment="One message: which step failed, why, what to do, where to look",
            topic=self.topic,
            subject=sfn.JsonPath.format(f"{stack}: run failed in {{}}", failure["step"]),
            message=sfn.TaskInput.from_text(
                sfn.JsonPath.format(
                    f"A run of {stack} failed: execution {{}}\n\n"
                    "Step: {}\nWhy: {}\nError: {}\nWhat to do: {}\n\n"
                    f"Execution: {self.console.execution('{}')}\n"
                    f"{{}}\nRunbook: {RUNBOOK}, section When a run fails\n",
                    sfn.JsonPath.string_at("$$.Execution.Name"),
                    failure["step"],
                    failure["reason"],
                    failure["error"],
                    failure["advice"],
                    sfn.JsonPath.string_at("$$.Execution.Id"),
                    failure["links"],
                )
            ),
            result_path=sfn.JsonPath.DISCARD,
            task_timeout=sfn.Timeout.duration(Duration.minutes(1)),
        )
        retries.SNS_API.apply_to(state)
        # The run has failed for its own reason, which must not be lost with the message.
        state.add_catch(then, errors=[sfn.Errors.ALL], result_path=sfn.JsonPath.DISCARD)
        state.next(then)
        return state
