"""moto looks once which services botocore knows, not once for each service.

It makes a loader of models for each service that is asked for the first time, and each loader scans
botocore's folder of some hundred services: a tenth of a second each, which a person waits for at
every start.
"""

from __future__ import annotations

import functools

from moto.core import utils


def apply() -> None:
    """Keep the loader."""
    utils.create_loader = functools.cache(utils.create_loader)
