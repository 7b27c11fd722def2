"""Ctrl-C and SIGTERM end the command in order: one exception, then undisturbed cleaning up."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

from console.exit_codes import ExitCode

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
# A terminal, a shell and `timeout` may all deliver the same interruption; a person who presses
# Ctrl-C again later means it.
_SAME_INTERRUPTION_SECONDS = 1.0


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first signal into KeyboardInterrupt; a later one ends the process at once.

    Ending at once leaves no process behind either: workers and jobs end when the pipe from their
    parent closes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets only the main thread handle signals
        return
    first_at: float | None = None

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal first_at
        now = time.monotonic()
        if first_at is None:
            first_at = now
            raise KeyboardInterrupt
        if now - first_at > _SAME_INTERRUPTION_SECONDS:
            sys.stderr.write("stopped at once\n")
            sys.stderr.flush()
            os._exit(ExitCode.INTERRUPTED)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
