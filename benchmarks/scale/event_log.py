"""Spark's event log, summed up by the job's steps.

Its JSON is documented only by Spark's class ``JsonProtocol`` (3.5).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The step that a module of the job waits for, in the order in which they follow each other.
STEPS: Mapping[str, str] = {
    "preparation": "read",
    "profiling": "profile",
    "tallying": "cleanse",
    "indexing": "number",
    "index_tables": "index tables",
    "splitting": "keys",
    "writing": "write",
}
# Where spark.cleansing makes an RDD of counts, a job runs that is no query's.
_OUTSIDE_QUERIES = "cleanse"
_SQL = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecution"
_CALL_SITE = re.compile(r" at .*?/spark/(\w+)\.py:")


@dataclass(slots=True)
class Step:
    """What a step took.

    Attributes
    ----------
    seconds : float
        Of the clock, from its first query to the end of its last.
    shuffle_write_bytes, shuffle_read_bytes, shuffle_write_rows : int
    largest_shuffle_bytes : int
        Most that one stage wrote.
    disk_spill_bytes, memory_spill_bytes : int
        The same rows as bytes on disk and in memory.
    gc_seconds, run_seconds : float
        Of all tasks.
    n_tasks : int
    single_task_seconds : float
        Of stages of one task: more executors do not shorten them.
    longest_task_seconds, median_task_seconds : float
        Of the stage with the longest task.
    largest_task_bytes : int
        Most shuffled bytes that one task read.
    peak_execution_bytes : int
        Most memory that one task had for sorting and joining.
    """

    seconds: float = 0.0
    shuffle_write_bytes: int = 0
    shuffle_read_bytes: int = 0
    shuffle_write_rows: int = 0
    largest_shuffle_bytes: int = 0
    disk_spill_bytes: int = 0
    memory_spill_bytes: int = 0
    gc_seconds: float = 0.0
    run_seconds: float = 0.0
    n_tasks: int = 0
    single_task_seconds: float = 0.0
    longest_task_seconds: float = 0.0
    median_task_seconds: float = 0.0
    largest_task_bytes: int = 0
    peak_execution_bytes: int = 0


@dataclass(frozen=True, slots=True)
class JobLog:
    """The log of a job.

    Attributes
    ----------
    steps : dict of Step
        By name, in order.
    intervals : list of (str, float, float)
        Step, begin and end of each query, in seconds since 1970.
    peak_heap_bytes : int
        Of the driver's JVM, which runs the tasks too in local mode; looked at every second.
    """

    steps: dict[str, Step]
    intervals: list[tuple[str, float, float]]
    peak_heap_bytes: int


def read_event_log(path: Path) -> JobLog:
    """Read the log of a job that has ended.

    Raises
    ------
    ValueError
        If it has a query of no step.
    """
    with path.open(encoding="utf-8") as file:
        return summed_up(map(json.loads, file))


def summed_up(events: Iterable[dict[str, Any]]) -> JobLog:
    """Sum up events."""
    steps = {name: Step() for name in STEPS.values()}
    begun: dict[int, tuple[str, float]] = {}
    outside: dict[int, float] = {}
    intervals: list[tuple[str, float, float]] = []
    of_stage: dict[int, str] = {}
    task_seconds: dict[int, list[float]] = {}
    shuffled: Counter[int] = Counter()
    peak_heap = 0
    for event in events:
        kind = event["Event"]
        if kind == f"{_SQL}Start":
            begun[event["executionId"]] = (_step(event["description"]), event["time"] / 1e3)
        elif kind == f"{_SQL}End":
            name, begin = begun.pop(event["executionId"])
            intervals.append((name, begin, event["time"] / 1e3))
        elif kind == "SparkListenerJobStart":
            execution = event["Properties"].get("spark.sql.execution.id")
            name = begun[int(execution)][0] if execution else _OUTSIDE_QUERIES
            of_stage |= dict.fromkeys(event["Stage IDs"], name)
            if not execution:
                outside[event["Job ID"]] = event["Submission Time"] / 1e3
        elif kind == "SparkListenerJobEnd" and event["Job ID"] in outside:
            intervals.append(
                (_OUTSIDE_QUERIES, outside.pop(event["Job ID"]), event["Completion Time"] / 1e3)
            )
        elif kind == "SparkListenerTaskEnd":
            seconds = _add_task(steps[of_stage[event["Stage ID"]]], event)
            task_seconds.setdefault(event["Stage ID"], []).append(seconds)
            shuffled[event["Stage ID"]] += _shuffled(event)
        elif kind == "SparkListenerStageExecutorMetrics":
            peak_heap = max(peak_heap, event["Executor Metrics"]["JVMHeapMemory"])
    for name, begin, end in intervals:
        steps[name].seconds += end - begin
    for stage, of_tasks in task_seconds.items():
        step = steps[of_stage[stage]]
        step.largest_shuffle_bytes = max(step.largest_shuffle_bytes, shuffled[stage])
        if len(of_tasks) == 1:
            step.single_task_seconds += of_tasks[0]
        if max(of_tasks) > step.longest_task_seconds:
            step.longest_task_seconds = max(of_tasks)
            step.median_task_seconds = sorted(of_tasks)[len(of_tasks) // 2]
    return JobLog(steps, intervals, peak_heap)


def _step(description: str) -> str:
    found = _CALL_SITE.search(description)
    if not found or found[1] not in STEPS:
        raise ValueError(f"expected a query of {', '.join(STEPS)}, found {description!r}")
    return STEPS[found[1]]


def _shuffled(event: Mapping[str, Any]) -> int:
    metrics = event.get("Task Metrics")
    return int(metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]) if metrics else 0


def _add_task(step: Step, event: dict[str, Any]) -> float:
    """Add a task; give its seconds."""
    metrics = event.get("Task Metrics")
    if not metrics:
        return 0.0  # a task that was lost
    read, written = metrics["Shuffle Read Metrics"], metrics["Shuffle Write Metrics"]
    n_read = read["Local Bytes Read"] + read["Remote Bytes Read"]
    step.shuffle_read_bytes += n_read
    step.shuffle_write_bytes += written["Shuffle Bytes Written"]
    step.shuffle_write_rows += written["Shuffle Records Written"]
    step.disk_spill_bytes += metrics["Disk Bytes Spilled"]
    step.memory_spill_bytes += metrics["Memory Bytes Spilled"]
    step.gc_seconds += metrics["JVM GC Time"] / 1e3
    step.run_seconds += metrics["Executor Run Time"] / 1e3
    step.n_tasks += 1
    step.largest_task_bytes = max(step.largest_task_bytes, n_read)
    step.peak_execution_bytes = max(step.peak_execution_bytes, metrics["Peak Execution Memory"])
    info: dict[str, Any] = event["Task Info"]
    return float(info["Finish Time"] - info["Launch Time"]) / 1e3
