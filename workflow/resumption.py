"""Doing a step again: after a redrive, and when SageMaker failed a job for a reason of its own.

Step Functions redrives an execution at the state that failed last, which after a catcher is not
the step that failed. And a Retry cannot tell a job that SageMaker had no capacity for from one
whose algorithm failed: both are ``States.TaskFailed``. Here a variable says which step to do again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

# FailureReasons of jobs that can succeed under a new name; an AlgorithmError or a ClientError
# would only repeat itself.
RESTARTABLE_REASONS = ("CapacityError*", "InternalServerError*")
# Long enough for an instance to come free; SageMaker itself looks for one for minutes.
_WAIT_BEFORE_RESTART = Duration.minutes(2)
_FAILED_STEP = "$failure.step"


@dataclass(frozen=True, kw_only=True)
class Placements:
    """Where the attempts of a job run: each restart takes the next of ResolveRun's list.

    Parameters
    ----------
    steps : tuple of str
        States whose jobs these are.
    section : str
        Section of the resolved run, which has ``placements``.
    """

    steps: tuple[str, ...]
    section: str

    def at(self, attempt: str) -> dict[str, str]:
        """Make the assignment of the placement for an attempt, a number's expression, from 0."""
        found = f"States.ArrayGetItem($run.{self.section}.placements, {attempt})"
        return {f"{self.section}_placement.$": found}


TRAINING = Placements(steps=("TrainModel", "TuneModel"), section="training")
TRANSFORM = Placements(steps=("TransformTestSet",), section="transform")
_NEXT_ATTEMPT = "States.MathAdd($restarts, 1)"

# Assigned where a run, or a redrive of it, begins.
FIRST_ATTEMPT: dict[str, Any] = {
    "restarts": 0,
    **TRAINING.at("0"),
    **TRANSFORM.at("0"),
}


class Resumption(Construct):
    """The states that lead back to a step.

    Parameters
    ----------
    scope : Construct
        Parent of the states.
    construct_id : str
        Id below `scope`.

    Attributes
    ----------
    resume_step : Choice
        Goes to the step that ``$failure.step`` names; where there is none, to the first.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.resume_step = sfn.Choice(
            self,
            "ResumeStep",
            comment="Begin; after a redrive or for a restart, go to the step that failed",
        )
        self._wait = sfn.Wait(
            self,
            "WaitBeforeRestart",
            comment="SageMaker had no capacity, or failed by itself: give it time",
            time=sfn.WaitTime.duration(_WAIT_BEFORE_RESTART),
        )
        self._wait.next(self.resume_step)

    def lead_to(self, step: str, state: sfn.State) -> None:
        """Make `state` the one to go to when `step` is to be done again."""
        self.resume_step.when(
            sfn.Condition.string_equals(_FAILED_STEP, step), state, comment=f"{step} again"
        )

    def restart_job_or(self, give_up: sfn.IChainable) -> sfn.Choice:
        """Make the state that starts a job again on its next placement, if it has one left."""
        choice = sfn.Choice(
            self, "RestartJob?", comment="Whether the input allows the job another attempt"
        )
        for placements in (TRAINING, TRANSFORM):
            choice.when(
                sfn.Condition.and_(
                    _is_one_of(placements.steps),
                    sfn.Condition.boolean_equals(
                        f"${placements.section}_placement.is_last", value=False
                    ),
                ),
                self._wait,
                assign={"restarts.$": _NEXT_ATTEMPT, **placements.at(_NEXT_ATTEMPT)},
                comment=f"{placements.section}: another attempt",
            )
        return choice.otherwise(give_up)


def _is_one_of(steps: tuple[str, ...]) -> sfn.Condition:
    conditions = [sfn.Condition.string_equals(_FAILED_STEP, step) for step in steps]
    return conditions[0] if len(conditions) == 1 else sfn.Condition.or_(*conditions)
