"""Creating, updating and deleting stacks: statuses, events, rollback.

Source: CloudFormation user guide, "Stack status codes", "Update behaviors of stack resources",
"DeletionPolicy attribute" and "Choose how to handle failures". An operation has ended when its API
call returns; AWS works on, and its clients poll.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import ServiceException

from embedded_aws.cloudformation.errors import ResourceFailure, reason_of
from embedded_aws.cloudformation.intrinsics import Resolver
from embedded_aws.cloudformation.plan import changed_properties
from embedded_aws.cloudformation.resource_types import resource_type
from embedded_aws.cloudformation.resource_types.base import Physical, Properties, Request
from embedded_aws.cloudformation.stack import Resource, Revision, Stack, now
from embedded_aws.cloudformation.template import dependencies, deployment_order

# What may go wrong with a resource; anything else is a defect of ours, which ends the request.
_FAILURES = (ResourceFailure, ClientError, BotoCoreError, ServiceException)


def create_stack(
    stack: Stack, revision: Revision, exports: Mapping[str, str], *, on_failure: str = "ROLLBACK"
) -> None:
    """Create a stack's resources.

    Parameters
    ----------
    stack : Stack
        New, or in review.
    revision : Revision
        What it is to be.
    exports : mapping of str to str
        Exported outputs of other stacks.
    on_failure : {"ROLLBACK", "DELETE", "DO_NOTHING"}
        What becomes of the resources if one fails.
    """
    stack.revision = revision
    stack.enter("CREATE_IN_PROGRESS", "User Initiated")
    deployment = _Deployment(stack, revision, exports)
    if deployment.apply():
        deployment.finish()
        stack.enter("CREATE_COMPLETE")
        return
    failed = f"The following resource(s) failed to create: [{deployment.failed}]. "
    if on_failure == "DO_NOTHING":
        stack.enter("CREATE_FAILED", failed)
        return
    verb = "ROLLBACK" if on_failure == "ROLLBACK" else "DELETE"
    stack.enter(f"{verb}_IN_PROGRESS", f"{failed}Rollback requested by user.")
    if _delete_resources(stack, list(stack.resources.values()), is_rollback=True):
        stack.enter(f"{verb}_FAILED", _failed_to_delete(stack))
        return
    stack.enter(f"{verb}_COMPLETE")
    if verb == "DELETE":
        stack.deleted = now()


def update_stack(
    stack: Stack, revision: Revision, exports: Mapping[str, str], *, rolls_back: bool = True
) -> None:
    """Change a stack's resources: new and changed ones first, then what is no longer needed goes.

    Parameters
    ----------
    stack : Stack
        As it is.
    revision : Revision
        What it is to become.
    exports : mapping of str to str
        Exported outputs of other stacks.
    rolls_back : bool
        Whether a failure restores what there was.
    """
    stack.updated = now()
    stack.enter("UPDATE_IN_PROGRESS", "User Initiated")
    deployment = _Deployment(stack, revision, exports)
    if deployment.apply():
        stack.revision = revision
        deployment.finish()
        stack.enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        # As on AWS, a resource that cannot be deleted now is left behind, with an event.
        _delete_resources(stack, deployment.outdated())
        deployment.forget_outdated()
        stack.enter("UPDATE_COMPLETE")
        return
    failed = f"The following resource(s) failed to update: [{deployment.failed}]. "
    if not rolls_back:
        stack.revision = revision
        stack.enter("UPDATE_FAILED", failed)
        return
    stack.enter("UPDATE_ROLLBACK_IN_PROGRESS", failed)
    if not deployment.undo():
        stack.enter("UPDATE_ROLLBACK_FAILED", failed)
        return
    stack.enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    _delete_resources(stack, deployment.made, is_rollback=True)
    stack.enter("UPDATE_ROLLBACK_COMPLETE")


def delete_stack(stack: Stack, retain: Iterable[str] = ()) -> None:
    """Delete a stack's resources, except those that its template or the caller keeps.

    Parameters
    ----------
    stack : Stack
        The stack.
    retain : iterable of str
        Logical ids of resources to leave, of a stack whose deletion has failed.
    """
    stack.enter("DELETE_IN_PROGRESS", "User Initiated")
    kept = set(retain)
    if _delete_resources(stack, list(stack.resources.values()), kept=kept):
        stack.enter("DELETE_FAILED", _failed_to_delete(stack))
        return
    stack.outputs = []
    stack.deleted = now()
    stack.enter("DELETE_COMPLETE")


class _Deployment:
    """One pass over a template that creates and changes resources.

    Attributes
    ----------
    made : list of Resource
        What this pass has created, also in place of others.
    replaced : list of Resource
        What it has created others in place of.
    failed : str
        The resource that failed.
    """

    def __init__(self, stack: Stack, revision: Revision, exports: Mapping[str, str]):
        self._stack = stack
        self._revision = revision
        self._resolver = Resolver(
            revision.template, stack.pseudo_parameters, revision.parameters, exports
        )
        definitions = revision.template.resources
        self._definitions = {
            logical_id: definitions[logical_id]
            for logical_id in deployment_order(definitions)
            if self._resolver.holds(definitions[logical_id].get("Condition"))
        }
        self._undo: list[Callable[[], None]] = []
        self._outputs: list[dict[str, str]] = []
        self.made: list[Resource] = []
        self.replaced: list[Resource] = []
        self.failed = ""

    def apply(self) -> bool:
        """Create and change what is needed; False as soon as a resource has failed."""
        for logical_id, definition in self._definitions.items():
            existing = self._stack.resources.get(logical_id)
            verb = "CREATE" if existing is None else "UPDATE"
            try:
                resource = self._deploy(logical_id, definition, existing)
            except _FAILURES as error:
                self._stack.record(
                    logical_id,
                    definition["Type"],
                    f"{verb}_FAILED",
                    physical_id=existing.physical.id if existing else "",
                    reason=reason_of(error),
                )
                self.failed = logical_id
                return False
            self._resolver.physical[logical_id] = resource.physical
        return self._resolve_outputs()

    def finish(self) -> None:
        """Take over the outputs and what other stacks' exports are used for."""
        self._stack.outputs = self._outputs
        self._stack.imports = self._resolver.imported

    def outdated(self) -> list[Resource]:
        """Return the resources that the template no longer has, or that others have replaced."""
        gone = [r for i, r in self._stack.resources.items() if i not in self._definitions]
        return [*self.replaced, *gone]

    def forget_outdated(self) -> None:
        """Take what the template no longer has out of the stack."""
        for logical_id in [i for i in self._stack.resources if i not in self._definitions]:
            del self._stack.resources[logical_id]

    def undo(self) -> bool:
        """Put back what was changed; False if a resource cannot be."""
        for step in reversed(self._undo):
            try:
                step()
            except _FAILURES as error:
                self._stack.reason = reason_of(error)
                return False
        return True

    def _deploy(
        self, logical_id: str, definition: Mapping[str, Any], existing: Resource | None
    ) -> Resource:
        kind = resource_type(definition["Type"])
        properties = kind.tags_of(
            self._resolver.resolve(definition.get("Properties", {})), self._revision.tags
        )
        kind.check(properties)
        if existing is None:
            return self._create(logical_id, definition, properties)
        different = changed_properties(properties, existing.properties)
        if definition["Type"] != existing.type_name or kind.immutable.intersection(different):
            self._check_replaceable(existing, properties, kind.name_property)
            return self._create(logical_id, definition, properties, replaced=existing)
        if different:
            return self._update(existing, definition, properties)
        before = existing.definition
        existing.definition = definition
        self._undo.append(lambda: setattr(existing, "definition", before))
        return existing

    def _create(
        self,
        logical_id: str,
        definition: Mapping[str, Any],
        properties: Properties,
        replaced: Resource | None = None,
    ) -> Resource:
        stack, type_name = self._stack, definition["Type"]
        verb = "CREATE" if replaced is None else "UPDATE"
        why = None if replaced is None else (
            "Requested update requires the creation of a new physical resource; hence creating one."
        )  # fmt: skip
        stack.record(
            logical_id,
            type_name,
            f"{verb}_IN_PROGRESS",
            physical_id=replaced.physical.id if replaced else "",
            reason=why,
            properties=properties,
        )
        request, kind = stack.request(logical_id, type_name, properties), resource_type(type_name)
        found = kind.find(request) if self._revision.importable(definition) else None
        if found is not None:
            return self._import(request, definition, found)
        physical = kind.create(request)
        made = Resource(logical_id, definition, properties, physical, f"{verb}_COMPLETE")
        stack.resources[logical_id] = made
        self.made.append(made)
        if replaced is not None:
            self.replaced.append(replaced)
            self._undo.append(lambda: stack.resources.update({logical_id: replaced}))
        stack.record(logical_id, type_name, f"{verb}_COMPLETE", physical_id=physical.id)
        return made

    def _import(self, request: Request, definition: Mapping[str, Any], found: Physical) -> Resource:
        """Take over a resource that exists; a rollback leaves it."""
        stack, logical_id, type_name = self._stack, request.logical_id, request.type_name
        physical = resource_type(type_name).update(request, found, {})
        resource = Resource(logical_id, definition, request.properties, physical, "IMPORT_COMPLETE")
        stack.resources[logical_id] = resource
        self._undo.append(lambda: stack.resources.__delitem__(logical_id))
        stack.record(logical_id, type_name, "IMPORT_COMPLETE", physical_id=physical.id)
        return resource

    def _update(
        self, existing: Resource, definition: Mapping[str, Any], properties: Properties
    ) -> Resource:
        stack, logical_id, type_name = self._stack, existing.logical_id, existing.type_name
        kind = resource_type(type_name)
        before = existing.physical
        stack.record(
            logical_id,
            type_name,
            "UPDATE_IN_PROGRESS",
            physical_id=before.id,
            properties=properties,
        )
        request = stack.request(logical_id, type_name, properties)
        physical = kind.update(request, before, existing.properties)
        updated = Resource(logical_id, definition, properties, physical, "UPDATE_COMPLETE")
        stack.resources[logical_id] = updated
        if physical.id != before.id:  # a custom resource's way of saying that it is another one
            self.replaced.append(existing)
        self._undo.append(lambda: self._restore(existing, properties, physical))
        stack.record(logical_id, type_name, "UPDATE_COMPLETE", physical_id=physical.id)
        return updated

    def _restore(self, before: Resource, properties: Properties, physical: Physical) -> None:
        stack, logical_id, type_name = self._stack, before.logical_id, before.type_name
        stack.record(logical_id, type_name, "UPDATE_IN_PROGRESS", physical_id=physical.id)
        request = stack.request(logical_id, type_name, before.properties)
        restored = resource_type(type_name).update(request, physical, properties)
        stack.resources[logical_id] = Resource(
            logical_id, before.definition, before.properties, restored, "UPDATE_COMPLETE"
        )
        stack.record(logical_id, type_name, "UPDATE_COMPLETE", physical_id=restored.id)

    def _check_replaceable(
        self, existing: Resource, properties: Properties, name_property: str | None
    ) -> None:
        if name_property is None or name_property not in properties:
            return
        name = properties[name_property]
        if name == existing.properties.get(name_property):
            raise ResourceFailure(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {name} and update the stack again."
            )

    def _resolve_outputs(self) -> bool:
        self._outputs = []
        for key, output in self._revision.template.section("Outputs").items():
            if not self._resolver.holds(output.get("Condition")):
                continue
            try:
                self._outputs.append(self._output(key, output))
            except _FAILURES as error:
                self.failed = key
                self._stack.record(key, "Output", "CREATE_FAILED", reason=reason_of(error))
                return False
        return True

    def _output(self, key: str, output: Mapping[str, Any]) -> dict[str, str]:
        resolved = self._resolver.resolve({k: v for k, v in output.items() if k != "Condition"})
        shown = {"OutputKey": key, "OutputValue": str(resolved["Value"])}
        if "Description" in resolved:
            shown["Description"] = resolved["Description"]
        if "Export" in resolved:
            shown["ExportName"] = resolved["Export"]["Name"]
            if shown["ExportName"] in self._resolver.exports:
                raise ResourceFailure(
                    f"Export with name {shown['ExportName']} is already exported by another stack"
                )
        return shown


def _delete_resources(
    stack: Stack,
    resources: list[Resource],
    *,
    is_rollback: bool = False,
    kept: set[str] | None = None,
) -> bool:
    """Delete resources, dependents first; True if one could not be deleted.

    What a failed one depends on is not tried.
    """
    by_id = {resource.logical_id: resource for resource in resources}
    definitions = {logical_id: r.definition for logical_id, r in by_id.items()}
    blocked: set[str] = set()
    has_failed = False
    for logical_id in reversed(deployment_order(definitions)):
        resource = by_id[logical_id]
        is_current = stack.resources.get(logical_id) is resource
        if logical_id in blocked:
            blocked |= dependencies(resource.definition, definitions)
            continue
        if not _delete_resource(stack, resource, is_current, is_rollback, kept or set()):
            has_failed = True
            blocked |= dependencies(resource.definition, definitions)
        elif is_current:
            del stack.resources[logical_id]
    return has_failed


def _delete_resource(
    stack: Stack, resource: Resource, is_current: bool, is_rollback: bool, kept: set[str]
) -> bool:
    logical_id, type_name = resource.logical_id, resource.type_name
    policy = "DeletionPolicy" if is_current or is_rollback else "UpdateReplacePolicy"
    value = resource.definition.get(policy, "Delete")
    keeps = value == "Retain" or (value == "RetainExceptOnCreate" and not is_rollback)
    physical_id = resource.physical.id
    if keeps or logical_id in kept:
        stack.record(logical_id, type_name, "DELETE_SKIPPED", physical_id=physical_id)
        return True
    stack.record(logical_id, type_name, "DELETE_IN_PROGRESS", physical_id=physical_id)
    try:
        request = stack.request(logical_id, type_name, resource.properties)
        resource_type(type_name).delete(request, resource.physical)
    except _FAILURES as error:
        stack.record(
            logical_id,
            type_name,
            "DELETE_FAILED",
            physical_id=physical_id,
            reason=reason_of(error),
        )
        return False
    stack.record(logical_id, type_name, "DELETE_COMPLETE", physical_id=physical_id)
    return True


def _failed_to_delete(stack: Stack) -> str:
    failed = [i for i, r in stack.resources.items() if r.status == "DELETE_FAILED"]
    return f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
