"""Put measured results into ``docs/benchmarks.md``: ``python -m benchmarks.report RESULTS.json``.

Tables go between the document's marks ``<!-- name -->`` and ``<!-- /name -->``, the plot beside it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from benchmarks import plot, tables
from benchmarks.machine import in_words
from benchmarks.results import Results

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PLOT = DOCUMENT.with_name("benchmarks.svg")


def sections(results: Results) -> dict[str, str]:
    """Make everything that the document takes from the results, by name."""
    return {
        "machine": in_words(results.machine),
        "goals": tables.goals_table(results),
        "files": tables.files_table(results.files),
        "preparation": "\n\n".join(
            tables.preparation_table(n_rows, costs)
            for n_rows, costs in sorted(results.preparation.items())
        ),
        "functions": tables.functions_table(results.functions),
        "codec": tables.codec_table(results.codec),
        "codec memory": tables.codec_memory_table(results.codec_memory),
    }


def fill(document: str, named: dict[str, str]) -> str:
    """Replace what is between the marks.

    Raises
    ------
    ValueError
        If the document lacks a mark.
    """
    for name, content in named.items():
        pattern = f"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        document, n_found = re.subn(
            pattern,
            lambda found, content=content: f"{found[1]}{content}\n{found[2]}",  # type: ignore[misc]
            document,
            flags=re.DOTALL,
        )
        if n_found != 1:
            raise ValueError(f"expected <!-- {name} --> once, found it {n_found} times")
    return document


def main() -> None:
    """Rewrite the document's tables and its plot."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.report RESULTS.json")
    results = Results.load(Path(sys.argv[1]))
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(fill(document, sections(results)), encoding="utf-8")
    PLOT.write_text(plot.preparation(results.preparation), encoding="utf-8")


if __name__ == "__main__":
    main()
