"""Two customers, always the same ones, and what the model recommends to them."""

import numpy as np
import pytest

from console.recommendations import RecommendationBrowser
from console.sample_customers import CustomerSample, sample_customers
from tests.unit.console.recommendations.planted import planted_run


def sample(**more) -> list[CustomerSample]:
    return sample_customers(RecommendationBrowser(planted_run(**more)))


def test_most_active_and_average_customer_are_shown():
    most_active, average = sample()

    assert (most_active.customer_id, most_active.n_ratings) == ("Bob", 4)
    assert (average.customer_id, average.n_ratings) == ("Ann", 2)


def test_favourites_are_the_best_rated():
    favourites = sample()[0].favourites

    assert [(video.name, video.value) for video in favourites] == [
        ("Title 1", 5.0),
        ("Title 2", 4.0),
        ("Title 0", 3.0),
        ("Title 3", 1.0),
    ]


def test_recommendations_are_the_best_scored_that_were_not_rated():
    bob, ann = sample()

    assert [video.name for video in bob.recommendations] == [
        "V8",
        *(f"Title {n}" for n in (7, 6, 5, 4)),
    ]
    assert [video.video_id for video in ann.recommendations] == ["V8", "V7", "V6", "V5", "V4"]
    assert bob.recommendations[0].value == pytest.approx(0.8)


def test_classifier_gives_probabilities():
    (first, *_) = sample(positive_rating=4.0)[0].recommendations

    assert first.value == pytest.approx(1 / (1 + np.exp(-0.8)))
