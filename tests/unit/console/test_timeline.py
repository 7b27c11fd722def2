"""Histories become states with times and outcomes."""

from console.timeline import Job, Timeline


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


def fail_in_training(history):
    """Write a run that failed, as the state machine tells of it."""
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0, TrainingJobName="run-0-0-0")
    history.fail(seconds=2.0, error="States.TaskFailed", cause="{}")
    blame = {"step": "TrainModel", "error": "JobFailed", "reason": "no capacity"}
    history.exit("TrainModel", seconds=2.0, failure=blame)
    history.enter("RunFailed", seconds=3.0).schedule(seconds=3.0)
    history.fail(seconds=3.0, error="JobFailed", cause="TrainModel failed")
    return history.add(
        "ExecutionFailed",
        seconds=3.0,
        details="executionFailedEventDetails",
        error="JobFailed",
        cause="TrainModel failed",
    )


def redrive(history, *, follows: int, seconds: float):
    """Let the execution go on; the next event follows an earlier one than the last."""
    history.add("ExecutionRedriven", seconds=seconds).schedule(seconds=seconds + 0.5)
    history.events[-1]["previousEventId"] = follows
    return history


def entered(history, name: str) -> int:
    return next(
        event["id"]
        for event in history.events
        if event.get("stateEnteredEventDetails", {}).get("name") == name
    )


def test_redrive_of_a_stopped_state_is_a_visit_of_its_own(history):
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0, TrainingJobName="run-0-0-0")
    history.add("ExecutionAborted", seconds=4.0)
    history.add("ExecutionRedriven", seconds=100.0)
    history.schedule(seconds=100.5, TrainingJobName="run-1-0-0")
    history.events[-1]["previousEventId"] = entered(history, "TrainModel")
    timeline = Timeline()
    timeline.take(history.events[:-1])
    assert (timeline.status, timeline.redrives) == ("RUNNING", 1)

    (again,) = timeline.take(history.events)

    first, second = timeline.states
    assert again is second
    assert (first.status, first.seconds, first.attempts) == ("ABORTED", 3.0, 1)
    assert (second.name, second.status, second.attempts) == ("TrainModel", "RUNNING", 1)
    assert (second.started_at - first.started_at).total_seconds() == 99.0
    assert [job.name for job in first.jobs] == ["run-0-0-0"]
    assert [job.name for job in second.jobs] == ["run-1-0-0"]

    timeline.take(history.add("TaskSucceeded", seconds=103.0).exit("T", seconds=104.0).events)

    assert (second.status, second.seconds) == ("SUCCEEDED", 4.0)
    assert first.status == "ABORTED"


def test_retry_after_a_redrive_belongs_to_the_new_visit(history):
    history.enter("Evaluate", seconds=1.0).schedule(seconds=1.0)
    history.fail(seconds=2.0, error="E", cause="c")
    history.add("ExecutionFailed", seconds=2.0)
    redrive(history, follows=entered(history, "Evaluate"), seconds=10.0)
    history.fail(seconds=11.0, error="E", cause="c").schedule(seconds=12.0)
    history.events[-1]["previousEventId"] = entered(history, "Evaluate")
    timeline = Timeline()
    timeline.take(history.events)

    assert [(state.status, state.attempts) for state in timeline.states] == [
        ("FAILED", 1),
        ("RUNNING", 2),
    ]


def test_redrive_whose_first_event_follows_the_redrive_is_understood_too(history):
    history.enter("Preprocess", seconds=0.0).exit("Preprocess", seconds=1.0)
    history.enter("TrainModel", seconds=1.0).schedule(seconds=1.0)
    history.add("ExecutionTimedOut", seconds=4.0)
    redrive(history, follows=history.events[-1]["id"] + 1, seconds=10.0)
    timeline = Timeline()
    timeline.take(history.events)

    assert [(state.name, state.status) for state in timeline.states] == [
        ("Preprocess", "SUCCEEDED"),
        ("TrainModel", "TIMED_OUT"),
        ("TrainModel", "RUNNING"),
    ]


