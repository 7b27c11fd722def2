"""The thread in which schedules fire while the embedded AWS runs."""

from __future__ import annotations

import logging
import threading

from embedded_aws.schedules.runner import ScheduleRunner

_log = logging.getLogger(__name__)

TICK_SECONDS = 0.25


class SchedulerService:
    """Looks at the schedules four times a second.

    Parameters
    ----------
    runner : ScheduleRunner, optional
        What carries them out.
    """

    def __init__(self, runner: ScheduleRunner | None = None) -> None:
        self._runner = runner or ScheduleRunner()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)

    def start(self) -> None:
        """Begin to fire."""
        self._thread.start()

    def stop(self) -> None:
        """End; nothing fires afterwards."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            try:
                self._runner.tick()
            except Exception:
                _log.exception("schedules: one look at them failed")
