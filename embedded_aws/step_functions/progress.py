"""How far a program has come: what a redrive needs to go on from there.

A program is a state machine, a branch of a Parallel state, or an iteration of an inline Map state.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Progress:
    """The state that a program is in, and what it was entered with.

    Attributes
    ----------
    state : str or None
        The state's name; None before the first.
    entered : bool
        Whether the state was entered, rather than only chosen as the next.
    state_input : object
        The state's raw input.
    variables : dict of str to object
        The variables of the program's own scope when the state was entered.
    entered_event_id : int
        The event of the history that the state's next events follow.
    children : dict of int to Progress
        Branches or iterations of the state, by index.
    ended : bool
        Whether the program (a branch or an iteration) succeeded, with `output`.
    has_map_run : bool
        Whether the state has started a Distributed Map's run.
    resumed : bool
        Whether a redrive goes on from here and has not yet begun the state again.
    continues : bool
        Whether the state's next branches or iterations are those that a redrive continues.
    """

    state: str | None = None
    entered: bool = False
    state_input: Any = None
    variables: dict[str, Any] = field(default_factory=dict)
    entered_event_id: int = 0
    children: dict[int, Progress] = field(default_factory=dict)
    ended: bool = False
    output: Any = None
    has_map_run: bool = False
    resumed: bool = False
    continues: bool = False

    def enter(self, state: str, env: Any) -> None:
        """Record that a state begins; a state that a redrive goes on with keeps its record."""
        if self.resumed:
            self.resumed = False
            return
        self._record(state, env, entered=True)

    def leave(self, env: Any) -> None:
        """Record the state that comes next."""
        self._record(env.next_state_name, env, entered=False)

    def _record(self, state: str, env: Any, *, entered: bool) -> None:
        self.state, self.entered = state, entered
        self.state_input = env.states.get_input()
        self.variables = copy.deepcopy(env.variable_store._inner_scope)
        self.entered_event_id = env.event_history_context.source_event_id
        self.children, self.has_map_run, self.continues = {}, False, False

    def begin_children(self, count: int) -> None:
        """Begin all branches or iterations anew, or those that a redrive has to continue.

        A state all of whose children succeeded failed with their results, and AWS reruns it
        whole (States.DataLimitExceeded in "Redrive behavior of individual states").

        Parameters
        ----------
        count : int
            How many branches or iterations the state has.
        """
        earlier = self.children if self.continues else {}
        if sum(child.ended for child in earlier.values()) == count:
            earlier = {}
        self.children = {index: earlier.get(index, Progress()) for index in range(count)}
        self.continues = False

    def continuation(self) -> Progress:
        """Return what a redrive begins with, apart from what the old attempt may still touch."""
        copied = copy.deepcopy(self)
        copied._resume()
        return copied

    def _resume(self) -> None:
        self.resumed = self.continues = not self.ended and self.entered
        for child in self.children.values():
            child._resume()

    def restore(self, env: Any) -> None:
        """Put a new environment where this program was."""
        env.next_state_name = self.state
        env.states.reset(input_value=self.state_input)
        env.variable_store._inner_scope.update(copy.deepcopy(self.variables))
        env.event_history_context.source_event_id = self.entered_event_id
