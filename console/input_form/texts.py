"""The value of a field as the text that a browser shows and submits, and back.

What cannot be read as the field's kind stays a text, for the check of the input to complain of.
"""

from __future__ import annotations

import math
import re
from typing import Any

from console.input_form.fields import Field
from lambdas.resolve_run.sections import as_text

NULL = "null"
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,300}\.?[0-9]{0,300}|\.[0-9]{1,300})([eE][+-]?[0-9]{1,9})?")
# What a browser takes out of a text in one line, and what no page can hold.
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def read(field: Field, text: str) -> Any:
    """Read what somebody typed, which is not empty."""
    if field.nullable and text.strip() == NULL:
        return None
    if field.kind == "list":
        items = [item.strip() for item in text.split(",")]
        return [_read_as(str(field.item), item) for item in items if item]
    return _read_as(field.kind, text)


def write(field: Field, value: Any) -> str | None:
    """Write a value as somebody would type it; None if the field cannot hold it."""
    if value is None:
        return NULL if field.nullable else None
    if field.kind != "list":
        return _write_as(field.kind, value, field.choices)
    if not isinstance(value, list):
        return None
    items = [_write_as(str(field.item), item, ()) for item in value]
    texts = [item for item in items if item is not None and "," not in item]
    return ", ".join(texts) if len(texts) == len(value) else None


def _read_as(kind: str, text: str) -> Any:
    if kind == "scalar":
        return _read_scalar(text)
    stripped = text.strip()
    if kind == "integer" and _INTEGER.fullmatch(stripped):
        return int(stripped)
    if kind == "number":
        number = _read_number(stripped)
        return text if number is None else number
    if kind == "boolean" and stripped in ("true", "false"):
        return stripped == "true"
    return text


def _read_number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text) if _NUMBER.fullmatch(text) else math.inf  # 1e999 matches, too
    return number if math.isfinite(number) else None


def _read_scalar(text: str) -> str | int | float | bool:
    """Read a number as such only if SageMaker is told the same text, be it 0.10 or 1e-5."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    number = _read_number(text)
    return number if number is not None and as_text(number) == text else text


def _write_as(kind: str, value: Any, choices: tuple[str, ...]) -> str | None:
    if not isinstance(value, str | int | float):
        return None
    text = as_text(value)
    if not text or _NOT_SHOWN.search(text) or (choices and text not in choices):
        return None
    return text if kind != "boolean" or isinstance(value, bool) else None
