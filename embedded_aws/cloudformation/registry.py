"""All stacks and change sets of an account and region, and what may be done to them.

Source: CloudFormation API reference; statuses that allow an update: user guide, "Stack status
codes".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from embedded_aws.cloudformation import operations
from embedded_aws.cloudformation.change_set import WITHOUT_CHANGES, ChangeSet
from embedded_aws.cloudformation.errors import (
    AlreadyExistsError,
    ChangeSetNotFoundError,
    InsufficientCapabilitiesError,
    InvalidChangeSetStatusError,
    ValidationError,
)
from embedded_aws.cloudformation.intrinsics import Resolver
from embedded_aws.cloudformation.parameters import given_parameters, resolve_parameters
from embedded_aws.cloudformation.plan import plan_changes
from embedded_aws.cloudformation.resource_types import check_types
from embedded_aws.cloudformation.stack import Revision, Stack
from embedded_aws.cloudformation.template import Template, parse_template
from embedded_aws.role_clients import client_for

_UPDATABLE = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
)
_NAMED_IAM = {
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
}


class CloudFormationRegistry(BaseBackend):
    """Stacks and change sets; moto forgets it with everything else."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.stacks: dict[str, Stack] = {}
        self.change_sets: dict[str, ChangeSet] = {}

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service of the embedded AWS."""
        return client_for(self.region_name, service)

    # ---- stacks

    def stack(self, name_or_id: str) -> Stack:
        """Return a stack, a deleted one by its id only.

        Raises
        ------
        ValidationError
            If there is none.
        """
        if name_or_id in self.stacks:
            return self.stacks[name_or_id]
        for stack in self.stacks.values():
            if stack.name == name_or_id and stack.status != "DELETE_COMPLETE":
                return stack
        raise ValidationError(f"Stack with id {name_or_id} does not exist")

    def find(self, name: str) -> Stack | None:
        """Return the stack of that name, if there is one."""
        try:
            return self.stack(name)
        except ValidationError:
            return None

    @property
    def present(self) -> list[Stack]:
        """The stacks that are not deleted."""
        return [s for s in self.stacks.values() if s.status != "DELETE_COMPLETE"]

    def new_stack(self, name: str) -> Stack:
        """Register a stack without resources."""
        stack_id = self._arn(f"stack/{name}")
        stack = Stack(stack_id, name, self.account_id, self.region_name, self.client)
        self.stacks[stack_id] = stack
        return stack

    def create_stack(
        self, name: str, revision: Revision, *, on_failure: str, **settings: Any
    ) -> Stack:
        """Create a stack.

        Raises
        ------
        AlreadyExistsError
            If there is one of that name.
        """
        if self.find(name):
            raise AlreadyExistsError(f"Stack [{name}] already exists")
        stack = self.new_stack(name)
        _set(stack, settings)
        operations.create_stack(
            stack, revision, self._exports_besides(stack), on_failure=on_failure
        )
        return stack

    def update_stack(
        self, stack: Stack, revision: Revision, *, rolls_back: bool, **settings: Any
    ) -> None:
        """Update a stack.

        Raises
        ------
        ValidationError
            If its status does not allow that, or nothing would change.
        """
        self._check_updatable(stack)
        if not self._differs(stack, revision):
            raise ValidationError("No updates are to be performed.")
        _set(stack, settings)
        self._drop_change_sets(stack)
        operations.update_stack(
            stack, revision, self._exports_besides(stack), rolls_back=rolls_back
        )

    def delete_stack(self, name_or_id: str, retain: Sequence[str], **settings: Any) -> None:
        """Delete a stack; one that does not exist is no error.

        Raises
        ------
        ValidationError
            If it is protected, or others use its exports.
        """
        stack = self.find(name_or_id)
        if stack is None or stack.status == "DELETE_COMPLETE":
            return
        if stack.termination_protection:
            raise ValidationError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        for export in stack.exports:
            users = [s.name for s in self.present if export in s.imports]
            if users:
                raise ValidationError(
                    f"Export {export} cannot be deleted as it is in use by {', '.join(users)}"
                )
        _set(stack, settings)
        self._drop_change_sets(stack)
        operations.delete_stack(stack, retain)

    def revision(
        self,
        body: str | Template,
        parameters: Sequence[Mapping[str, Any]],
        tags: Mapping[str, str],
        stack: Stack | None,
        *,
        imports_existing: bool = False,
    ) -> Revision:
        """Check a template with its parameters.

        Parameters
        ----------
        body : str or Template
            The template.
        parameters : sequence of mapping
            ``Parameters`` of the API.
        tags : mapping of str to str
            The stack's tags.
        stack : Stack or None
            The stack whose previous values are used.
        imports_existing : bool
            Whether the stack takes over resources that exist already.

        Raises
        ------
        ValidationError
            If something is wrong with them.
        """
        template = parse_template(body) if isinstance(body, str) else body
        check_types(definition["Type"] for definition in template.resources.values())
        previous = stack.revision.given if stack and stack.revision else {}
        given = given_parameters(template, parameters, previous)
        values = resolve_parameters(template, given, self.client)
        revision = Revision(template, given, values, tags, imports_existing)
        Resolver(template, {"AWS::Region": self.region_name}, values).check_rules()
        return revision

    # ---- change sets

    def create_change_set(
        self, name: str, kind: str, stack_name: str, revision: Revision, **settings: Any
    ) -> ChangeSet:
        """Find out what would change, and keep that.

        Raises
        ------
        ValidationError
            If there is no such stack to update, or there is one already that is to be created.
        AlreadyExistsError
            If the stack has a change set of that name.
        """
        stack = self.find(stack_name)
        if kind == "UPDATE":
            if stack is None:
                raise ValidationError(f"Stack [{stack_name}] does not exist")
            self._check_updatable(stack)
        elif stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                f"Stack [{stack_name}] already exists and cannot be created again with the "
                f"changeSet [{name}]."
            )
        if stack is None:
            stack = self.new_stack(stack_name)
            stack.enter("REVIEW_IN_PROGRESS", "User Initiated")
        if any(c.name == name and c.stack is stack for c in self.change_sets.values()):
            raise AlreadyExistsError(f"ChangeSet {name} already exists")
        changes = plan_changes(stack, revision, self._exports_besides(stack))
        change_set = ChangeSet(
            self._arn(f"changeSet/{name}"), name, kind, stack, revision, changes, **settings
        )
        if kind == "UPDATE" and not self._differs(stack, revision, changes):
            change_set.refuse(WITHOUT_CHANGES)
        self.change_sets[change_set.change_set_id] = change_set
        return change_set

    def change_set(self, name_or_id: str, stack_name: str | None) -> ChangeSet:
        """Return a change set, by name only together with its stack.

        Raises
        ------
        ChangeSetNotFoundError
            If there is none.
        """
        if name_or_id in self.change_sets:
            return self.change_sets[name_or_id]
        if stack_name:
            stack = self.stack(stack_name)
            for change_set in self.change_sets.values():
                if change_set.stack is stack and change_set.name == name_or_id:
                    return change_set
        raise ChangeSetNotFoundError(f"ChangeSet [{name_or_id}] does not exist")

    def delete_change_set(self, name_or_id: str, stack_name: str | None) -> None:
        """Delete a change set; one that does not exist is no error."""
        try:
            change_set = self.change_set(name_or_id, stack_name)
        except ChangeSetNotFoundError:
            return
        del self.change_sets[change_set.change_set_id]

    def execute_change_set(
        self, change_set: ChangeSet, *, rolls_back: bool, request_token: str | None
    ) -> None:
        """Do what the change set says; the stack's other change sets are then gone.

        Raises
        ------
        InvalidChangeSetStatusError
            If it cannot be executed.
        """
        if change_set.execution_status != "AVAILABLE":
            raise InvalidChangeSetStatusError(
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                f"execution status of [{change_set.execution_status}]"
            )
        stack = change_set.stack
        _set(
            stack,
            {
                "role_arn": change_set.role_arn,
                "capabilities": change_set.capabilities,
                "disable_rollback": not rolls_back,
                "request_token": request_token,
            },
        )
        self._drop_change_sets(stack)
        self.change_sets[change_set.change_set_id] = change_set
        exports = self._exports_besides(stack)
        if change_set.kind == "CREATE":
            on_failure = change_set.on_failure or ("ROLLBACK" if rolls_back else "DO_NOTHING")
            operations.create_stack(stack, change_set.revision, exports, on_failure=on_failure)
        else:
            operations.update_stack(stack, change_set.revision, exports, rolls_back=rolls_back)
        is_done = stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        change_set.execution_status = "EXECUTE_COMPLETE" if is_done else "EXECUTE_FAILED"

    # ---- parts

    def _differs(
        self, stack: Stack, revision: Revision, changes: Sequence[Any] | None = None
    ) -> bool:
        if stack.status.endswith("_FAILED"):
            return True  # some of the resources are not what the revision says
        if changes is None:
            changes = plan_changes(stack, revision, self._exports_besides(stack))
        before = stack.revision
        return before is None or bool(
            changes
            or dict(revision.tags) != dict(before.tags)
            or revision.template.section("Outputs") != before.template.section("Outputs")
        )

    def _check_updatable(self, stack: Stack) -> None:
        if stack.status not in _UPDATABLE:
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
            )

    def _exports_besides(self, stack: Stack) -> dict[str, str]:
        return {
            name: value
            for other in self.present
            if other is not stack
            for name, value in other.exports.items()
        }

    def _drop_change_sets(self, stack: Stack) -> None:
        self.change_sets = {i: c for i, c in self.change_sets.items() if c.stack is not stack}

    def _arn(self, resource: str) -> str:
        place = f"arn:aws:cloudformation:{self.region_name}:{self.account_id}"
        return f"{place}:{resource}/{uuid.uuid4()}"


def check_capabilities(template: Template, capabilities: Sequence[str]) -> None:
    """Refuse a template with IAM resources that the request does not acknowledge.

    Raises
    ------
    InsufficientCapabilitiesError
        With the capability that is needed.
    """
    if "CAPABILITY_NAMED_IAM" in capabilities:
        return
    iam = [d for d in template.resources.values() if d["Type"].startswith("AWS::IAM::")]
    if any(_NAMED_IAM.get(d["Type"], "") in d.get("Properties", {}) for d in iam):
        raise InsufficientCapabilitiesError("Requires capabilities : [CAPABILITY_NAMED_IAM]")
    if iam and "CAPABILITY_IAM" not in capabilities:
        raise InsufficientCapabilitiesError("Requires capabilities : [CAPABILITY_IAM]")


def _set(stack: Stack, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        setattr(stack, name, value)


_registries = BackendDict(CloudFormationRegistry, "cloudformation")


def registry_of(account_id: str, region: str) -> CloudFormationRegistry:
    """Return the stacks of an account and region."""
    registry: CloudFormationRegistry = _registries[account_id][region]
    return registry
