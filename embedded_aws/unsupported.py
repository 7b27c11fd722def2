"""The one answer to what AWS can do and the embedded AWS cannot."""

from __future__ import annotations

from moto.core.exceptions import ServiceException

UNSUPPORTED = "UnsupportedInEmbeddedAws"


class UnsupportedInEmbeddedAws(ServiceException):
    """The embedded AWS does not offer this; it says so rather than pretend."""

    code = UNSUPPORTED
