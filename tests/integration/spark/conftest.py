"""Spark in local mode, and an S3 that its workers can reach."""

import gc
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.integration.spark.both_routes import BUCKET, Routes

PROJECT_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """Serve S3 over HTTP: Spark's workers are other processes."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DATA_BUCKET": BUCKET,
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    server.stop()


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
