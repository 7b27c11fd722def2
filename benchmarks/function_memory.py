"""How much memory the functions take: ``python -m benchmarks.function_memory [ROWS ...]``.

Each function's handler runs in a fresh process, as Lambda runs it, against an S3 of its own in
another one. The peak is what Linux calls the high-water mark of the resident set (VmHWM).
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import numpy as np
from moto.server import ThreadedMotoServer

from benchmarks.functions.fresh_handler import Invocation, invoke
from lambdas.preprocess.handler import MAX_ROWS_PER_PART
from recommender import tables
from recommender.run_layout import RunLayout, Split

BUCKET = "data-bucket"
ROWS = (1_000_000, 4_000_000)
SHARES: dict[Split, float] = {"train": 0.6, "validation": 0.2, "test": 0.2}
N_USERS_PER_RATING, N_ITEMS_PER_RATING = 0.5, 0.04  # Amazon's reviews of videos
ROWS_PER_FILE = 10_000


def main(sizes: list[int]) -> None:
    """Print peak memory and time of each function for each number of ratings."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with serving_s3() as s3:
        print("| ratings | function | peak MiB | seconds | of a processor |")
        print("|---:|---|---:|---:|---:|")
        for n_ratings in sizes:
            run = PreparedRun(
                s3,
                n_ratings,
                n_users=int(n_ratings * N_USERS_PER_RATING),
                n_items=int(n_ratings * N_ITEMS_PER_RATING),
                max_rows_per_part=MAX_ROWS_PER_PART,
            )
            for name in ("convert_recordio", "evaluate"):
                found = run.measure(name)
                print(
                    f"| {n_ratings:,} | {name} | {found.peak_mib:.0f} "
                    f"| {found.wall_seconds:.1f} | {found.cpu_seconds:.1f} |"
                )


@contextmanager
def serving_s3() -> Iterator[Any]:
    """Serve S3 from this process, say so in its environment, and give a client."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DATA_BUCKET": BUCKET,
        "LOG_LEVEL": "ERROR",
    }
    try:
        with patch.dict(os.environ, environment):
            s3 = boto3.client("s3")
            s3.create_bucket(Bucket=BUCKET)
            yield s3
    finally:
        server.stop()


class PreparedRun:
    """A run whose ratings are prepared.

    Parameters
    ----------
    s3 : client
    n_ratings : int
        In all splits together.
    n_users, n_items : int
    max_rows_per_part : int
        Of a split's files.
    """

    def __init__(
        self, s3: Any, n_ratings: int, *, n_users: int, n_items: int, max_rows_per_part: int
    ) -> None:
        self._s3 = s3
        self._layout = RunLayout(f"run-{n_ratings}")
        self._counts = {
            "n_users": n_users,
            "n_items": n_items,
            **{f"n_{split}": int(n_ratings * share) for split, share in SHARES.items()},
        }
        rng = np.random.default_rng(0)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "part.parquet"
            for split in SHARES:
                starts = range(0, self._counts[f"n_{split}"], max_rows_per_part)
                for part, start in enumerate(starts):
                    self._write(path, rng, min(max_rows_per_part, starts.stop - start))
                    s3.upload_file(str(path), BUCKET, self._layout.ratings_key(split, part))

    def _write(self, path: Path, rng: np.random.Generator, n_rows: int) -> None:
        tables.write_ratings(
            path,
            user_index=rng.integers(0, self._counts["n_users"], n_rows, dtype=np.int32),
            item_index=rng.integers(0, self._counts["n_items"], n_rows, dtype=np.int32),
            rating=rng.integers(1, 6, n_rows).astype(np.float32),
            timestamp=rng.integers(1_300_000_000, 1_500_000_000, n_rows),
        )

    def measure(self, name: str) -> Invocation:
        """Run a function."""
        event = {"convert_recordio": self._conversion, "evaluate": self._evaluation}[name]()
        return invoke(name, {"run_id": self._layout.run_id, **event})

    def _conversion(self) -> dict[str, Any]:
        return {
            **self._counts,
            "instance_count": 1,
            "max_rows_per_file": ROWS_PER_FILE,
            "max_payload_mb": 6,
            "positive_rating": None,
        }

    def _evaluation(self) -> dict[str, Any]:
        n_test = self._counts["n_test"]
        for part, start in enumerate(range(0, n_test, ROWS_PER_FILE)):
            lines = '{"score": 3.141592741012573}\n' * min(ROWS_PER_FILE, n_test - start)
            key = self._layout.prediction_key(part)
            self._s3.put_object(Bucket=BUCKET, Key=key, Body=lines.encode())
            # Evaluate only counts the files that predictions were made for.
            self._s3.put_object(
                Bucket=BUCKET, Key=self._layout.recordio_key("test", part), Body=b""
            )
        return {
            "predictor_type": "regressor",
            "quality_gate": {"must_beat_baselines": True, "max_rmse": None},
            "training_job_name": "job",
            "model_data_uri": f"s3://{BUCKET}/model.tar.gz",
            "positive_rating": None,
            "ratings": {
                **self._counts,
                "accounting": {"rows_read": 1, "kept": 1, "rejected": {}},
            },
        }


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(ROWS))
