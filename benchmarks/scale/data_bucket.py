"""What both routes find: raw ratings in a bucket, and a run to be prepared from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.scale.s3_server import serving
from recommender.run_layout import RAW_PREFIX, RunLayout

BUCKET = "data-bucket"
_LAYOUT = RunLayout("scale")


@contextmanager
def serving_raw(raw: Path, root: Path) -> Iterator[str]:
    """Serve a folder of raw ratings as objects of `BUCKET`; give the server's address.

    Parameters
    ----------
    raw : Path
    root : Path
        A new folder, where the bucket will be.
    """
    (root / BUCKET).mkdir(parents=True)
    (root / BUCKET / RAW_PREFIX).symlink_to(raw.resolve(), target_is_directory=True)
    with serving(root) as endpoint:
        yield endpoint


def aws_environment(endpoint: str) -> dict[str, str]:
    """Give what boto3 needs to find a server."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DATA_BUCKET": BUCKET,
    }


def products(root: Path) -> dict[str, int]:
    """Count what a run has written, and its bytes; the index tables' also alone."""
    sizes = {
        path.relative_to(root / BUCKET).as_posix(): path.stat().st_size
        for path in (root / BUCKET / _LAYOUT.prefix).rglob("*")
        if path.is_file()
    }
    return {
        "files": len(sizes),
        "bytes": sum(sizes.values()),
        "customers_bytes": sizes.get(_LAYOUT.customers_key, 0),
        "videos_bytes": sizes.get(_LAYOUT.videos_key, 0),
    }


def resolved_run(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Give what both routes read of a resolved run."""
    return {
        "run_id": _LAYOUT.run_id,
        "dataset": {
            "uri": f"s3://{BUCKET}/{RAW_PREFIX}",
            "format": None,
            "columns": None,
            "rating_range": None,
            "max_rejected_ratio": 0.01,
        },
        "filter": {
            "min_ratings_per_customer": 5,
            "min_ratings_per_video": 10,
            "until_stable": False,
            **filters,
        },
        "split": {"strategy": "random", "train": 0.6, "validation": 0.2, "test": 0.2, "seed": 7},
        "training": {"instance_count": 1},
        "transform": {"max_rows_per_file": 10_000, "max_payload_mb": 6},
        "positive_rating": None,
    }
