"""What is wrong with an expression."""

from __future__ import annotations

from collections.abc import Sequence


class ScheduleExpressionError(ValueError):
    """An expression or a time zone cannot be read; the message is one line with every problem.

    Parameters
    ----------
    problems : sequence of str
        What was expected, and what was found.
    """

    def __init__(self, problems: Sequence[str]):
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)
