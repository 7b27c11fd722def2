"""Templates: parsed, checked, and their resources put into an order that dependencies allow.

Rules and texts: CloudFormation user guide, "Template anatomy", and the service's own messages.
"""

from __future__ import annotations

import graphlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml  # type: ignore[import-untyped]

from embedded_aws.cloudformation.errors import ValidationError
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

PSEUDO_PARAMETERS = (
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
SUBSTITUTION = re.compile(r"\$\{(?P<name>[^!${}][^${}]*)\}")
_SECTIONS_WITHOUT_SUPPORT = ("Transform", "Hooks")


@dataclass(frozen=True)
class Template:
    """A parsed template.

    Attributes
    ----------
    body : str
        What was sent; GetTemplate returns it.
    document : dict
        The parsed template.
    """

    body: str
    document: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Definitions of the resources by logical id."""
        resources: dict[str, dict[str, Any]] = self.document["Resources"]
        return resources

    def section(self, name: str) -> dict[str, Any]:
        """Return a top-level section, empty if there is none."""
        return self.document.get(name) or {}


def parse_template(body: str) -> Template:
    """Parse a template in JSON or YAML and check what can be checked without parameters.

    Parameters
    ----------
    body : str
        The template's text.

    Raises
    ------
    ValidationError
        If it is no template, or refers to what it does not define.
    UnsupportedInEmbeddedAws
        If it needs macros.
    """
    document = _parse(body)
    if not isinstance(document, dict):
        raise ValidationError("Template format error: unsupported structure.")
    if not document.get("Resources"):
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    for name in _SECTIONS_WITHOUT_SUPPORT:
        if name in document:
            raise UnsupportedInEmbeddedAws(
                f"The embedded AWS does not process a template's section {name}"
            )
    template = Template(body, document)
    for logical_id, definition in template.resources.items():
        if "Type" not in definition:
            raise ValidationError(
                f"Template format error: [/Resources/{logical_id}] Every Resources object must "
                "contain a Type member."
            )
    _check_references(template)
    deployment_order(template.resources)
    return template


def references(value: Any) -> Iterator[str]:
    """Yield every name that a piece of a template refers to by Ref, GetAtt or Sub."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                yield item[0] if isinstance(item, list) else item.partition(".")[0]
            elif key == "Fn::Sub":
                yield from _substitutions(item)
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def dependencies(definition: Mapping[str, Any], resources: Mapping[str, Any]) -> set[str]:
    """Return the logical ids that a resource must wait for.

    Parameters
    ----------
    definition : mapping
        The resource as it is in the template.
    resources : mapping
        All resources by logical id.
    """
    explicit = definition.get("DependsOn", [])
    names = {explicit} if isinstance(explicit, str) else set(explicit)
    names.update(references(definition.get("Properties", {})))
    return names & set(resources)


def deployment_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return logical ids, each after those that it depends on.

    Raises
    ------
    ValidationError
        If resources depend on each other in a circle.
    """
    sorter = graphlib.TopologicalSorter(
        {name: sorted(dependencies(item, resources)) for name, item in resources.items()}
    )
    try:
        return list(sorter.static_order())
    except graphlib.CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(f"Circular dependency between resources: [{circle}]") from error


def _substitutions(value: Any) -> Iterator[str]:
    text, names = (value[0], value[1]) if isinstance(value, list) else (value, {})
    for match in SUBSTITUTION.finditer(text):
        name = match["name"].strip().partition(".")[0]
        if name not in names:
            yield name
    yield from references(names)


def _check_references(template: Template) -> None:
    known = {*template.resources, *template.section("Parameters"), *PSEUDO_PARAMETERS}
    for section in ("Resources", "Outputs"):
        unknown = sorted(set(references(template.section(section))) - known)
        if unknown:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(unknown)}] "
                f"in the {section} block of the template"
            )


def _parse(body: str) -> Any:
    try:
        return json.loads(body)
    except json.JSONDecodeError:
        pass
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a safe loader with short forms
    except yaml.YAMLError as error:
        raise ValidationError(f"Template format error: YAML not well-formed. ({error})") from error


class _Loader(yaml.SafeLoader):
    """Reads the short forms of functions (``!Ref``), and leaves dates as the text that they are."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _short_form(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
