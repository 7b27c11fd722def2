"""Which dialect a ratings file is read in: as told, as detected, or as its columns are mapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recommender.errors import RatingsFormatError
from recommender.rating_formats.columns import (
    Columns,
    column_positions,
    covers_required,
    has_required,
    header_names,
    overlaid,
    shown_columns,
    shown_line,
)
from recommender.rating_formats.detection import detect, is_headless_csv
from recommender.rating_formats.dialects import (
    DIALECTS,
    KNOWN_FORMATS_TEXT,
    REQUIRED_FIELDS,
    SIDE_FORMATS,
    RatingsDialect,
    RatingsFormat,
    SideFormat,
)
from recommender.rating_formats.mapping import dialect_by_mapping, dialect_by_names

# Whose columns have names of their own: the headless CSVs of Amazon would have those of u.data.
_NAMED: tuple[RatingsFormat, ...] = (
    "amazon-reviews",
    "amazon-ratings-2023",
    "movielens-csv",
    "movielens-inter",
    "movielens-u.data",
    "movielens-ratings.dat",
    "parquet",
)


def recognise(
    first_line: str,
    *,
    where: str,
    ratings_format: RatingsFormat | None,
    columns: Columns | None,
) -> RatingsDialect | SideFormat:
    """Tell a text file of ratings, and its dialect, from the files that lie beside one.

    Parameters
    ----------
    first_line, where, ratings_format, columns
        As `dialect_for` takes them.

    Returns
    -------
    RatingsDialect or str
        A side format if the file looks like one, unless `columns` maps all required fields to
        names in its header: then it is ratings, whatever else it looks like.

    Raises
    ------
    RatingsFormatError
        If it is neither.
    """
    found = detect(first_line)
    if found in SIDE_FORMATS and dialect_by_names(first_line, columns or {}) is None:
        return found
    return dialect_for(first_line, where=where, ratings_format=ratings_format, columns=columns)


def dialect_for(
    first_line: str,
    *,
    where: str,
    ratings_format: RatingsFormat | None,
    columns: Columns | None,
) -> RatingsDialect:
    """Choose the dialect of a text file of ratings: as told, else as detected.

    Parameters
    ----------
    first_line : str
        The first that is not blank, without its line end.
    where : str
        Names the file in messages.
    ratings_format : str or None
        None detects it.
    columns : mapping or None
        Columns that differ from the format's own. With all required fields in it, a file of
        unknown format can be read too, separated by tab, ``::``, comma, semicolon or pipe. In a
        file without a header, columns are told by their numbers from 1, all of them.

    Raises
    ------
    RatingsFormatError
        If the format is unknown, or the mapping does not fit the file.
    """
    if ratings_format == "parquet":
        raise RatingsFormatError(
            f"{where}: expected Parquet, as dataset.format says; found text that begins with "
            f"{shown_line(first_line)}; mend the file, or leave out dataset.format"
        )
    told = columns or {}
    base = DIALECTS.get(ratings_format or detect(first_line) or "")
    if base is None and covers_required(told):
        base = dialect_by_mapping(first_line, told, where=where)
    if base is None and told:
        headed = [base for base in DIALECTS.values() if base.delimiter and not base.headless]
        base = _nearest([(base, header_names(first_line, base)) for base in headed], told)
    if base is None:
        raise _unknown(first_line, where=where)
    return overlaid(base, told)


def dialect_for_columns(
    names: Sequence[str],
    *,
    where: str,
    ratings_format: RatingsFormat | None,
    columns: Columns | None,
) -> RatingsDialect:
    """Choose the dialect of a Parquet file by the names of its columns.

    Parameters
    ----------
    names : sequence of str
    where : str
        Names the file in messages.
    ratings_format : str or None
        None and ``"parquet"`` find it by the names; another format says how columns are called.
    columns : mapping or None
        Columns that are called otherwise.

    Returns
    -------
    RatingsDialect
        Called ``"parquet"``, without delimiter; its required columns are all in `names`.

    Raises
    ------
    RatingsFormatError
        If needed columns are missing, or such as were asked for.
    """
    told = columns or {}
    base = _base_for_columns(names, ratings_format, told)
    if base is None:
        raise RatingsFormatError(
            f"{where}: expected Parquet with the columns {_named_columns()}; found "
            f"{shown_columns(names)}; say with dataset.columns which columns hold "
            f"{', '.join(REQUIRED_FIELDS)}"
        )
    dialect = overlaid(base, told)
    column_positions(names, dialect, where=where)
    return dialect


def _base_for_columns(
    names: Sequence[str], ratings_format: RatingsFormat | None, told: Columns
) -> RatingsDialect | None:
    if ratings_format not in (None, "parquet"):
        return _as_parquet(DIALECTS[ratings_format])
    named = [_as_parquet(DIALECTS[name]) for name in _NAMED]
    complete = next((base for base in named if has_required(names, base)), None)
    if complete or covers_required(told):
        return complete or replace(named[-1], columns={})
    return _nearest([(base, names) for base in named], told)


def _nearest(
    headers: Sequence[tuple[RatingsDialect, Sequence[str]]], told: Columns
) -> RatingsDialect | None:
    """Find the format that has most of its fields in its header, with the columns that were told.

    Of equals the last counts: the later in the list, the wider the range of the ratings.
    """
    nearest, most = None, 0
    for base, header in headers:
        dialect = overlaid(base, told)
        n_found = sum(name in header for name in dialect.columns.values())
        if has_required(header, dialect) and n_found >= most:
            nearest, most = base, n_found
    return nearest


def _as_parquet(base: RatingsDialect) -> RatingsDialect:
    return replace(base, name="parquet", delimiter="", quoting=False, headless=())


def _unknown(first_line: str, *, where: str) -> RatingsFormatError:
    if is_headless_csv(first_line):
        return RatingsFormatError(
            f"{where}: expected an ASIN in one of the first two columns, and only in one, to tell "
            f"the video from the customer; found a first line {shown_line(first_line)}; say "
            "dataset.format amazon-ratings-2014 (the customer comes first) or "
            "amazon-ratings-2018 (the video comes first), or the numbers of the columns in "
            "dataset.columns"
        )
    return RatingsFormatError(
        f"{where}: expected ratings in a known format: {KNOWN_FORMATS_TEXT}; found a first "
        f"line {shown_line(first_line)}; mend the file, or say dataset.format, or say with "
        f"dataset.columns which columns hold {', '.join(REQUIRED_FIELDS)}"
    )


def _named_columns() -> str:
    columns = (DIALECTS[name].columns for name in _NAMED)
    return "; or ".join(", ".join(of[field] for field in REQUIRED_FIELDS) for of in columns)
