"""The functions Preprocess and ConvertRecordIO, each in a fresh process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.functions.fresh_handler import Invocation, invoke
from benchmarks.scale.data_bucket import aws_environment, products, resolved_run, serving_raw
from benchmarks.scale.s3_server import counts_of
from infra.allocation import KEEP_FREED_MEMORY

# Those of the deployed functions, see infra/constructs/pipeline_functions.py.
_PREPROCESS_MEMORY_MIB, _PREPROCESS_DISK_MIB = 3072, 4096
_CONVERT_MEMORY_MIB, _CONVERT_DISK_MIB = 1792, 512


def run(raw: Path, filters: Mapping[str, Any], work: Path) -> dict[str, Any]:
    """Prepare the ratings in a folder; tell what it took, or which error Preprocess answered.

    Parameters
    ----------
    raw : Path
        Folder of plain-text objects.
    filters : mapping
        Of the execution input, beside the defaults.
    work : Path
        For the products.
    """
    with TemporaryDirectory(dir=work) as name:
        root = Path(name) / "s3"
        with serving_raw(raw, root) as endpoint:
            invocations = _invoke(resolved_run(filters), endpoint)
            s3 = counts_of(endpoint)
        return {
            "wall_seconds": sum(one.wall_seconds for one in invocations.values()),
            "cpu_seconds": {name: one.cpu_seconds for name, one in invocations.items()},
            "peak_rss_bytes": {
                "all": max(one.peak_mib for one in invocations.values()) * 2**20,
            },
            "functions": {name: asdict(one) for name, one in invocations.items()},
            "s3": s3,
            "products": products(root),
        }


def _invoke(resolved: Mapping[str, Any], endpoint: str) -> dict[str, Invocation]:
    environment = {**aws_environment(endpoint), "LOG_LEVEL": "ERROR"}
    preprocess = invoke(
        "preprocess",
        {name: resolved[name] for name in ("run_id", "dataset", "filter", "split")},
        disk_mib=_PREPROCESS_DISK_MIB,
        environment={
            **environment,
            **KEEP_FREED_MEMORY,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_PREPROCESS_MEMORY_MIB),
        },
    )
    if "errorType" in preprocess.answer:
        return {"preprocess": preprocess}
    sizes = {name: value for name, value in preprocess.answer.items() if name.startswith("n_")}
    convert = invoke(
        "convert_recordio",
        {
            **sizes,
            **resolved["training"],
            **resolved["transform"],
            **{name: resolved[name] for name in ("run_id", "positive_rating")},
        },
        disk_mib=_CONVERT_DISK_MIB,
        environment={**environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_CONVERT_MEMORY_MIB)},
    )
    return {"preprocess": preprocess, "convert_recordio": convert}
