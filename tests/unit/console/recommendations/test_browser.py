"""Customers, videos and recommendations of a run whose every score is known."""

import datetime as dt

import numpy as np
import pytest

from console.errors import NotInRunError
from console.recommendations import MAX_TOP, RecommendationBrowser
from console.recommendations.rating_table import RatingTable
from recommender.model_artifact import FactorizationMachinesModel
from recommender.scoring import item_scores
from recommender.tables import RatingsColumns
from tests.unit.console.recommendations.planted import (
    DAY,
    Rows,
    columns,
    planted_model,
    planted_run,
)


@pytest.fixture
def browser() -> RecommendationBrowser:
    return RecommendationBrowser(planted_run())


def test_history_is_newest_first_with_ratings_predictions_and_splits(browser):
    view = browser.customer("Bob")

    shown = [
        (rated.video.name, rated.rating, rated.split, rated.predicted)
        for rated in view.history.hits
    ]
    assert shown == [
        ("Title 0", 3.0, "train", pytest.approx(0.0)),
        ("Title 3", 1.0, "validation", pytest.approx(0.3)),
        ("Title 1", 5.0, "train", pytest.approx(0.1)),
        ("Title 2", 4.0, "train", pytest.approx(0.2)),
    ]
    assert [rated.rated_at for rated in view.history.hits] == [
        dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=days) if days else None
        for days in (3, 2, 1, None)
    ]
    assert (view.mean_rating, view.n_trained, view.history.total) == (3.25, 3, 4)


def test_history_is_the_best_rated_first_where_no_time_is_known():
    run = planted_run()
    object.__setattr__(run.ratings, "timestamp", None)
    hits = RecommendationBrowser(run).customer("Bob").history.hits

    assert [rated.rating for rated in hits] == [5.0, 4.0, 3.0, 1.0]
    assert {rated.rated_at for rated in hits} == {None}


def test_history_is_bounded_and_counted(browser):
    history = browser.customer("Bob", history=2).history

    assert ([rated.video.video_id for rated in history.hits], history.more) == (["V0", "V3"], 2)


def test_top_is_the_best_scored_that_was_not_rated_in_any_split(browser):
    top = browser.customer("Bob", top=4).top

    assert [found.video.name for found in top] == ["V8", "Title 7", "Title 6", "Title 5"]
    assert [found.predicted for found in top] == pytest.approx([0.8, 0.7, 0.6, 0.5])
    assert len(browser.customer("Bob", top=MAX_TOP).top) == 5  # all that are left


def test_predictions_are_the_models_own():
    model = planted_model()
    model.factors[0] = [2.0, 0.5]  # of Ann
    browser = RecommendationBrowser(planted_run(model=model))
    expected = item_scores(model, 0, n_users=3)

    view = browser.customer("Ann", top=9)
    for predicted in (*view.top, *view.history.hits):
        item = int(predicted.video.video_id.removeprefix("V"))
        assert predicted.predicted == pytest.approx(expected[item])
    assert [found.video.video_id for found in view.top[:2]] == ["V2", "V8"]


def test_classifier_gives_probabilities():
    browser = RecommendationBrowser(planted_run(positive_rating=4.0))

    view = browser.customer("Bob")
    assert browser.is_classifier
    assert view.top[0].predicted == pytest.approx(1 / (1 + np.exp(-0.8)))
    assert view.history.hits[0].predicted == pytest.approx(0.5)
    assert view.history.hits[0].rating == 3.0


def test_a_customer_of_whom_the_model_knows_nothing_is_told(browser):
    assert browser.customer("Cy").n_trained == 0


@pytest.mark.parametrize("top", [0, -1, MAX_TOP + 1])
def test_top_has_bounds(browser, top):
    with pytest.raises(ValueError, match="expected top from 1 to 100"):
        browser.customer("Bob", top=top)


def test_video_is_shown_with_its_ratings_and_raters(browser):
    view = browser.video("V0")

    assert (view.video.name, view.video.n_ratings, view.mean_rating) == ("Title 0", 3, 3.0)
    assert view.distribution == ((2.0, 1), (3.0, 1), (4.0, 1))
    assert view.n_trained == 1
    assert [(rater.customer.customer_id, rater.rating) for rater in view.raters.hits] == [
        ("Bob", 3.0),
        ("Ann", 2.0),
        ("Cy", 4.0),
    ]


