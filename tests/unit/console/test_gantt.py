"""States, retries, waits and jobs on one time axis."""

import datetime as dt

import pytest

from console.gantt import MAX_JOBS_OF_A_STATE, draw_gantt
from console.run_events import RunEvents, read_events
from console.sagemaker_jobs import JobRun

START = dt.datetime(2026, 11, 22, 6, 31, 56, tzinfo=dt.UTC)  # of the histories
REQUEST = ("TrainingJobName", "run-1")


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def job(**more) -> JobRun:
    values = {
        "kind": "training", "name": "run-1", "asked_as": REQUEST, "status": "Completed",
        "created_at": at(6.0), "started_at": at(8.0), "ended_at": at(10.0),
        "instance_type": "ml.c5.xlarge", "instance_count": 2, "billable_seconds": 2.0,
        "billable_is_measured": True, "reason": None,
    }  # fmt: skip
    return JobRun(**{**values, **more})


@pytest.fixture
def events(history) -> RunEvents:
    history.enter("TrainModel", seconds=0.0).schedule(seconds=0.0, TrainingJobName="run-0")
    history.fail(seconds=2.0, error="Throttling", cause="slow down")
    history.schedule(seconds=6.0, TrainingJobName="run-1")
    history.add("TaskSucceeded", seconds=10.0).exit("TrainModel", seconds=10.0)
    return read_events(history.events)


def test_retry_and_the_wait_before_it_are_seen(events):
    gantt = draw_gantt(events, [], at(10.0))

    (row,) = gantt.rows
    assert (row.name, row.label) == ("TrainModel", "10.0 s, 2 attempts")
    assert [(part.style, part.x, part.width) for part in row.segments] == [
        ("FAILED", 0.0, 20.0),
        ("WAITED", 20.0, 40.0),
        ("SUCCEEDED", 60.0, 40.0),
    ]
    assert "Throttling" in row.segments[0].words
    assert row.segments[1].words == "wait before the retry, 4.0 s"


def test_job_stands_under_its_state_with_the_wait_for_instances(events):
    other = job(asked_as=("TransformJobName", "run-1"), kind="transform")

    gantt = draw_gantt(events, [job(), other], at(10.0))

    _, row = gantt.rows
    assert row.is_job
    assert row.label == "training on 2 x ml.c5.xlarge, 4.0 s"
    assert [(part.style, part.x, part.width) for part in row.segments] == [
        ("WAITED", 60.0, 20.0),
        ("SUCCEEDED", 80.0, 20.0),
    ]
    assert gantt.rows[1].y > gantt.rows[0].y


def test_nothing_stands_outside(events):
    late = job(created_at=at(-5.0), started_at=at(9.999), ended_at=at(12.0))

    gantt = draw_gantt(events, [late], at(10.0))

    for row in gantt.rows:
        for part in row.segments:
            assert part.x >= 0
            assert part.width > 0
            assert part.x + part.width <= 100.01


def test_what_runs_reaches_to_now(history):
    history.enter("TrainModel", seconds=0.0).schedule(seconds=0.0, TrainingJobName="run-1")

    gantt = draw_gantt(read_events(history.events), [], at(5.0))

    assert gantt.rows[0].label == "5.0 s, running"
    assert gantt.rows[0].segments[0].width == 100.0


def test_rest_before_a_redrive_is_left_out(history):
    history.enter("A", seconds=0.0).schedule(seconds=0.0).fail(seconds=2.0, error="E", cause="c")
    history.add("ExecutionFailed", seconds=2.0).add("ExecutionRedriven", seconds=3602.0)
    history.enter("B", seconds=3603.0).schedule(seconds=3603.0)
    history.add("TaskSucceeded", seconds=3604.0)

    gantt = draw_gantt(read_events(history.events), [], at(3604.0))

    assert gantt.redrives == (50.0,)
    assert [(row.segments[0].x, row.segments[0].width) for row in gantt.rows] == [(0, 50), (75, 25)]
    assert gantt.rows[1].label == "1.0 s"


def test_too_many_jobs_are_counted_instead(events):
    gantt = draw_gantt(events, [job(name=str(n)) for n in range(MAX_JOBS_OF_A_STATE + 3)], at(10))

    assert len(gantt.rows) == 1 + MAX_JOBS_OF_A_STATE
    assert gantt.left_off == 3


def test_nothing_attempted_has_no_chart():
    assert draw_gantt(RunEvents(), [], at(1.0)) is None
