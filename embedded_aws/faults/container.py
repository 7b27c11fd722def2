r"""A container that behaves badly: runs an algorithm's stand-in, with a fault.

    python -m embedded_aws.faults.container FAULT MODULE ARGUMENTS...

FAULT is ``AlgorithmError`` (exit code 1 instead of the algorithm), ``KilledWorker`` (SIGKILL when
the first result has been half written), ``Hang`` (for ever) or ``Slow=SECONDS``.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

_HALF_A_RESULT = b"half a result"


def main(arguments: list[str]) -> None:
    """Run ``MODULE ARGUMENTS...`` with a fault."""
    fault, module, *rest = arguments
    root = rest[rest.index("--root") + 1]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if fault == "AlgorithmError":
        _fail(root, rest[0])
    if fault == "Hang":
        threading.Event().wait()
    if fault.startswith("Slow="):
        time.sleep(float(fault.removeprefix("Slow=")))
    if fault == "KilledWorker":
        _die_when_writing_below(root)
    sys.argv[:] = [module, *rest]
    os.environ.pop("EMBEDDED_AWS_PARENT", None)  # this process has its own watch
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


def _fail(root: str, command: str) -> None:
    message = "AlgorithmError: the container failed (injected), exit code: 1"
    print(message, flush=True)  # noqa: T201 - this is the job's log
    if command == "train":
        (Path(root) / "output" / "failure").write_text(message, encoding="utf-8")
    sys.exit(1)


def _die_when_writing_below(root: str) -> None:
    """Wait for the first file that is opened for writing, leave half of it, and die."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | os.PathLike):
            return
        path, mode = os.fspath(arguments[0]), arguments[1]
        # os.open has no mode; that is also how half of the result is written.
        if mode is not None and set(mode) & set("wax+") and path.startswith(root):
            os.write(os.open(path, os.O_CREAT | os.O_WRONLY), _HALF_A_RESULT)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    main(sys.argv[1:])
