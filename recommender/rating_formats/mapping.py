"""Files of unknown format, read by a mapping of all the columns that are needed."""

from __future__ import annotations

from recommender.errors import RatingsFormatError
from recommender.rating_formats.columns import (
    Columns,
    are_numbers,
    covers_required,
    shown_line,
    split_line,
)
from recommender.rating_formats.detection import is_number
from recommender.rating_formats.dialects import RatingsDialect

# In the order in which they are tried. In text with tabs or ``::`` quotes are no syntax.
_DELIMITERS = ("\t", "::", ",", ";", "|")
_QUOTED_DELIMITERS = (",", ";", "|")
_TRIED = "tab, ::, comma, semicolon or pipe"


def dialect_by_mapping(first_line: str, told: Columns, *, where: str) -> RatingsDialect:
    """Find the delimiter of a file whose columns a person mapped.

    Parameters
    ----------
    first_line : str
    told : mapping
        All required fields: to names in the header, or all of them to numbers from 1 if there is
        no header. Numbers are never taken for names: ``1,2,5`` is a rating rather than a header.
    where : str
        Names the file in messages.

    Raises
    ------
    RatingsFormatError
        If no delimiter makes the columns findable; says which were tried.
    """
    if are_numbers(told):
        dialect = _dialect_by_numbers(first_line, told)
        expected = f"columns {', '.join(told.values())} with a number in {told['rating']}"
    else:
        dialect = dialect_by_names(first_line, told)
        expected = f"a header with {', '.join(map(repr, told.values()))}"
    if dialect is None:
        raise RatingsFormatError(
            f"{where}: expected {expected}, as dataset.columns says, separated by {_TRIED}; found "
            f"a first line {shown_line(first_line)}; mend dataset.columns or the file (with a "
            "header, columns are told by their names; without one, by their numbers from 1)"
        )
    return dialect


def dialect_by_names(first_line: str, told: Columns) -> RatingsDialect | None:
    """Find the delimiter that makes all the told columns part of a header, if there is one."""
    if not covers_required(told) or are_numbers(told):
        return None
    for delimiter in _DELIMITERS:
        quoting = delimiter in _QUOTED_DELIMITERS
        if {*told.values()} <= {*split_line(first_line, delimiter, quoting=quoting)}:
            return RatingsDialect("custom", delimiter, quoting=quoting, columns={})
    return None


def _dialect_by_numbers(first_line: str, told: Columns) -> RatingsDialect | None:
    """Find the delimiter that makes all columns exist, and that of the rating a number."""
    numbers = [int(number) for number in told.values()]
    for delimiter in _DELIMITERS:
        quoting = delimiter in _QUOTED_DELIMITERS
        fields = split_line(first_line, delimiter, quoting=quoting)
        exist = min(numbers) >= 1 and max(numbers) <= len(fields)
        if exist and is_number(fields[int(told["rating"]) - 1]):
            headless = tuple(str(number) for number in range(1, len(fields) + 1))
            return RatingsDialect(
                "custom", delimiter, quoting=quoting, columns={}, headless=headless
            )
    return None
