"""Generated objects have the rows that were asked for."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.ratings_file import blocks, text_of
from benchmarks.scale import raw_objects as module
from benchmarks.scale.raw_objects import raw_objects, size_of

N_ROWS = 120_000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCKS_PER_OBJECT", 2)
    monkeypatch.setattr(module, "SKEWED_RATINGS", {"customer": 30_000, "video": 90_000})
    # Processes would not see what is patched.
    monkeypatch.setattr(module, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))


def rows_of(folder: Path) -> list[list[str]]:
    lines = [path.read_text().splitlines() for path in sorted(folder.iterdir())]
    assert all(of_object[0].startswith("marketplace\t") for of_object in lines)
    return [line.split("\t") for of_object in lines for line in of_object[1:]]


def test_objects_have_the_rows_of_the_one_file(tmp_path: Path) -> None:
    folder = raw_objects(N_ROWS, tmp_path)
    text = b"".join(text_of(block) for block in blocks(N_ROWS)).decode()
    assert ["\t".join(row) for row in rows_of(folder)] == text.splitlines()
    assert len(list(folder.iterdir())) == 2
    assert size_of(folder) > 200 * N_ROWS


@pytest.mark.parametrize(("skew", "one", "other"), [("customer", 1, 3), ("video", 3, 1)])
def test_one_has_many_ratings_each_of_another(
    tmp_path: Path, skew: module.Skew, one: int, other: int
) -> None:
    rows = rows_of(raw_objects(N_ROWS, tmp_path, skew))
    ((busiest, n_ratings),) = Counter(row[one] for row in rows).most_common(1)
    assert len(rows) == N_ROWS
    assert n_ratings >= module.SKEWED_RATINGS[skew]
    others = {row[other] for row in rows if row[one] == busiest}
    assert len(others) >= module.SKEWED_RATINGS[skew]


def test_more_ratings_of_one_than_there_are_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="customer: expected more than 30,000 rows"):
        raw_objects(30_000, tmp_path, "customer")
