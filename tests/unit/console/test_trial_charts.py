"""Charts of tuning trials: each number is a trial's own, the best is marked."""

from console.charts import Dots
from console.trial_charts import trial_charts


def test_best_trial_is_marked(make_trial):
    objective = trial_charts([make_trial(1, 0.9), make_trial(2, 0.8), make_trial(3, None)])[0]

    others, best = objective.layers
    assert others == Dots([(1.0, 0.9)])
    assert (best.points, best.large, best.label) == ([(2.0, 0.8)], True, "best")
    assert "2 of 3 trials have an objective, 0.8000 to 0.9000; trial 2 is the best" in (
        objective.summary
    )


def test_one_trial_has_no_chart(make_trial):
    assert trial_charts([make_trial(1, 0.9), make_trial(2, None)]) == []


def test_each_tuned_number_has_a_chart(make_trial):
    trials = [
        make_trial(
            number,
            1.0 - number / 10,
            hyperparameters={"lr": f"{10.0**-number}", "epochs": str(20 * number), "same": "3",
                             "word": "a" if number > 1 else "b"},
        )
        for number in (1, 2, 3)
    ]  # fmt: skip

    _, epochs, lr = trial_charts(trials)

    assert (epochs.title, lr.title) == ("epochs and the objective", "lr and the objective")
    assert epochs.rows == [("1", "20", "0.9000"), ("2", "40", "0.8000"), ("3", "60", "0.7000")]
    assert [row[0] for row in lr.rows] == ["3", "2", "1"]
    assert lr.layers[1].points == [(0.001, 0.7)]
    assert (epochs.x_is_log, lr.x_is_log) == (False, True)
    assert epochs.summary == "3 trials with epochs from 20 to 60; the best has 60."
