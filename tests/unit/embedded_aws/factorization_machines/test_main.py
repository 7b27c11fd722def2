"""The process: started as SageMaker's stand-in starts it, and ended from outside."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from embedded_aws.factorization_machines.__main__ import main
from embedded_aws.factorization_machines.container import ContainerLayout

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(make_job: Any) -> Iterator[Start]:
    """Start a training that would go on for minutes; wait until it has begun to learn."""
    with contextlib.ExitStack() as processes:

        def run(layout: ContainerLayout, **environment: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "embedded_aws.factorization_machines"),
                    *("train", "--root", str(layout.root)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | environment,
            )
            processes.enter_context(process)  # closes its pipes and waits for it
            processes.callback(process.kill)  # first
            assert process.stdout is not None
            assert "epoch=0, batch=0 train rmse" in process.stdout.readline()
            return process

        yield run


LONG = {"epochs": "100000000", "batch_metrics_publish_interval": "1000000"}


def drain_until_end(process: subprocess.Popen[str]) -> tuple[int, float]:
    started = time.monotonic()
    assert process.stdout is not None
    for _ in process.stdout:
        pass
    return process.wait(timeout=20), time.monotonic() - started


def test_sigterm_ends_it_at_once_without_a_model(make_job: Any, start: Start) -> None:
    layout = make_job(LONG)
    process = start(layout)

    process.send_signal(signal.SIGTERM)

    code, seconds = drain_until_end(process)
    assert code == -signal.SIGTERM
    assert seconds < 2
    assert list(layout.root.glob("model/*")) == []


def test_the_end_of_its_input_ends_it(make_job: Any, start: Start) -> None:
    layout = make_job(LONG)
    process = start(layout, EMBEDDED_AWS_PARENT="stdin")
    assert process.stdin is not None

    process.stdin.close()

    code, seconds = drain_until_end(process)
    assert code == 1
    assert seconds < 2
    assert list(layout.root.glob("model/*")) == []


def test_without_the_variable_it_needs_no_input(make_job: Any, start: Start) -> None:
    process = start(make_job(LONG))
    assert process.stdin is not None

    process.stdin.close()

    time.sleep(0.3)
    assert process.poll() is None


@pytest.mark.parametrize("arguments", [[], ["train"], ["serve", "--root", "."]])
def test_wrong_arguments_are_refused(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
