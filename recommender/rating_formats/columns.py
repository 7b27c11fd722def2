"""Which columns of a file hold the fields of a rating."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace

from recommender.errors import RatingsFormatError
from recommender.rating_formats.dialects import (
    KNOWN_FORMATS_TEXT,
    RATING_FIELDS,
    REQUIRED_FIELDS,
    RatingField,
    RatingsDialect,
)

Columns = Mapping[RatingField, str]

_SHOWN_CHARACTERS = 80
_SHOWN_COLUMNS = 20
_NUMBER_DIGITS = 6


def column_positions(
    header: Sequence[str], dialect: RatingsDialect, *, where: str
) -> dict[RatingField, int]:
    """Find the columns of the fields in a header.

    Returns
    -------
    dict
        Field to 0-based position; ``timestamp`` and ``title`` only if they are there.

    Raises
    ------
    RatingsFormatError
        If a required column is missing, or one that was asked for; if one is there twice; if two
        required fields share one. Says which, and what was found.
    """
    wanted = {field: dialect.columns.get(field, field) for field in dialect.required}
    missing = [f"{name!r} (the {field})" for field, name in wanted.items() if name not in header]
    if missing:
        raise RatingsFormatError(
            f"{where}: read as {dialect.name}, it lacks the columns {', '.join(missing)}; found "
            f"{shown_columns(header)}; mend the header, or say dataset.columns; "
            f"known formats: {KNOWN_FORMATS_TEXT}"
        )
    positions = {
        field: header.index(dialect.columns[field])
        for field in RATING_FIELDS
        if dialect.columns.get(field) in header
    }
    problems = [
        f"{header[at]!r} (the {field}) is there {header.count(header[at])} times"
        for field, at in positions.items()
        if header.count(header[at]) > 1
    ]
    if len({positions[field] for field in REQUIRED_FIELDS}) < len(REQUIRED_FIELDS):
        problems.append(", ".join(f"the {field} is {wanted[field]!r}" for field in REQUIRED_FIELDS))
    if problems:
        raise RatingsFormatError(
            f"{where}: read as {dialect.name}, expected each field in one column of its own; found "
            f"{'; '.join(problems)}; mend the header, or say dataset.columns"
        )
    return positions


def header_names(first_line: str, dialect: RatingsDialect) -> list[str]:
    """Give the names of a text file's columns: those of its header, or those it should have."""
    if dialect.headless:
        return list(dialect.headless)
    return split_line(first_line, dialect.delimiter, quoting=dialect.quoting)


def split_line(line: str, delimiter: str, *, quoting: bool) -> list[str]:
    """Split one line; a line that is not well quoted is split as if it were not quoted."""
    if quoting and '"' in line:
        try:
            return next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error:
            pass
    return line.split(delimiter)


def overlaid(base: RatingsDialect, told: Columns) -> RatingsDialect:
    """Put the columns that a person told over those of a dialect, and require them.

    In a file without a header, columns may be told by their numbers, from 1.
    """
    if base.headless and told and are_numbers(told):
        base = _numbered(base)
    return replace(
        base,
        columns={**base.columns, **told},
        required=tuple(field for field in RATING_FIELDS if field in {*REQUIRED_FIELDS, *told}),
    )


def has_required(header: Sequence[str], dialect: RatingsDialect) -> bool:
    """Tell whether the columns of all required fields are there."""
    return all(dialect.columns.get(field) in header for field in REQUIRED_FIELDS)


def covers_required(told: Columns) -> bool:
    """Tell whether a mapping is enough to read a file of unknown format."""
    return set(REQUIRED_FIELDS) <= set(told)


def are_numbers(told: Columns) -> bool:
    """Tell whether all columns were told by numbers."""
    return all(
        name.isascii() and name.isdigit() and len(name) <= _NUMBER_DIGITS for name in told.values()
    )


def shown_columns(names: Sequence[str]) -> str:
    """List the first columns for a message."""
    return ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in names[:_SHOWN_COLUMNS])


def shown_line(line: str) -> str:
    """Quote the beginning of a line for a message."""
    return repr(line[:_SHOWN_CHARACTERS])


def _numbered(base: RatingsDialect) -> RatingsDialect:
    numbers = {name: str(at) for at, name in enumerate(base.headless, start=1)}
    return replace(
        base,
        columns={field: numbers[name] for field, name in base.columns.items()},
        headless=tuple(numbers.values()),
    )
