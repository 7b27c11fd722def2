"""Put measured trainings into a page: ``python -m benchmarks.training.report RESULTS.json``."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.machine import in_words
from benchmarks.report import fill
from benchmarks.training import tables
from benchmarks.training.trainings import Results

DOCUMENT = Path(__file__).parents[2] / "docs" / "factorization-machines.md"


def sections(results: Results) -> dict[str, str]:
    """Make everything that the document takes from the results, by name."""
    return {
        "machine": in_words(results.machine),
        "goals": tables.goals_table(results),
        "throughput": tables.throughput_table(results),
        "quality": tables.quality_table(results),
        "movielens": tables.movielens_table(results),
    }


def main() -> None:
    """Rewrite the document's tables."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.training.report RESULTS.json")
    results = Results.load(Path(sys.argv[1]))
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(fill(document, sections(results)), encoding="utf-8")


if __name__ == "__main__":
    main()
