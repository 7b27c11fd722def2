"""The form of an execution input: its sections and fields, made of the input's JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from lambdas.resolve_run.execution_input import ExecutionInput
from recommender.hyperparameters import SPECIFICATIONS, TUNABLE

FieldKind = Literal["text", "integer", "number", "boolean", "choice", "scalar", "list"]
"""A scalar is a hyperparameter's value: a text, a number, true or false."""

Schema = Mapping[str, Any]

RUN = "run"
"""Section of what the input says outside its sections."""

HYPERPARAMETERS = "hyperparameters"
RANGES = ("tuning", "ranges")
COLUMNS = ("dataset", "columns")
# Keys that the schema leaves open, as SageMaker names them.
_NAMES = {
    (HYPERPARAMETERS,): tuple(name for name in SPECIFICATIONS if name != "feature_dim"),
    (*RANGES, "continuous"): tuple(n for n, spec in TUNABLE.items() if spec.kind == "continuous"),
    (*RANGES, "integer"): tuple(n for n, spec in TUNABLE.items() if spec.kind == "integer"),
    (*RANGES, "categorical"): tuple(TUNABLE),
}
# What a run looks at only if another field has a certain value.
_USED_IF = {
    "tuning": ("mode", "tune"),
    "positive_rating": ("hyperparameters.predictor_type", "binary_classifier"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in; left empty, the default holds.

    Attributes
    ----------
    path : tuple of str
        Keys that lead to it in the input.
    kind : FieldKind
    description : str
        One paragraph; empty if the name says it.
    limits : str
        What it may be, in words; empty if anything of its kind.
    choices : tuple of str
        Of a choice, or of a scalar that is one.
    item : {"text", "number", "scalar"} or None
        Kind of the items of a list.
    nullable : bool
        Whether it may be ``null``.
    used_if : tuple of (str, str) or None
        The name of another field and the value that it must have for this one to matter.
    """

    path: tuple[str, ...]
    kind: FieldKind
    description: str = ""
    limits: str = ""
    choices: tuple[str, ...] = ()
    item: Literal["text", "number", "scalar"] | None = None
    nullable: bool = False
    used_if: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """The path with dots: its name in the form, and in problems."""
        return ".".join(self.path)

    @property
    def label(self) -> str:
        """What it is called beside its section's title."""
        return ": ".join(self.path[1:] or self.path).replace("_", " ")

    @property
    def is_kept_when_default(self) -> bool:
        """Whether saying the default differs from saying nothing.

        A hyperparameter that is said is not searched any more, and what is inside a member of a
        section stands or falls with the rest of the member.
        """
        return self.path[0] == HYPERPARAMETERS or len(self.path) > 2


@dataclass(frozen=True, slots=True)
class FormSection:
    """Fields that belong together: a section of the input, or what it says outside of them."""

    name: str
    description: str
    fields: tuple[Field, ...]
    used_if: tuple[str, str] | None

    @property
    def title(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").capitalize()


@lru_cache
def form_sections() -> tuple[FormSection, ...]:
    """Lay out the form of `ExecutionInput`, in the order of its keys."""
    schema = ExecutionInput.model_json_schema()
    definitions = schema["$defs"]
    outside: list[Field] = []
    sections: list[FormSection] = []
    for name, member in schema["properties"].items():
        fields = tuple(_fields((name,), member, definitions))
        if [field.path for field in fields] == [(name,)]:
            outside += fields
            continue
        described = {**_resolved(member, definitions), **member}
        description = _plain(described.get("description", ""))
        sections.append(FormSection(name, description, fields, _USED_IF.get(name)))
    return (FormSection(RUN, "", tuple(outside), None), *sections)


@lru_cache
def form_fields() -> Mapping[str, Field]:
    """List the fields by name."""
    return {field.name: field for section in form_sections() for field in section.fields}


def place_of(path: tuple[str, ...]) -> str:
    """Find where in the form a problem belongs.

    Parameters
    ----------
    path : tuple of str
        As `lambdas.resolve_run.sections.Problem` has it.

    Returns
    -------
    str
        The name of a field, or of a section; empty if it belongs to neither.
    """
    names = form_fields()
    for length in range(len(path), 0, -1):
        prefix = ".".join(path[:length])
        if prefix in names:
            return prefix
        inside = [name for name in names if name.startswith(f"{prefix}.")]
        if inside:
            return inside[0] if length > 1 else prefix
    return ""


def _fields(path: tuple[str, ...], schema: Schema, definitions: Schema) -> Iterator[Field]:
    schema = {**schema, **_resolved(schema, definitions)}
    if "properties" in schema:
        for key, member in schema["properties"].items():
            yield from _fields((*path, key), member, definitions)
    elif "additionalProperties" in schema:
        for key in _NAMES.get(path) or schema["propertyNames"]["enum"]:
            if path[0] == HYPERPARAMETERS:
                yield _hyperparameter((*path, key))
            else:
                yield from _fields((*path, key), schema["additionalProperties"], definitions)
    else:
        yield _leaf(path, schema)


def _leaf(path: tuple[str, ...], schema: Schema) -> Field:
    common: dict[str, Any] = {
        "path": path,
        "description": _plain(schema.get("description", "")),
        "limits": _limits(schema),
        "nullable": schema.get("nullable", False),
        "used_if": _USED_IF.get(".".join(path)),
    }
    if "enum" in schema:
        return Field(kind="choice", choices=tuple(schema["enum"]), **common)
    if schema["type"] == "array":
        kinds: dict[str, Literal["text", "number"]] = {"string": "text", "number": "number"}
        item = kinds[schema["items"]["type"]] if "type" in schema["items"] else "scalar"
        return Field(kind="list", item=item, **common)
    return Field(kind="text" if schema["type"] == "string" else schema["type"], **common)


def _hyperparameter(path: tuple[str, ...]) -> Field:
    specification = SPECIFICATIONS[path[-1]]
    limits = "" if specification.choices else specification.expected.removeprefix("expected ")
    return Field(path, kind="scalar", limits=limits, choices=specification.choices)


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """Follow a reference, and take ``null`` out of what something may be."""
    if "$ref" in schema:
        found: Schema = definitions[schema["$ref"].rpartition("/")[2]]
        return found
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    return {**options[0], "nullable": True} if len(options) == 1 else schema


def _limits(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f"{least:,} to {most:,}"
    texts = [
        *([f"at least {least:,}"] if least is not None else []),
        *([f"more than {above:,}"] if above is not None else []),
        *([f"at most {most:,}"] if most is not None else []),
        *([f"less than {below:,}"] if below is not None and below < 2**53 else []),
    ]
    if "minItems" in schema and schema["minItems"] == schema.get("maxItems"):
        texts.append(f"{schema['minItems']} of them, with a comma between")
    elif schema.get("type") == "array":
        texts.append("with commas between")
    return ", ".join(texts)


def _plain(text: str) -> str:
    """Make one line of a docstring."""
    return " ".join(text.replace("``", "").split())
