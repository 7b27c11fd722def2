"""What a text file is, told by its first line."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from recommender.rating_formats.dialects import AMAZON_COLUMNS, RatingsFormat, SideFormat

# The Amazon Standard Identification Number of a product; of a book it is the ISBN-10.
_ASIN = re.compile(r"B[0-9A-Z]{9}")
_ISBN = re.compile(r"[0-9]{9}[0-9X]")
# As the reviewers' ids in UCSD's data are. A number of ten digits could be an ISBN or a customer
# of someone's own: only beside such an id it is taken for an ISBN.
_REVIEWER = re.compile(r"(A|#oc-)[0-9A-Z]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DIGITS = re.compile(r"[0-9]+")
_RECBOLE_TYPES = (":token", ":token_seq", ":float", ":float_seq")
_RECBOLE_ENTITIES = {"entity_id:token", "head_id:token", "source_id:token"}
# What MovieLens' other CSVs say of a movie.
_BY_MOVIE: tuple[tuple[str, SideFormat], ...] = (
    ("title", "titles-csv"),
    ("imdbId", "links-csv"),
    ("relevance", "genome-csv"),
)
# u.item: id, title, two dates, an address, then a flag for each genre.
_FIRST_GENRE = 5

_Found = RatingsFormat | SideFormat | None


def detect(first_line: str) -> _Found:
    """Tell a text file of ratings, or what lies beside one, by its first line.

    Parameters
    ----------
    first_line : str
        The first that is not blank, without its line end.

    Returns
    -------
    str or None
        None if the line looks like nothing that is known, or like two things: a headless CSV is
        told by which of its first two fields is an ASIN, and only if the other is none.
    """
    for delimiter, detect_fields in _DETECTORS:
        fields = first_line.split(delimiter)
        found = detect_fields(fields) if len(fields) > 1 else None
        if found:
            return found
    return None


def is_headless_csv(first_line: str) -> bool:
    """Tell whether a line may be of Amazon's "ratings only", whichever comes first in it."""
    return _is_rating(_unquoted(first_line.split(",")))


def is_number(text: str) -> bool:
    """Tell whether a text is a decimal number, as the reader of ratings takes it."""
    return _NUMBER.fullmatch(text.strip()) is not None


def _tabbed(fields: list[str]) -> _Found:
    names = set(fields)
    if "star_rating" in names or len(names & set(AMAZON_COLUMNS)) >= 3:
        return "amazon-reviews"
    if {"user_id:token", "item_id:token"} <= names:
        return "movielens-inter"
    if all(name.endswith(_RECBOLE_TYPES) for name in fields):
        return _recbole_side(names)
    if _is_rating(fields) and not _is_item_first(fields):
        return "movielens-u.data"
    return None


def _recbole_side(names: Set[str]) -> _Found:
    if names & _RECBOLE_ENTITIES:
        return "relations-kg"
    if "item_id:token" in names:
        return "titles-item"
    if any("rating" in name for name in names):
        return "movielens-inter"  # so that what it lacks is said
    return "customers-user"


def _double_colon(fields: list[str]) -> _Found:
    if _is_rating(fields):
        return None if _is_item_first(fields) else "movielens-ratings.dat"
    first, second, *rest = fields
    if not _is_digits(first):
        return None
    if len(fields) == 5 and second in {"M", "F"}:
        return "customers-users.dat"
    if len(fields) == 4 and _is_digits(second) and is_number(rest[-1]):
        return "tags-tags.dat"
    if len(fields) >= 3 and second and not any(map(is_number, (second, rest[-1]))):
        return "titles-movies.dat"
    return None


def _comma(fields: list[str]) -> _Found:
    fields = _unquoted(fields)
    names = set(fields)
    if "parent_asin" in names and names & {"user_id", "rating"}:
        return "amazon-ratings-2023"
    if names == {"userId", "movieId", "tag", "timestamp"}:
        return "tags-csv"
    if names == {"tagId", "tag"}:
        return "genome-csv"
    if "movieId" in names and not names & {"userId", "rating"}:
        return next((side for name, side in _BY_MOVIE if name in names), "movielens-csv")
    if names & {"userId", "movieId"}:
        return "movielens-csv"  # if only so that what it lacks is said
    if not _is_rating(fields):
        return None
    if _is_item_first(fields):
        return "amazon-ratings-2018"
    return "amazon-ratings-2014" if _is_item(fields[1], beside=fields[0]) else None


def _piped(fields: list[str]) -> _Found:
    first, second, *rest = fields
    if not _is_digits(first):
        return None
    if len(fields) == 5 and _is_digits(second) and rest[0] in {"M", "F"}:
        return "customers-u.user"
    genres = fields[_FIRST_GENRE:]
    if genres and set(genres) <= {"0", "1"} and second and not is_number(second):
        return "titles-u.item"
    return None


_DETECTORS: tuple[tuple[str, Callable[[list[str]], _Found]], ...] = (
    ("\t", _tabbed),
    ("::", _double_colon),
    (",", _comma),
    ("|", _piped),
)


def _is_rating(fields: list[str]) -> bool:
    """Tell whether fields may be two ids, a rating and a time; a missing id is for the reader."""
    return len(fields) == 4 and is_number(fields[2]) and is_number(fields[3])


def _is_item_first(fields: list[str]) -> bool:
    return _is_item(fields[0], beside=fields[1])


def _is_item(text: str, *, beside: str) -> bool:
    if _ASIN.fullmatch(text):
        return not (_ASIN.fullmatch(beside) or _ISBN.fullmatch(beside))
    return bool(_ISBN.fullmatch(text) and _REVIEWER.fullmatch(beside))


def _is_digits(text: str) -> bool:
    return _DIGITS.fullmatch(text) is not None


def _unquoted(fields: list[str]) -> list[str]:
    return [field.strip('"') for field in fields]
