"""The reports of three runs have the parts that they had: `make snapshot` rewrites them."""

import pytest

from tests.conftest import PROJECT_ROOT
from tests.integration.reports.outline import outline
from tests.integration.reports.runs import RUNS, Reported

SNAPSHOTS = PROJECT_ROOT / "tests" / "snapshots" / "reports"


@pytest.mark.parametrize("name", RUNS)
def test_report_has_the_parts_that_it_had(reported: dict[str, Reported], name: str) -> None:
    expected = (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")

    assert outline(reported[name].html) == expected, "meant? `make snapshot` rewrites it"


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_missing_doubtful_or_too_large(reported: dict[str, Reported], name: str) -> None:
    run = reported[name]

    assert run.record.gaps == run.details.gaps == run.details.doubts == []
    assert len(run.html.encode()) < 3_000_000
