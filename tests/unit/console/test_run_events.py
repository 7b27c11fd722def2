"""Attempts, waits and rows of a history."""

from console.run_events import read_events


def test_each_attempt_has_its_time_outcome_and_job(history):
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.5, TrainingJobName="run-0")
    history.fail(seconds=2.0, error="Throttling", cause="slow down")
    history.schedule(seconds=5.0, TrainingJobName="run-1")
    history.add("TaskSucceeded", seconds=9.0).exit("TrainModel", seconds=9.5)

    found = read_events(history.events)

    assert [
        (a.state, a.status, a.error, a.job, (a.ended_at - a.started_at).total_seconds())
        for a in found.attempts
    ] == [
        ("TrainModel", "FAILED", "Throttling", ("TrainingJobName", "run-0"), 0.5),
        ("TrainModel", "SUCCEEDED", None, ("TrainingJobName", "run-1"), 4.0),
    ]
    assert len({attempt.visit for attempt in found.attempts}) == 1
    assert found.jobs == [("TrainingJobName", "run-0"), ("TrainingJobName", "run-1")]


def test_wait_state_is_a_wait(history):
    history.enter("WaitBeforeRestart", seconds=1.0, kind="Wait")
    history.exit("WaitBeforeRestart", seconds=61.0, kind="Wait")

    (wait,) = read_events(history.events).attempts

    assert wait.status == "WAITED"
    assert (wait.ended_at - wait.started_at).total_seconds() == 60.0


def test_stop_ends_what_runs(history):
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0, TrainingJobName="run-0")
    history.add("ExecutionAborted", seconds=3.0)

    (attempt,) = read_events(history.events).attempts

    assert attempt.status == "ABORTED"
    assert attempt.ended_at == history.events[-1]["timestamp"]


def test_attempt_that_has_not_ended_runs(history):
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0, TrainingJobName="run-0")

    (attempt,) = read_events(history.events).attempts

    assert (attempt.status, attempt.ended_at) == ("RUNNING", None)


def test_rows_say_when_where_and_what(history):
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.25, TrainingJobName="run-0")
    history.fail(seconds=2.0, error="Throttling", cause="x" * 1000)

    rows = read_events(history.events).rows

    assert [(row.number, row.seconds, row.kind, row.state) for row in rows] == [
        (1, 0.0, "ExecutionStarted", ""),
        (2, 1.0, "TaskStateEntered", "TrainModel"),
        (3, 1.25, "TaskScheduled", "TrainModel"),
        (4, 2.0, "TaskFailed", "TrainModel"),
    ]
    assert rows[2].detail == "sagemaker createTrainingJob.sync run-0"
    assert rows[3].detail.startswith("Throttling xxx")
    assert len(rows[3].detail) == 200


def test_redrive_is_remembered(history):
    history.enter("A", seconds=1.0).schedule(seconds=1.0).fail(seconds=2.0, error="E", cause="c")
    history.add("ExecutionFailed", seconds=2.0).add("ExecutionRedriven", seconds=100.0)

    found = read_events(history.events)

    assert found.redriven_at == [history.events[-1]["timestamp"]]
    assert found.attempts[0].status == "FAILED"


def test_nothing_has_nothing():
    assert read_events([]).rows == []
