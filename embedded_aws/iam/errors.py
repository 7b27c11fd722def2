"""What can go wrong when a role's request is checked."""

from __future__ import annotations

from embedded_aws.errors import EmbeddedAwsError


class AccessDeniedError(EmbeddedAwsError):
    """The role may not do this; the message is AWS's own."""


class RoleNotAssumableError(EmbeddedAwsError):
    """The role does not exist, or its trust policy does not let the service assume it."""


class UnsupportedPolicyError(EmbeddedAwsError):
    """AWS knows this part of a policy, the embedded AWS does not; it guesses nothing."""


class UnsupportedRequestError(EmbeddedAwsError):
    """It is not known here which permissions this request of a role needs."""
