"""CloudFormation's API, as far as the embedded AWS goes.

What is listed here does what AWS documents. Every other operation answers
``UnsupportedInEmbeddedAws``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError
from moto.core.utils import camelcase_to_underscores

from embedded_aws.cloudformation import views
from embedded_aws.cloudformation.errors import ValidationError
from embedded_aws.cloudformation.registry import (
    CloudFormationRegistry,
    check_capabilities,
    registry_of,
)
from embedded_aws.cloudformation.stack import Revision, Stack
from embedded_aws.cloudformation.template import Template, parse_template
from embedded_aws.own_api import OwnApi
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

_OPERATIONS = (
    "CreateStack",
    "UpdateStack",
    "DeleteStack",
    "DescribeStacks",
    "ListStacks",
    "DescribeStackEvents",
    "DescribeStackResource",
    "DescribeStackResources",
    "ListStackResources",
    "GetTemplate",
    "GetTemplateSummary",
    "ValidateTemplate",
    "UpdateTerminationProtection",
    "CreateChangeSet",
    "DescribeChangeSet",
    "ExecuteChangeSet",
    "DeleteChangeSet",
    "ListChangeSets",
    "ListExports",
)
# Parameters that would change what happens; the other unknown ones only add or order output.
_UNSUPPORTED_PARAMETERS = (
    "NotificationARNs",
    "ResourcesToImport",
    "ResourceTypes",
    "StackPolicyBody",
    "StackPolicyURL",
)
_UNSET: tuple[Any, ...] = (None, "", [], False, "false")
_PAGE = 100


class CloudFormationApi(OwnApi):
    """Hands requests to the registry."""

    service = "cloudformation"
    title = "CloudFormation"
    operations = _OPERATIONS

    @property
    def _registry(self) -> CloudFormationRegistry:
        return registry_of(self.current_account, self.region)

    def _perform(self, operation: str) -> dict[str, Any] | None:
        self._refuse_unsupported_parameters()
        result: dict[str, Any] | None = getattr(self, f"_{camelcase_to_underscores(operation)}")()
        return result

    # ---- stacks

    def _create_stack(self) -> dict[str, Any]:
        revision = self._revision(None)
        on_failure = self._get_param("OnFailure") or (
            "DO_NOTHING" if self._get_bool_param("DisableRollback") else "ROLLBACK"
        )
        stack = self._registry.create_stack(
            self._get_param("StackName"),
            revision,
            on_failure=on_failure,
            termination_protection=bool(self._get_bool_param("EnableTerminationProtection")),
            **self._settings(),
        )
        return {"StackId": stack.stack_id}

    def _update_stack(self) -> dict[str, Any]:
        stack = self._stack()
        self._registry.update_stack(
            stack,
            self._revision(stack),
            rolls_back=not self._get_bool_param("DisableRollback"),
            **self._settings(),
        )
        return {"StackId": stack.stack_id}

    def _delete_stack(self) -> None:
        self._registry.delete_stack(
            self._get_param("StackName"),
            self._get_param("RetainResources") or [],
            request_token=self._get_param("ClientRequestToken"),
        )

    def _describe_stacks(self) -> dict[str, Any]:
        name = self._get_param("StackName")
        stacks = [self._stack()] if name else self._registry.present
        return {"Stacks": [views.stack(s) for s in stacks]}

    def _list_stacks(self) -> dict[str, Any]:
        statuses = self._get_param("StackStatusFilter") or []
        stacks = [s for s in self._registry.stacks.values() if not statuses or s.status in statuses]
        return {"StackSummaries": [views.stack_summary(s) for s in stacks]}

    def _describe_stack_events(self) -> dict[str, Any]:
        events = self._stack().events[::-1]
        first = int(self._get_param("NextToken") or 0)
        page: dict[str, Any] = {"StackEvents": events[first : first + _PAGE]}
        if first + _PAGE < len(events):
            page["NextToken"] = str(first + _PAGE)
        return page

    def _describe_stack_resource(self) -> dict[str, Any]:
        stack, logical_id = self._stack(), self._get_param("LogicalResourceId")
        if logical_id not in stack.resources:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
        return {"StackResourceDetail": views.resource(stack, stack.resources[logical_id])}

    def _describe_stack_resources(self) -> dict[str, Any]:
        wanted, physical = (
            self._get_param(name) for name in ("LogicalResourceId", "PhysicalResourceId")
        )
        stacks = [self._stack()] if self._get_param("StackName") else self._registry.present
        found = [
            views.resource(stack, resource)
            for stack in stacks
            for resource in stack.resources.values()
            if wanted in (None, resource.logical_id) and physical in (None, resource.physical.id)
        ]
        return {"StackResources": found}

    def _list_stack_resources(self) -> dict[str, Any]:
        stack = self._stack()
        resources = [views.resource(stack, resource) for resource in stack.resources.values()]
        return {"StackResourceSummaries": resources}

    def _get_template(self) -> dict[str, Any]:
        stack, name = self._stack(), self._get_param("ChangeSetName")
        revision: Revision | None = stack.revision
        if name:
            revision = self._registry.change_set(name, stack.stack_id).revision
        return {
            "TemplateBody": revision.template.body if revision else "",
            "StagesAvailable": ["Original", "Processed"],
        }

    def _get_template_summary(self) -> dict[str, Any]:
        if self._get_param("StackName"):
            stack = self._stack()
            if stack.revision is None:
                raise ValidationError(
                    "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."
                )
            return views.template_summary(stack.revision.template)
        return views.template_summary(self._template(None))

    def _validate_template(self) -> dict[str, Any]:
        return views.template_summary(self._template(None))

    def _update_termination_protection(self) -> dict[str, Any]:
        stack = self._stack()
        stack.termination_protection = bool(self._get_bool_param("EnableTerminationProtection"))
        return {"StackId": stack.stack_id}

    def _list_exports(self) -> dict[str, Any]:
        exports = [
            {"ExportingStackId": stack.stack_id, "Name": name, "Value": value}
            for stack in self._registry.present
            for name, value in stack.exports.items()
        ]
        return {"Exports": exports}

    # ---- change sets

    def _create_change_set(self) -> dict[str, Any]:
        kind, name = self._get_param("ChangeSetType") or "UPDATE", self._get_param("StackName")
        if kind not in ("CREATE", "UPDATE"):
            raise UnsupportedInEmbeddedAws(
                f"The embedded AWS does not offer change sets of the type {kind}"
            )
        stack = self._registry.find(name)
        if stack is None and kind == "UPDATE":
            raise ValidationError(f"Stack [{name}] does not exist")
        settings = self._settings()
        change_set = self._registry.create_change_set(
            self._get_param("ChangeSetName"),
            kind,
            name,
            self._revision(stack),
            description=self._get_param("Description"),
            role_arn=settings["role_arn"],
            capabilities=settings["capabilities"],
            on_failure=self._get_param("OnStackFailure"),
        )
        return {"Id": change_set.change_set_id, "StackId": change_set.stack.stack_id}

    def _describe_change_set(self) -> dict[str, Any]:
        return views.change_set(self._change_set())

    def _execute_change_set(self) -> None:
        self._registry.execute_change_set(
            self._change_set(),
            rolls_back=not self._get_bool_param("DisableRollback"),
            request_token=self._get_param("ClientRequestToken"),
        )

    def _delete_change_set(self) -> None:
        self._registry.delete_change_set(
            self._get_param("ChangeSetName"), self._get_param("StackName")
        )

    def _list_change_sets(self) -> dict[str, Any]:
        stack = self._stack()
        found = [c for c in self._registry.change_sets.values() if c.stack is stack]
        return {"Summaries": [views.change_set_summary(c) for c in found]}

    # ---- parts of requests

    def _stack(self) -> Stack:
        return self._registry.stack(self._get_param("StackName"))

    def _change_set(self) -> Any:
        return self._registry.change_set(
            self._get_param("ChangeSetName"), self._get_param("StackName")
        )

    def _settings(self) -> dict[str, Any]:
        return {
            "role_arn": self._get_param("RoleARN"),
            "capabilities": self._get_param("Capabilities") or [],
            "disable_rollback": bool(self._get_bool_param("DisableRollback")),
            "request_token": self._get_param("ClientRequestToken"),
        }

    def _revision(self, stack: Stack | None) -> Revision:
        template = self._template(stack)
        check_capabilities(template, self._get_param("Capabilities") or [])
        tags: Mapping[str, str] = {t["Key"]: t["Value"] for t in self._get_param("Tags") or []}
        if not tags and stack is not None and stack.revision is not None:
            tags = stack.revision.tags  # a request without tags leaves the stack's
        return self._registry.revision(
            template,
            self._get_param("Parameters") or [],
            tags,
            stack,
            imports_existing=bool(self._get_bool_param("ImportExistingResources")),
        )

    def _template(self, stack: Stack | None) -> Template:
        body, url = self._get_param("TemplateBody"), self._get_param("TemplateURL")
        if self._get_bool_param("UsePreviousTemplate"):
            if stack is None or stack.revision is None or body or url:
                raise ValidationError("UsePreviousTemplate needs a stack, and no other template.")
            return stack.revision.template
        if bool(body) == bool(url):
            raise ValidationError("Either Template URL or Template Body must be specified.")
        return parse_template(body or self._stored_template(url))

    def _stored_template(self, url: str) -> str:
        """Read a template from S3: ``https://HOST/BUCKET/KEY`` or ``https://BUCKET.s3.../KEY``."""
        parts = urlsplit(url)
        host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
        bucket, _, service = host.partition(".s3")
        if service and not host.startswith("s3"):
            key = path
        else:
            bucket, _, key = path.partition("/")
        try:
            stored = self._registry.client("s3").get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise ValidationError(
                f"S3 error: {error.response['Error']['Message']} (template {url})"
            ) from error
        return str(stored["Body"].read().decode())

    def _refuse_unsupported_parameters(self) -> None:
        refused = [n for n in _UNSUPPORTED_PARAMETERS if self._get_param(n) not in _UNSET]
        if refused:
            raise UnsupportedInEmbeddedAws(
                f"The embedded AWS does not offer these parameters: {', '.join(refused)}"
            )
