"""Text from elsewhere, made safe for a terminal."""

from __future__ import annotations

import re

# C0 and C1 controls with ESC among them, and what turns the direction of text around.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Replace what a terminal would obey instead of show, in one line.

    Titles, ids, messages of services and inputs are untrusted: an escape sequence in one could
    move the cursor, rename the window or, on some terminals, type.

    Returns
    -------
    str
        With each control character, line ends included, as its escape such as ``\x1b``.
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
