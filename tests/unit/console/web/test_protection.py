"""The console answers its own pages only, and says nothing that a browser would run."""

import socket
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from console.embedded_stack import DeployedStack
from console.web.application import create_application
from console.web.serving import web_console

OWN = {"Host": "127.0.0.1:4580"}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "evil.example:4580"}, id="dns-rebinding"),
        pytest.param({**OWN, "Origin": "https://evil.example"}, id="form-of-another-site"),
        pytest.param({**OWN, "Origin": "http://127.0.0.1:8888"}, id="page-of-another-port"),
        pytest.param({**OWN, "Origin": "null"}, id="sandboxed-frame"),
        pytest.param({**OWN, "Sec-Fetch-Site": "cross-site"}, id="link-of-another-site"),
        pytest.param({**OWN, "Sec-Fetch-Site": "same-site"}, id="another-port-fetches"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_requests_of_other_sites_are_refused(
    browser: FlaskClient, method: str, headers: dict[str, str]
) -> None:
    answer = getattr(browser, method)("/", headers=headers)
    assert answer.status_code == 403
    assert b"the console refuses this request" in answer.data


def test_its_own_pages_are_answered(browser: FlaskClient) -> None:
    own = {**OWN, "Origin": "http://127.0.0.1:4580", "Sec-Fetch-Site": "same-origin"}
    assert browser.get("/", headers=own).status_code == 200


def test_no_page_is_framed_cached_or_runs_inline_scripts(browser: FlaskClient) -> None:
    headers = browser.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_a_console_with_a_token_admits_who_has_it(stack: DeployedStack) -> None:
    browser = create_application(stack, "S", token="secret").test_client()
    assert browser.get("/").status_code == 403
    assert browser.get("/?token=guess").status_code == 403
    assert browser.post("/executions/a/stop").status_code == 403

    admitted = browser.get("/?token=secret")
    assert admitted.status_code == 302
    assert admitted.location == "/", "the token must not stay in the address"
    cookie = admitted.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert browser.get("/").status_code == 200


def test_it_listens_on_the_loopback_interface_only(stack: DeployedStack) -> None:
    with web_console(stack, "S", port=0) as address:
        place = urlsplit(address)
        assert place.hostname == "127.0.0.1"
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
            # Were it listening on every interface, this address would be taken as well.
            other.bind(("127.0.0.2", place.port))
