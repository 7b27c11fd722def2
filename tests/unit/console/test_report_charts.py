"""Each chart says in words and in a table what it shows; all of it is the run's own."""

import math

import numpy as np
import pytest

from console.charts import Cells, Columns, Curve
from console.report_charts import MAX_EPOCHS, learning_charts, quality_charts, rating_charts
from console.training_log import EpochMetric
from recommender.prediction_quality import PredictionQuality
from recommender.rating_profile import RatingDistribution, RatingProfile


def distribution(videos: list[int], ratings: list[float]) -> RatingDistribution:
    found = RatingProfile(5)
    found.add(np.array(videos, np.int32), np.array(ratings, np.float32))
    return found.distribution()


@pytest.fixture
def kept() -> RatingDistribution:
    return distribution([0, 0, 0, 0, 0, 0, 1, 2, 3, 4], [5, 5, 5, 5, 5, 5, 5, 4, 4, 1])


@pytest.fixture
def before() -> RatingDistribution:
    return distribution([0, 0, 0, 0, 0, 0, 1, 2, 3, 4] * 2, [5, 5, 5, 5, 5, 5, 5, 4, 2, 1] * 2)


@pytest.fixture
def quality() -> PredictionQuality:
    found = PredictionQuality(np.array([3, 30]), np.array([3]), low=1.0, high=5.0)
    found.add(np.array([0, 1]), np.array([0, 0]), np.array([2.0, 4.0]), np.array([3.0, 4.0]))
    return found


def test_ratings_before_stand_beside_those_that_were_kept(before, kept):
    values, tail = rating_charts(before, kept)

    assert values.header == ("rating", "before", "share", "kept", "share")
    assert values.rows == [
        ("1", "2", "10.00%", "1", "10.00%"),
        ("2", "2", "10.00%", "0", "0.00%"),
        ("4", "2", "10.00%", "2", "20.00%"),
        ("5", "14", "70.00%", "7", "70.00%"),
    ]
    assert values.layers == [
        Columns([2, 2, 2, 14], outlined=True, label="before"),
        Columns([1, 0, 2, 7], label="kept"),
    ]
    assert "Before: 20 ratings from 1 to 5, mean 4.20; the most frequent, 5, is 70.0%" in (
        values.summary
    )
    assert "Kept: 10 ratings from 1 to 5, mean 4.40" in values.summary
    assert "Kept: of 5 videos the most rated 20% have 60% of the ratings." in tail.summary
    assert tail.rows[0] == ("before", "0", "0", "0.0%")
    assert tail.rows[-1] == ("kept", "5", "10", "100.0%")


def test_ratings_of_which_only_the_kept_are_known_are_shown_alone(kept):
    values, tail = rating_charts(None, kept)

    assert values.header == ("rating", "kept", "share")
    assert "Before" not in values.summary + tail.summary


def test_no_ratings_have_no_chart():
    assert rating_charts(None, None) == []
    assert rating_charts(distribution([], []), None) == []


def test_quality_charts_show_what_was_measured(quality):
    joint, residuals, calibration, activity, popularity = quality_charts(quality)

    assert joint.rows == [("2.00 to 2.20", "3.00 to 3.20", "1"), ("4.00 to 4.20",) * 2 + ("1",)]
    assert joint.layers[0] == Cells(1.0, 5.0, 20, [(5, 10, 1), (15, 15, 1)])
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

    calibration = quality_charts(quality)[2]

    low, high = calibration.x_range
    assert all(low <= x <= high for x, _ in calibration.layers[1].points)
    assert calibration.x_range == calibration.y_range == (1.0, 9.0)


def test_nothing_measured_has_no_chart():
    assert quality_charts(None) == []


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

    assert curve.layers == [Curve([(1.0, 1.0), (2.0, 5.0)])]
    assert "best 1.0000, worst 5.0000" in curve.summary


def test_long_training_shows_some_of_its_epochs():
    metrics = [EpochMetric(epoch, "rmse", 2.0 - epoch / 1000) for epoch in range(1000)]

    (curve,) = learning_charts(metrics)

    assert len(curve.rows) == MAX_EPOCHS + 1
    assert (curve.rows[0], curve.rows[-1]) == (("1", "2.0000"), ("1000", "1.0010"))
    assert "Every 5th epoch is shown" in curve.summary
