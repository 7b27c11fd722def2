"""The web console on a loopback port."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from console.embedded_stack import DeployedStack
from console.errors import EnvironmentProblemError
from console.web.application import TOKEN, create_application
from embedded_aws.errors import PortInUseError
from embedded_aws.listening import listen


class _QuietHandler(WSGIRequestHandler):
    """Logs no requests, and keeps connections open: a live page asks every second."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def web_console(
    stack: DeployedStack,
    stack_name: str,
    *,
    port: int,
    option: str = "--port",
    token: str | None = None,
) -> Iterator[str]:
    """Serve the web console of a deployed stack while the ``with`` block lasts.

    Parameters
    ----------
    stack : DeployedStack
    stack_name : str
    port : int
        On 127.0.0.1; 0 takes a free one.
    option : str
        What the person says to choose another port.
    token : str or None
        As `create_application` takes it.

    Yields
    ------
    str
        The address to open, with the token if there is one.

    Raises
    ------
    EnvironmentProblemError
        If the port is taken.
    """
    try:
        listener = listen(port, option=option)
    except PortInUseError as error:
        raise EnvironmentProblemError(
            str(error), step="console", error=type(error).__name__
        ) from error
    host, port = listener.getsockname()[:2]
    # Making the first client takes a third of a second, which nobody should wait for at a page.
    stack.access.client("stepfunctions")
    application = create_application(stack, stack_name, token=token)
    server = make_server(
        host, port, application, threaded=True, request_handler=_QuietHandler, fd=listener.detach()
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        query = f"?{TOKEN}={token}" if token else ""
        yield f"http://{host}:{port}/{query}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
