"""An execution input: ResolveRun's own checks, instance types included, and the ratings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from console.doctor.finding import Finding, NotSeenError, Status, ask, is_denial
from console.errors import BadInputError
from console.input_check import ANY_BUCKET, check
from lambdas.resolve_run.events import ResolvedRun
from lambdas.resolve_run.problems import invalid_input
from lambdas.runtime.ratings_objects import ratings_objects, read_beginning, split_uri
from recommender.errors import RatingsNotFoundError


def check_execution_input(
    parse: Callable[[], dict[str, Any]], data_bucket: str | None
) -> tuple[Finding, ResolvedRun | None]:
    """Check an input as ResolveRun does.

    Parameters
    ----------
    parse : callable
        Gives the input, or raises a `BadInputError`.
    data_bucket : str or None
        The deployed stack's; None if there is none.

    Returns
    -------
    tuple of (Finding, ResolvedRun or None)
        The run with every default filled in, if nothing is wrong.
    """
    advice = "docs/execution_input.schema.json lists every key"
    try:
        given = parse()
    except BadInputError as error:
        return Finding("input", Status.PROBLEM, str(error), advice), None
    checked = check(given, {}, data_bucket=data_bucket or ANY_BUCKET)
    run = checked.run
    if run is None:
        problem = str(invalid_input(checked.problems))
        return Finding("input", Status.PROBLEM, problem, advice), None
    found = f"mode {run.mode}, at most {run.max_instance_hours:g} instance-hours"
    return Finding("input", Status.OK, found), run


def check_ratings(s3: Any, run: ResolvedRun, data_bucket: str | None) -> list[Finding]:
    """Find the ratings as ResolveRun and Preprocess do, and read the first byte of them.

    What the functions' role may read is not seen by that: the caller is somebody else.

    Parameters
    ----------
    s3 : S3 client of boto3
    run : ResolvedRun
    data_bucket : str or None

    Raises
    ------
    NotSeenError
        If the caller may not look.
    """
    uri = run.dataset.uri
    if data_bucket is None and uri.startswith(f"s3://{ANY_BUCKET}/"):
        raise NotSeenError(
            "the ratings are in the data bucket of a stack that is not there", "deploy it first"
        )
    try:
        sizes = ask("s3:GetObject", lambda: ratings_objects(s3, uri))
        filled = [key for key, n_bytes in sizes.items() if n_bytes]
        if filled:
            ask("s3:GetObject", lambda: read_beginning(s3, split_uri(uri)[0], filled[0], n_bytes=1))
    except RatingsNotFoundError as error:
        if isinstance(error.__cause__, ClientError) and is_denial(error.__cause__):
            raise NotSeenError(
                f"{uri}: not allowed to look (s3:GetObject, s3:ListBucket)"
            ) from None
        return [Finding("ratings", Status.PROBLEM, str(error))]
    if not filled:
        advice = "upload ratings there, or say dataset.uri"
        return [Finding("ratings", Status.PROBLEM, f"{uri}: every object is empty", advice)]
    found = f"{_objects(len(sizes))}, {sum(sizes.values()):,} bytes, at {uri}"
    if len(filled) < len(sizes):
        return [
            Finding("ratings", Status.WARNING, f"{found}; {len(sizes) - len(filled)} of them empty")
        ]
    return [Finding("ratings", Status.OK, found)]


def _objects(number: int) -> str:
    return "1 object" if number == 1 else f"{number:,} objects"
