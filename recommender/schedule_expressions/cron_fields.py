"""The fields of a cron expression: texts to numbers.

Values and wildcards are those of the EventBridge user guide, "Cron expressions reference".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ITEM = re.compile(r"(?P<first>\*|[^-/]+)(?:-(?P<last>[^-/]+))?(?P<slash>/(?P<step>[^-/]*))?")


@dataclass(frozen=True)
class CronField:
    """One of the six fields.

    Attributes
    ----------
    name : str
        As the AWS documentation has it.
    low, high : int
        Smallest and largest value.
    names : mapping of str to int
        Names that stand for values, such as ``MON``.
    has_steps : bool
        Whether the wildcard ``/`` is known.
    """

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    has_steps: bool = True

    @property
    def range_text(self) -> str:
        """The values, in words."""
        named = list(self.names)
        return f"{self.low}-{self.high}" + (f" or {named[0]}-{named[-1]}" if named else "")

    def value(self, text: str) -> int:
        """Read one value.

        Raises
        ------
        ValueError
            In words, if `text` is none.
        """
        if text in self.names:
            return self.names[text]
        if text.isascii() and text.isdigit() and self.low <= int(text) <= self.high:
            return int(text)
        raise ValueError(f"{self.name}: expected {self.range_text}, found {text!r}")

    def values(self, text: str) -> frozenset[int]:
        """Read values, ranges and steps, separated by commas.

        Raises
        ------
        ValueError
            In words, if `text` is none of these.
        """
        return frozenset().union(*(self._item(item) for item in text.split(",")))

    def _item(self, text: str) -> frozenset[int]:
        match = _ITEM.fullmatch(text)
        if match is None or (match["first"] == "*" and match["last"]):
            raise ValueError(
                f"{self.name}: expected values such as {self.low}, {self.low}-{self.high} or *, "
                f"found {text!r}"
            )
        if match["slash"] and not self.has_steps:
            raise ValueError(f"{self.name}: steps (/) are not known here, found {text!r}")
        if match["first"] == "*":
            first, last = self.low, self.high
        else:
            first = self.value(match["first"])
            last = self.value(match["last"]) if match["last"] else first
            if match["slash"] and not match["last"]:
                last = self.high
        if first > last:
            raise ValueError(f"{self.name}: expected a range from low to high, found {text!r}")
        return frozenset(range(first, last + 1, self._step(match["step"])))

    def _step(self, text: str | None) -> int:
        if text is None:
            return 1
        if text.isascii() and text.isdigit() and 1 <= int(text) <= self.high:
            return int(text)
        raise ValueError(f"{self.name}: expected a step of 1-{self.high}, found {text!r}")


MINUTES = CronField("minutes", 0, 59)
HOURS = CronField("hours", 0, 23)
DAY_OF_MONTH = CronField("day-of-month", 1, 31)
MONTH = CronField(
    "month",
    1,
    12,
    dict(
        zip(
            ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
            range(1, 13),
            strict=True,
        )
    ),
)
DAY_OF_WEEK = CronField(
    "day-of-week",
    1,
    7,
    dict(zip(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), range(1, 8), strict=True)),
    has_steps=False,
)
YEAR = CronField("year", 1970, 2199)
