"""What a call costs: time and memory, each time in a fresh process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

# What an action has to tell about its result.
Outcome = dict[str, int]


@dataclass(frozen=True, slots=True)
class Cost:
    """One call.

    Attributes
    ----------
    wall_seconds, cpu_seconds : float
        Of the call alone; the processor's time is that of all threads.
    peak_mib : float
        The most memory that the process ever held, Python and libraries included.
    start_mib : float
        What it held before the call, with the libraries imported.
    outcome : dict
        What the call returned.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    start_mib: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, smallest and largest of some numbers."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Self:
        """Sum up numbers."""
        return cls(statistics.median(numbers), min(numbers), max(numbers))


def measure(
    action: Callable[..., Outcome],
    *arguments: Any,
    given: Callable[..., tuple[Any, ...]] | None = None,
) -> Cost:
    """Call a function in a fresh process.

    Parameters
    ----------
    action : callable
        Of a module that imports what the action needs and no more: what the module imports counts
        as the process's memory at the start, not as the call's time.
    arguments
        Of the action, unless there is `given`.
    given : callable or None
        Takes `arguments`, in the fresh process, and gives those of the action; its work counts
        like the imports.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_call, action, arguments, given).result()


def in_turn(actions: Mapping[str, Callable[[], Cost]], repetitions: int) -> dict[str, list[Cost]]:
    """Measure all actions once, then all again: a busy minute disturbs them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in actions}
    for _ in range(repetitions):
        for name, action in actions.items():
            costs[name].append(action())
    return costs


def call(action: Callable[..., Outcome], *arguments: Any) -> Cost:
    """Call a function in this process; only the times mean something."""
    start_mib = peak_mib()
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = action(*arguments)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(wall, cpu, peak_mib(), start_mib, outcome)


def _call(
    action: Callable[..., Outcome],
    arguments: tuple[Any, ...],
    given: Callable[..., tuple[Any, ...]] | None,
) -> Cost:
    return call(action, *(given(*arguments) if given else arguments))


def peak_mib() -> float:
    """Tell the most memory that this process ever held; Linux only."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    # Not ru_maxrss: it counts the process that this one was started from.
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
