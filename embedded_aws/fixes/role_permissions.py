"""Requests made with a role's credentials are checked against its policies.

moto checks only if it is told to, then everybody's requests, and without resources and conditions
of policies. The embedded AWS checks the requests of its own services' roles, in front of moto.
"""

from __future__ import annotations

from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from embedded_aws.iam import gate


def apply() -> None:
    """Put the check in front of moto's server."""
    original = DomainDispatcherApplication.__call__

    def checked(self: DomainDispatcherApplication, environ: Any, start_response: Any) -> Any:
        return gate.answer(environ, start_response, lambda e, s: original(self, e, s))

    DomainDispatcherApplication.__call__ = checked
