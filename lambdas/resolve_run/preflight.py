"""What can be looked at before anything costs: whether there are ratings to begin with."""

from __future__ import annotations

from typing import Any

from lambdas.resolve_run.sections import Problem
from lambdas.runtime.ratings_objects import ratings_objects, require_readable, split_uri
from recommender.errors import RatingsNotFoundError

_DATASET_URI = ("dataset", "uri")


def dataset_problems(client: Any, uri: str) -> list[Problem]:
    """Find out whether a data set is there, may be read, and is not empty.

    Sizes are those of the objects: a compressed file without any rating is found by Preprocess
    only. Of a folder one object is read; the others have the same permission, as it is given by
    prefix.

    Parameters
    ----------
    client : S3 client of boto3
    uri : str
        ``s3://bucket/key`` of an object or a folder.

    Returns
    -------
    list of Problem
        One, or none if all is well.
    """
    try:
        sizes = ratings_objects(client, uri)
        filled = [key for key, n_bytes in sizes.items() if n_bytes]
        if filled:
            require_readable(client, split_uri(uri)[0], filled[0])
            return []
    except RatingsNotFoundError as error:
        return [Problem(_DATASET_URI, str(error))]
    return [
        Problem(
            _DATASET_URI,
            f"{uri}: expected ratings, found nothing in {len(sizes)} "
            f"{'object' if len(sizes) == 1 else 'objects'}; upload ratings there, or say "
            "dataset.uri",
        )
    ]
