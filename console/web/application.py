"""The web console as a WSGI application."""

from __future__ import annotations

import datetime as dt
import hmac
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from console.columns import duration, moment
from console.embedded_stack import DeployedStack
from console.errors import BadInputError, ConsoleError
from console.exit_codes import ExitCode
from console.printable import printable
from console.web.pages import (
    comparison,
    execution,
    executions,
    recommendations,
    schedules,
    start,
)
from console.web.place import EXTENSION, Place
from embedded_aws.loopback_guard import LoopbackGuard
from recommender.errors import RecommenderError

_OWN = Path(__file__).parent
_REPORT_TEMPLATES = _OWN.parent / "templates"
TOKEN = "token"  # noqa: S105 - the name of a parameter and a cookie
_PAGES = (
    executions.page,
    execution.page,
    comparison.page,
    start.page,
    schedules.page,
    recommendations.page,
)
# What the navigation shows: words, endpoint.
_NAVIGATION = (
    ("Executions", "executions.show"),
    ("Start", "start.show"),
    ("Schedules", "schedules.show"),
    ("Recommendations", "recommendations.show"),
)
# No other site may frame it, no inline script runs, nothing is loaded from elsewhere. Charts have
# styles of their own.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_MAX_REQUEST_BYTES = 1024 * 1024
_STATUS = {
    ExitCode.BAD_INPUT: HTTPStatus.BAD_REQUEST,
    ExitCode.ENVIRONMENT: HTTPStatus.BAD_GATEWAY,
}


def create_application(stack: DeployedStack, stack_name: str, *, token: str | None = None) -> Flask:
    """Make the web console of a deployed stack.

    Answers requests of its own pages only (`LoopbackGuard`), which is what protects its forms
    from other sites' pages.

    Parameters
    ----------
    stack : DeployedStack
    stack_name : str
        What to call it.
    token : str or None
        What a browser has to bring along, in the address the first time; ``None`` lets in
        everybody who reaches the port.
    """
    application = Flask(__name__)
    application.config["MAX_CONTENT_LENGTH"] = _MAX_REQUEST_BYTES
    application.extensions[EXTENSION] = Place(stack, stack_name)
    _set_up_templates(application)
    for page in _PAGES:
        application.register_blueprint(page)
    if token is not None:
        application.before_request(lambda: _admit(token))
    application.add_url_rule("/style.css", "style", _style)
    application.after_request(_protect)
    application.register_error_handler(ConsoleError, _show_problem)
    application.register_error_handler(RecommenderError, _show_damage)
    application.register_error_handler(HTTPException, _show_refusal)
    application.wsgi_app = LoopbackGuard(application.wsgi_app, name="the console")  # type: ignore[method-assign]
    return application


def _set_up_templates(application: Flask) -> None:
    # The report's parts are shown live as well.
    application.jinja_loader = ChoiceLoader(
        [FileSystemLoader(_OWN / "templates"), FileSystemLoader(_REPORT_TEMPLATES)]
    )
    environment = application.jinja_env
    environment.autoescape = True
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(duration=duration, moment=moment, printable=printable, words=_words)
    application.context_processor(
        lambda: {
            "place": application.extensions[EXTENSION],
            "navigation": _NAVIGATION,
            "now": dt.datetime.now(dt.UTC),
        }
    )


def _words(status: str) -> str:
    return status.lower().replace("_", " ")


def _admit(token: str) -> AnyResponse | None:
    """Let in who brings the token; the address loses it at once, so that nobody copies it on."""
    if hmac.compare_digest(request.cookies.get(TOKEN, "").encode(), token.encode()):
        return None
    if hmac.compare_digest(request.args.get(TOKEN, "").encode(), token.encode()):
        answer = redirect(request.path)
        answer.set_cookie(TOKEN, token, httponly=True, samesite="Strict")
        return answer
    problem = "open the address that the command printed: it ends with a token"
    return Response(f"{problem}\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")


def _style() -> Response:
    """Give the report's style and what the console adds to it."""
    parts = (_REPORT_TEMPLATES / "report_style.css.j2", _OWN / "static" / "console.css")
    return Response("".join(part.read_text("utf-8") for part in parts), mimetype="text/css")


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _show_problem(error: ConsoleError) -> Any:
    status = _STATUS.get(error.exit_code, HTTPStatus.INTERNAL_SERVER_ERROR)
    page = render_template(
        "problem.html.j2",
        title="That does not work" if isinstance(error, BadInputError) else "AWS did not answer so",
        lines=error.lines,
    )
    return page, status


def _show_damage(error: RecommenderError) -> Any:
    """Say what is wrong with what a run left."""
    page = render_template(
        "problem.html.j2", title="The run's files cannot be read", lines=[str(error)]
    )
    return page, HTTPStatus.BAD_GATEWAY


def _show_refusal(error: HTTPException) -> Any:
    words = str(error.description or error.name)
    if error.code == HTTPStatus.NOT_FOUND:
        words = "The console has no such page."
    page = render_template("problem.html.j2", title=error.name, lines=[words])
    return page, error.code or HTTPStatus.INTERNAL_SERVER_ERROR
