"""The tables that one step of a run leaves for the next, as Parquet.

The same table gives the same bytes: whenever it is written, in whatever batches, and whatever the
number of processors.
"""

from recommender.tables.index import read_customers, read_videos, write_customers, write_videos
from recommender.tables.parquet_file import CONTENT_TYPE
from recommender.tables.ratings import RatingsColumns, read_ratings, write_ratings

__all__ = [
    "CONTENT_TYPE",
    "RatingsColumns",
    "read_customers",
    "read_ratings",
    "read_videos",
    "write_customers",
    "write_ratings",
    "write_videos",
]
