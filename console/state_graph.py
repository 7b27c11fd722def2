"""The state machine's graph of one execution: which states there are, and what became of them.

Source of the definition's members: Amazon States Language, https://states-language.net/spec.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from console.timeline import StateRun

NOT_REACHED = "NOT_REACHED"
COLUMN_WIDTH, LAYER_HEIGHT = 206.0, 52.0
BOX_WIDTH, BOX_HEIGHT = 184.0, 34.0
MARGIN = 26.0


@dataclass(frozen=True, slots=True)
class Box:
    """One state in the drawing.

    Attributes
    ----------
    status : str
        Of its last visit; ``NOT_REACHED`` if there was none.
    visits : int
    x, y : float
        Left upper corner, in units of the drawing.
    """

    name: str
    kind: str
    status: str
    visits: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A transition; ``path`` and the arrow's ``head`` as the ``d`` of SVG paths."""

    origin: str
    target: str
    taken: bool
    path: str
    head: str


@dataclass(frozen=True, slots=True)
class StateGraph:
    """The drawing.

    Attributes
    ----------
    folded : tuple of str
        States that only failures lead to and that this execution did not visit.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    folded: tuple[str, ...]
    width: float
    height: float


def draw_graph(definition: Mapping[str, Any], states: Sequence[StateRun]) -> StateGraph | None:
    """Lay out a state machine in layers, the way of a successful execution from top to bottom.

    Parameters
    ----------
    definition : mapping
        As DescribeStateMachineForExecution gives it, read from JSON.
    states : sequence of StateRun
        Visits, in the order they were entered.

    Returns
    -------
    StateGraph or None
        ``None`` if `definition` is no state machine.
    """
    known = definition.get("States")
    start = definition.get("StartAt")
    if not isinstance(known, Mapping) or start not in known:
        return None
    forward = _without_loops(known, str(start))
    main = _leads_to_success(known, forward, str(start))
    visited = [name for name in dict.fromkeys(state.name for state in states) if name in known]
    shown = [name for name in forward if name in main]
    shown += [name for name in visited if name not in main]
    steps = {
        (before.name, after.name)
        for before, after in pairwise(states)
        if after.name in _targets(known.get(before.name, {}), with_catch=True)
    }
    layers = _layers(shown, main, forward, steps)
    boxes = _boxes(known, states, layers, main)
    arrows = [
        _arrow(boxes[a], boxes[b], taken=(a, b) in steps)
        for a, b in sorted(_drawn(shown, forward, main, steps), key=lambda pair: pair in steps)
    ]
    return StateGraph(
        boxes=tuple(boxes.values()),
        arrows=tuple(arrows),
        folded=tuple(name for name in known if name not in boxes),
        width=max(box.x for box in boxes.values()) + BOX_WIDTH + MARGIN,
        height=max(box.y for box in boxes.values()) + BOX_HEIGHT + MARGIN,
    )


def _targets(state: Mapping[str, Any], *, with_catch: bool = False) -> Iterator[str]:
    """Give the states that may follow, the usual one first."""
    if "Default" in state:
        yield state["Default"]
    for choice in state.get("Choices", ()):
        yield choice["Next"]
    if "Next" in state:
        yield state["Next"]
    if with_catch:
        for catcher in state.get("Catch", ()):
            yield catcher["Next"]


def _without_loops(states: Mapping[str, Any], start: str) -> dict[str, list[str]]:
    """Give each state's followers without the transitions that lead back.

    The states come in an order in which each stands before its followers.
    """
    forward: dict[str, list[str]] = {}
    finished: list[str] = []
    open_states: set[str] = set()

    def visit(name: str) -> None:
        open_states.add(name)
        forward[name] = []
        for target in dict.fromkeys(_targets(states[name])):
            if target in open_states:
                continue
            forward[name].append(target)
            if target not in forward:
                visit(target)
        open_states.discard(name)
        finished.append(name)

    visit(start)
    return {name: forward[name] for name in reversed(finished)}


def _leads_to_success(
    states: Mapping[str, Any], forward: Mapping[str, Sequence[str]], start: str
) -> set[str]:
    """Name the states from which success is reached without going back; `start` is always one."""
    good = {start}
    for name in reversed(list(forward)):
        ends_well = states[name]["Type"] == "Succeed" or states[name].get("End") is True
        if ends_well or any(target in good for target in forward[name]):
            good.add(name)
    return good


def _layers(
    shown: Sequence[str],
    main: set[str],
    forward: Mapping[str, Sequence[str]],
    steps: set[tuple[str, str]],
) -> dict[str, int]:
    """Put each state below all that lead to it; a state of failures below where it was reached."""
    layer = dict.fromkeys(shown, 0)
    order = {name: number for number, name in enumerate(shown)}
    for name in shown:
        followers = {target for target in forward.get(name, ()) if target in main and name in main}
        followers |= {b for a, b in steps if a == name and order[b] > order[name]}
        for target in followers:
            layer[target] = max(layer[target], layer[name] + 1)
    return layer


def _boxes(
    known: Mapping[str, Any],
    states: Sequence[StateRun],
    layers: Mapping[str, int],
    main: set[str],
) -> dict[str, Box]:
    visits = {name: [state for state in states if state.name == name] for name in layers}
    columns = {
        layer: _columns([name for name in layers if layers[name] == layer], visits, main)
        for layer in sorted(set(layers.values()))
    }
    return {
        name: Box(
            name=name,
            kind=known[name]["Type"],
            status=visits[name][-1].status if visits[name] else NOT_REACHED,
            visits=len(visits[name]),
            x=MARGIN + COLUMN_WIDTH * column,
            y=MARGIN + LAYER_HEIGHT * layer,
        )
        for layer, names in columns.items()
        for column, name in enumerate(names)
    }


def _columns(
    names: Sequence[str], visits: Mapping[str, Sequence[StateRun]], main: set[str]
) -> list[str]:
    """Put the way that was taken leftmost, and what failures lead to beside it."""
    usual = sorted((name for name in names if name in main), key=lambda name: not visits[name])
    return [*usual[:1], *(name for name in names if name not in main), *usual[1:]]


def _drawn(
    shown: Sequence[str],
    forward: Mapping[str, Sequence[str]],
    main: set[str],
    steps: set[tuple[str, str]],
) -> set[tuple[str, str]]:
    """Choose the transitions that were taken, and those that no chain of others replaces."""
    drawn = set(steps)
    below: dict[str, set[str]] = {}
    for name in reversed(shown):
        targets = [t for t in forward.get(name, ()) if t in main and t in shown]
        below[name] = set(targets).union(*(below.get(target, set()) for target in targets))
        for target in targets:
            others = (below.get(other, set()) for other in targets if other != target)
            if name in main and not any(target in chain for chain in others):
                drawn.add((name, target))
    return drawn


def _arrow(origin: Box, target: Box, *, taken: bool) -> Arrow:
    """Draw straight down where there is nothing between, else around the boxes."""
    layers = round((target.y - origin.y) / LAYER_HEIGHT)
    if layers == 1 or (layers > 0 and origin.x != target.x):
        # A longer one runs down in the column of the box that is farther right.
        x1, y1 = origin.x + BOX_WIDTH / 2, origin.y + BOX_HEIGHT
        x2, y2 = target.x + BOX_WIDTH / 2, target.y
        bend = y2 - 12 if origin.x > target.x else y1 + 6
        path = f"M{x1:g} {y1:g}V{bend:g}H{x2:g}V{y2 - 5:g}"
        head = f"M{x2 - 4:g} {y2 - 7:g}h8l-4 7z"
        return Arrow(origin.name, target.name, taken, path, head)
    y1, y2 = origin.y + BOX_HEIGHT / 2, target.y + BOX_HEIGHT / 2
    if layers > 0:
        # Past boxes of its own column on the left; the farther, the more to the left.
        side = origin.x - (8 if layers < 4 else 16)
        x1, x2, back = origin.x, target.x, -1
    else:
        side = max(origin.x, target.x) + BOX_WIDTH + 9
        x1, x2, back = origin.x + BOX_WIDTH, target.x + BOX_WIDTH, 1
    path = f"M{x1:g} {y1:g}H{side:g}V{y2:g}H{x2 + 5 * back:g}"
    head = f"M{x2 + 7 * back:g} {y2 - 4:g}v8l{-7 * back} -4z"
    return Arrow(origin.name, target.name, taken, path, head)
