"""What all pages share: which stack they look at, and what was read of it before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

from flask import current_app
from markupsafe import Markup

from console.embedded_stack import DeployedStack
from console.errors import EnvironmentProblemError
from console.execution_list import Outputs
from console.input_check import read_input_defaults
from console.live_execution import LiveExecution
from console.recommendations import RecommendationBrowser

EXTENSION = "recommender"
_LIVE_EXECUTIONS = 16
_REPORTS = 8
_CHARTS = 16
_RUNS = 2

_T = TypeVar("_T")


class Recent(Generic[_T]):
    """Keeps the things that were asked for last, and makes those that are missing.

    Parameters
    ----------
    capacity : int
        How many to keep.
    one_at_a_time : bool
        For things so large that only one more than `capacity` may be in memory: each is made
        once, while whoever wants a missing one waits. Otherwise two threads that ask for the same
        missing thing at the same time both make it, and get the same one.
    """

    def __init__(self, capacity: int, *, one_at_a_time: bool = False):
        self._capacity = capacity
        self._kept: OrderedDict[object, _T] = OrderedDict()
        self._lock = Lock()
        self._making: AbstractContextManager[object] = Lock() if one_at_a_time else nullcontext()

    def get(self, key: object, make: Callable[[], _T]) -> _T:
        """Return what is kept under a key, made now if there is nothing."""
        for found in self._look_up(key):
            return found
        with self._making:
            for found in self._look_up(key):  # made while this thread waited
                return found
            made = make()
            with self._lock:
                kept = self._kept.setdefault(key, made)
                while len(self._kept) > self._capacity:
                    self._kept.popitem(last=False)
                return kept

    def _look_up(self, key: object) -> list[_T]:
        """Give what is kept under a key, or nothing."""
        with self._lock:
            if key not in self._kept:
                return []
            self._kept.move_to_end(key)
            return [self._kept[key]]


@dataclass(frozen=True)
class Place:
    """The deployed stack that the console shows.

    Attributes
    ----------
    stack : DeployedStack
    stack_name : str
    outputs : Outputs
        Of executions that have succeeded, which never change.
    input_defaults : dict
        The deployment's, by ARN of the state machine; read again with every form that is opened.
    live : Recent of LiveExecution
        By ARN.
    charts : Recent of Markup
        Learning curves, by what is known of them.
    reports : Recent of str
        HTML of executions that have ended.
    runs : Recent of RecommendationBrowser
        By run id; what a run left does not change.
    """

    stack: DeployedStack
    stack_name: str
    outputs: Outputs = field(default_factory=dict)
    input_defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    live: Recent[LiveExecution] = field(default_factory=lambda: Recent(_LIVE_EXECUTIONS))
    charts: Recent[Markup] = field(default_factory=lambda: Recent(_CHARTS))
    reports: Recent[str] = field(default_factory=lambda: Recent(_REPORTS))
    runs: Recent[RecommendationBrowser] = field(
        default_factory=lambda: Recent(_RUNS, one_at_a_time=True)
    )

    @property
    def where(self) -> str:
        """Say which AWS it is in."""
        access = self.stack.access
        return access.endpoint_url or access.region

    def arn_of(self, name: str) -> str:
        """Return the ARN of an execution of the stack's state machine."""
        return self.stack.execution_arn(name)

    def read_input_defaults(self, *, again: bool) -> tuple[dict[str, Any], list[str]]:
        """Give the deployment's ``input_defaults``, and a note if they cannot be known.

        Parameters
        ----------
        again : bool
            Ask for them anew, as somebody may have deployed since.
        """
        arn = self.stack.state_machine_arn
        if again or arn not in self.input_defaults:
            try:
                self.input_defaults[arn] = read_input_defaults(self.stack)
            except EnvironmentProblemError as error:
                return {}, [f"The defaults of the deployment are not known, and not used: {error}"]
        return self.input_defaults[arn], []


def place() -> Place:
    """Return what the running application shows."""
    found: Place = current_app.extensions[EXTENSION]
    return found
