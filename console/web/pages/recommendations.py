"""Recommendations: search a customer or a video, see what was rated and what comes next."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flask import Blueprint, render_template, request

from console.errors import (
    BadInputError,
    ConsoleError,
    EnvironmentProblemError,
    NotInRunError,
    RunTooLargeError,
)
from console.execution_list import ExecutionSummary, list_executions
from console.recommendations import MAX_TOP, RecommendationBrowser, load_run
from console.web.place import Place, place
from lambdas.evaluate.accepted import accepted_model
from lambdas.runtime.store import ArtifactStore
from recommender.errors import RecommenderError

page = Blueprint("recommendations", __name__)

TOPS = (10, 25, 50, MAX_TOP)
_OFFERED_RUNS = 20
_STARTING_POINTS = 10
_HITS = 20


@page.get("/recommendations")
def show() -> Any:
    """Search a run, or look at one of its customers or videos.

    ``run`` is a run id, by default that of the model in use; ``q`` what to search; ``customer``
    and ``video`` are ids; ``top`` says how many recommendations.
    """
    here = place()
    in_use = _run_in_use(here)
    run_id = request.args.get("run") or in_use
    chosen: dict[str, Any] = {
        "run_id": run_id,
        "in_use": in_use,
        "offered": _offered(here),
        "query": request.args.get("q", "").strip(),
        "customer_id": request.args.get("customer"),
        "video_id": request.args.get("video"),
        "browser": None,
    }
    if run_id is None:
        return render_template("recommendations.html.j2", **chosen)
    try:
        chosen["browser"] = here.runs.get(run_id, lambda: _browser(here, run_id))
        return _found(chosen)
    except RunTooLargeError as error:
        return _not_found(chosen, error), HTTPStatus.BAD_GATEWAY
    except BadInputError as error:
        return _not_found(chosen, error), HTTPStatus.NOT_FOUND


def _found(chosen: dict[str, Any]) -> str:
    browser: RecommendationBrowser = chosen["browser"]
    if query := chosen["query"]:
        return render_template(
            "recommendations_search.html.j2",
            customers=browser.find_customers(query, limit=_HITS),
            videos=browser.find_videos(query, limit=_HITS),
            **chosen,
        )
    if chosen["customer_id"] is not None:
        top = request.args.get("top", type=int)
        top = top if top in TOPS else TOPS[0]
        view = browser.customer(chosen["customer_id"], top=top)
        return render_template(
            "recommendations_customer.html.j2", view=view, top=top, tops=TOPS, **chosen
        )
    if chosen["video_id"] is not None:
        view_of_video = browser.video(chosen["video_id"])
        return render_template("recommendations_video.html.j2", view=view_of_video, **chosen)
    return render_template(
        "recommendations.html.j2",
        active=browser.most_active(_STARTING_POINTS),
        rated=browser.most_rated(_STARTING_POINTS),
        **chosen,
    )


def _not_found(chosen: dict[str, Any], error: ConsoleError) -> str:
    """Say what is wrong where another run, or another search, can be chosen."""
    near = error.near if isinstance(error, NotInRunError) else ()
    what = "video" if chosen["customer_id"] is None else "customer"
    return render_template(
        "recommendations_not_found.html.j2", lines=error.lines, near=near, what=what, **chosen
    )


def _run_in_use(here: Place) -> str | None:
    """Give the run whose model is in use; None if no model is yet."""
    bucket = here.stack.data_bucket
    try:
        model = accepted_model(ArtifactStore(here.stack.access.client("s3"), bucket))
    except (BotoCoreError, ClientError) as error:
        raise EnvironmentProblemError(f"s3://{bucket}/: {error}") from error
    except RecommenderError as error:
        raise EnvironmentProblemError(str(error), error=type(error).__name__) from error
    return model.run_id if model else None


def _offered(here: Place) -> list[ExecutionSummary]:
    """Give the latest executions that left a model, good or not."""
    succeeded = list_executions(
        here.stack, status="succeeded", limit=_OFFERED_RUNS, outputs=here.outputs
    )
    return [one for one in succeeded if one.outcome in ("accepted", "rejected")]


def _browser(here: Place, run_id: str) -> RecommendationBrowser:
    try:
        return RecommendationBrowser(
            load_run(here.stack.access.client("s3"), here.stack.data_bucket, run_id)
        )
    except ConsoleError:
        raise
    except RecommenderError as error:  # of what the run left
        raise EnvironmentProblemError(str(error), error=type(error).__name__) from error
