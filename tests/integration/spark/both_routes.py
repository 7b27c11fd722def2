"""The same ratings prepared by the functions and by the Spark job."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from benchmarks.function_memory import BUCKET
from lambdas.convert_recordio.handler import lambda_handler as convert_recordio
from lambdas.evaluate.handler import lambda_handler as evaluate
from lambdas.preprocess.handler import lambda_handler as preprocess
from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.resolution import resolve
from recommender import recordio
from recommender.run_layout import SPLITS, RunLayout

PYSPARK_WARNINGS = [
    # PySpark 3.5 compares versions of pandas by it, and leaves the sockets open that it reads from.
    pytest.mark.filterwarnings("ignore:distutils Version classes:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
SHARDED = {"training": {"instance_count": 2}, "transform": {"max_rows_per_file": 300}}


class Routes:
    """Both ways to prepare ratings.

    Parameters
    ----------
    s3 : S3 client of boto3
    session : SparkSession
    """

    def __init__(self, s3: Any, session: Any) -> None:
        self.s3 = s3
        self._session = session

    def upload(self, objects: Mapping[str, bytes]) -> str:
        """Put objects into a folder of their own; gives its address."""
        folder = f"raw/{uuid.uuid4()}"
        for name, content in objects.items():
            self.s3.put_object(Bucket=BUCKET, Key=f"{folder}/{name}", Body=content)
        return f"s3://{BUCKET}/{folder}/"

    def resolved(self, uri: str, **sections: Any) -> dict[str, Any]:
        """Give a run with an id of its own, as ResolveRun answers."""
        given = {**SHARDED, **sections, "dataset": {"uri": uri, **sections.get("dataset", {})}}
        run = resolve(
            ExecutionInput.model_validate(given),
            run_id=uuid.uuid4().hex[:20],
            data_bucket=BUCKET,
        )
        return run.model_dump(mode="json")

    def by_functions(self, run: Mapping[str, Any]) -> dict[str, Any]:
        """Run Preprocess and ConvertRecordIO."""
        asked = {name: run[name] for name in ("run_id", "dataset", "filter", "split")}
        ratings = preprocess(asked, None)
        sizes = {name: value for name, value in ratings.items() if name.startswith("n_")}
        features = convert_recordio(
            {
                "run_id": run["run_id"],
                **sizes,
                "instance_count": run["training"]["instance_count"],
                "max_rows_per_file": run["transform"]["max_rows_per_file"],
                "max_payload_mb": run["transform"]["max_payload_mb"],
                "positive_rating": run["positive_rating"],
            },
            None,
        )
        return {"ratings": ratings, "features": features}

    def by_spark(self, run: Mapping[str, Any], **sizes: int) -> dict[str, Any]:
        """Run the job's preparation, with pieces so small that there are several of an object."""
        from spark.objects import DataBucket
        from spark.preparation import prepare
        from spark.request import PreparationRequest

        asked = PreparationRequest.from_json(json.dumps(run))
        given = {"piece_bytes": 20_000, "unit_rows": 700, **sizes}
        return prepare(self._session, asked, DataBucket(BUCKET), **given)

    def metrics(self, run: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, float]:
        """Run Evaluate on predictions that follow from the records alone."""
        layout = RunLayout(run["run_id"])
        for part, key in enumerate(self.keys(layout.recordio_prefix("test"))):
            features, _ = recordio.decode(self._get(key))
            customer, column = features.indices.reshape(-1, 2).T.astype(np.int64)
            lines = (
                f'{{"score": {0.5 + (7 * u + 3 * v) % 10 / 2}}}'
                for u, v in zip(customer, column, strict=True)
            )
            self.s3.put_object(
                Bucket=BUCKET, Key=layout.prediction_key(part), Body="\n".join(lines).encode()
            )
        asked = {
            "run_id": run["run_id"],
            "predictor_type": run["predictor_type"],
            "quality_gate": run["quality_gate"],
            "training_job_name": "none",
            "model_data_uri": f"s3://{BUCKET}/none",
            "hyperparameters": {},
            "ratings": answer["ratings"],
            "positive_rating": run["positive_rating"],
        }
        found: dict[str, float] = evaluate(asked, None)["metrics"]
        return found

    def content(self, run_id: str) -> dict[str, Any]:
        """Give all that a run has below its prefix, by what follows the prefix.

        Ratings are joined, because parts may differ in number; everything else is bytes.
        """
        layout = RunLayout(run_id)
        content: dict[str, Any] = {}
        for key in self.keys(layout.prefix):
            content[key.removeprefix(layout.prefix)] = self._get(key)
        for split in SPLITS:
            prefix = layout.ratings_prefix(split).removeprefix(layout.prefix)
            parts = [content.pop(name) for name in sorted(content) if name.startswith(prefix)]
            content[prefix] = pd.concat([_frame(part) for part in parts], ignore_index=True)
        return content

    def _get(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def keys(self, prefix: str) -> list[str]:
        """List keys, sorted."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def assert_same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Require the same products: same bytes, same ratings in the same order."""
    assert set(found) == set(expected)
    for name, content in expected.items():
        if isinstance(content, pd.DataFrame):
            pd.testing.assert_frame_equal(found[name], content)
        else:
            assert found[name] == content, name


def _frame(parquet: bytes) -> pd.DataFrame:
    with tempfile.NamedTemporaryFile() as file:
        file.write(parquet)
        file.flush()
        columns = duckdb.read_parquet(file.name).fetchnumpy()
    return pd.DataFrame({name: pd.Series(values) for name, values in columns.items()})
