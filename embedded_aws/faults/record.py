"""What was injected and waited, for people and for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# S3 URIs of a step's inputs, objects or prefixes: (name of the state, parameters of its call).
StepInputs = Callable[[str, Mapping[str, Any]], Sequence[str]]


@dataclass(frozen=True)
class InjectedFault:
    """A fault that happened.

    Attributes
    ----------
    attempt : int
        Which call of the state it hit, from 1 on.
    detail : str
        What exactly was done.
    """

    execution_arn: str
    state: str
    attempt: int
    fault: str
    detail: str

    def __str__(self) -> str:
        return f"injected in {self.state}, attempt {self.attempt}: {self.fault} ({self.detail})"


@dataclass(frozen=True)
class Wait:
    """A wait that was shortened.

    Attributes
    ----------
    error : str or None
        What a retry waited for; None in a Wait state.
    seconds : float
        As the state machine says, jitter included.
    longest_seconds : float
        The same without jitter, which takes a random part of it.
    here_seconds : float
        What was waited here.
    """

    execution_arn: str
    state: str
    error: str | None
    seconds: float
    longest_seconds: float
    here_seconds: float

    def __str__(self) -> str:
        jitter = ""
        if self.seconds != self.longest_seconds:
            jitter = f" (jitter over {self.longest_seconds:g} s)"
        before = f"retry after {self.error}" if self.error else "Wait state"
        return (
            f"{self.state}: {before}: {self.seconds:.1f} s by the state machine{jitter}, "
            f"{self.here_seconds:.3f} s here"
        )


@dataclass
class FaultRecord:
    """Everything that happened so far.

    Parameters
    ----------
    tell : callable
        Hears of each fault and wait at once, in any thread.
    """

    tell: Callable[[InjectedFault | Wait], None] = lambda _: None
    injected: list[InjectedFault] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    calls: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, event: InjectedFault | Wait) -> None:
        """Remember and tell."""
        with self._lock:
            if isinstance(event, Wait):
                self.waits.append(event)
            else:
                self.injected.append(event)
        self.tell(event)

    def count_call(self, execution_arn: str, state: str) -> int:
        """Count an attempt of a state and return its number."""
        with self._lock:
            key = execution_arn, state
            self.calls[key] = self.calls.get(key, 0) + 1
            return self.calls[key]
