"""Bucket policies that deny plain HTTP and old TLS do not deny the loopback address.

moto applies bucket policies but not their conditions, so a statement that denies requests without
TLS would deny everything. The embedded AWS is reached over loopback HTTP: such statements are kept,
and shown, but not applied.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

_TRANSPORT_KEYS = ("aws:SecureTransport", "s3:TlsVersion")


def _is_about_transport(statement: dict[str, Any]) -> bool:
    condition = json.dumps(statement.get("Condition", {}))
    return statement["Effect"] == "Deny" and any(key in condition for key in _TRANSPORT_KEYS)


def apply() -> None:
    """Decide without the statements about transport."""

    def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        document = json.loads(self.policy)
        statements = document["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        document["Statement"] = [s for s in listed if not _is_about_transport(s)]
        return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission
