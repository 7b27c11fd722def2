"""What a command says while it works, on standard error: live, plain or nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Protocol

import click

from console.printable import printable
from console.timeline import StateRun
from console.training_log import EpochMetric
from console.tuning_trials import Trial, best_trial

# Terminals that cannot move the cursor, so that nothing can be redrawn.
_CANNOT_MOVE = ("dumb", "unknown")


class View(Protocol):
    """Somebody who is told what happens."""

    def note(self, text: str) -> None:
        """Take a sentence for the person."""

    def step(self, name: str, seconds: float, detail: str) -> None:
        """Take a step of the set-up that is done."""

    def state(self, state: StateRun) -> None:
        """Take a state that began or ended."""

    def training(self, n_epochs: int | None) -> None:
        """Take a training that begins, and how long it is to be, if that is known."""

    def epoch(self, metric: EpochMetric) -> None:
        """Take a metric at the end of an epoch."""

    def trials(self, trials: Sequence[Trial]) -> None:
        """Take all trials of the tuning job, when one began or ended."""

    def close(self) -> None:
        """Show nothing any more."""


class QuietView:
    """Says nothing."""

    def note(self, text: str) -> None:
        """Ignore it."""

    def step(self, name: str, seconds: float, detail: str) -> None:
        """Ignore it."""

    def state(self, state: StateRun) -> None:
        """Ignore it."""

    def training(self, n_epochs: int | None) -> None:
        """Ignore it."""

    def epoch(self, metric: EpochMetric) -> None:
        """Ignore it."""

    def trials(self, trials: Sequence[Trial]) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Do nothing."""


class PlainView:
    """One line for everything that happens, for logs and pipes."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._of = ""

    def note(self, text: str) -> None:
        """Print it."""
        click.echo(printable(text), err=True)

    def step(self, name: str, seconds: float, detail: str) -> None:
        """Print it with its time."""
        click.echo(f"{name}: ready after {seconds:.1f} s ({detail})", err=True)

    def state(self, state: StateRun) -> None:
        """Print a task's begin and end; states without work only when they fail."""
        if state.status == "RUNNING":
            if state.kind == "Task":
                click.echo(f"{state.name}: started", err=True)
        elif state.kind == "Task" or state.status != "SUCCEEDED":
            click.echo(f"{state.name}: {outcome(state)}", err=True)

    def training(self, n_epochs: int | None) -> None:
        """Remember how long it is to be."""
        self._of = f" of {n_epochs}" if n_epochs else ""

    def epoch(self, metric: EpochMetric) -> None:
        """Print it."""
        click.echo(
            f"  epoch {metric.epoch + 1}{self._of}: {metric.label} {metric.value:.4f}", err=True
        )

    def trials(self, trials: Sequence[Trial]) -> None:
        """Print those that ended since the last time."""
        best = best_trial(trials)
        for trial in trials:
            if trial.ended and trial.name not in self._told:
                self._told.add(trial.name)
                click.echo(f"  {describe(trial, best)}", err=True)

    def close(self) -> None:
        """Do nothing."""


def outcome(state: StateRun) -> str:
    """Say in words how a state ended."""
    again = f", {state.attempts} attempts" if state.attempts > 1 else ""
    word = state.status.lower().replace("_", " ")
    return f"{word} after {state.seconds or 0.0:.1f} s{again}"


def describe(trial: Trial, best: Trial | None) -> str:
    """Say in words how a trial went."""
    if trial.objective is None:
        return f"trial {trial.number} {trial.name}: {trial.status}"
    text = f"trial {trial.number} {trial.name}: {trial.metric_name} {trial.objective:.4f}"
    if best is None or best.objective is None:
        return text
    if best.number == trial.number:
        return f"{text}, the best so far"
    return f"{text} (best so far {best.objective:.4f} of trial {best.number})"


def choose_view(*, quiet: bool) -> View:
    """Return the live view on a terminal, the plain one elsewhere.

    Parameters
    ----------
    quiet : bool
        Say nothing at all.
    """
    if quiet:
        return QuietView()
    if sys.stderr.isatty() and os.environ.get("TERM") not in _CANNOT_MOVE:
        from console.live_view import LiveView

        return LiveView()
    return PlainView()
