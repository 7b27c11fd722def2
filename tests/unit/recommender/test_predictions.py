import numpy as np
import pytest

from recommender.errors import PredictionsError
from recommender.predictions import join_parts, parse_predictions


def test_scores_of_a_regressor_are_read_in_order():
    content = b'{"score": 3.4000000953674316}\n{"score":1}\n\n{"score": -0.5}'

    scores = parse_predictions(content, where="x")

    assert scores.dtype == np.float64
    assert scores.tolist() == [3.4000000953674316, 1.0, -0.5]


def test_scores_of_a_classifier_are_its_probabilities():
    content = b'{"score":0.59,"predicted_label":1.0}\r\n{"score":0.2,"predicted_label":0}\r\n'

    assert parse_predictions(content, where="x").tolist() == [0.59, 0.2]


def test_an_empty_file_has_no_scores():
    assert parse_predictions(b"", where="x").tolist() == []


@pytest.mark.parametrize(
    "line",
    [b'{"predictions":[{"score":1}]}', b"3.4", b'{"score":"1"}', b'{"score":true}', b"{", b"\xff"],
)
def test_a_line_that_is_no_prediction_is_shown(line):
    with pytest.raises(PredictionsError, match=r"^s3://b/k:2: expected a JSON object with .*score"):
        parse_predictions(b'{"score":1}\n' + line + b"\n", where="s3://b/k")


@pytest.mark.parametrize("score", [b"NaN", b"Infinity", b"1e999"])
def test_a_score_that_is_not_finite_is_refused(score):
    with pytest.raises(PredictionsError, match=r"prediction 2 is .* lower the learning rates"):
        parse_predictions(b'{"score":1}\n{"score":' + score + b"}\n", where="x")


def test_parts_are_joined_in_order():
    parts = [np.array([1.0, 2.0]), np.array([]), np.array([3.0])]

    assert join_parts(parts, n_truths=3).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("n_truths", [2, 4])
def test_a_missing_or_additional_prediction_is_refused(n_truths):
    with pytest.raises(PredictionsError, match=f"expected {n_truths} predictions.*found 3 in 1"):
        join_parts([np.array([1.0, 2.0, 3.0])], n_truths=n_truths)


def test_no_parts_are_no_predictions():
    with pytest.raises(PredictionsError, match="found 0 in 0 parts"):
        join_parts([], n_truths=1)
