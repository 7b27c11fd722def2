"""What follows from a measured run for workers and requests."""

import pytest

pytest.importorskip("pyspark", reason="needs the dependency group spark: PySpark")

from benchmarks.scale.model import Line, Model, bytes_read
from benchmarks.scale.plan import Case, Cluster
from benchmarks.scale.results import Measured

STEP = {"shuffle_write_bytes": 900, "largest_shuffle_bytes": 640}
FOUND = {
    "answer": {"ratings": {"accounting": {"kept": 500_000}, "n_users": 90_000, "n_items": 10_000}},
    "steps": {"cleanse": STEP, "write": {"shuffle_write_bytes": 100, "largest_shuffle_bytes": 100}},
    "peak_disk_bytes": 5_000,
    "products": {"customers_bytes": 10_000_000, "videos_bytes": 6_000_000},
    "s3": {"bytes": {"UploadPart": 40_000_000}},
}
RUN = Measured("spark", 1_000_000, 216_000_000, 2, "8g", None, {}, {}, FOUND)
MODEL = Model(
    driver_seconds=7.0,
    steps={"read": Line(3.0, 0.0), "write": Line(5.0, 2e-6)},
    alone_seconds_per_id=1e-6,
)


def test_a_case_is_so_many_times_the_run() -> None:
    case = Case.like(RUN, 10_000_000)
    assert (case.load.rows, case.load.kept, case.load.objects) == (10_000_000, 5_000_000, 20)
    assert (case.shuffle_bytes, case.largest_shuffle_bytes, case.disk_bytes) == (
        10_000,
        6_400,
        50_000,
    )
    assert (case.training_bytes, case.index_bytes) == (240_000_000, 160_000_000)
    assert (case.test_files, case.train_rows) == (100, 3_000_000)
    # Two pieces of each of 20 objects, and each a HeadObject.
    assert case.gets == 40 * 2 + 20
    # 4 training files of 60 MB in 8 parts, 2 index tables of 80 MB in 10, Parquet, reports.
    assert case.puts == 100 + (4 + 1) + 4 * (2 + 8) + 2 * (2 + 10) + 2
    assert case.shuffle_blocks == 40 * 20
    assert case.block_bytes == 8
    assert case.driver_bytes == 40 * 1000 + 20 * 3 * 20 * 8 + (3 << 11) * 8 + 100 * 150


def test_one_worker_is_the_drivers() -> None:
    assert Cluster("G.1X", 10).cores == 36
    assert Cluster("G.2X", 10).cores == 72
    assert Cluster("G.2X", 10).free_disk_bytes == 9 * 78e9


def test_hours_are_those_of_the_model_and_of_s3() -> None:
    case, cluster = Case.like(RUN, 10_000_000), Cluster("G.2X", 10)
    s3_seconds = (2_160_000_000 + 40 * 2**20) / 85e6 + (case.gets + case.puts) * 0.2
    seconds = 10 + 5 + 2e-6 * 5_000_000 / 72 + 1e-6 * 1_000_000 + s3_seconds / 72
    assert cluster.hours(case, MODEL) == pytest.approx(seconds / 3600)
    assert cluster.dpu_hours(case, MODEL) == pytest.approx(20 * seconds / 3600)


def test_requests_in_a_second_are_spread_over_the_step() -> None:
    case, cluster = Case.like(RUN, 10_000_000), Cluster("G.2X", 10)
    writing = 5 + 2e-6 * 5_000_000 / 72 + case.puts * 0.2 / 72
    assert cluster.puts_per_second(case, MODEL) == pytest.approx(case.puts / writing)
    reading = 3 + (bytes_read(case.load) / 85e6 + case.gets * 0.2) / 72
    assert cluster.gets_per_second(case, MODEL) == pytest.approx(case.gets / reading)
