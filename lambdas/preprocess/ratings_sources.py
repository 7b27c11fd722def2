"""Raw ratings in S3, in the data bucket or elsewhere, and which objects they were."""

from __future__ import annotations

from typing import Any

from lambdas.runtime.ratings_objects import ratings_objects, split_uri
from lambdas.runtime.store import S3_SCHEME
from recommender.ratings import RatingsSource
from recommender.source_record import SourceRecord


def ratings_sources(client: Any, uri: str, record: SourceRecord) -> list[RatingsSource]:
    """Find ratings.

    Parameters
    ----------
    client : S3 client of boto3
    uri : str
        As for `ratings_objects`.
    record : SourceRecord
        Is told of each object that is opened.

    Raises
    ------
    RatingsNotFoundError
        If there is no object, or none may be seen.
    """
    bucket, _ = split_uri(uri)
    sizes = ratings_objects(client, uri)
    return [_source(client, bucket, key, n_bytes, record) for key, n_bytes in sizes.items()]


def _source(
    client: Any, bucket: str, key: str, n_bytes: int, record: SourceRecord
) -> RatingsSource:
    name = f"{S3_SCHEME}{bucket}/{key}"

    def open_object() -> Any:
        answer = client.get_object(Bucket=bucket, Key=key)
        record.add(name, answer)
        return answer["Body"]

    return RatingsSource(name, open_object, n_bytes)
