"""Errors by group, calibration and residuals of predictions with known errors."""

import numpy as np
import pytest

from recommender.errors import PredictionsError
from recommender.metrics import RatingErrors
from recommender.prediction_quality import CalibrationBin, ErrorOfGroup, PredictionQuality

USERS = np.array([0, 0, 1, 2])
ITEMS = np.array([0, 1, 1, 0])
TRUTHS = np.array([5.0, 3.0, 1.0, 4.0])
PREDICTIONS = np.array([4.0, 3.0, 3.0, 4.5])


def quality() -> PredictionQuality:
    # Customers with 0, 7 and 2000 training ratings; videos with 7 and 12.
    return PredictionQuality(np.array([7, 0, 2000]), np.array([12, 7]), low=1.0, high=5.0)


@pytest.fixture
def measured() -> PredictionQuality:
    found = quality()
    found.add(USERS, ITEMS, TRUTHS, PREDICTIONS)
    return found


def test_errors_are_those_of_the_metrics(measured):
    errors = RatingErrors()
    errors.add(TRUTHS, PREDICTIONS)
    assert measured.n == 4
    assert measured.rmse == pytest.approx(errors.rmse)
    assert measured.bias == pytest.approx((-1 + 0 + 2 + 0.5) / 4)


def test_groups_are_by_training_ratings(measured):
    assert measured.by_customer_activity == [
        ErrorOfGroup(0, 0, 1, 2.0, 2.0),
        ErrorOfGroup(5, 9, 2, pytest.approx(np.sqrt(0.5)), 0.5),
        ErrorOfGroup(1000, -1, 1, 0.5, 0.5),
    ]
    assert measured.by_video_popularity == [
        ErrorOfGroup(5, 9, 2, pytest.approx(np.sqrt(2.0)), 1.0),
        ErrorOfGroup(10, 19, 2, pytest.approx(np.sqrt(1.25 / 2)), 0.75),
    ]


def test_calibration_sets_mean_truth_beside_mean_prediction(measured):
    # Bins of 0.4 from 1: 3.0 and 3.0 share one, 4.0 and 4.5 have their own.
    assert measured.calibration == [
        CalibrationBin(2, 3.0, 2.0),
        CalibrationBin(1, 4.0, 5.0),
        CalibrationBin(1, 4.5, 4.0),
    ]


def test_every_rating_is_in_both_histograms_once(measured):
    assert measured.joint.sum() == measured.residuals.sum() == 4
    assert measured.joint[19, 15] == 1  # 5 predicted as 4: bins of 0.2 from 1
    assert measured.residuals[10] == 1  # errors from 0 up to 0.4, of bins from -4
    assert measured.residuals[11] == 1


def test_predictions_beyond_all_ratings_fall_into_the_outermost_bins():
    found = quality()
    found.add(USERS, ITEMS, TRUTHS, np.array([99.0, -99.0, 99.0, -99.0]))

    assert found.joint[:, 0].sum() == found.joint[:, -1].sum() == 2
    assert found.residuals[0] == found.residuals[-1] == 2


def test_pieces_give_what_the_whole_gives(measured):
    pieces = quality()
    for row in range(4):
        part = slice(row, row + 1)
        pieces.add(USERS[part], ITEMS[part], TRUTHS[part], PREDICTIONS[part])

    assert pieces.rmse == measured.rmse
    assert pieces.calibration == measured.calibration
    assert pieces.by_customer_activity == measured.by_customer_activity
    assert (pieces.joint == measured.joint).all()


def test_other_numbers_of_predictions_are_refused():
    with pytest.raises(PredictionsError, match="found 3 and 4"):
        quality().add(USERS, ITEMS, TRUTHS, PREDICTIONS[:3])


def test_nothing_has_no_error():
    assert np.isnan(quality().rmse)
    assert quality().calibration == []
