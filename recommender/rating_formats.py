"""Which rating files are understood, and how to tell them apart by their first line.

Standard library only, so that checking an execution input needs no numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from recommender.errors import RatingsFormatError

RatingsFormat = Literal["amazon-reviews", "movielens-inter", "movielens-u.data", "movielens-csv"]
TitlesFormat = Literal["titles-item", "titles-u.item", "titles-csv"]
# What MovieLens and RecBole keep beside the ratings: titles are read, the others are of no use.
SideFormat = Literal[TitlesFormat, "customers-user", "tags-csv", "links-csv"]
RatingField = Literal["customer_id", "video_id", "rating", "timestamp", "title"]

RATINGS_FORMATS: tuple[RatingsFormat, ...] = get_args(RatingsFormat)
RATING_FIELDS: tuple[RatingField, ...] = get_args(RatingField)
REQUIRED_FIELDS: tuple[RatingField, ...] = ("customer_id", "video_id", "rating")


@dataclass(frozen=True, slots=True)
class RatingsDialect:
    """How one format writes a rating.

    Attributes
    ----------
    name : str
        A `RatingsFormat`, or ``"custom"`` when only a column mapping is known.
    delimiter : str
        One character.
    quoting : bool
        Whether ``"`` encloses fields. Where it does not, it is a character like any other.
    columns : mapping
        Which column of the file holds which field.
    headless : tuple of str
        Names of the columns of a file without a header; empty when there is a header.
    rating_range : tuple of float
        Smallest and largest rating of the format, both included.
    required : tuple of str
        Fields without which a file is refused: the needed ones, and those a person asked for.
    """

    name: str
    delimiter: str
    quoting: bool
    columns: Mapping[RatingField, str]
    headless: tuple[str, ...] = ()
    rating_range: tuple[float, float] = (0.5, 5.0)
    required: tuple[RatingField, ...] = REQUIRED_FIELDS


AMAZON_COLUMNS = (
    "marketplace",
    "customer_id",
    "review_id",
    "product_id",
    "product_parent",
    "product_title",
    "product_category",
    "star_rating",
    "helpful_votes",
    "total_votes",
    "vine",
    "verified_purchase",
    "review_headline",
    "review_body",
    "review_date",
)

_U_DATA_COLUMNS = ("user_id", "item_id", "rating", "timestamp")

DIALECTS: Mapping[str, RatingsDialect] = {
    "amazon-reviews": RatingsDialect(
        name="amazon-reviews",
        delimiter="\t",
        quoting=False,
        columns={
            "customer_id": "customer_id",
            "video_id": "product_id",
            "rating": "star_rating",
            "timestamp": "review_date",
            "title": "product_title",
        },
        rating_range=(1.0, 5.0),
    ),
    "movielens-inter": RatingsDialect(
        name="movielens-inter",
        delimiter="\t",
        quoting=False,
        columns={
            "customer_id": "user_id:token",
            "video_id": "item_id:token",
            "rating": "rating:float",
            "timestamp": "timestamp:float",
        },
    ),
    "movielens-u.data": RatingsDialect(
        name="movielens-u.data",
        delimiter="\t",
        quoting=False,
        columns=dict(
            zip(("customer_id", "video_id", "rating", "timestamp"), _U_DATA_COLUMNS, strict=True)
        ),
        headless=_U_DATA_COLUMNS,
    ),
    "movielens-csv": RatingsDialect(
        name="movielens-csv",
        delimiter=",",
        quoting=True,
        columns={
            "customer_id": "userId",
            "video_id": "movieId",
            "rating": "rating",
            "timestamp": "timestamp",
        },
    ),
}

KNOWN_FORMATS_TEXT = (
    "amazon-reviews (tab-separated, header with customer_id, product_id, star_rating), "
    "movielens-inter (tab-separated, header user_id:token item_id:token rating:float), "
    "movielens-u.data (four tab-separated columns, no header), "
    "movielens-csv (header userId,movieId,rating)"
)


def detect(first_line: str) -> RatingsFormat | SideFormat | None:
    """Tell a ratings file, or what MovieLens keeps beside it, by its first line.

    Parameters
    ----------
    first_line : str
        Without its line end.

    Returns
    -------
    str or None
        None if the line looks like nothing that is known.
    """
    tabbed = first_line.split("\t")
    if "star_rating" in tabbed or len(set(tabbed) & set(AMAZON_COLUMNS)) >= 3:
        return "amazon-reviews"
    if any(field.endswith((":token", ":token_seq", ":float")) for field in tabbed):
        if "user_id:token" not in tabbed and "item_id:token" in tabbed:
            return "titles-item"
        is_side = "item_id:token" not in tabbed and not any("rating" in name for name in tabbed)
        return "customers-user" if is_side else "movielens-inter"
    if len(tabbed) == 4 and _is_number(tabbed[2]) and _is_number(tabbed[3]):
        return "movielens-u.data"
    listed = [field.strip('"') for field in first_line.split(",")]
    if "movieId" in listed and "title" in listed and "rating" not in listed:
        return "titles-csv"
    if "movieId" in listed and "imdbId" in listed:
        return "links-csv"
    if "movieId" in listed and "tag" in listed:
        return "tags-csv"
    if {"userId", "movieId"} & set(listed):
        return "movielens-csv"
    piped = first_line.split("|")
    if len(piped) >= 5 and piped[0].isdigit():
        return "titles-u.item"
    return None


def dialect_for(
    first_line: str,
    *,
    where: str,
    ratings_format: RatingsFormat | None,
    columns: Mapping[RatingField, str] | None,
) -> RatingsDialect:
    """Choose the dialect of a ratings file: as told, else as detected.

    Parameters
    ----------
    first_line : str
        First line of the file.
    where : str
        Names the file in messages.
    ratings_format : str or None
        None detects it.
    columns : mapping or None
        Columns that differ from the format's own; with all required fields in it, a file of
        unknown format can be read too (tab- or comma-separated, with a header).

    Raises
    ------
    RatingsFormatError
        If the format is unknown.
    """
    base = DIALECTS.get(ratings_format or detect(first_line) or "") or _custom(first_line, columns)
    if base is None:
        raise RatingsFormatError(
            f"{where}: expected ratings in a known format: {KNOWN_FORMATS_TEXT}; found a first "
            f"line {first_line[:80]!r}; mend the file, or say dataset.format, or say with "
            f"dataset.columns which columns hold {', '.join(REQUIRED_FIELDS)}"
        )
    told = columns or {}
    return replace(
        base,
        columns={**base.columns, **told},
        required=tuple(field for field in RATING_FIELDS if field in {*REQUIRED_FIELDS, *told}),
    )


def column_positions(
    header: list[str], dialect: RatingsDialect, *, where: str
) -> dict[RatingField, int]:
    """Find the columns of the fields in a header.

    Returns
    -------
    dict
        Field to 0-based position; ``timestamp`` and ``title`` only if they are there.

    Raises
    ------
    RatingsFormatError
        If a required column is missing, or one that was asked for; says which, and what was
        found.
    """
    positions = {name: position for position, name in enumerate(header)}
    missing = [
        f"{dialect.columns.get(field, field)!r} (the {field})"
        for field in dialect.required
        if dialect.columns.get(field) not in positions
    ]
    if missing:
        raise RatingsFormatError(
            f"{where}: read as {dialect.name}, it lacks the columns {', '.join(missing)}; found "
            f"{', '.join(map(repr, header[:20]))}; mend the header, or say dataset.columns; "
            f"known formats: {KNOWN_FORMATS_TEXT}"
        )
    return {
        field: positions[dialect.columns[field]]
        for field in RATING_FIELDS
        if dialect.columns.get(field) in positions
    }


def _custom(first_line: str, columns: Mapping[RatingField, str] | None) -> RatingsDialect | None:
    if columns is None or not set(REQUIRED_FIELDS) <= set(columns):
        return None
    is_tabbed = "\t" in first_line
    return RatingsDialect("custom", "\t" if is_tabbed else ",", quoting=not is_tabbed, columns={})


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
