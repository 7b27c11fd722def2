"""The handler of a function with a fault; put into the function's own asset beside its code.

Imports nothing of the embedded AWS, which is not there.
"""

from __future__ import annotations

import importlib
import os
import signal
import time
from typing import Any

_UNTIL_STOPPED_SECONDS = 3600


def handle(event: Any, context: Any) -> Any:
    """Fail as ``INJECTED_FAULT`` says, before or after the function's own work."""
    fault = os.environ["INJECTED_FAULT"]
    if fault == "Exception":
        raise RuntimeError("an exception of the function (injected)")
    if fault == "ProcessExit":
        os._exit(1)
    if fault == "OutOfMemory":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(float(os.environ.get("INJECTED_SECONDS", _UNTIL_STOPPED_SECONDS)))
    module, _, name = os.environ["INJECTED_HANDLER"].rpartition(".")
    answer = getattr(importlib.import_module(module), name)(event, context)
    if fault == "KilledWorker":
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
