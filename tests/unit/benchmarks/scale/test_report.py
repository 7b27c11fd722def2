"""The page says what its results say."""

from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")

from benchmarks.report import fill
from benchmarks.scale import report
from benchmarks.scale.results import Results

RESULTS = Path(report.__file__).with_name("results.json")


def test_tables_are_those_of_the_results() -> None:
    document = report.DOCUMENT.read_text(encoding="utf-8")
    assert document == fill(document, report.sections(Results.load(RESULTS)))
