"""The evaluator as a thread of the embedded AWS."""

from __future__ import annotations

import logging
import threading

from embedded_aws.alarms import requests, service_metrics, status_events
from embedded_aws.alarms.evaluator import AlarmEvaluator, Clock, utc_now

_log = logging.getLogger(__name__)

# AWS evaluates every minute; here somebody watches.
_INTERVAL_SECONDS = 1.0

_lock = threading.Lock()
_applied = False


def apply() -> None:
    """Let moto count, tell and refuse; once per process, after the fixes."""
    global _applied
    with _lock:
        if not _applied:
            status_events.apply()
            service_metrics.apply()
            requests.apply()
            _applied = True


class AlarmService:
    """Evaluates alarms from `start` to `stop`.

    Parameters
    ----------
    clock : callable, optional
        Gives the present time, with its time zone.
    """

    def __init__(self, *, clock: Clock = utc_now) -> None:
        self._evaluator = AlarmEvaluator(clock=clock)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)

    def start(self) -> None:
        """Begin; needs the server, through which alarms publish."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for an evaluation that is under way."""
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ends.wait(_INTERVAL_SECONDS):
            try:
                self._evaluator.tick()
            except Exception:  # an error must not silence all further alarms
                _log.exception("alarms could not be evaluated")
