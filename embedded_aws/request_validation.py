"""Requests are checked against the API's own model, as AWS checks them.

botocore's client checks types and required members only, and Step Functions' tasks switch even
that off. The service checks lengths, patterns, numbers and enumerations, too, and lists every
violation in one message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import regex  # Java's patterns in the model use \\p{L}, which re lacks
from botocore.model import ListShape, MapShape, Shape, StructureShape

from embedded_aws.api_model import input_shape


def validate_request(
    service: str, operation: str, parameters: dict[str, Any], *, error: Callable[[str], Exception]
) -> None:
    """Check one request.

    Parameters
    ----------
    service : str
        botocore's name of the service.
    operation : str
        For example ``CreateTrainingJob``.
    parameters : dict
        The request's members.
    error : callable
        Makes the service's error of a message.

    Raises
    ------
    Exception
        What `error` makes. Names every violation, in AWS's words: "2 validation errors detected:
        Value ... at ... failed to satisfy constraint: ...".
    """
    problems = list(_violations(parameters, input_shape(service, operation), ""))
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise error(f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")


def _violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure_violations(value, shape, path)
    elif isinstance(shape, ListShape):
        yield from _size_violations(len(value), value, shape, path, "length")
        for position, item in enumerate(value, 1):
            yield from _violations(item, shape.member, f"{path}.{position}.member")
    elif isinstance(shape, MapShape):
        yield from _size_violations(len(value), value, shape, path, "length")
        for key, item in value.items():
            yield from _violations(key, shape.key, f"{path}.{key}.key")
            yield from _violations(item, shape.value, f"{path}.{key}.member")
    elif shape.type_name == "string":
        yield from _string_violations(value, shape, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _violation(value, path, f"Member must be a number, not {type(value).__name__}")
        else:
            yield from _size_violations(value, value, shape, path, "value")
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield _violation(value, path, f"Member must be a boolean, not {type(value).__name__}")


def _structure_violations(value: Any, shape: StructureShape, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _violation(value, path, f"Member must be a structure, not {type(value).__name__}")
        return
    for name in shape.required_members:
        if name not in value:
            yield _violation(None, _join(path, name), "Member must not be null")
    for name, item in value.items():
        if name not in shape.members:
            yield _violation(item, _join(path, name), "Member is not known")
        elif item is not None:
            yield from _violations(item, shape.members[name], _join(path, name))


def _string_violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _violation(value, path, f"Member must be a string, not {type(value).__name__}")
        return
    yield from _size_violations(len(value), value, shape, path, "length")
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield _violation(value, path, f"Member must satisfy enum value set: {shape.enum}")
    pattern = shape.metadata.get("pattern")
    if pattern and not regex.fullmatch(_in_code_points(pattern), value, regex.DOTALL):
        yield _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _in_code_points(pattern: str) -> str:
    """Write a range of surrogate pairs, as Java's patterns have it, as Python does."""
    return pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


def _size_violations(size: float, value: Any, shape: Shape, path: str, what: str) -> Iterator[str]:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and size < minimum:
        yield _violation(value, path, f"Member must have {what} greater than or equal to {minimum}")
    if maximum is not None and size > maximum:
        yield _violation(value, path, f"Member must have {what} less than or equal to {maximum}")


def _join(path: str, name: str) -> str:
    """Paths begin with a small letter in AWS's messages: ``trainingJobName``."""
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _violation(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"
