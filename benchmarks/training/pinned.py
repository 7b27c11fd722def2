"""Run a command on some of the processors: ``python pinned.py REPORT CORE,CORE,… COMMAND …``.

This is a process of its own because what Linux tells of a child's memory (ru_maxrss) starts at what
the process held that it was started from, which is little here. It imports nothing of the project.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> int:
    """Run, write what it took as JSON, and exit as the command does."""
    report, cores, *command = sys.argv[1:]
    os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    started = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    content = {
        "wall_seconds": time.perf_counter() - started,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    Path(report).write_text(json.dumps(content), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
