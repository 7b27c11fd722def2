"""Waiting for what happens in another process or thread."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