def test_state_that_is_entered_again_after_a_redrive_is_one_more_visit(history):
    history.enter("Done", seconds=1.0, kind="Fail")
    history.add("ExecutionFailed", seconds=1.0)
    history.add("ExecutionRedriven", seconds=5.0).enter("Done", seconds=6.0, kind="Fail")
    history.add("ExecutionFailed", seconds=6.0)
    timeline = Timeline()
    timeline.take(history.events)

    assert [(state.name, state.status) for state in timeline.states] == [("Done", "FAILED")] * 2
    assert timeline.status == "FAILED"


def test_redriven_run_goes_on_through_the_state_that_ended_it(history):
    fail_in_training(history)
    redrive(history, follows=entered(history, "RunFailed"), seconds=60.0)
    history.fail(seconds=60.5, error="Redriven", cause="c").exit("RunFailed", seconds=60.5)
    history.enter("TrainModel", seconds=61.0).schedule(seconds=61.0, TrainingJobName="run-1-0-0")
    history.add("TaskSucceeded", seconds=62.0).exit("TrainModel", seconds=62.0)
    history.add("ExecutionSucceeded", seconds=62.0)
    timeline = Timeline()
    timeline.take(history.events)

    assert [(state.name, state.status) for state in timeline.states] == [
        ("TrainModel", "FAILED"),
        ("RunFailed", "FAILED"),
        ("RunFailed", "SUCCEEDED"),
        ("TrainModel", "SUCCEEDED"),
    ]
    assert (timeline.status, timeline.error, timeline.cause) == ("SUCCEEDED", None, None)
    assert timeline.failed_step is None


def test_step_to_blame_is_that_of_the_last_redrive(history):
    fail_in_training(history)
    redrive(history, follows=entered(history, "RunFailed"), seconds=60.0)
    history.fail(seconds=60.5, error="Redriven", cause="c").exit("RunFailed", seconds=60.5)
    history.enter("Evaluate", seconds=61.0).schedule(seconds=61.0)
    timeline = Timeline()
    timeline.take(history.add("ExecutionAborted", seconds=63.0).events)
    assert timeline.failed_step == "Evaluate"

    redrive(history, follows=entered(history, "Evaluate"), seconds=70.0)
    history.exit("Evaluate", seconds=71.0).enter("Completed?", seconds=71.0, kind="Choice")
    blame = {"step": "Evaluate", "error": "E", "reason": "r"}
    history.exit("Completed?", seconds=71.0, kind="Choice", failure=blame)
    history.enter("RunFailed", seconds=72.0).fail(seconds=72.0, error="E", cause="c")
    timeline.take(history.add("ExecutionFailed", seconds=73.0).events)
    assert timeline.failed_step == "Evaluate"


def test_failure_that_repeats_itself_after_a_redrive_keeps_its_blame(history):
    fail_in_training(history)
    history.add("ExecutionRedriven", seconds=60.0).enter("End", seconds=61.0, kind="Fail")
    history.add(
        "ExecutionFailed", seconds=61.0, details="executionFailedEventDetails", error="JobFailed"
    )
    timeline = Timeline()
    timeline.take(history.events)

    assert timeline.failed_step == "TrainModel"


def test_state_knows_its_function_and_only_the_jobs_it_started(history):
    history.enter("Preprocess", seconds=0.0).schedule(seconds=0.0, FunctionName="arn:function")
    history.exit("Preprocess", seconds=1.0)
    history.enter("TuneModel", seconds=1.0)
    history.schedule(seconds=1.0, HyperParameterTuningJobName="tuning-0")
    history.exit("TuneModel", seconds=2.0)
    history.enter("DescribeBestTrainingJob", seconds=2.0)
    history.schedule(seconds=2.0, TrainingJobName="tuning-0-001")
    history.events[-1]["taskScheduledEventDetails"]["resource"] = "describeTrainingJob"
    timeline = Timeline()
    timeline.take(history.events)

    assert [state.function for state in timeline.states] == ["arn:function", None, None]
    assert [state.jobs for state in timeline.states] == [
        [],
        [Job("HyperParameterTuningJob", "tuning-0")],
        [],
    ]
