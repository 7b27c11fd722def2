"""Histories become states with times and outcomes."""

from console.timeline import Timeline


def test_state_has_time_and_outcome_of_its_events(history):
    history.enter("Preprocess", seconds=1.0).schedule(seconds=1.1, FunctionName="f")
    history.add("TaskSucceeded", seconds=3.0).exit("Preprocess", seconds=3.5, ratings={"n": 2})
    timeline = Timeline()

    changed = timeline.take(history.events)

    assert [state.name for state in changed] == ["Preprocess"]
    assert (changed[0].status, changed[0].seconds, changed[0].attempts) == ("SUCCEEDED", 2.5, 1)
    assert timeline.variables == {"ratings": {"n": 2}}
    assert timeline.status == "RUNNING"


def test_events_that_are_known_are_skipped(history):
    timeline = Timeline()
    timeline.take(history.enter("Preprocess", seconds=1.0).events)

    assert timeline.take(history.events) == []
    assert len(timeline.states) == 1


def test_running_state_ends_in_a_later_look(history):
    timeline = Timeline()
    (running,) = timeline.take(list(history.enter("Preprocess", seconds=1.0).events))
    assert (running.status, running.seconds) == ("RUNNING", None)

    (ended,) = timeline.take(history.exit("Preprocess", seconds=2.0).events)

    assert ended is running
    assert ended.status == "SUCCEEDED"


def test_retried_task_counts_attempts_and_forgets_the_failure(history):
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0, TrainingJobName="run-0-0")
    history.fail(seconds=2.0, error="SageMaker.AmazonSageMakerException", cause="Rate exceeded")
    history.schedule(seconds=3.0, TrainingJobName="run-0-1")
    history.add("TaskSucceeded", seconds=4.0).exit("TrainModel", seconds=4.0)
    timeline = Timeline()
    timeline.take(history.events)

    (state,) = timeline.states
    assert (state.status, state.attempts, state.error) == ("SUCCEEDED", 2, None)
    assert timeline.jobs == {"TrainingJobName": "run-0-1"}


def test_caught_failure_is_a_failure_of_its_state(history):
    history.enter("Preprocess", seconds=1.0).schedule(seconds=1.0)
    history.fail(seconds=2.0, error="EmptyRatingsError", cause="nothing left")
    history.exit("Preprocess", seconds=2.0, failed_step="Preprocess")
    history.enter("RunFailed", seconds=2.0, kind="Fail")
    history.add(
        "ExecutionFailed",
        seconds=2.5,
        details="executionFailedEventDetails",
        error="EmptyRatingsError",
        cause="Preprocess failed: nothing left",
    )
    timeline = Timeline()
    timeline.take(history.events)

    assert [(s.name, s.status) for s in timeline.states] == [
        ("Preprocess", "FAILED"),
        ("RunFailed", "FAILED"),
    ]
    assert timeline.failed_step == "Preprocess"
    assert timeline.status == "FAILED"
    assert timeline.error == "EmptyRatingsError"
    assert timeline.cause == "Preprocess failed: nothing left"


def test_step_that_the_state_machine_blames_wins(history):
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0).exit("TrainModel", seconds=2.0)
    history.enter("TrainingCompleted?", seconds=2.0, kind="Choice")
    blame = {"step": "TrainModel", "error": "JobNotCompleted", "reason": "stopped"}
    history.exit("TrainingCompleted?", seconds=2.0, kind="Choice", failure=blame)
    history.enter("RunFailed", seconds=2.0, kind="Fail")
    history.add("ExecutionFailed", seconds=2.0)
    timeline = Timeline()
    timeline.take(history.events)

    assert timeline.failed_step == "TrainModel"


def test_stopped_execution_stops_its_running_state(history):
    history.enter("TrainModel", seconds=1.0)
    history.add("ExecutionAborted", seconds=4.0)
    timeline = Timeline()
    timeline.take(history.events)

    assert timeline.status == "ABORTED"
    assert (timeline.states[0].status, timeline.states[0].seconds) == ("ABORTED", 3.0)
