"""The process of a job run: runs the job's script as ``__main__``, as Glue's driver does.

Run as a script: ``python script_host.py FOLDER SCRIPT ARGUMENTS...``. It leads a process group, in
which Spark's JVM is too. When its standard input ends, because the embedded AWS did, it removes
FOLDER, the run's, and kills the group; Spark's Python workers end by themselves when the JVM does.

An uncaught exception's type and message are left in ``FOLDER/failure``, its traceback on standard
error.
Imports nothing of the project: that is not on the import path here (see ``import_isolation``).
"""

import os
import runpy
import shutil
import signal
import sys
import threading
import traceback
from pathlib import Path

FAILURE_FILE = "failure"


def main(folder: str, script: str, arguments: list[str]) -> int:
    """Run a script; return its exit code."""
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    sys.argv[:] = [script, *arguments]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as stop:
        if stop.code is None or stop.code == 0:
            return 0
        if not isinstance(stop.code, int):
            sys.stderr.write(f"{stop.code}\n")
        _leave(folder, stop)
        return stop.code if isinstance(stop.code, int) else 1
    except BaseException as error:
        _print_traceback(error, script)
        _leave(folder, error)
        return 1
    return 0


def _leave(folder: str, error: BaseException) -> None:
    message = f"{type(error).__name__}: {error}"
    Path(folder, FAILURE_FILE).write_text(message, encoding="utf-8", errors="replace")


def _print_traceback(error: BaseException, script: str) -> None:
    """Print where the script failed, without this module's and runpy's own frames."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != script:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def _end_with_parent(folder: str) -> None:
    while os.read(0, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
