"""The object in the data bucket that says which execution runs.

Nobody ever deletes it: whether its holder still runs is asked of Step Functions, so that an
execution that was stopped leaves nothing stuck.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from pydantic import AwareDatetime, BaseModel, ValidationError

from lambdas.runtime.store import S3_SCHEME, error_code
from recommender.errors import CorruptArtifactError
from recommender.run_layout import RUN_LOCK_KEY

# S3 user guide, "How to prevent object overwrites with conditional writes": 412 if the condition
# does not hold, 409 if another write of the key is going on, 404 if there is nothing to match.
_MISSING = {"404", "NoSuchKey"}
_LOST = _MISSING | {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


class Holder(BaseModel, frozen=True):
    """Content of the object."""

    execution_arn: str
    run_id: str
    claimed_at: AwareDatetime


class Held(NamedTuple):
    """What was found: a holder, and which version of the object names it."""

    by: Holder
    etag: str


class RunLock:
    """The object ``RUN_LOCK_KEY``, changed by conditional writes only.

    Parameters
    ----------
    client : S3 client of boto3
    bucket : str
        The data bucket.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @property
    def uri(self) -> str:
        """Address of the object."""
        return f"{S3_SCHEME}{self._bucket}/{RUN_LOCK_KEY}"

    def read(self) -> Held | None:
        """Find the holder; None if somebody deleted the object.

        Raises
        ------
        CorruptArtifactError
            If somebody else has written the object.
        """
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=RUN_LOCK_KEY)
        except ClientError as error:
            if error_code(error) not in _MISSING:
                raise
            return None
        try:
            return Held(Holder.model_validate_json(found["Body"].read()), found["ETag"])
        except ValidationError as error:
            raise CorruptArtifactError(
                f"{self.uri}: expected the execution that ClaimRun wrote there, found something "
                "else; delete the object if no execution is running, then start again"
            ) from error

    def take(self, holder: Holder, *, after: Held | None) -> bool:
        """Write the holder, unless the object has changed since it was read.

        Parameters
        ----------
        holder : Holder
        after : Held or None
            What `read` gave.

        Returns
        -------
        bool
            False: somebody else was faster, so read again.
        """
        condition = {"IfNoneMatch": "*"} if after is None else {"IfMatch": after.etag}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=RUN_LOCK_KEY,
                Body=holder.model_dump_json().encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error_code(error) not in _LOST:
                raise
            return False
        return True
