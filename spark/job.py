"""The script of the Glue job: Preprocess and ConvertRecordIO for what outgrows a function.

AWS Glue starts it as ``__main__`` with the job's arguments in ``sys.argv``, its own among them
(Glue developer guide, "Using job parameters in AWS Glue jobs"; arguments may have 260 KB in all). A
job has no output: what Step Functions needs is written to ``RunLayout.prepared_key``. How Glue cuts
the ``ErrorMessage`` of a failed run is not documented; it begins with the error's name and message.

On a laptop: ``python -m spark.job --data_bucket BUCKET --run JSON``, with Spark's master and
memory in the environment variable ``PYSPARK_SUBMIT_ARGS``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from spark.failures import task_error
from spark.objects import DataBucket
from spark.preparation import prepare
from spark.request import PreparationRequest
from spark.session import open_session


def main(arguments: Sequence[str], *, settings: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run the job.

    Parameters
    ----------
    arguments : sequence of str
        ``--data_bucket NAME`` and ``--run JSON``, see `PreparationRequest.from_json`; others
        are Glue's.
    settings : mapping or None
        More settings of Spark.

    Returns
    -------
    dict
        What `spark.preparation.prepare` returns.

    Raises
    ------
    RecommenderError
        If the ratings cannot be used, also where a task found out.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--data_bucket", required=True)
    parser.add_argument("--run", required=True)
    given, _ = parser.parse_known_args(arguments)
    request = PreparationRequest.from_json(given.run)
    session = open_session(settings=settings)
    try:
        return prepare(session, request, DataBucket(given.data_bucket))
    except (PySparkException, Py4JError) as error:
        cause = task_error(str(error))
        if cause is None:
            raise
        raise cause from error


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])) + "\n")
