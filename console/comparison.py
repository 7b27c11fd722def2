"""Runs side by side: rows of values for a terminal, a page and JSON alike."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from console.columns import duration
from console.result import JUDGED, PLAIN, is_better_bigger
from console.run_record import RunRecord

Kind = Literal["text", "metric", "count", "seconds", "hours"]
# How many executions a comparison is of: more do not fit a screen.
FEWEST, MOST = 2, 8

_MISSING = "-"
# The steps that take time, as far as a run has them.
_STEPS = (
    "Preprocess",
    "ConvertRecordIO",
    "PrepareWithSpark",
    "TrainModel",
    "TuneModel",
    "TransformTestSet",
    "Evaluate",
)
# Made of the run's id, or shown elsewhere.
_NO_INPUT = ("run_id", "mode", "uris", "hyperparameters", "predictor_type")
_COUNTS = {
    "rows read": ("accounting", "rows_read"),
    "kept": ("accounting", "kept"),
    "customers": ("n_users",),
    "videos": ("n_items",),
    "test ratings": ("n_test",),
}


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One column.

    Attributes
    ----------
    record : RunRecord
        Its outline is enough.
    instance_hours : float or None
        Of all its SageMaker jobs; ``None`` if that is not known.
    """

    record: RunRecord
    instance_hours: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """What is compared.

    Attributes
    ----------
    values : tuple
        One for each run, ``None`` where it has none.
    kind : str
        What the values are: seconds, instance-hours, …
    best : frozenset of int
        Which runs have the best value; empty if there is nothing to judge.
    """

    label: str
    values: tuple[Any, ...]
    kind: Kind = "text"
    best: frozenset[int] = frozenset()

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as people read them."""
        return tuple(_MISSING if one is None else _TEXT[self.kind](one) for one in self.values)


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Runs side by side.

    Attributes
    ----------
    sections : tuple of Section
        Those without a row are left out.
    warnings : tuple of str
        Why something must not be compared.
    """

    runs: tuple[ComparedRun, ...]
    sections: tuple[Section, ...]
    warnings: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "runs": [
                {
                    "name": run.record.name,
                    "run_id": run.record.run_id,
                    "status": run.record.status,
                    "execution_arn": run.record.execution_arn,
                }
                for run in self.runs
            ],
            "sections": [
                {
                    "title": section.title,
                    "rows": [
                        {
                            "label": row.label,
                            "kind": row.kind,
                            "values": list(row.values),
                            "best": sorted(row.best),
                        }
                        for row in section.rows
                    ],
                }
                for section in self.sections
            ],
            "warnings": list(self.warnings),
        }


def compare(runs: Sequence[ComparedRun], *, show_all: bool = False) -> RunComparison:
    """Set runs side by side.

    The best metric is marked only if all were measured on the same ratings.

    Parameters
    ----------
    runs : sequence of ComparedRun
    show_all : bool
        Also the input and the hyperparameters that are the same in all runs.
    """
    records = [run.record for run in runs]
    warnings = _warnings(records)
    sections = (
        Section("Run", _outcome(records)),
        Section("Test split", _metrics(records, may_judge=not warnings)),
        Section("Ratings", _counts(records)),
        Section("Time and cost", _times(runs)),
        Section("Hyperparameters", _settings(map(_hyperparameters, records), show_all)),
        Section("Input", _settings(map(_input, records), show_all)),
    )
    return RunComparison(tuple(runs), tuple(one for one in sections if one.rows), warnings)


def _outcome(records: Sequence[RunRecord]) -> tuple[Row, ...]:
    outcomes = tuple(
        record.output.get("outcome") or record.status.lower().replace("_", " ")
        for record in records
    )
    modes = tuple(record.resolved.get("mode") for record in records)
    return Row("outcome", outcomes), Row("mode", modes)


def _metrics(records: Sequence[RunRecord], *, may_judge: bool) -> tuple[Row, ...]:
    rows = []
    for name, (label, baselines) in JUDGED.items():
        values = _of_all(records, name)
        best = _best(values, bigger=is_better_bigger(name)) if may_judge else frozenset()
        rows.append(Row(label, values, "metric", best))
        rows += [
            Row(f"  {text}", _of_all(records, key), "metric") for key, text in baselines.items()
        ]
    for name, label in PLAIN.items():
        values = _of_all(records, name)
        best = _best(values, bigger=False) if may_judge else frozenset()
        rows.append(Row(label, values, "metric", best))
    return _filled(rows)


