"""What people see while a run is under way."""

import io

import pytest
from rich.console import Console

from console.live_view import LiveView, sparkline, time_left
from console.training_log import EpochMetric
from console.view import PlainView, QuietView, choose_view


@pytest.fixture
def lines(capsys):
    def read() -> list[str]:
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err.splitlines()

    return read


def test_plain_view_tells_begin_and_end_of_tasks(make_state, lines):
    view = PlainView()
    view.state(make_state("TrainModel", 0, None, attempts=1))
    view.state(make_state("TrainModel", 0, 2.5, attempts=2))

    assert lines() == ["TrainModel: started", "TrainModel: succeeded after 2.5 s, 2 attempts"]


def test_plain_view_tells_only_failures_of_states_without_work(make_state, lines):
    view = PlainView()
    view.state(make_state("TrainOrTune", 0, None, kind="Choice"))
    view.state(make_state("TrainOrTune", 0, 0, kind="Choice"))
    view.state(make_state("RunFailed", 0, 1, kind="Fail", status="FAILED"))

    assert lines() == ["RunFailed: failed after 1.0 s"]


def test_plain_view_counts_epochs_from_one(lines):
    PlainView().epoch(EpochMetric(0, "rmse", 0.93456))

    assert lines() == ["  epoch 1: train RMSE 0.9346"]


def test_plain_view_tells_each_trial_once(make_trial, lines):
    view = PlainView()
    running = make_trial(2, None, status="InProgress")
    view.trials([make_trial(1, 0.95), running])
    view.trials([make_trial(1, 0.95), make_trial(2, 0.97), make_trial(3, None)])

    first, second, third = lines()
    assert first.endswith("test:rmse 0.9500, the best so far")
    assert second.endswith("test:rmse 0.9700 (best so far 0.9500 of trial 1)")
    assert third.endswith(": Failed")


def test_quiet_view_says_nothing(make_state, make_trial, lines):
    view = QuietView()
    view.note("note")
    view.step("step", 1.0, "detail")
    view.state(make_state("A", 0, 1))
    view.epoch(EpochMetric(0, "rmse", 0.9))
    view.trials([make_trial(1, 0.9)])
    view.close()

    assert lines() == []


def test_view_without_terminal_is_plain():
    assert isinstance(choose_view(quiet=False), PlainView)
    assert isinstance(choose_view(quiet=True), QuietView)


def draw(tell) -> str:
    sink = io.StringIO()
    view = LiveView(Console(file=sink, force_terminal=True, width=100, color_system=None))
    tell(view)
    view.close()
    return sink.getvalue().rpartition("\x1b[?25h")[0]


def test_live_view_shows_states_and_learning_curve(make_state):
    def tell(view: LiveView) -> None:
        view.note("[bold]terms[/bold]")
        view.step("synthesis", 3.0, "python app.py")
        view.state(make_state("Preprocess", 0, 1.5, attempts=2))
        failed = make_state("TrainModel", 1.5, 3, status="FAILED")
        view.state(failed)
        view.state(failed)
        view.epoch(EpochMetric(0, "rmse", 1.0))
        view.epoch(EpochMetric(1, "rmse", 0.5))
        view.epoch(EpochMetric(1, "binary_classification_accuracy", 0.7))

    text = draw(tell)

    assert "[bold]terms[/bold]" in text
    assert "✓ synthesis" in text
    assert "1.5 s 2 attempts" in text
    last = text[text.rindex("✗") :]
    assert last.count("TrainModel") == 1
    assert "epoch 2  train RMSE 0.5000  █▁" in last


def test_live_view_shows_trials_and_the_best(make_state, make_trial):
    def tell(view: LiveView) -> None:
        view.state(make_state("TuneModel", 0, None))
        trials = [make_trial(1, 0.5), *(make_trial(n, 0.9) for n in range(2, 20))]
        view.trials([*trials, make_trial(20, None, status="InProgress")])

    text = draw(tell)

    assert "best so far" in text
    assert "trial 1 " in text
    assert "trial 2 " not in text
    assert "running" in text


def test_sparkline_keeps_the_ends():
    assert sparkline([1.0]) == "▁"
    assert sparkline([3.0, 1.0, 2.0]) == "█▁▅"
    long = sparkline([float(number) for number in range(1000)], width=10)
    assert (len(long), long[0], long[-1]) == (10, "▁", "█")


def test_time_left_is_the_pace_so_far_for_the_epochs_that_are_left():
    curve = [EpochMetric(epoch, "rmse", 1.0) for epoch in (0, 1, 4)]
    assert time_left(curve, [10.0, 11.0, 18.0], 10) == 2.0 * 5
    assert time_left(curve, [10.0, 11.0, 18.0], None) is None
    assert time_left(curve[:1], [10.0], 10) is None
    assert time_left(curve, [10.0, 11.0, 18.0], 5) is None


def test_progress_of_a_training_fits_80_columns():
    console = Console(file=io.StringIO(), width=80)
    view = LiveView(console)
    view.training(1000)
    for epoch in range(5):
        view.epoch(EpochMetric(epoch, "binary_classification_cross_entropy", 0.5 - epoch / 100))
    view._seen_at = [500.0 * epoch for epoch in range(5)]
    line = view._progress().plain
    view.close()
    assert line.startswith("    epoch 5 of 1000  train cross entropy 0.4600  138:11:40 left")
    assert len(line) <= 80


def test_plain_progress_says_how_many_epochs_there_are_to_be(capsys):
    view = PlainView()
    view.training(40)
    view.epoch(EpochMetric(0, "rmse", 0.93456))
    assert capsys.readouterr().err == "  epoch 1 of 40: train RMSE 0.9346\n"
