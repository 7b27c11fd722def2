"""Spark's events are summed up by step."""

from typing import Any

import pytest

from benchmarks.scale.event_log import summed_up

SQL = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecution"


def query(number: int, module: str, begin: float, end: float) -> list[dict[str, Any]]:
    description = f"collect at /somewhere/spark/{module}.py:40"
    return [
        {
            "Event": f"{SQL}Start",
            "executionId": number,
            "description": description,
            "time": 1e3 * begin,
        },
        {"Event": f"{SQL}End", "executionId": number, "time": 1e3 * end},
    ]


def job(stages: list[int], execution: int | None) -> dict[str, Any]:
    properties = {} if execution is None else {"spark.sql.execution.id": str(execution)}
    return {
        "Event": "SparkListenerJobStart",
        "Job ID": stages[0],
        "Submission Time": 20_000,
        "Stage IDs": stages,
        "Properties": properties,
    }


def task(stage: int, seconds: float, *, read: int = 0, written: int = 0) -> dict[str, Any]:
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Task Info": {"Launch Time": 1_000, "Finish Time": 1_000 + 1e3 * seconds},
        "Task Metrics": {
            "Shuffle Read Metrics": {"Local Bytes Read": read, "Remote Bytes Read": 1},
            "Shuffle Write Metrics": {
                "Shuffle Bytes Written": written,
                "Shuffle Records Written": 3,
            },
            "Disk Bytes Spilled": 5,
            "Memory Bytes Spilled": 7,
            "JVM GC Time": 100,
            "Executor Run Time": 2_000,
            "Peak Execution Memory": 11,
        },
    }


def test_tasks_count_for_the_step_that_waits_for_them() -> None:
    begin, end = query(0, "tallying", 10.0, 14.5)
    log = summed_up(
        [
            begin,
            job([1, 2], 0),
            task(1, 2.0, written=40),
            task(1, 6.0, written=60),
            task(1, 3.0, written=50),
            task(2, 4.0, read=149),
            end,
        ]
    )
    step = log.steps["cleanse"]
    assert log.intervals == [("cleanse", 10.0, 14.5)]
    assert step.seconds == 4.5
    assert (step.n_tasks, step.shuffle_write_rows) == (4, 12)
    assert (step.shuffle_write_bytes, step.shuffle_read_bytes) == (150, 153)
    assert (step.largest_shuffle_bytes, step.largest_task_bytes) == (150, 150)
    assert (step.disk_spill_bytes, step.memory_spill_bytes) == (20, 28)
    assert step.gc_seconds == pytest.approx(0.4)
    assert step.run_seconds == pytest.approx(8.0)
    assert (step.longest_task_seconds, step.median_task_seconds) == (6.0, 3.0)
    assert step.single_task_seconds == 4.0
    assert step.peak_execution_bytes == 11
    assert log.steps["read"].n_tasks == 0


def test_the_job_that_is_no_querys_is_part_of_the_filter() -> None:
    end = {"Event": "SparkListenerJobEnd", "Job ID": 5, "Completion Time": 23_000}
    log = summed_up([job([5], None), task(5, 1.0), end])
    assert log.intervals == [("cleanse", 20.0, 23.0)]
    assert log.steps["cleanse"].seconds == 3.0


def test_a_task_without_metrics_was_lost() -> None:
    begin, end = query(0, "preparation", 0.0, 1.0)
    lost = {"Event": "SparkListenerTaskEnd", "Stage ID": 1, "Task Info": {}}
    log = summed_up([begin, job([1], 0), lost, task(1, 1.0), end])
    assert log.steps["read"].n_tasks == 1


def test_the_most_heap() -> None:
    events = [
        {"Event": "SparkListenerStageExecutorMetrics", "Executor Metrics": {"JVMHeapMemory": n}}
        for n in (1, 3, 2)
    ]
    assert summed_up(events).peak_heap_bytes == 3


def test_a_query_of_an_unknown_step_is_not_left_out() -> None:
    begin, _ = query(0, "novelty", 0.0, 1.0)
    with pytest.raises(ValueError, match="novelty"):
        summed_up([begin])
