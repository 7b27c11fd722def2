"""Which ratings a deployed pipeline has in its data bucket."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from console.embedded_stack import DeployedStack
from console.errors import EnvironmentProblemError

# Where the execution input's default and `recommender run` have them.
_FOLDER = "raw/"
_MOST = 200


def stored_ratings(stack: DeployedStack) -> list[str]:
    """List the keys in the data bucket that ``dataset.uri`` may name: objects and folders.

    Returns
    -------
    list of str
        Sorted, of the first 200; a folder ends in ``/``. Names that begin with ``_`` or ``.`` are
        passed over, as when ratings are read.

    Raises
    ------
    EnvironmentProblemError
        If S3 refuses, or cannot be reached.
    """
    try:
        page = stack.access.client("s3").list_objects_v2(
            Bucket=stack.data_bucket, Prefix=_FOLDER, Delimiter="/", MaxKeys=_MOST
        )
    except (BotoCoreError, ClientError) as error:
        raise EnvironmentProblemError(f"s3://{stack.data_bucket}/{_FOLDER}: {error}") from error
    keys = [str(entry["Key"]) for entry in page.get("Contents", ())]
    folders = [str(entry["Prefix"]) for entry in page.get("CommonPrefixes", ())]
    names = ((key, key.removeprefix(_FOLDER)) for key in [*keys, *folders])
    return sorted(key for key, name in names if name and name[0] not in "_.")
