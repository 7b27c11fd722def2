"""How each known format writes a rating."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

RatingsFormat = Literal[
    "amazon-reviews",
    "amazon-ratings-2014",
    "amazon-ratings-2018",
    "amazon-ratings-2023",
    "movielens-inter",
    "movielens-u.data",
    "movielens-ratings.dat",
    "movielens-csv",
    "parquet",
]
TitlesFormat = Literal["titles-item", "titles-u.item", "titles-csv", "titles-movies.dat"]
# What MovieLens and RecBole keep beside the ratings: titles are read, the others are of no use.
SideFormat = Literal[
    TitlesFormat,
    "customers-user",
    "customers-u.user",
    "customers-users.dat",
    "tags-csv",
    "tags-tags.dat",
    "links-csv",
    "genome-csv",
    "relations-kg",
]
RatingField = Literal["customer_id", "video_id", "rating", "timestamp", "title"]

RATINGS_FORMATS: tuple[RatingsFormat, ...] = get_args(RatingsFormat)
TITLES_FORMATS: tuple[TitlesFormat, ...] = get_args(TitlesFormat)
SIDE_FORMATS: tuple[SideFormat, ...] = get_args(SideFormat)
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
        One character, or ``"::"``; empty for Parquet.
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
_AMAZON_RANGE = (1.0, 5.0)


def _fields(
    customer_id: str, video_id: str, rating: str = "rating", timestamp: str = "timestamp"
) -> dict[RatingField, str]:
    return {
        "customer_id": customer_id,
        "video_id": video_id,
        "rating": rating,
        "timestamp": timestamp,
    }


DIALECTS: Mapping[str, RatingsDialect] = {
    # AWS' customer reviews of 1995 to 2015, as TSV or Parquet.
    "amazon-reviews": RatingsDialect(
        name="amazon-reviews",
        delimiter="\t",
        quoting=False,
        columns={
            **_fields("customer_id", "product_id", "star_rating", "review_date"),
            "title": "product_title",
        },
        rating_range=_AMAZON_RANGE,
    ),
    # "Ratings only" of UCSD's Amazon product data: the order of the columns changed in 2018.
    "amazon-ratings-2014": RatingsDialect(
        name="amazon-ratings-2014",
        delimiter=",",
        quoting=True,
        columns=_fields("user_id", "item_id"),
        headless=("user_id", "item_id", "rating", "timestamp"),
        rating_range=_AMAZON_RANGE,
    ),
    "amazon-ratings-2018": RatingsDialect(
        name="amazon-ratings-2018",
        delimiter=",",
        quoting=True,
        columns=_fields("user_id", "item_id"),
        headless=("item_id", "user_id", "rating", "timestamp"),
        rating_range=_AMAZON_RANGE,
    ),
    # Times are milliseconds; the variant "with history" has one column more, of no use here.
    "amazon-ratings-2023": RatingsDialect(
        name="amazon-ratings-2023",
        delimiter=",",
        quoting=True,
        columns=_fields("user_id", "parent_asin"),
        rating_range=_AMAZON_RANGE,
    ),
    "movielens-inter": RatingsDialect(
        name="movielens-inter",
        delimiter="\t",
        quoting=False,
        columns=_fields("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
    ),
    # MovieLens-100K.
    "movielens-u.data": RatingsDialect(
        name="movielens-u.data",
        delimiter="\t",
        quoting=False,
        columns=_fields("user_id", "item_id"),
        headless=("user_id", "item_id", "rating", "timestamp"),
    ),
    # MovieLens-1M and 10M.
    "movielens-ratings.dat": RatingsDialect(
        name="movielens-ratings.dat",
        delimiter="::",
        quoting=False,
        columns=_fields("UserID", "MovieID", "Rating", "Timestamp"),
        headless=("UserID", "MovieID", "Rating", "Timestamp"),
    ),
    # MovieLens-20M, 25M, 32M and latest.
    "movielens-csv": RatingsDialect(
        name="movielens-csv",
        delimiter=",",
        quoting=True,
        columns=_fields("userId", "movieId"),
    ),
    # Columns called as the fields; files with the columns of another format are Parquet as well.
    "parquet": RatingsDialect(
        name="parquet",
        delimiter="",
        quoting=False,
        columns={field: field for field in RATING_FIELDS},
    ),
}

KNOWN_FORMATS: Mapping[RatingsFormat, str] = {
    "amazon-reviews": "tab-separated, header with customer_id, product_id, star_rating",
    "amazon-ratings-2014": "CSV without header: user, item, rating, timestamp",
    "amazon-ratings-2018": "CSV without header: item, user, rating, timestamp",
    "amazon-ratings-2023": "CSV, header user_id,parent_asin,rating,timestamp",
    "movielens-inter": "tab-separated, header user_id:token item_id:token rating:float",
    "movielens-u.data": "four tab-separated columns, no header",
    "movielens-ratings.dat": "four columns separated by ::, no header",
    "movielens-csv": "CSV, header userId,movieId,rating",
    "parquet": "columns of one of these names, or customer_id, video_id, rating",
}
KNOWN_FORMATS_TEXT = ", ".join(f"{name} ({text})" for name, text in KNOWN_FORMATS.items())
