"""The live view of a terminal: states, the learning curve and the trials as they come."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from console.columns import duration
from console.printable import printable
from console.timeline import StateRun
from console.training_log import EpochMetric
from console.tuning_trials import Trial, best_trial

_BARS = "▁▂▃▄▅▆▇█"
_CURVE_WIDTH, _NARROWEST_CURVE = 40, 8
_ROOM = 75
_SHOWN_TRIALS = 10  # a long tuning must not push the states off the screen
_MARKS = {"SUCCEEDED": ("✓", "green"), "ABORTED": ("■", "yellow")}


class LiveView:
    """Redraws itself on standard error until it is closed.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to draw; standard error by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._states: list[tuple[StateRun, float]] = []
        self._curve: list[EpochMetric] = []
        self._seen_at: list[float] = []
        self._n_epochs: int | None = None
        self._trials: list[Trial] = []
        self._spinner = Spinner("dots", style="cyan")  # one for all, or it would not turn
        self._live = Live(
            console=console or Console(stderr=True),
            get_renderable=self._render,
            refresh_per_second=8,
        )
        self._live.start()

    def note(self, text: str) -> None:
        """Print it above the live part."""
        self._live.console.print(escape(printable(text)), style="dim", highlight=False)

    def step(self, name: str, seconds: float, detail: str) -> None:
        """Print it above the live part."""
        line = Text.assemble(("✓ ", "green"), f"{name:<20}", (f"{seconds:6.1f} s  {detail}", "dim"))
        self._live.console.print(line)

    def state(self, state: StateRun) -> None:
        """Add or update a line."""
        if not any(known is state for known, _ in self._states):
            self._states.append((state, time.monotonic()))

    def training(self, n_epochs: int | None) -> None:
        """Begin another learning curve."""
        self._n_epochs = n_epochs
        self._curve, self._seen_at = [], []

    def epoch(self, metric: EpochMetric) -> None:
        """Extend the learning curve."""
        if not self._curve or metric.name == self._curve[0].name:
            self._seen_at.append(time.monotonic())
            self._curve.append(metric)

    def trials(self, trials: Sequence[Trial]) -> None:
        """Replace the trials."""
        self._trials = list(trials)

    def close(self) -> None:
        """Leave the last picture on the screen."""
        self._live.stop()

    def _render(self) -> RenderableType:
        parts: list[RenderableType] = []
        grid = _states_grid()
        for state, seen_at in list(self._states):
            grid.add_row(*_state_row(state, seen_at, self._spinner))
            if state.name in ("TrainModel", "TuneModel") and (self._curve or self._trials):
                parts += [grid, self._progress()]
                grid = _states_grid()
        return Group(*parts, grid)

    def _progress(self) -> RenderableType:
        if self._trials:
            return _trials_table(self._trials)
        left = time_left(self._curve, self._seen_at, self._n_epochs)
        return Text(f"    {_curve_text(self._curve, self._n_epochs, left)}", style="cyan")


def _states_grid() -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(min_width=24)  # DescribeBestTrainingJob
    grid.add_column(justify="right", min_width=8)
    grid.add_column()
    return grid


def _state_row(state: StateRun, seen_at: float, spinner: Spinner) -> tuple[RenderableType, ...]:
    if state.status == "RUNNING":
        seconds = time.monotonic() - seen_at
        return spinner, state.name, f"{seconds:.1f} s", ""
    mark, style = _MARKS.get(state.status, ("✗", "red"))
    remark = f"{state.attempts} attempts" if state.attempts > 1 else ""
    # States that only route take no time to speak of.
    dim = "dim" if state.kind != "Task" and state.status == "SUCCEEDED" else ""
    return (
        Text(mark, style=style),
        Text(state.name, style=dim),
        Text(f"{state.seconds or 0.0:.1f} s", style=dim),
        Text(remark, style="yellow"),
    )


def _curve_text(curve: Sequence[EpochMetric], n_epochs: int | None, left: float | None) -> str:
    last = curve[-1]
    of = f" of {n_epochs}" if n_epochs else ""
    words = f"epoch {last.epoch + 1}{of}  {last.label} {last.value:.4f}  "
    if left is not None:
        words += f"{duration(left)} left  "
    # Whatever the words are, all of it fits 80 columns.
    width = max(_NARROWEST_CURVE, min(_CURVE_WIDTH, _ROOM - len(words)))
    return words + sparkline([metric.value for metric in curve], width)


def time_left(
    curve: Sequence[EpochMetric], seen_at: Sequence[float], n_epochs: int | None
) -> float | None:
    """Say how many seconds the rest of a training takes at the pace so far.

    Parameters
    ----------
    curve : sequence of EpochMetric
    seen_at : sequence of float
        When each was seen, in seconds.
    n_epochs : int or None
        Of the whole training, if known.

    Returns
    -------
    float or None
        ``None`` while that cannot be said, and when nothing is left.
    """
    if not n_epochs or len(curve) < 2 or curve[-1].epoch + 1 >= n_epochs:
        return None
    pace = (seen_at[-1] - seen_at[0]) / (curve[-1].epoch - curve[0].epoch)
    return pace * (n_epochs - curve[-1].epoch - 1)


def sparkline(values: Sequence[float], width: int = _CURVE_WIDTH) -> str:
    """Draw numbers as bars of a line of text, thinned out to `width` characters."""
    if len(values) > width:
        values = [values[round(at * (len(values) - 1) / (width - 1))] for at in range(width)]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1))] for value in values)


def _trials_table(trials: Sequence[Trial]) -> RenderableType:
    best = best_trial(trials)
    table = Table.grid(padding=(0, 2))
    shown = list(trials)[-_SHOWN_TRIALS:]
    if best is not None and best not in shown:
        shown = [best, *shown]
    for trial in shown:
        is_best = best is not None and trial.number == best.number
        objective = "…" if trial.objective is None else f"{trial.objective:.4f}"
        remark = "best so far" if is_best else ("" if trial.ended else "running")
        remark = trial.status if trial.ended and trial.objective is None else remark
        table.add_row(
            f"    trial {trial.number}", trial.name, trial.metric_name, objective, remark,
            style="green" if is_best else "cyan",
        )  # fmt: skip
    return table
