"""CreateStateMachine and UpdateStateMachine check what the role needs before any execution.

AWS refuses a state machine whose role may not create the rules that its ``.sync`` tasks wait for,
or may not deliver its log; moto looks at the form of the role's ARN only.
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.exceptions import AWSError
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from embedded_aws.iam.errors import AccessDeniedError
from embedded_aws.iam.state_machine_roles import check_role


class RoleLacksPermissionError(AWSError):
    """A permission is missing that creating or updating a state machine needs."""

    TYPE = "AccessDeniedException"


def apply() -> None:
    """Check a state machine's role before it is kept."""
    create = StepFunctionsParserBackend.create_state_machine
    update = StepFunctionsParserBackend.update_state_machine

    def checked_create(self: StepFunctionsParserBackend, *args: Any, **kwargs: Any) -> StateMachine:
        before = list(self.state_machines)
        machine = create(self, *args, **kwargs)
        try:
            _check(machine)
        except RoleLacksPermissionError:
            self.state_machines[:] = [m for m in self.state_machines if m in before]
            raise
        return machine

    def checked_update(
        self: StepFunctionsParserBackend, arn: str, *args: Any, **kwargs: Any
    ) -> StateMachine:
        machine = self.describe_state_machine(arn)
        before = dict(machine.__dict__)
        machine = update(self, arn, *args, **kwargs)
        try:
            _check(machine)
        except RoleLacksPermissionError:
            machine.__dict__.update(before)
            raise
        return machine

    StepFunctionsParserBackend.create_state_machine = checked_create
    StepFunctionsParserBackend.update_state_machine = checked_update


def _check(machine: StateMachine) -> None:
    try:
        check_role(machine.arn, machine.roleArn, machine.definition, machine.loggingConfiguration)
    except AccessDeniedError as error:
        raise RoleLacksPermissionError(str(error)) from error
