"""A function's handler in a fresh process, as Lambda runs it, with an S3 over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from benchmarks.measuring import Outcome, call
from recommender.errors import RecommenderError


@dataclass(frozen=True, slots=True)
class Invocation:
    """What an invocation answered and took.

    Attributes
    ----------
    answer : dict
        The function's; where it failed, ``errorType`` and ``errorMessage`` as Lambda gives them.
    wall_seconds, cpu_seconds : float
        Of the handler alone.
    peak_mib : float
        The most memory that the process held, Python and libraries included.
    """

    answer: dict[str, Any]
    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def invoke(
    name: str,
    event: Mapping[str, Any],
    *,
    disk_mib: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Invocation:
    """Call a function's handler.

    Parameters
    ----------
    name : str
        Of its package below ``lambdas``.
    event : mapping
    disk_mib : int or None
        What the function is told of free disk; None: what there is.
    environment : mapping or None
        Of the function, beside this process's.
    """
    completed = subprocess.run(  # noqa: S603
        [sys.executable, "-m", __spec__.name, name, *([str(disk_mib)] if disk_mib else [])],
        input=json.dumps(event),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, **(environment or {})},
    )
    return Invocation(**json.loads(completed.stdout.splitlines()[-1]))


_Usage = namedtuple("_Usage", "total used free")


def _limit_disk(n_bytes: int) -> None:
    found = shutil.disk_usage

    def disk_usage(path: Any) -> _Usage:
        total, used, free = found(path)
        return _Usage(total, used, min(free, n_bytes))

    shutil.disk_usage = disk_usage  # type: ignore[assignment]


def main() -> None:
    """Call the handler that is named with the event on standard input; print an `Invocation`."""
    name, *disk_mib = sys.argv[1:]
    if disk_mib:
        _limit_disk(int(disk_mib[0]) << 20)
    handler = import_module(f"lambdas.{name}.handler").lambda_handler
    event = json.load(sys.stdin)
    answer: dict[str, Any] = {}

    def act() -> Outcome:
        try:
            answer.update(handler(event, None))
        except RecommenderError as error:
            answer.update({"errorType": type(error).__name__, "errorMessage": str(error)})
        return {}

    cost = call(act)
    print(
        json.dumps(asdict(Invocation(answer, cost.wall_seconds, cost.cpu_seconds, cost.peak_mib)))
    )


if __name__ == "__main__":
    main()
