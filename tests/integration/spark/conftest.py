"""Spark in local mode, and an S3 that its workers can reach."""

import gc
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.function_memory import serving_s3
from tests.integration.spark.both_routes import Routes

PROJECT_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """Serve S3 over HTTP: Spark's workers are other processes."""
    with serving_s3() as client, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(PROJECT_ROOT))
        yield client


@pytest.fixture(scope="session")
def session(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start Spark with two threads, and up to four attempts for each task, as Glue has."""
    from spark.session import open_session  # needs PySpark, which those who skip have not

    opened = open_session(
        settings={
            "spark.master": "local[2,4]",
            "spark.driver.memory": "1g",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.local.dir": str(tmp_path_factory.mktemp("spark")),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
    )
    opened.sparkContext.setLogLevel("OFF")
    yield opened
    opened.stop()


@pytest.fixture
def routes(s3: Any, session: Any) -> Iterator[Routes]:
    """Give both ways to prepare ratings."""
    yield Routes(s3, session)
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # sockets that PySpark left open: not in another test
