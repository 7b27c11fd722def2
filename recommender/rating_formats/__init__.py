"""Which rating files are understood, and how to tell them apart by their content.

Standard library only, so that checking an execution input needs no numpy.
"""

from recommender.rating_formats.choice import dialect_for, dialect_for_columns, recognise
from recommender.rating_formats.columns import column_positions, header_names
from recommender.rating_formats.detection import detect
from recommender.rating_formats.dialects import (
    AMAZON_COLUMNS,
    DIALECTS,
    KNOWN_FORMATS_TEXT,
    RATING_FIELDS,
    RATINGS_FORMATS,
    REQUIRED_FIELDS,
    SIDE_FORMATS,
    TITLES_FORMATS,
    RatingField,
    RatingsDialect,
    RatingsFormat,
    SideFormat,
    TitlesFormat,
)

__all__ = [
    "AMAZON_COLUMNS",
    "DIALECTS",
    "KNOWN_FORMATS_TEXT",
    "RATINGS_FORMATS",
    "RATING_FIELDS",
    "REQUIRED_FIELDS",
    "SIDE_FORMATS",
    "TITLES_FORMATS",
    "RatingField",
    "RatingsDialect",
    "RatingsFormat",
    "SideFormat",
    "TitlesFormat",
    "column_positions",
    "detect",
    "dialect_for",
    "dialect_for_columns",
    "header_names",
    "recognise",
]
