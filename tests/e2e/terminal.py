"""A command in a real terminal (a pty), and what a person would see of it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

import pyte

COLUMNS, ROWS = 80, 50
# The emulator is wider than the terminal is said to be: so a line that is too long shows.
_WIDE = 400
CTRL_C = b"\x03"


class Terminal:
    """Run a command as the foreground process of a terminal of 80 columns.

    Parameters
    ----------
    command : list of str
    cwd : Path
    environment : dict
    """

    def __init__(self, command: list[str], *, cwd: Path, environment: dict[str, str]) -> None:
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._attributes = termios.tcgetattr(self._slave)
        self._screen = pyte.HistoryScreen(_WIDE, ROWS, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def lines(self) -> list[str]:
        """All that is on the screen, and what has left it at its top."""
        above = ["".join(row[at].data for at in range(_WIDE)) for row in self._screen.history.top]
        return [line.rstrip() for line in [*above, *self._screen.display]]

    def text(self) -> str:
        return "\n".join(self.lines())

    def wait_for(self, pattern: str, *, seconds: float = 60.0) -> None:
        """Read until something is on the screen."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text()):
            assert time.monotonic() < deadline, f"no {pattern!r} in:\n{self.text()}"
            assert self._read(0.2), f"ended without {pattern!r}:\n{self.text()}"

    def press(self, key: bytes) -> None:
        os.write(self._master, key)

    def finish(self, *, seconds: float = 90.0) -> int:
        """Read to the end, and return the exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still runs:\n{self.text()}"
            self._read(0.1)
        while select.select([self._master], [], [], 0.1)[0] and self._read(0.0):
            pass
        return self.process.returncode

    @property
    def is_restored(self) -> bool:
        """Whether the terminal is as it was: its settings, and the cursor is there."""
        same = termios.tcgetattr(self._slave) == self._attributes
        return same and not self._screen.cursor.hidden

    @property
    def hid_cursor(self) -> bool:
        """Whether the cursor was ever hidden."""
        return b"\x1b[?25l" in self.raw

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._slave)
        os.close(self._master)

    def _read(self, seconds: float) -> bool:
        """Take what was written; False if nothing can come any more."""
        if not select.select([self._master], [], [], seconds)[0]:
            return self.process.poll() is None
        content = os.read(self._master, 1 << 16)
        self.raw += content
        self._stream.feed(content)
        return True
