"""From an execution input to the texts of a form, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.input_form.fields import COLUMNS, HYPERPARAMETERS, RANGES, form_fields, form_sections
from console.input_form.texts import read, write
from lambdas.resolve_run import problems
from lambdas.resolve_run.execution_input import DEFAULT_HYPERPARAMETERS
from lambdas.resolve_run.sections import as_text
from recommender.hyperparameters import CONTAINER_DEFAULTS

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class FormTexts:
    """An execution input as a form shows it.

    Attributes
    ----------
    texts : dict of str to str
        By name of the field; a field that is not here is empty.
    not_shown : tuple of str
        Dotted paths of what the form cannot hold, such as unknown keys.
    """

    texts: dict[str, str]
    not_shown: tuple[str, ...]


def default_values(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Give what holds for a field that is left empty, as an execution input that says it all.

    Parameters
    ----------
    deployment : mapping
        The ``input_defaults`` of the deployment.
    """
    given = problems.read(dict(deployment)).given
    own = {name: as_text(value) for name, value in given.hyperparameters.items()}
    merged = {**CONTAINER_DEFAULTS, **DEFAULT_HYPERPARAMETERS, **own}
    return {**given.model_dump(), HYPERPARAMETERS: merged}


def default_texts(defaults: Mapping[str, Any]) -> dict[str, str]:
    """Write the default of each field as somebody would type it; without those that are null."""
    values = ((name, field, _at(defaults, field.path)) for name, field in form_fields().items())
    written = {name: write(field, value) for name, field, value in values if value is not None}
    return {name: text for name, text in written.items() if text}


def to_input(texts: Mapping[str, str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Make an execution input of what somebody filled in.

    Parameters
    ----------
    texts : mapping of str to str
        As a browser submits them, by name of the field; other names are ignored.
    defaults : mapping
        As `default_values` gives them.

    Returns
    -------
    dict
        Only what differs from the defaults.
    """
    made: dict[str, Any] = {}
    for name, field in form_fields().items():
        text = texts.get(name, "")
        if not (text if field.kind == "text" else text.strip()):
            continue
        value = read(field, text)
        if field.is_kept_when_default or not _is_same(value, _at(defaults, field.path)):
            place = made
            for key in field.path[:-1]:
                place = place.setdefault(key, {})
            place[field.path[-1]] = value
    return made


def to_form(execution_input: Mapping[str, Any], defaults: Mapping[str, Any]) -> FormTexts:
    """Fill in a form with an execution input, right or wrong.

    Parameters
    ----------
    execution_input : mapping
        As it was parsed from JSON.
    defaults : mapping
        As `default_values` gives them.
    """
    texts = {}
    for name, field in form_fields().items():
        value = _at(execution_input, field.path)
        if value is _NOTHING:
            continue
        if not field.is_kept_when_default and _is_same(value, _at(defaults, field.path)):
            continue
        text = write(field, value)
        if text:
            texts[name] = text
    shown = _members(to_input(texts, defaults), defaults)
    given = _members(execution_input, defaults)
    not_shown = [
        path for path, value in given.items() if not _is_same(value, shown.get(path, _NOTHING))
    ]
    return FormTexts(texts, tuple(map(".".join, not_shown)))


def _members(
    execution_input: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[tuple[str, ...], Any]:
    """Take an input apart as far as it is put over the defaults, without what changes nothing.

    Returns
    -------
    dict
        By path of at most two keys.
    """
    sections = {section.name for section in form_sections()}
    members: dict[tuple[str, ...], Any] = {}
    for name, section in execution_input.items():
        if name in sections and isinstance(section, Mapping):
            members |= {(name, key): value for key, value in section.items()}
        else:
            members[(name,)] = section
    meanings = {path: _meaning(path, value) for path, value in members.items()}
    return {
        path: meaning
        for path, meaning in meanings.items()
        if path[0] == HYPERPARAMETERS
        or path == RANGES
        or not _is_same(meaning, _meaning(path, _at(defaults, path)))
    }


def _meaning(path: tuple[str, ...], value: Any) -> Any:
    """Write what can be said in several ways in one of them."""
    if path[0] == HYPERPARAMETERS and isinstance(value, str | int | float):
        return as_text(value)
    if path == COLUMNS:
        return None if value == {} else value
    if path == RANGES and isinstance(value, Mapping):
        ranges = {kind: found for kind, found in value.items() if found != {}}
        categorical = ranges.get("categorical")
        if isinstance(categorical, Mapping):
            ranges["categorical"] = {name: _texts(found) for name, found in categorical.items()}
        return ranges
    return value


def _texts(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    return [as_text(value) if isinstance(value, str | int | float) else value for value in values]


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return _NOTHING
        value = value[key]
    return value


def _is_same(one: Any, other: Any) -> bool:
    """Compare values of JSON: Python's ``True == 1`` does not hold there."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_is_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
