"""Which processes a command has started, read from /proc."""

import time
from pathlib import Path


def descendants(pid: int) -> dict[int, str]:
    """Return the pids of all children and their children, with their start times."""
    parents, begins = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)], begins[int(entry.name)] = int(fields[1]), fields[19]
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        parent = todo.pop()
        children = [child for child, its_parent in parents.items() if its_parent == parent]
        found.update({child: begins[child] for child in children})
        todo += children
    return found


def survivors(processes: dict[int, str], *, within_seconds: float = 5.0) -> list[int]:
    """Return the pids of those that still run after a while."""
    deadline = time.monotonic() + within_seconds
    while True:
        alive = [pid for pid, begin in processes.items() if _runs(pid, begin)]
        if not alive or time.monotonic() > deadline:
            return alive
        time.sleep(0.05)


def _runs(pid: int, begin: str) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z" and fields[19] == begin


def _stat(pid: int) -> list[str]:
    """Return state, parent and so on; empty if the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
