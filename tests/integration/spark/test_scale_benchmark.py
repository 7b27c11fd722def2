"""The benchmark of both routes runs, and says of both the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")
pytest.importorskip("pyarrow", reason="needs the dependency group spark: PyArrow")

from benchmarks.scale.event_log import STEPS
from benchmarks.scale.model import Load, bytes_read, gets, heads
from benchmarks.scale.results import Results

PROJECT_ROOT = Path(__file__).resolve().parents[3]
N_ROWS = 20_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in Linux' /proc"),
    pytest.mark.skipif(shutil.which("java") is None, reason="needs Java 17, which Spark runs on"),
]


def test_both_routes_are_measured(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks.scale", "--sizes", str(N_ROWS / 1e6)]
    command += ["--folder", str(tmp_path), "--json", str(results)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    for route in (["spark", "--cores", "1", "--heap", "1g"], ["functions"]):
        subprocess.run([*command, "--route", *route], check=True, env=environment, cwd=tmp_path)

    spark, functions = Results.load(results).runs
    told = functions.found["functions"]
    assert spark.found["answer"] == {
        "ratings": told["preprocess"]["answer"],
        "features": told["convert_recordio"]["answer"],
    }
    load = Load.of(spark)
    assert (load.rows, load.kept) == (N_ROWS, told["preprocess"]["answer"]["accounting"]["kept"])
    requests, n_bytes = spark.found["s3"]["requests"], spark.found["s3"]["bytes"]
    assert (requests["GetObject"], requests["HeadObject"]) == (gets(load), heads(load))
    assert n_bytes["GetObject"] == bytes_read(load) == spark.n_bytes
    # All but prepared.json, which the functions have no use for.
    assert spark.found["products"]["files"] == functions.found["products"]["files"] + 1
    for name in ("customers_bytes", "videos_bytes"):
        assert spark.found["products"][name] == functions.found["products"][name] > 0
    assert set(spark.found["steps"]) == set(STEPS.values())
    for name, step in spark.found["steps"].items():
        assert step["n_tasks"] > 0, name
        assert step["seconds"] > 0, name
    assert (
        sum(step["seconds"] for step in spark.found["steps"].values())
        < (spark.found["wall_seconds"])
    )
    assert spark.found["cpu_seconds"]["jvm"] > 1
    assert spark.found["cpu_seconds"]["workers"] > 0
    assert spark.found["peak_rss_bytes"]["jvm"] > spark.found["peak_heap_bytes"] > 0
    assert spark.found["peak_disk_bytes"] > 0
    assert functions.found["peak_rss_bytes"]["all"] > 0
