"""What a run's model says to its customers: searched, looked at, and recommended."""

from console.recommendations.browser import MAX_HISTORY, MAX_TOP, RecommendationBrowser
from console.recommendations.name_search import Found
from console.recommendations.rated_run import RatedRun, load_run
from console.recommendations.views import CustomerView, RatedVideo, VideoView

__all__ = [
    "MAX_HISTORY",
    "MAX_TOP",
    "CustomerView",
    "Found",
    "RatedRun",
    "RatedVideo",
    "RecommendationBrowser",
    "VideoView",
    "load_run",
]
