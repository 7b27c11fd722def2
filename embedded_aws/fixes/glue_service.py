"""Glue's API runs jobs, and refuses by name what it cannot do.

moto keeps jobs and their runs in memory; a run of its goes through the states without doing
anything. None of that is reachable here.
"""

from __future__ import annotations

from moto.glue import urls

from embedded_aws.glue.api import GlueApi


def apply() -> None:
    """Route all of Glue's requests to the embedded implementation."""
    urls.url_paths["{0}/$"] = GlueApi.dispatch
