"""One copy of a function: its answers, and what it prints."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws.lambda_runtime.process import WorkerProcess

SOURCE = """
import sys

def handle(event, context):
    for number in range(event["lines"]):
        print(f"line {number}")
    sys.stdout.write(event["rest"])
    return event["lines"]
"""
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "g",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
}


class SlowLog(WorkerProcess):
    """Begins to read what is printed when the first answers have come."""

    def _read_log(self) -> None:
        time.sleep(0.5)
        super()._read_log()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerProcess]:
    (tmp_path / "function.py").write_text(SOURCE)
    process = SlowLog(tmp_path, "function.handle", ENVIRONMENT)
    assert process.answer(60) == {"ready": True}
    yield process
    process.close()


@pytest.mark.parametrize("rest", ["", "unfinished"])
def test_log_of_an_answer_is_complete_when_it_comes(worker: WorkerProcess, rest: str) -> None:
    for n_lines in [3, 0, 1, 2000, 1]:
        worker.request(
            {"request_id": "r", "function_arn": "a", "deadline_seconds": 0,
             "event": {"lines": n_lines, "rest": rest}}
        )  # fmt: skip
        assert worker.answer(60) == {"result": str(n_lines)}
        expected = [f"line {number}" for number in range(n_lines)]
        assert worker.take_log() == [*expected, *([rest] if rest else [])]
