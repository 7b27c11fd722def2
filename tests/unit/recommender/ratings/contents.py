"""Reading what is given as bytes."""

import gzip
import sys
from collections.abc import Callable, Mapping

import pandas as pd

from recommender.ratings import RatingsSource, RatingsTable, read_ratings
from tests.unit.recommender.ratings.streams import SmallReads

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "zst": zstd.compress,
}


def source(content: bytes, name: str = "ratings", read_bytes: int = 1 << 20) -> RatingsSource:
    return RatingsSource(name, lambda: SmallReads(content, read_bytes), len(content))


def read(*contents: bytes, read_bytes: int = 1 << 20, **options) -> RatingsTable:
    """Read one file called ``ratings``, or several called ``ratings-0`` and so on."""
    names = ["ratings"] if len(contents) == 1 else [f"ratings-{n}" for n in range(len(contents))]
    sources = [source(*each, read_bytes) for each in zip(contents, names, strict=True)]
    return read_ratings(sources, **options)


def frame_of(table: RatingsTable) -> pd.DataFrame:
    with table:
        return table.to_frame()


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare ratings, all but their titles."""
    assert found["customer_id"].tolist() == expected["customer_id"].tolist()
    assert found["video_id"].tolist() == expected["video_id"].tolist()
    assert found["rating"].tolist() == expected["rating"].astype("float32").tolist()
    assert found["timestamp"].tolist() == expected["timestamp"].tolist()
