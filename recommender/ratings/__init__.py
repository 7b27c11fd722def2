"""Ratings files of many kinds into one table of arrays, every row accounted for.

Text passes through in blocks: decompressed, cut into lines and fields, and turned into numbers by
whole arrays at a time. What stays is 20 bytes a row, in memory or on the local disk, and each
distinct id once.
"""

from recommender.ratings.accounting import Accounting
from recommender.ratings.files import first_lines, is_parquet
from recommender.ratings.identifiers import Identifiers
from recommender.ratings.reading import MAX_REJECTED_RATIO, RatingsSource, read_ratings
from recommender.ratings.rows import Rows, RowStore
from recommender.ratings.table import RatingsTable
from recommender.ratings.workspace import Workspace

__all__ = [
    "MAX_REJECTED_RATIO",
    "Accounting",
    "Identifiers",
    "RatingsSource",
    "RatingsTable",
    "RowStore",
    "Rows",
    "Workspace",
    "first_lines",
    "is_parquet",
    "read_ratings",
]
