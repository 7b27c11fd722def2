"""Text for the width of a terminal; where there is none, lines stay whole."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TextIO


def width_of(stream: TextIO | None = None) -> int | None:
    """Return how many characters fit a line.

    Parameters
    ----------
    stream : text file or None
        Standard output if ``None``.

    Returns
    -------
    int or None
        ``None`` if nobody looks at it through a terminal: programs that read lines want them
        whole.
    """
    stream = stream or sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else None


def wrapped(text: str, width: int | None, *, indent: str = "") -> list[str]:
    """Cut a line between words.

    A word that is longer than a line, such as an ARN, is left to the terminal: so it can be
    copied.

    Parameters
    ----------
    text : str
        One line.
    width : int or None
        ``None`` cuts nothing.
    indent : str
        What the further lines begin with.
    """
    if width is None or len(text) <= width:
        return [text]
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
