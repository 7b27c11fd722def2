"""Watching an execution to its end."""

from __future__ import annotations

import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess
from console.aws_problems import aws_problem
from console.history import new_events
from console.timeline import Timeline
from console.training_log import TrainingLog
from console.tuning_trials import Trial, list_trials
from console.view import View

TUNING_STATE = "TuneModel"
_NOT_CREATED_YET = ("ResourceNotFound", "ValidationException")


class Watcher:
    """Reads what is new about an execution and tells a view.

    Parameters
    ----------
    access : AwsAccess
    execution_arn : str
    view : View

    Attributes
    ----------
    timeline : Timeline
    """

    def __init__(self, access: AwsAccess, execution_arn: str, view: View):
        self._access = access
        self._execution_arn = execution_arn
        self._view = view
        self._logs: dict[str, TrainingLog] = {}
        self._trials: list[Trial] = []
        self._ended_tuning: str | None = None
        self._hidden: set[str] = set()
        self.timeline = Timeline()

    def look(self) -> None:
        """Read everything that is new, once."""
        events = new_events(
            self._access.client("stepfunctions"),
            self._execution_arn,
            self.timeline.last_event_id,
        )
        changed = self.timeline.take(events)
        # A job's last words come before the end of its state.
        self._look_at_training()
        self._look_at_tuning()
        for state in changed:
            self._view.state(state)

    def _look_at_training(self) -> None:
        name = self.timeline.jobs.get("TrainingJobName")
        if name is None or "HyperParameterTuningJobName" in self.timeline.jobs:
            return
        if name not in self._logs:
            self._logs[name] = TrainingLog(self._access.client("logs"), name)
            self._view.training(self._n_epochs())
        try:
            log = self._logs[name]
            has_ended = self.timeline.status != "RUNNING"
            for metric in log.read_all() if has_ended else log.poll():
                self._view.epoch(metric)
        except ClientError as error:
            self._hide("the training's log", error)

    def _n_epochs(self) -> int | None:
        run = self.timeline.variables.get("run")
        given = run.get("hyperparameters", {}).get("epochs") if isinstance(run, dict) else None
        return int(str(given)) if str(given).isdecimal() else None

    def _look_at_tuning(self) -> None:
        name = self.timeline.jobs.get("HyperParameterTuningJobName")
        if name is None or name == self._ended_tuning:
            return
        # One more look after the end of the state, for the last trials. A redrive may tune again.
        if not any(
            state.name == TUNING_STATE and state.status == "RUNNING"
            for state in self.timeline.states
        ):
            self._ended_tuning = name
        try:
            trials = list_trials(self._access.client("sagemaker"), name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_CREATED_YET:
                self._hide("the trials", error)
            return
        if trials != self._trials:
            self._trials = trials
            self._view.trials(trials)

    def _hide(self, what: str, error: ClientError) -> None:
        """Go on without something that is only nice to see, and say so once."""
        if what not in self._hidden:
            self._hidden.add(what)
            self._view.note(f"{what} cannot be shown: {error}")


def watch(
    access: AwsAccess,
    execution_arn: str,
    view: View,
    *,
    redrives: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> Timeline:
    """Watch an execution until it ends.

    Parameters
    ----------
    access : AwsAccess
    execution_arn : str
    view : View
        Told about states, epochs and trials as they come.
    redrives : int
        Wait for this redrive: the history of an execution that was just redriven may still end
        with its failure.
    sleep : callable
        Waits a number of seconds.

    Returns
    -------
    Timeline
        Complete; ``status`` says how the execution ended.

    Raises
    ------
    EnvironmentProblemError
        If the endpoint cannot be reached or refuses.
    """
    watcher = Watcher(access, execution_arn, view)
    try:
        watcher.look()
        while watcher.timeline.status == "RUNNING" or watcher.timeline.redrives < redrives:
            sleep(access.poll_seconds)
            watcher.look()
    except (BotoCoreError, ClientError) as error:
        raise aws_problem(execution_arn, error, step="watch") from error
    return watcher.timeline
