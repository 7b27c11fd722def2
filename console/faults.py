"""Faults of ``recommender run``: the option's help, where steps' inputs are, what is said of it."""

from __future__ import annotations

import contextlib
import json
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from console.errors import BadInputError
from embedded_aws.faults import FaultPlan, FaultPlanError, FaultRecord, InjectedFault, Wait
from embedded_aws.faults.kinds import FAULT_KINDS, FaultKind, StateKind
from recommender.run_layout import RAW_PREFIX, SPLITS, RunLayout

if TYPE_CHECKING:
    from console.embedded_stack import DeployedStack
    from console.view import View

DEFAULT_TIME_SCALE = 1000.0
_HELP_WIDTH = 76  # click sets it two in, on 80
# What the functions read; the other steps' inputs are in the parameters of their calls.
_INPUTS: Mapping[str, Callable[[RunLayout], Sequence[str]]] = {
    "ConvertRecordIO": lambda run: [run.ratings_prefix(split) for split in SPLITS],
    "Evaluate": lambda run: [
        run.predictions_prefix,
        run.ratings_prefix("train"),
        run.ratings_prefix("test"),
        run.recordio_prefix("test"),
    ],
}


def fault_help() -> str:
    """Explain every fault for ``--help``, marked so that click does not wrap it."""
    lines, group = [], ""
    for kind in FAULT_KINDS.values():
        if kind.group != group:
            group = kind.group
            lines += ["", "\b", f"Faults for --fail: {group}"]
        argument = {"seconds": "(SECONDS)", "key": "[(PART_OF_KEY)]"}.get(kind.argument, "")
        lines += textwrap.wrap(
            f"  {kind.name}{argument}: {kind.meaning}", _HELP_WIDTH, subsequent_indent="    "
        )
        lines += textwrap.wrap(
            f"      in {_where(kind)}", _HELP_WIDTH, subsequent_indent="         "
        )
    return "\n".join(lines)


def _where(kind: FaultKind) -> str:
    if len(kind.states) == len(StateKind):
        return "every task"
    return ", ".join(state for state in StateKind if state in kind.states)


@dataclass(frozen=True)
class FaultOptions:
    """What ``--fail`` and ``--time-scale`` ask for."""

    plan: FaultPlan
    time_scale: float


def parse_faults(texts: Sequence[str], time_scale: float | None) -> FaultOptions | None:
    """Read the values of ``--fail`` and ``--time-scale``; None if there are none.

    Raises
    ------
    BadInputError
        With everything that is wrong with them.
    """
    if not texts:
        if time_scale is not None:
            raise BadInputError("--time-scale: shortens waits after injected faults; add --fail")
        return None
    with _as_bad_input():
        return FaultOptions(FaultPlan.parse(texts), time_scale or DEFAULT_TIME_SCALE)


@contextlib.contextmanager
def _as_bad_input() -> Iterator[None]:
    try:
        yield
    except FaultPlanError as error:
        raise BadInputError(f"--fail: {'; '.join(error.problems)}") from error


@contextlib.contextmanager
def faults_of(
    options: FaultOptions | None, place: DeployedStack, view: View
) -> Iterator[FaultReport | None]:
    """Inject faults, if any are asked for, as long as the ``with`` block lasts.

    Parameters
    ----------
    options : FaultOptions or None
    place : DeployedStack
    view : View
        Is told of each fault and wait.

    Raises
    ------
    BadInputError
        With every fault that the deployed state machine cannot have.
    """
    if options is None:
        yield None
        return
    from embedded_aws.faults.injection import inject

    described = place.access.client("stepfunctions").describe_state_machine(
        stateMachineArn=place.state_machine_arn
    )
    with _as_bad_input():
        options.plan.check(json.loads(described["definition"]))
    record = FaultRecord(tell=lambda event: view.note(str(event)))
    with inject(
        options.plan,
        record=record,
        time_scale=options.time_scale,
        inputs=step_inputs(place.data_bucket),
    ):
        yield FaultReport(options, record)


def step_inputs(bucket: str) -> Callable[[str, Mapping[str, Any]], Sequence[str]]:
    """Make the function that finds the inputs of a step.

    Parameters
    ----------
    bucket : str
        The data bucket.
    """

    def find(state: str, parameters: Mapping[str, Any]) -> Sequence[str]:
        if state in ("ResolveRun", "Preprocess", "PrepareWithSpark"):
            return [f"s3://{bucket}/{RAW_PREFIX}"]
        if state == "ReadPreparation":
            return [f"s3://{bucket}/{parameters['Key']}"]
        if state not in _INPUTS:
            return []
        run = RunLayout(parameters["Payload"]["run_id"])
        return [f"s3://{bucket}/{key}" for key in _INPUTS[state](run)]

    return find


@dataclass(frozen=True)
class FaultReport:
    """What was injected and what it led to."""

    options: FaultOptions
    record: FaultRecord

    def lines(self, ended: str) -> list[str]:
        """Say it in words.

        Parameters
        ----------
        ended : str
            Status of the execution.
        """
        happened = Counter(event.fault for event in self.record.injected)
        lines = [f"Faults injected: {sum(happened.values())}; the run ended {ended}."]
        calls = self._calls()
        for fault in self.options.plan.faults:
            lines.append(
                f"  {fault}: happened {happened[str(fault)]} of {fault.times} times; "
                f"{fault.state} was called {calls.get(fault.state, 0)} times"
            )
        waits = self.record.waits
        if waits:
            lines.append(
                f"  waits: {len(waits)}, {sum(wait.seconds for wait in waits):.1f} s by the state "
                f"machine, {sum(wait.here_seconds for wait in waits):.2f} s here (divided by "
                f"{self.options.time_scale:g})"
            )
        return lines

    def document(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "time_scale": self.options.time_scale,
            "injected": [_without_execution(event) for event in self.record.injected],
            "calls": self._calls(),
            "waits": [_without_execution(wait) for wait in self.record.waits],
        }

    def _calls(self) -> dict[str, int]:
        return {state: number for (_, state), number in self.record.calls.items()}


def _without_execution(event: InjectedFault | Wait) -> dict[str, Any]:
    return {name: value for name, value in asdict(event).items() if name != "execution_arn"}
