"""CloudFormation deploys change sets, updates in place, rolls back, and refuses what it cannot do.

moto crashes when a change set is deleted, loses the outputs of a stack made by one, and updates by
deleting and creating again, with new names. It skips resource types that it does not know with a
warning, drops properties of those that it knows, leaves half a stack behind when a resource fails,
and cannot read a template by an address such as ``http://127.0.0.1:4566/bucket/key``. None of that
is reachable here.
"""

from __future__ import annotations

from moto.cloudformation import urls

from embedded_aws.cloudformation.api import CloudFormationApi


def apply() -> None:
    """Route all of CloudFormation's requests to the embedded implementation."""
    urls.url_paths["{0}/$"] = CloudFormationApi.dispatch
