"""What the model recommends to two of its customers: the most active one and an average one."""

from __future__ import annotations

from dataclasses import dataclass

from console.recommendations import RatedVideo, RecommendationBrowser

_SHOWN_FAVOURITES = 5
_SHOWN_RECOMMENDATIONS = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A video with a number: a rating that was given, or the model's score."""

    video_id: str
    title: str | None
    value: float

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.video_id


@dataclass(frozen=True, slots=True)
class CustomerSample:
    """A customer's best-rated videos and what the model recommends.

    Attributes
    ----------
    remark : str
        Why this customer was chosen.
    n_ratings : int
        How many of the ratings that were kept are theirs.
    recommendations : tuple of Shown
        Videos they have not rated, best first; ``value`` is a predicted rating, or the
        probability of a good one.
    """

    customer_id: str
    remark: str
    n_ratings: int
    favourites: tuple[Shown, ...]
    recommendations: tuple[Shown, ...]


def sample_customers(browser: RecommendationBrowser) -> list[CustomerSample]:
    """Recommend videos to two customers of a run; always the same two for the same ratings."""
    n_customers = len(browser.run.customer_ids)
    if n_customers < 2:
        return [_sample(browser, "the only customer", rank) for rank in range(n_customers)]
    return [
        _sample(browser, "the most active customer", 0),
        _sample(browser, "a customer of average activity", n_customers // 2),
    ]


def _sample(browser: RecommendationBrowser, remark: str, rank: int) -> CustomerSample:
    (customer,) = browser.most_active(1, start=rank)
    view = browser.customer(
        customer.customer_id, top=_SHOWN_RECOMMENDATIONS, history=customer.n_ratings
    )
    best = sorted(view.history.hits, key=_best_first)[:_SHOWN_FAVOURITES]
    return CustomerSample(
        customer_id=customer.customer_id,
        remark=remark,
        n_ratings=customer.n_ratings,
        favourites=tuple(
            Shown(rated.video.video_id, rated.video.title, rated.rating) for rated in best
        ),
        recommendations=tuple(
            Shown(found.video.video_id, found.video.title, found.predicted) for found in view.top
        ),
    )


def _best_first(rated: RatedVideo) -> tuple[float, str]:
    return -rated.rating, rated.video.video_id
