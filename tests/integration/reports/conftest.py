"""The three runs, made once for all tests of their reports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.reports.runs import Reported, reported_runs


@pytest.fixture(scope="package")
def reported(assembly: Path) -> Iterator[dict[str, Reported]]:
    with reported_runs(assembly) as found:
        yield found
