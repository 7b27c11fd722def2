"""Waiting that ends as soon as an execution is stopped or out of time."""

from __future__ import annotations

import threading
import time
from typing import Any

# How late a stop may be noticed. moto signals a stop by an event that it clears at once, so who
# begins to wait a moment later would miss it.
_STEP_SECONDS = 0.05


def wait_while_running(env: Any, seconds: float, event: threading.Event | None = None) -> bool:
    """Wait for an event, the end of the time, or the end of the execution.

    Parameters
    ----------
    env : moto.stepfunctions.parser.asl.eval.environment.Environment
        Where the state is evaluated.
    seconds : float
        The longest time to wait.
    event : threading.Event, optional
        What to wait for; without it, only time passes.

    Returns
    -------
    bool
        Whether the event came.
    """
    awaited = event or threading.Event()
    deadline = time.monotonic() + seconds
    while env.is_running():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        if awaited.wait(min(left, _STEP_SECONDS)):
            return True
    return awaited.is_set()


def pause(env: Any, seconds: float) -> None:
    """Let the time of a Wait state, or of the interval before a retry, pass.

    Parameters
    ----------
    env : moto.stepfunctions.parser.asl.eval.environment.Environment
        Where the state is evaluated; the pause ends with it.
    seconds : float
        How long.
    """
    wait_while_running(env, seconds)
