"""Each chart says in words and in a table what it shows; all of it is the run's own."""

import math

import numpy as np
import pytest

from console.report_charts import learning_charts, quality_charts, rating_charts, trial_chart
from console.run_details import RunDetails
from console.training_log import EpochMetric
from recommender.prediction_quality import PredictionQuality
from recommender.rating_profile import RatingProfile


@pytest.fixture
def profile() -> RatingProfile:
    found = RatingProfile(2, 5)
    videos = np.array([0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
    ratings = np.array([5, 5, 5, 5, 5, 5, 5, 4, 4, 1], np.float32)
    found.add(np.zeros(10, np.int32), videos, ratings)
    return found


@pytest.fixture
def quality() -> PredictionQuality:
    found = PredictionQuality(np.array([3, 30]), np.array([3]), low=1.0, high=5.0)
    found.add(np.array([0, 1]), np.array([0, 0]), np.array([2.0, 4.0]), np.array([3.0, 4.0]))
    return found


def test_distribution_counts_each_rating(profile):
    distribution, tail = rating_charts(profile)

    assert distribution.rows == [("1", "1", "10.00%"), ("4", "2", "20.00%"), ("5", "7", "70.00%")]
    assert "10 ratings from 1 to 5, mean 4.40" in distribution.summary
    assert "5, is 70.0% of them" in distribution.summary
    assert "most rated fifth of 5 videos has 60%" in tail.summary
    assert tail.rows[0] == ("0.0%", "0.0%")
    assert tail.rows[-1] == ("100.0%", "100.0%")


def test_no_ratings_have_no_chart():
    assert rating_charts(None) == []
    assert rating_charts(RatingProfile(1, 1)) == []


def test_quality_charts_show_what_was_measured(quality):
    joint, residuals, calibration, activity, popularity = quality_charts(
        RunDetails(quality=quality)
    )

    assert joint.rows == [("2.00 to 2.20", "3.00 to 3.20", "1"), ("4.00 to 4.20",) * 2 + ("1",)]
    assert len(joint.rects) == 2
    assert "2 test ratings" in joint.summary
    assert "50% are less than a bin (0.2) off" in joint.summary
    assert "mean +0.5000, root mean square 0.7071" in residuals.summary
    assert [row[1] for row in residuals.rows] == ["1", "1"]
    assert calibration.rows == [("3.0000", "2.0000", "1"), ("4.0000", "4.0000", "1")]
    assert "2.000 where it predicts 3.000" in calibration.summary
    assert activity.rows == [("1-4", "1", "1.0000", "1.0000"), ("20-49", "1", "0.0000", "0.0000")]
    assert popularity.rows == [("1-4", "2", "0.7071", "0.5000")]


def test_predictions_beyond_all_ratings_stay_in_the_picture(quality):
    quality.add(np.array([0]), np.array([0]), np.array([5.0]), np.array([9.0]))

    calibration = quality_charts(RunDetails(quality=quality))[2]

    assert all(0 <= dot.x <= 100 for dot in calibration.dots)


def test_nothing_measured_has_no_chart():
    assert quality_charts(RunDetails()) == []


def test_metrics_get_a_curve_each_and_one_epoch_none():
    metrics = [EpochMetric(0, "rmse", 1.0)]
    assert learning_charts(metrics) == []

    name = "binary_classification_accuracy"
    metrics += [EpochMetric(0, name, 0.5), EpochMetric(1, name, 0.5), EpochMetric(1, "rmse", 0.9)]
    rmse, accuracy = learning_charts(metrics)

    assert (rmse.title, accuracy.title) == ("train RMSE per epoch", "train accuracy per epoch")
    assert rmse.rows == [("1", "1.0000"), ("2", "0.9000")]


def test_training_that_diverged_has_a_curve_of_what_is_finite():
    metrics = [EpochMetric(0, "rmse", 1.0), EpochMetric(1, "rmse", 5.0)]

    (curve,) = learning_charts([*metrics, EpochMetric(2, "rmse", math.nan)])

    assert len(curve.lines) == 1
    assert "best 1.0000, worst 5.0000" in curve.summary


def test_best_trial_is_marked(make_trial):
    chart = trial_chart([make_trial(1, 0.9), make_trial(2, 0.8), make_trial(3, None)])

    assert chart is not None
    assert [dot.style for dot in chart.dots] == ["dot", "best"]
    assert "2 of 3 trials have an objective, 0.8000 to 0.9000; trial 2 is the best" in chart.summary
    assert trial_chart([make_trial(1, 0.9)]) is None
