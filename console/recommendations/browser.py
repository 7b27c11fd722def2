"""Looking at customers and videos of a run, and at what its model recommends."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from console.errors import NotInRunError
from console.recommendations.name_search import Found, NameSearch
from console.recommendations.rated_run import RatedRun
from console.recommendations.views import (
    Customer,
    CustomerView,
    Predicted,
    RatedVideo,
    Rater,
    SimilarVideo,
    Video,
    VideoView,
)
from recommender.rating_profile import RatingProfile
from recommender.run_layout import SPLITS
from recommender.scoring import FloatArray, item_scores, probability, recommend
from recommender.similarity import cosines
from recommender.timestamps import NO_TIMESTAMP

MAX_TOP = 100
MAX_HISTORY = 200
_NEAR = 5
_RATERS = 5


class RecommendationBrowser:
    """Answers questions about a run; several threads may ask at a time.

    Beside the model and the ratings (see `RatingTable`) about 160 bytes for a customer and 270
    for a video, with ids of 14 and titles of 28 characters.

    Parameters
    ----------
    run : RatedRun
    """

    def __init__(self, run: RatedRun) -> None:
        self.run = run
        self._per_user = run.ratings.per_user
        self._per_item = run.ratings.per_item
        self._customer_search = NameSearch((customer_id,) for customer_id in run.customer_ids)
        named = zip(run.titles, run.video_ids, strict=True)
        self._video_search = NameSearch(
            ((title, video_id) if title else (video_id,) for title, video_id in named),
            self._per_item,
        )

    @property
    def is_classifier(self) -> bool:
        """Whether predictions are probabilities."""
        return self.run.positive_rating is not None

    def find_customers(self, query: str, *, limit: int = 20) -> Found[Customer]:
        """Find customers by their ids, see `NameSearch.find`; the very id comes first."""
        found = self._customer_search.find(query, limit)
        hits = _exact_first(found.hits, _position(self.run.customer_ids, query.strip()), limit)
        return Found(tuple(map(self._customer, hits)), max(found.total, len(hits)))

    def find_videos(self, query: str, *, limit: int = 20) -> Found[Video]:
        """Find videos by titles and ids, see `NameSearch.find`; the very id comes first.

        Of hits that are as good as each other, the most rated come first.
        """
        found = self._video_search.find(query, limit)
        hits = _exact_first(found.hits, _position(self.run.video_ids, query.strip()), limit)
        return Found(tuple(map(self._video, hits)), max(found.total, len(hits)))

    def most_active(self, count: int, *, start: int = 0) -> list[Customer]:
        """Give the customers with the most ratings; equals in the order of their index.

        Parameters
        ----------
        count : int
        start : int
            How many still more active ones to leave out.
        """
        order = np.argsort(-self._per_user, kind="stable")
        return [self._customer(user) for user in order[start : start + count].tolist()]

    def most_rated(self, count: int) -> list[Video]:
        """Give the videos with the most ratings; equals in the order of their index."""
        order = np.argsort(-self._per_item, kind="stable")
        return [self._video(item) for item in order[:count].tolist()]

    def customer(
        self, customer_id: str, *, top: int = 10, history: int = MAX_HISTORY
    ) -> CustomerView:
        """Look at a customer.

        Parameters
        ----------
        customer_id : str
        top : int
            Recommendations, from 1 to `MAX_TOP`.
        history : int
            Ratings to give at most.

        Raises
        ------
        NotInRunError
            If the run has no such customer; with ids that are near.
        ValueError
            If `top` is out of range.
        """
        if not 1 <= top <= MAX_TOP:
            raise ValueError(f"expected top from 1 to {MAX_TOP}, found {top}")
        user = _position(self.run.customer_ids, customer_id)
        if user is None:
            near = self._customer_search.near(customer_id, _NEAR)
            raise self._unknown("customer", customer_id, [self.run.customer_ids[n] for n in near])
        ratings, n_users = self.run.ratings, len(self.run.customer_ids)
        rows = ratings.rows_of_customer(user)
        items, scores = recommend(
            self.run.model,
            user,
            n_users=n_users,
            seen=ratings.item_index[rows].astype(np.int64),
            count=top,
        )
        predictions = self._predictions(item_scores(self.run.model, user, n_users=n_users))
        return CustomerView(
            customer=self._customer(user),
            mean_rating=_mean(ratings.rating[rows]),
            n_trained=int((ratings.split[rows] == SPLITS.index("train")).sum()),
            history=Found(
                tuple(self._rated(row, predictions) for row in self._sorted(rows)[:history]),
                len(rows),
            ),
            top=tuple(
                Predicted(self._video(item), value)
                for item, value in zip(
                    items.tolist(), self._predictions(scores).tolist(), strict=True
                )
            ),
        )

    def video(self, video_id: str, *, similar: int = 10) -> VideoView:
        """Look at a video.

        Parameters
        ----------
        video_id : str
        similar : int
            Similar videos to give at most.

        Raises
        ------
        NotInRunError
            If the run has no such video; with ids that are near.
        """
        item = _position(self.run.video_ids, video_id)
        if item is None:
            near = self._video_search.near(video_id, _NEAR)
            raise self._unknown("video", video_id, [self.run.video_ids[n] for n in near])
        ratings = self.run.ratings
        rows = ratings.rows_of_video(item)
        profile = RatingProfile(1)  # of this video alone
        nobody = np.zeros(len(rows), dtype=np.int64)
        profile.add(nobody, ratings.rating[rows])
        return VideoView(
            video=self._video(item),
            mean_rating=_mean(ratings.rating[rows]),
            distribution=profile.distribution().values,
            n_trained=int(ratings.trained_per_item[item]),
            raters=self._raters(rows),
            similar=self._similar(item, similar),
        )

    def _similar(self, item: int, count: int) -> tuple[SimilarVideo, ...]:
        trained = self.run.ratings.trained_per_item > 0
        if not trained[item]:
            return ()
        found = cosines(self.run.model, item, n_users=len(self.run.customer_ids))
        trained[item] = False
        candidates = np.flatnonzero(trained)
        best = candidates[np.argsort(-found[candidates], kind="stable")[:count]]
        return tuple(
            SimilarVideo(self._video(other), cosine)
            for other, cosine in zip(best.tolist(), found[best].tolist(), strict=True)
        )

    def _raters(self, rows: npt.NDArray[np.int32]) -> Found[Rater]:
        users = self.run.ratings.customers_of(rows)
        best = np.argsort(-self._per_user[users], kind="stable")[:_RATERS]
        ratings = self.run.ratings.rating[rows[best]]
        return Found(
            tuple(
                Rater(self._customer(user), rating)
                for user, rating in zip(users[best].tolist(), ratings.tolist(), strict=True)
            ),
            len(rows),
        )

    def _sorted(self, rows: npt.NDArray[np.int64]) -> list[int]:
        ratings = self.run.ratings
        keys = [ratings.item_index[rows], -ratings.rating[rows]]
        if ratings.timestamp is not None:
            keys.append(-np.maximum(ratings.timestamp[rows], NO_TIMESTAMP + 1))
        ordered: list[int] = rows[np.lexsort(keys)].tolist()
        return ordered

    def _rated(self, row: int, predictions: FloatArray) -> RatedVideo:
        ratings = self.run.ratings
        item = int(ratings.item_index[row])
        return RatedVideo(
            video=self._video(item),
            rating=float(ratings.rating[row]),
            rated_at=None if ratings.timestamp is None else _moment(int(ratings.timestamp[row])),
            split=SPLITS[ratings.split[row]],
            predicted=float(predictions[item]),
        )

    def _predictions(self, scores: FloatArray) -> FloatArray:
        return probability(scores) if self.is_classifier else scores

    def _customer(self, user: int) -> Customer:
        return Customer(self.run.customer_ids[user], int(self._per_user[user]))

    def _video(self, item: int) -> Video:
        return Video(self.run.video_ids[item], self.run.titles[item], int(self._per_item[item]))

    def _unknown(self, what: str, name: str, near: Sequence[str]) -> NotInRunError:
        advice = f"near: {', '.join(map(repr, near))}" if near else "search for another"
        return NotInRunError(
            f"run {self.run.run_id}: there is no {what} {name[:200]!r} with ratings that were "
            f"kept; {advice}",
            near,
        )


def _position(ids: list[str], wanted: str) -> int | None:
    """Look through all: of a million ids that takes less time than making a page of it."""
    with contextlib.suppress(ValueError):
        return ids.index(wanted)
    return None


def _exact_first(hits: tuple[int, ...], exact: int | None, limit: int) -> list[int]:
    if exact is None:
        return list(hits)
    return [exact, *(number for number in hits if number != exact)][:limit]


def _mean(ratings: npt.NDArray[np.float32]) -> float:
    """Give the mean; of what has no rating left, which only a damaged table has, NaN."""
    return float(ratings.mean(dtype=np.float64)) if len(ratings) else float("nan")


def _moment(seconds: int) -> dt.datetime | None:
    """Give a time, unless it is unknown or beyond what datetime can say."""
    if seconds == NO_TIMESTAMP:
        return None
    with contextlib.suppress(OverflowError, ValueError, OSError):
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    return None
