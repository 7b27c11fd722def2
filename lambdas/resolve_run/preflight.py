"""What can be looked at before anything costs: whether there are ratings, and how many."""

from __future__ import annotations

from typing import Any

from lambdas.resolve_run.sections import Problem
from lambdas.runtime.ratings_objects import ratings_objects, read_beginning, split_uri
from recommender.errors import RatingsNotFoundError
from recommender.rows_estimate import HEAD_BYTES, estimate_rows

_DATASET_URI = ("dataset", "uri")


def look_at_dataset(client: Any, uri: str) -> tuple[int, list[Problem]]:
    """Find out whether a data set is there, may be read, and about how many ratings it has.

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
    estimated_rows : int
        By the size of all objects and how the largest begins; 0 if there is a problem.
    problems : list of Problem
        At most one.
    """
    try:
        sizes = ratings_objects(client, uri)
        largest = max(sizes, key=lambda key: sizes[key])
        n_bytes = sum(sizes.values())
        if n_bytes:
            head = read_beginning(client, split_uri(uri)[0], largest, n_bytes=HEAD_BYTES)
            return estimate_rows(n_bytes, head), []
    except RatingsNotFoundError as error:
        return 0, [Problem(_DATASET_URI, str(error))]
    problem = Problem(
        _DATASET_URI,
        f"{uri}: expected ratings, found nothing in {len(sizes)} "
        f"{'object' if len(sizes) == 1 else 'objects'}; upload ratings there, or say "
        "dataset.uri",
    )
    return 0, [problem]