def test_raters_are_bounded_and_counted():
    rows: Rows = [(user, item, 4.0, 0) for user in range(8) for item in range(user + 1)]
    ratings = RatingTable.of(
        {"train": [RatingsColumns(**columns(rows))], "validation": [], "test": []},
        n_users=8,
        n_items=9,
    )
    factors = np.zeros((17, 1), np.float32)
    model = FactorizationMachinesModel(0.0, factors[:, 0], factors)
    customers = [f"C{user}" for user in range(8)]
    run = planted_run(ratings=ratings, model=model, customer_ids=customers)

    raters = RecommendationBrowser(run).video("V2").raters
    shown = [rater.customer.customer_id for rater in raters.hits]
    assert (shown, raters.total) == (["C7", "C6", "C5", "C4", "C3"], 6)


def test_similar_videos_are_those_whose_factors_point_the_same_way(browser):
    similar = browser.video("V0").similar

    # Videos 3 to 8 have no training rating: their factors mean nothing.
    assert [(found.video.video_id, found.cosine) for found in similar] == [
        ("V2", pytest.approx(1.0)),
        ("V1", pytest.approx(-1.0)),
    ]
    assert len(browser.video("V0", similar=1).similar) == 1


def test_a_video_that_was_not_trained_on_is_similar_to_nothing(browser):
    view = browser.video("V3")

    assert (view.n_trained, view.similar) == (0, ())


def test_looking_changes_nothing(browser):
    before = browser.run.ratings.trained_per_item.copy()

    assert browser.video("V0") == browser.video("V0")
    assert browser.customer("Bob") == browser.customer("Bob")
    assert (browser.run.ratings.trained_per_item == before).all()


def test_a_video_without_ratings_is_shown(browser):
    view = browser.video("V8")

    assert (view.video.name, view.video.n_ratings, view.distribution) == ("V8", 0, ())
    assert np.isnan(view.mean_rating)


def test_customers_are_found_by_id():
    browser = RecommendationBrowser(planted_run(customer_ids=["a-1", "A1", "a1"]))

    assert [hit.customer_id for hit in browser.find_customers("a1").hits] == ["a1", "A1"]
    assert [hit.customer_id for hit in browser.find_customers("A1").hits] == ["A1", "a1"]
    found = browser.find_customers("a", limit=1)
    assert (len(found.hits), found.total) == (1, 3)


def test_videos_are_found_by_title_and_by_id_the_most_rated_first(browser):
    titles = [hit.name for hit in browser.find_videos("title", limit=3).hits]

    assert titles == ["Title 0", "Title 1", "Title 2"]
    assert [hit.video_id for hit in browser.find_videos("v8").hits] == ["V8"]
    assert browser.find_videos("title").hits[1].n_ratings == 2


def test_the_very_id_is_found_though_it_has_no_word():
    browser = RecommendationBrowser(planted_run(customer_ids=["---", "-", "Cy"]))

    found = browser.find_customers("-", limit=1)
    assert [hit.customer_id for hit in found.hits] == ["-"]


def test_most_active_and_most_rated(browser):
    assert [one.customer_id for one in browser.most_active(3)] == ["Bob", "Ann", "Cy"]
    assert [one.customer_id for one in browser.most_active(1, start=1)] == ["Ann"]
    assert [one.video_id for one in browser.most_rated(2)] == ["V0", "V1"]


@pytest.mark.parametrize(
    ("asked", "near"), [("bob", ("Bob",)), ("Bobby", ("Bob",)), ("Zoe", ()), ("", ())]
)
def test_unknown_customer_is_an_error_with_near_ids(browser, asked, near):
    with pytest.raises(NotInRunError, match="run run-1: there is no customer") as caught:
        browser.customer(asked)

    assert caught.value.near == near
    assert all(repr(one) in str(caught.value) for one in near)


def test_unknown_video_is_an_error_with_near_ids(browser):
    with pytest.raises(NotInRunError, match=r"no video 'Title 4' .*near: 'V4'") as caught:
        browser.video("Title 4")

    assert caught.value.near == ("V4",)


def test_times_that_no_calendar_has_are_unknown():
    run = planted_run()
    assert run.ratings.timestamp is not None
    run.ratings.timestamp[:] = 10**17 * DAY // DAY

    assert RecommendationBrowser(run).customer("Bob").history.hits[0].rated_at is None
