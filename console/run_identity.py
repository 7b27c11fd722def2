"""Which code and which data a run was made of, as far as AWS's APIs say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_INVOKE = ":states:::lambda:invoke"


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """The code of a function that the state machine calls.

    Attributes
    ----------
    state : str
        The state that calls it.
    sha256 : str
        "The SHA256 hash of the function's deployment package", in base 64 (Lambda API reference,
        FunctionConfiguration.CodeSha256).
    changed_since : str
        ``LastModified``, "the date and time that the function was last updated", where that is
        later than the execution's start; empty otherwise.
    """

    state: str
    sha256: str
    changed_since: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as HeadObject describes it now; ``version_id`` of a bucket with versions only."""

    uri: str
    n_bytes: int
    etag: str
    version_id: str | None


def function_codes(
    functions: Any, definition: Mapping[str, Any], started_at: datetime
) -> tuple[list[FunctionCode], list[str]]:
    """Ask Lambda about the functions of a state machine.

    An execution's history does not say which code ran. Lambda knows what is deployed now, and when
    that was.

    Parameters
    ----------
    functions : Lambda client of boto3
    definition : mapping
        Of the state machine.
    started_at : datetime
        Of the execution.

    Returns
    -------
    codes : list of FunctionCode
        By state.
    gaps : list of str
        Functions that could not be read, and why.
    """
    found: list[FunctionCode] = []
    gaps: list[str] = []
    for state, name in sorted(_functions(definition)):
        try:
            told = functions.get_function_configuration(FunctionName=name)
        except (BotoCoreError, ClientError) as error:
            gaps.append(f"code of {state}: {error}")
            continue
        modified = str(told.get("LastModified", ""))
        changed = _moment(modified)
        is_later = changed is not None and changed > started_at
        found.append(FunctionCode(state, str(told["CodeSha256"]), modified if is_later else ""))
    return found, gaps


def _functions(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find states that invoke a function, in nested state machines too."""
    for state, told in (definition.get("States") or {}).items():
        if str(told.get("Resource", "")).endswith(_INVOKE):
            arguments = told.get("Parameters") or told.get("Arguments") or {}
            if isinstance(arguments.get("FunctionName"), str):
                yield state, arguments["FunctionName"]
        nested = [told.get("Iterator"), told.get("ItemProcessor"), *told.get("Branches", [])]
        for part in nested:
            if part:
                yield from _functions(part)


def _moment(text: str) -> datetime | None:
    """Read ``2026-11-22T06:31:56.000+0000``, as Lambda writes times."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def stored_object(s3: Any, bucket: str, key: str) -> StoredObject:
    """Ask S3 about an object.

    Raises
    ------
    botocore.exceptions.ClientError
        If it is not there or may not be seen.
    """
    told = s3.head_object(Bucket=bucket, Key=key)
    return StoredObject(
        uri=f"s3://{bucket}/{key}",
        n_bytes=int(told["ContentLength"]),
        etag=str(told.get("ETag", "")).strip('"'),
        version_id=told.get("VersionId"),
    )
