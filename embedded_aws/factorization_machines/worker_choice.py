"""How many workers are faster just now: all of them, or one."""

from __future__ import annotations

# A turn should take so long: short enough to notice soon, long enough to be measured.
TURN_SECONDS = 0.02
_FIRST_INTERVAL, _LONGEST_INTERVAL = 25, 400
_SHARE_OF_A_TRIAL = 4


class WorkerChoice:
    """Tries both from time to time, and says how much to do until the next look.

    Workers that wait for each other need their processors at the same time. On a machine that does
    other work as well they often wait for one that does not run, and are then many times slower
    than one worker alone.

    Parameters
    ----------
    n_workers : int
        All of them.

    Attributes
    ----------
    n_workers : int
        How many should work in the next turn: 1 or all.
    """

    def __init__(self, n_workers: int) -> None:
        self._all = n_workers
        self._best = self.n_workers = n_workers
        self._seconds: dict[int, float] = {}
        self._interval = _FIRST_INTERVAL
        self._until_trial = 1

    @property
    def n_batches(self) -> int:
        """Mini-batches that the next turn should have."""
        known = self._seconds.get(self._best)
        if known is None:
            return 1
        share = 1 if self.n_workers == self._best else _SHARE_OF_A_TRIAL
        return max(1, round(TURN_SECONDS / known / share))

    def record(self, n_batches: int, seconds: float) -> None:
        """Learn how long a turn took.

        Parameters
        ----------
        n_batches : int
        seconds : float
        """
        self._seconds[self.n_workers] = max(seconds, 1e-9) / n_batches
        if self._all == 1:
            return
        if self.n_workers != self._best:
            self._judge_trial()
        self._until_trial -= 1
        is_trial = self._until_trial <= 0
        self.n_workers = self._other if is_trial else self._best
        if is_trial:
            self._until_trial = self._interval

    @property
    def _other(self) -> int:
        return 1 if self._best == self._all else self._all

    def _judge_trial(self) -> None:
        """Change over if the other way was faster; else wait longer until the next trial."""
        if self._seconds[self.n_workers] < self._seconds[self._best]:
            self._best, self._interval = self.n_workers, _FIRST_INTERVAL
        else:
            self._interval = min(2 * self._interval, _LONGEST_INTERVAL)
        self._until_trial = self._interval
