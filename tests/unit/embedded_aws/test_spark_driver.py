"""The driver's memory follows the worker type, and leaves half of the machine to others."""

import pytest

from embedded_aws.glue.spark_driver import driver_memory_mib

GIB = 2**30


@pytest.mark.parametrize(
    ("worker_type", "machine_gib", "expected_mib"),
    [("G.025X", 64, 2560), ("G.1X", 64, 10240), ("G.2X", 64, 20480), ("G.1X", 8, 4096),
     ("R.8X", 16, 8192)],
)  # fmt: skip
def test_driver_memory(worker_type, machine_gib, expected_mib):
    assert driver_memory_mib(worker_type, machine_gib * GIB) == expected_mib
