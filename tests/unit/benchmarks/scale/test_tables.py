"""What is said of the aim follows from the medians."""

from benchmarks.scale.results import Measured, Results
from benchmarks.scale.tables import goal


def run(millions: int, seconds: float, *, cores: int = 2) -> Measured:
    found = {"wall_seconds": seconds}
    return Measured("spark", millions * 10**6, 1, cores, "8g", None, {}, {}, found)


def test_growth_for_a_row() -> None:
    runs = [run(4, 60.0), run(4, 40.0), run(4, 44.0), run(16, 140.0), run(64, 704.0)]
    said = goal(Results(runs=[*runs, run(64, 9999.0, cores=1)]))
    assert "11.0 µs of 4 M and 11.0 µs of 64 M: 1.00 times" in said
    assert "8.0 µs up to 16 M, 11.8 µs up to 64 M: 1.47 times" in said
