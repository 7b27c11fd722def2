"""What a resource type of CloudFormation does, and what it is given.

Types work through the services' own APIs, so that whatever a template says is visible there. A
property that a type does not hand on is refused by name, unless the type says that it has no effect
here: nothing is dropped silently.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from embedded_aws.cloudformation.errors import ResourceFailure

Properties = Mapping[str, Any]
_SUFFIX_LENGTH = 12
_SUFFIX_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Physical:
    """A resource that exists.

    Attributes
    ----------
    id : str
        The physical id, which Ref gives.
    attributes : mapping
        What GetAtt gives, by attribute name.
    """

    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a type is asked to make, change or delete.

    Attributes
    ----------
    logical_id, type_name : str
        As in the template.
    properties : mapping
        With all functions resolved.
    stack_id, stack_name, account_id, region : str
        Where it belongs.
    client : callable
        Returns a boto3 client for a service name.
    """

    logical_id: str
    type_name: str
    properties: Properties
    stack_id: str
    stack_name: str
    account_id: str
    region: str
    client: Callable[[str], Any]

    def name(self, property_name: str, *, longest: int) -> str:
        """Return the name that the template gives, or one made up as CloudFormation does.

        Parameters
        ----------
        property_name : str
            Property that holds the name.
        longest : int
            Most characters that the service allows.
        """
        given = self.properties.get(property_name)
        return str(given) if given else generated_name(self.stack_name, self.logical_id, longest)

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


def generated_name(stack_name: str, logical_id: str, longest: int) -> str:
    """Return ``stack-resource-random``, both parts shortened to fit."""
    suffix = "".join(random.choices(_SUFFIX_LETTERS, k=_SUFFIX_LENGTH))  # noqa: S311
    room = longest - _SUFFIX_LENGTH - 2
    stack_room = min(len(stack_name), max(room // 2, room - len(logical_id)))
    return f"{stack_name[:stack_room]}-{logical_id[: room - stack_room]}-{suffix}"


class ResourceType:
    """One resource type.

    Attributes
    ----------
    type_name : str
        For example ``AWS::S3::Bucket``.
    properties : frozenset of str
        The properties that it hands on.
    without_effect : frozenset of str
        Those that it accepts although moto's API has nowhere to keep them.
    immutable : frozenset of str
        Those whose change makes a new resource: "Update requires: Replacement" in the type's
        reference.
    name_property : str or None
        The property by which a template names the resource itself.
    tags_are_mapping : bool
        Whether templates give the type's tags as an object, not as a list of keys and values.
    """

    type_name: ClassVar[str]
    properties: ClassVar[frozenset[str]]
    without_effect: ClassVar[frozenset[str]] = frozenset()
    immutable: ClassVar[frozenset[str]] = frozenset()
    name_property: ClassVar[str | None] = None
    tags_are_mapping: ClassVar[bool] = False

    def check(self, properties: Properties) -> None:
        """Refuse properties that would have no effect.

        Raises
        ------
        ResourceFailure
            With their names.
        """
        unknown = sorted(set(properties) - self.properties - self.without_effect)
        if unknown:
            raise ResourceFailure(
                f"The embedded AWS does not offer these properties of {self.type_name}: "
                f"{', '.join(unknown)}"
            )

    def tags_of(self, properties: Properties, stack_tags: Mapping[str, str]) -> Properties:
        """Return properties with the stack's tags, which CloudFormation puts on every resource."""
        if not stack_tags or "Tags" not in self.properties:
            return properties
        if self.tags_are_mapping:
            return {**properties, "Tags": {**stack_tags, **properties.get("Tags", {})}}
        own = properties.get("Tags", [])
        known = {tag["Key"] for tag in own}
        more = [{"Key": k, "Value": v} for k, v in stack_tags.items() if k not in known]
        return {**properties, "Tags": [*own, *more]}

    def find(self, request: Request) -> Physical | None:  # noqa: ARG002
        """Return the resource that has the template's name already, for an import of it."""
        return None

    def create(self, request: Request) -> Physical:
        """Make the resource."""
        raise NotImplementedError

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:
        """Change the resource in place.

        Parameters
        ----------
        request : Request
            What it is to become.
        physical : Physical
            What there is.
        previous : mapping
            The properties that it has.
        """
        raise NotImplementedError

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the resource; one that is gone already is no error."""
        raise NotImplementedError


def pick(properties: Properties, *names: str) -> dict[str, Any]:
    """Return those of the named properties that are there."""
    return {name: properties[name] for name in names if name in properties}


def changed(properties: Properties, previous: Properties, name: str) -> bool:
    """Say whether a property has another value than before."""
    return bool(properties.get(name) != previous.get(name))


def tag_map(properties: Properties) -> dict[str, str]:
    """Return the tags by key."""
    return {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def change_tags(
    properties: Properties,
    previous: Properties,
    *,
    remove: Callable[[list[str]], Any],
    put: Callable[[list[dict[str, str]]], Any],
) -> None:
    """Bring a resource's tags up to date; nothing is asked of the service if they are.

    Parameters
    ----------
    properties, previous : mapping
    remove : callable
        Takes the keys of the tags that are no longer there.
    put : callable
        Takes the tags that are, as the template has them.
    """
    if not changed(properties, previous, "Tags"):
        return
    gone = sorted(set(tag_map(previous)) - set(tag_map(properties)))
    if gone:
        remove(gone)
    if properties.get("Tags"):
        put(properties["Tags"])


def lower_camel(value: Any) -> Any:
    """Return a structure with keys as younger APIs write them: ``logGroupName``."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: lower_camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower_camel(item) for item in value]
    return value
