import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import PredictionsError
from recommender.kept_ratings import BLOCK_ROWS
from recommender.predictions import join, parse_predictions
from recommender.tables import RatingsColumns


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


@pytest.mark.parametrize(
    "lines",
    [
        [b'{"score": 3.4000000953674316}', b'{"score": -1e-07}', b'{"score":2}', b'{"score": 0.0}'],
        [b'{"score": 0.6, "predicted_label": 1.0}', b'{"score":1.5E+2,"predicted_label":0}'],
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last_end", [b"", b"\n", b"\n\n"])
def test_the_usual_spelling_and_any_other_read_alike(lines, end, last_end):
    """A line in another spelling makes the whole file be read the slow way."""
    expected = [json.loads(line)["score"] for line in lines]
    other = b'{ "score": 7 }'

    usual = parse_predictions(end.join(lines) + last_end, where="x")
    mixed = parse_predictions(end.join([*lines, other]) + last_end, where="x")

    assert usual.tolist() == expected
    assert mixed.tolist() == [*expected, 7.0]


@pytest.mark.parametrize("number", [b"01", b".5", b"1.", b"+1", b"1e", b"0x1", b"1_0"])
def test_what_is_no_number_in_json_is_refused(number):
    with pytest.raises(PredictionsError, match=r"^x:2: expected a JSON object"):
        parse_predictions(b'{"score":1}\n{"score":' + number + b"}\n", where="x")


def ratings(n_ratings):
    index = np.arange(n_ratings, dtype=np.int32)
    return RatingsColumns(index, index + 1, index.astype(np.float32), None)


def parts_of(lengths):
    stops = np.cumsum(lengths, dtype=int)
    whole = ratings(sum(lengths))
    return [whole[stop - n : stop] for n, stop in zip(lengths, stops, strict=True)]


LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=6)


@given(LENGTHS, LENGTHS)
def test_predictions_meet_their_ratings_however_both_are_cut(lengths, other_lengths):
    total = sum(lengths)
    stops = np.minimum(np.cumsum(other_lengths), total)
    scores = np.split(np.arange(total) + 0.5, stops)

    pairs = list(join(parts_of(lengths), scores))

    assert all(len(part) == len(taken) > 0 for part, taken in pairs)
    taken = np.concatenate([np.empty(0), *(scores for _, scores in pairs)])
    indices = np.concatenate([np.empty(0), *(part.user_index for part, _ in pairs)])
    assert taken.tolist() == (np.arange(total) + 0.5).tolist()
    assert indices.tolist() == list(range(total))


def test_blocks_are_bounded():
    n_ratings = 2 * BLOCK_ROWS + 1

    blocks = [len(part) for part, _ in join([ratings(n_ratings)], [np.zeros(n_ratings)])]

    assert blocks == [BLOCK_ROWS, BLOCK_ROWS, 1]


@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        ([3], "expected 4 predictions, one per test rating, found 3 in 1 parts"),
        ([2, 3], "found 5 in 2 parts"),
        ([4, 0, 9, 1], "found 14 in 4 parts"),
        ([], "found 0 in 0 parts"),
    ],
)
def test_a_missing_or_additional_prediction_is_refused(lengths, found):
    pairs = join([ratings(1), ratings(3)], [np.zeros(length) for length in lengths])

    with pytest.raises(PredictionsError, match=found):
        list(pairs)


def test_one_part_of_each_is_read_at_a_time():
    events = []

    def told(name, parts):
        for number, part in enumerate(parts):
            events.append(f"{name} {number}")
            yield part

    for _ in join(told("part", parts_of([2, 2])), told("file", [np.zeros(1)] * 4)):
        events.append("block")

    assert events == [
        "part 0", "file 0", "file 1", "block", "part 1", "file 2", "file 3", "block",
    ]  # fmt: skip
