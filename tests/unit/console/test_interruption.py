"""The first signal interrupts, an echo of it does not, a later one ends the process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from console.interruption import interruptible

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def interrupt(number: int, *, cleaning_up: Callable[[], None]) -> None:
    with interruptible():
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        finally:
            cleaning_up()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_interrupt(number):
    with pytest.raises(KeyboardInterrupt):
        interrupt(number, cleaning_up=lambda: None)


def test_echo_does_not_disturb_cleaning_up():
    done = []

    def clean_up() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.05)
        done.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, cleaning_up=clean_up)

    assert done == ["cleaned up"]


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with interruptible():
        assert signal.getsignal(signal.SIGTERM) is not before

    assert signal.getsignal(signal.SIGTERM) is before


def test_later_signal_ends_the_process_at_once():
    code = """
import os, signal, time
from console import interruption
interruption._SAME_INTERRUPTION_SECONDS = 0.0
with interruption.interruptible():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    finally:
        time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
"""
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )

    assert completed.returncode == 130
    assert completed.stderr == "stopped at once\n"
