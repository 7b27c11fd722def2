"""Which faults happen where, as text: ``TrainModel:ThrottlingException*2``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_aws.errors import EmbeddedAwsError
from embedded_aws.faults.kinds import FAULT_KINDS, FaultKind, StateKind, applicable
from embedded_aws.faults.machine import task_kinds

_GRAMMAR = re.compile(
    r"(?P<state>[^:]+):(?:Lambda\.)?(?P<fault>[A-Za-z]+)(?:\((?P<argument>[^()]+)\))?"
    r"(?:\*(?P<times>[1-9]\d*))?"
)


class FaultPlanError(EmbeddedAwsError):
    """A plan that cannot be carried out; the message has one line for each problem."""

    def __init__(self, problems: Sequence[str]):
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Fault:
    """One fault of one state.

    Parameters
    ----------
    state : str
        Name of the task state.
    kind : FaultKind
        What happens.
    times : int
        In how many attempts, one after the other.
    argument : str or None
        See `FaultKind.argument`.
    """

    state: str
    kind: FaultKind
    times: int = 1
    argument: str | None = None

    @property
    def seconds(self) -> float:
        """How long it lasts, if it is a matter of time."""
        return float(self.argument or 0)

    def __str__(self) -> str:
        argument = f"({self.argument})" if self.argument else ""
        times = f"*{self.times}" if self.times > 1 else ""
        return f"{self.state}:{self.kind.name}{argument}{times}"


@dataclass(frozen=True)
class FaultPlan:
    """All faults of a run; those of one state happen in their order.

    Parameters
    ----------
    faults : tuple of Fault
    """

    faults: tuple[Fault, ...]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> FaultPlan:
        """Read ``<State>:<Fault>[(<argument>)][*<times>]``.

        Raises
        ------
        FaultPlanError
            With every text that is none, or names an unknown fault.
        """
        faults, problems = [], []
        for text in texts:
            found = _GRAMMAR.fullmatch(text.strip())
            if found is None:
                problems.append(
                    f"{text!r}: expected <State>:<Fault> or <State>:<Fault>*<times>, for example "
                    "TrainModel:ThrottlingException*2"
                )
                continue
            kind = FAULT_KINDS.get(found["fault"])
            if kind is None:
                problems.append(
                    f"{text!r}: unknown fault {found['fault']}; there are {', '.join(FAULT_KINDS)}"
                )
                continue
            problem = _argument_problem(kind, found["argument"])
            if problem:
                problems.append(f"{text!r}: {problem}")
            faults.append(
                Fault(found["state"].strip(), kind, int(found["times"] or 1), found["argument"])
            )
        if problems:
            raise FaultPlanError(problems)
        return cls(tuple(faults))

    def check(self, definition: Mapping[str, Any]) -> None:
        """Check that a state machine has the states, and the states can have the faults.

        Parameters
        ----------
        definition : mapping
            In the Amazon States Language.

        Raises
        ------
        FaultPlanError
            With everything that does not fit.
        """
        kinds = task_kinds(definition)
        problems = [
            problem for fault in self.faults if (problem := _misfit(fault, kinds)) is not None
        ]
        if problems:
            raise FaultPlanError(problems)


def _argument_problem(kind: FaultKind, argument: str | None) -> str | None:
    if kind.argument == "seconds":
        try:
            if float(argument or "") > 0:
                return None
        except ValueError:
            pass
        return f"expected {kind.name}(<seconds>), for example {kind.name}(2.5)"
    if kind.argument == "none" and argument is not None:
        return f"{kind.name} takes nothing in parentheses, found {argument!r}"
    return None


def _misfit(fault: Fault, kinds: Mapping[str, StateKind]) -> str | None:
    kind = kinds.get(fault.state)
    if kind is None:
        return (
            f"'{fault}': the state machine has no task state {fault.state}; it has "
            f"{', '.join(kinds)}"
        )
    if kind not in fault.kind.states:
        return (
            f"'{fault}': {fault.kind.name} cannot happen in {fault.state}, a {kind}; there can be "
            f"{', '.join(applicable(kind))}"
        )
    return None
