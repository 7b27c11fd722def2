"""How far reading or sending files has come: a bar with rate and time left, or one line."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import click

from console.columns import shortened
from console.printable import printable

# Rate and time left must fit a line of 80 characters, too.
_LONGEST_NAME = 30

Advance = Callable[[int], None]


@contextlib.contextmanager
def transfer_progress(what: str, n_bytes: int, *, quiet: bool) -> Iterator[Advance]:
    """Show on standard error how many bytes went through.

    Parameters
    ----------
    what : str
        For example ``uploading ratings.csv``.
    n_bytes : int
        How many there are.
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        Takes a number of bytes more; from any thread.
    """
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(what, n_bytes) as advance:
            yield advance
    else:
        started = time.monotonic()
        yield lambda _: None
        seconds = max(time.monotonic() - started, 1e-6)
        text = f"{what}: {n_bytes:,} bytes in {seconds:.1f} s ({n_bytes / seconds / 1e6:.1f} MB/s)"
        click.echo(printable(text), err=True)


@contextlib.contextmanager
def _bar(what: str, n_bytes: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with progress:
        task = progress.add_task(escape(shortened(printable(what), _LONGEST_NAME)), total=n_bytes)
        yield lambda more: progress.update(task, advance=more)


class WatchedFile:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, advance: Advance) -> None:
        self._file = file
        self._advance = advance

    def read(self, n_bytes: int = -1) -> bytes:
        """Read, and tell."""
        content = self._file.read(n_bytes)
        self._advance(len(content))
        return content

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> WatchedFile:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