def _of_all(records: Sequence[RunRecord], metric: str) -> tuple[float | None, ...]:
    return tuple(record.metrics.get(metric) for record in records)


def _best(values: Sequence[float | None], *, bigger: bool) -> frozenset[int]:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return frozenset()
    best = max(known) if bigger else min(known)
    return frozenset(at for at, value in enumerate(values) if value == best)


def _counts(records: Sequence[RunRecord]) -> tuple[Row, ...]:
    def count(record: RunRecord, path: tuple[str, ...]) -> Any:
        found: Any = record.ratings
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return _filled(
        Row(label, tuple(count(record, path) for record in records), "count")
        for label, path in _COUNTS.items()
    )


def _times(runs: Sequence[ComparedRun]) -> tuple[Row, ...]:
    def seconds(record: RunRecord, step: str) -> float | None:
        # A redriven run visits a state again.
        visits = [state.seconds for state in record.states if state.name == step]
        known = [value for value in visits if value is not None]
        return sum(known) if known else None

    rows = [Row("whole run", tuple(run.record.seconds for run in runs), "seconds")]
    rows += [
        Row(f"  {step}", tuple(seconds(run.record, step) for run in runs), "seconds")
        for step in _STEPS
    ]
    rows.append(Row("instance-hours", tuple(run.instance_hours for run in runs), "hours"))
    return _filled(rows)


def _filled(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(row for row in rows if any(value is not None for value in row.values))


def _hyperparameters(record: RunRecord) -> dict[str, Any]:
    """Return the model's own, which a tuning has chosen; else those that were asked for."""
    model = record.output.get("model") or {}
    found: Mapping[str, Any] = (
        model.get("hyperparameters") or record.resolved.get("hyperparameters") or {}
    )
    return dict(found)


def _input(record: RunRecord) -> dict[str, Any]:
    resolved = {name: value for name, value in record.resolved.items() if name not in _NO_INPUT}
    if record.resolved.get("mode") != "tune":
        resolved.pop("tuning", None)
    flat = dict(_flat(resolved, ""))
    # Shown as hyperparameters.
    return {k: v for k, v in flat.items() if not k.startswith("tuning.static_hyperparameters.")}


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Give what is innermost, named by the way to it."""
    if isinstance(value, Mapping) and (value or not name):
        for inner, its_value in value.items():
            yield from _flat(its_value, f"{name}.{inner}" if name else inner)
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        yield name, len(value)
        flat = [dict(_flat(one, name)) for one in value]
        for inner in dict.fromkeys(key for one in flat for key in one):
            found = [one.get(inner) for one in flat]
            yield inner, found if any(one != found[0] for one in found) else found[0]
    elif value is not None:
        yield name, value


def _settings(found: Iterable[Mapping[str, Any]], show_all: bool) -> tuple[Row, ...]:
    """Set settings side by side; a run that has none, because it failed early, differs in none."""
    runs = list(found)
    names = dict.fromkeys(name for run in runs for name in run)
    return tuple(
        Row(name, tuple(run.get(name) for run in runs))
        for name in names
        if show_all or len({json.dumps(run.get(name)) for run in runs if run}) > 1
    )


# What Evaluate computes of the ratings alone: they tell one test split from another.
_BASELINES = ("n_test", *(key for _, baselines in JUDGED.values() for key in baselines))


def _warnings(records: Sequence[RunRecord]) -> tuple[str, ...]:
    """Say that models were tested on different ratings.

    A data set may change under the same address, so the baselines are compared, which depend on
    the ratings of the splits only.
    """
    measured = [record for record in records if record.metrics]
    for other in measured[1:]:
        if not _same_ratings(measured[0].metrics, other.metrics):
            return (
                f"{measured[0].name} and {other.name} were tested on different ratings: their "
                "errors do not compare with one another, only with their own baselines",
            )
    return ()


def _same_ratings(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return all(
        (name in one) == (name in other) and math.isclose(one.get(name, 0.0), other.get(name, 0.0))
        for name in _BASELINES
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_TEXT: Mapping[Kind, Callable[[Any], str]] = {
    "text": _text,
    "metric": "{:.4f}".format,
    "count": "{:,}".format,
    "seconds": duration,
    "hours": "{:.3f}".format,
}
