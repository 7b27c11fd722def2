"""Roles can have AWS's managed policies attached, such as those that ``cdk bootstrap`` attaches.

moto has them, but does not load them unless it is told to, and then all fifteen hundred at once.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

_ARN_PREFIX = "arn:aws:iam::aws:policy/"


@functools.cache
def _policies() -> dict[str, Any]:
    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


def apply() -> None:
    """Load a policy of AWS's when it is attached to a role for the first time."""
    attach_role_policy = IAMBackend.attach_role_policy

    def attach(self: IAMBackend, policy_arn: str, role_name: str) -> None:
        name = policy_arn.rpartition("/")[2]
        if (
            policy_arn.startswith(_ARN_PREFIX)
            and policy_arn not in self.managed_policies
            and name in _policies()
        ):
            policy = AWSManagedPolicy.from_data(
                name, self.account_id, self.region_name, _policies()[name]
            )
            if policy.arn == policy_arn:
                self.managed_policies[policy_arn] = policy
        attach_role_policy(self, policy_arn, role_name)

    IAMBackend.attach_role_policy = attach
