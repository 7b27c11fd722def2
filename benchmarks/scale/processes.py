"""What a job's processes take while it runs: the driver, its JVM, Python workers. Linux only."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["driver", "jvm", "workers"]
KINDS: tuple[Kind, ...] = ("driver", "jvm", "workers")

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SECONDS_BETWEEN = 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """Processor time so far and memory now.

    Attributes
    ----------
    time : float
        Seconds since 1970.
    cpu_seconds : dict
        For each kind of process, those that have ended included.
    rss_bytes : dict
        For each kind of process, the sum of the resident sets: what workers share counts for each.
    """

    time: float
    cpu_seconds: dict[Kind, float]
    rss_bytes: dict[Kind, int]


def watch(process: subprocess.Popen[bytes]) -> Iterator[Sample]:
    """Look at a process and its descendants until it ends."""
    cpu_seconds: dict[tuple[int, str], tuple[Kind, float]] = {}
    while process.poll() is None:
        yield _sample(process.pid, cpu_seconds)
        time.sleep(_SECONDS_BETWEEN)


def _sample(root: int, cpu_seconds: dict[tuple[int, str], tuple[Kind, float]]) -> Sample:
    """Look once; processor time is kept by process, for those that will have ended next time.

    Nobody waits for PySpark's workers, so that their daemon is not told of their time.
    """
    rss: dict[Kind, int] = dict.fromkeys(KINDS, 0)
    children = _children()
    pending = [root]
    while pending:
        pid = pending.pop()
        pending += children.get(pid, [])
        try:
            fields = _fields(pid)
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue  # it has ended
        kind = _kind(pid, root, command)
        utime, stime, started = int(fields[11]), int(fields[12]), fields[19]
        cpu_seconds[pid, started] = kind, (utime + stime) / _TICKS
        rss[kind] += int(fields[21]) * _PAGE_BYTES
    cpu: dict[Kind, float] = dict.fromkeys(KINDS, 0.0)
    for kind, seconds in cpu_seconds.values():
        cpu[kind] += seconds
    return Sample(time.time(), cpu, rss)


def _kind(pid: int, root: int, command: bytes) -> Kind:
    if pid == root:
        return "driver"
    return "jvm" if command.partition(b"\0")[0].endswith(b"java") else "workers"


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for pid in [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]:
        try:
            parent = int(_fields(pid)[1])
        except OSError:
            continue  # it has ended
        children.setdefault(parent, []).append(pid)
    return children


def _fields(pid: int) -> list[str]:
    """Give the fields of /proc/pid/stat from the state on, the third of proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def machine_seconds() -> dict[str, float]:
    """Tell the machine's processor time since it was started: used by anybody, and stolen.

    The host of a virtual machine steals what it gives to others (proc(5), ``/proc/stat``).
    """
    with Path("/proc/stat").open(encoding="ascii") as file:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(
            int, file.readline().split()[1:9]
        )
    return {
        "used": (user + nice + system + irq + softirq) / _TICKS,
        "stolen": steal / _TICKS,
    }
