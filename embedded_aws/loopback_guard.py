"""Keeps the web pages of other sites out of the embedded AWS, and of the web console.

Who can call it can create a function and invoke it, which runs code as the person who started it.
It listens on the loopback interface only, but a browser on the same machine reaches that too: a
page of any site can send requests there (cross-site request forgery), and one whose own name is
made to resolve to 127.0.0.1 can read the answers as well (DNS rebinding). moto would even allow
both, with ``Access-Control-Allow-Origin``.

AWS clients send no header that only browsers have, and call the server by a loopback name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

_NAMES = ("127.0.0.1", "localhost", "[::1]")
# RFC 6761, section 6.3: these resolve to the loopback address. S3 clients put buckets there.
_DOMAIN = ".localhost"
# Fetch metadata: "none" is an address that a person typed.
_OWN_SITE = ("same-origin", "none")


class LoopbackGuard:
    """A WSGI application that passes on what an AWS client on this machine could have sent.

    Parameters
    ----------
    application : WSGI application
    name : str
        What the reason for a refusal calls it.
    """

    def __init__(self, application: Application, *, name: str = "the embedded AWS"):
        self._application = application
        self._name = name

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer 403 with the reason, or pass the request on."""
        reason = refusal(environ)
        if not reason:
            return self._application(environ, start_response)
        body = f"{self._name} refuses this request: {reason}\n".encode()
        start_response(
            "403 Forbidden",
            [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))],
        )
        return [body]


def refusal(environ: Environ) -> str:
    """Say why a request may come from a web page; empty if it does not.

    Parameters
    ----------
    environ : dict
        As WSGI defines it.
    """
    host = str(environ.get("HTTP_HOST", "")).lower()
    name = host[: host.rfind(":")] if host.rpartition(":")[2].isdigit() else host
    if name not in _NAMES and not name.endswith(_DOMAIN):
        return f"expected the Host {' or '.join(_NAMES)}, found {name!r}"
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin.lower() != f"http://{host}":
        return f"it comes from a page of {origin!r}"
    site = environ.get("HTTP_SEC_FETCH_SITE", "none")
    return "" if site in _OWN_SITE else f"it comes from a page of another site ({site!r})"
