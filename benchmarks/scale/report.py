"""Put measured runs into ``docs/scale.md``: ``python -m benchmarks.scale.report RESULTS.json``."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.machine import in_words
from benchmarks.report import fill
from benchmarks.scale import plan_tables, plot, tables
from benchmarks.scale.results import Results

DOCUMENT = Path(__file__).parents[2] / "docs" / "scale.md"
PLOT = DOCUMENT.with_name("scale.svg")


def sections(results: Results) -> dict[str, str]:
    """Make everything that the document takes from the results, by name."""
    return {
        "machine": in_words(results.machine),
        "goal": tables.goal(results),
        "curves": tables.curves_table(results),
        "functions": tables.functions_table(results),
        "steps": tables.steps_table(results),
        "skew": tables.skew_table(results),
        "model": plan_tables.model_table(results),
        "check": plan_tables.check_table(results),
        "requests": plan_tables.requests_table(results),
        "blocks": plan_tables.blocks_table(results),
        "time": plan_tables.time_table(results),
        "volume": plan_tables.volume_table(results),
        "limits": plan_tables.limits_table(results),
    }


def main() -> None:
    """Rewrite the document's tables and its plot."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.scale.report RESULTS.json")
    results = Results.load(Path(sys.argv[1]))
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(fill(document, sections(results)), encoding="utf-8")
    PLOT.write_text(plot.curves(results), encoding="utf-8")


if __name__ == "__main__":
    main()
