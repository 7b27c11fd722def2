"""Intrinsic functions, conditions and rules: what a template's values come to.

Source: CloudFormation user guide, "Intrinsic function reference".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from embedded_aws.cloudformation.errors import ResourceFailure, ValidationError
from embedded_aws.cloudformation.resource_types.base import Physical
from embedded_aws.cloudformation.template import SUBSTITUTION, Template
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

# What AWS shows in change sets for values that only the deployment will tell.
KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"
_AVAILABILITY_ZONES = "abc"


class _NoValue:
    """``AWS::NoValue``: the property is left out."""


NO_VALUE = _NoValue()


@dataclass
class Resolver:
    """Resolves values of one template for one stack.

    Parameters
    ----------
    template : Template
        The template.
    pseudo : mapping
        Pseudo parameters, for example ``AWS::Region``.
    parameters : mapping
        What `resolve_parameters` returned.
    exports : mapping of str to str
        Exported outputs of other stacks.
    """

    template: Template
    pseudo: Mapping[str, Any]
    parameters: Mapping[str, Any]
    exports: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        #: Resources that exist, by logical id; None for those that are about to be made.
        self.physical: dict[str, Physical | None] = {}
        self.imported: set[str] = set()
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": self._import_value,
            "Fn::GetAZs": self._get_azs,
            "Fn::Base64": lambda v: base64.b64encode(self.resolve(v).encode()).decode(),
            "Fn::ToJsonString": lambda v: json.dumps(self.resolve(v)),
            "Fn::Length": lambda v: len(self.resolve(v)),
        }

    def resolve(self, value: Any) -> Any:
        """Return a value with every function replaced by its result.

        Raises
        ------
        ResourceFailure
            If a resource does not have the attribute that is asked for.
        ValidationError
            If a name is unknown.
        """
        if isinstance(value, list):
            return [r for r in map(self.resolve, value) if r is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name in self._functions:
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise UnsupportedInEmbeddedAws(f"The embedded AWS does not offer {name}")
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def holds(self, condition: Any) -> bool:
        """Say whether a condition is true: its name, or a function of conditions."""
        if condition is None:
            return True
        if isinstance(condition, str):
            return self.holds(self.template.section("Conditions")[condition])
        (name, argument), *_ = condition.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::And":
            return all(map(self.holds, argument))
        if name == "Fn::Or":
            return any(map(self.holds, argument))
        if name == "Fn::Not":
            return not self.holds(argument[0])
        if name == "Fn::Equals":
            first, second = map(self.resolve, argument)
            return bool(_comparable(first) == _comparable(second))
        if name == "Fn::Contains":
            values, wanted = map(self.resolve, argument)
            return bool(wanted in values)
        raise UnsupportedInEmbeddedAws(f"The embedded AWS does not offer {name} in conditions")

    def check_rules(self) -> None:
        """Check the parameters against the template's rules.

        Raises
        ------
        ValidationError
            With the descriptions of the assertions that do not hold.
        """
        broken = [
            assertion.get("AssertDescription", name)
            for name, rule in self.template.section("Rules").items()
            if self.holds(rule.get("RuleCondition"))
            for assertion in rule.get("Assertions", [])
            if not self.holds(assertion["Assert"])
        ]
        if broken:
            raise ValidationError(f"Template constraints not met: {' '.join(broken)}")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.physical:
            resource = self.physical[name]
            return KNOWN_AFTER_APPLY if resource is None else resource.id
        for names in (self.parameters, self.pseudo):
            if name in names:
                return names[name]
        raise ValidationError(f"Template error: {name} is not created by its condition")

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        attribute = self.resolve(attribute)
        if name not in self.physical:
            raise ValidationError(
                f"Template error: instance of Fn::GetAtt references undefined resource {name}"
            )
        resource = self.physical[name]
        if resource is None:
            return KNOWN_AFTER_APPLY
        if attribute not in resource.attributes:
            raise ResourceFailure(
                f"Template error: resource {name} does not support attribute type {attribute} in "
                "Fn::GetAtt"
            )
        return resource.attributes[attribute]

    def _join(self, argument: Any) -> str:
        return str(argument[0]).join(_text(item) for item in self.resolve(argument[1]))

    def _split(self, argument: Any) -> list[str]:
        return str(self.resolve(argument[1])).split(argument[0])

    def _select(self, argument: Any) -> Any:
        index, values = int(self.resolve(argument[0])), self.resolve(argument[1])
        if values == KNOWN_AFTER_APPLY or KNOWN_AFTER_APPLY in values:
            return KNOWN_AFTER_APPLY
        if index >= len(values):
            raise ValidationError(
                f"Template error: Fn::Select cannot select nonexistent value at index {index}"
            )
        return values[index]

    def _sub(self, argument: Any) -> str:
        text, names = argument if isinstance(argument, list) else (argument, {})

        def value(match: Any) -> str:
            name = match["name"].strip()
            if name in names:
                return _text(self.resolve(names[name]))
            return _text(self._get_att(name) if "." in name else self._ref(name))

        return SUBSTITUTION.sub(value, text).replace("${!", "${")

    def _if(self, argument: Any) -> Any:
        condition, when_true, when_false = argument
        return self.resolve(when_true if self.holds(condition) else when_false)

    def _find_in_map(self, argument: Any) -> Any:
        table, first, second = (self.resolve(item) for item in argument[:3])
        try:
            return self.template.section("Mappings")[table][first][second]
        except KeyError:
            if len(argument) > 3 and "DefaultValue" in argument[3]:
                return self.resolve(argument[3]["DefaultValue"])
            raise ValidationError(
                f"Template error: Unable to get mapping for {table}::{first}::{second}"
            ) from None

    def _import_value(self, argument: Any) -> str:
        name = self.resolve(argument)
        if name not in self.exports:
            raise ValidationError(f"No export named {name} found.")
        self.imported.add(name)
        return self.exports[name]

    def _get_azs(self, argument: Any) -> list[str]:
        region = self.resolve(argument) or self.pseudo["AWS::Region"]
        return [f"{region}{letter}" for letter in _AVAILABILITY_ZONES]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _comparable(value: Any) -> Any:
    return value if isinstance(value, (list, dict)) else _text(value)
