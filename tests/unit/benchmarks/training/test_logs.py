"""What is read out of the contestants' logs, and of the processes."""

import os
import sys

import pytest

from benchmarks.training import libfm, ours
from benchmarks.training.processes import ContestantError, run

OUR_LOG = """\
[11/22/2026 13:00:00 INFO 1] #quality_metric: host=algo-1, epoch=0, batch=0 train rmse <loss>=3.7
#metrics {"StartTime": 1.0, "EndTime": 3.0, "Metrics": {"update.time": {"sum": 2000.0}}}
[11/22/2026 13:00:02 INFO 1] #throughput_metric: host=algo-1, train throughput=500.0 records/second
[11/22/2026 13:00:03 INFO 1] #throughput_metric: host=algo-1, train throughput=2e3 records/second
[11/22/2026 13:00:03 INFO 1] #quality_metric: host=algo-1, train rmse <loss>=0.8
[11/22/2026 13:00:03 INFO 1] #test_score (algo-1) : ('rmse', 0.9)
[11/22/2026 13:00:03 INFO 1] #quality_metric: host=algo-1, test rmse <loss>=0.91
[11/22/2026 13:00:03 INFO 1] #quality_metric: host=algo-1, test mse <loss>=0.83
"""
LIBFM_LOG = """\
rmse\tmae\ttime_pred\ttime_learn\ttime_learn2\ttime_learn4\trmse_train
0.91784\t0.753373\t0.020146\t0.328317\tnan\tnan\t0.903639
0.905011\t0.737928\t0.021734\t0.272841\tnan\tnan\t0.881394
"""


def test_our_log() -> None:
    assert ours.parse_log(OUR_LOG, 1000) == ([2.0, 0.5], 0.91)


def test_our_log_without_a_test_channel_is_refused() -> None:
    without = OUR_LOG.replace(", test rmse", ", train rmse")

    with pytest.raises(ContestantError, match="found 2 and 0"):
        ours.parse_log(without, 1000)


def test_libfm_log() -> None:
    assert libfm.parse_log(LIBFM_LOG) == ([0.328317, 0.272841], 0.905011)


def test_libfm_log_without_iterations_is_refused() -> None:
    with pytest.raises(ContestantError, match="expected a line for each iteration"):
        libfm.parse_log(LIBFM_LOG.splitlines()[0])


def test_a_process_gets_its_cores_and_is_measured() -> None:
    code = (
        "import os; block = bytearray(b'x') * 100_000_000; "
        "print(len(os.sched_getaffinity(0)), os.environ['NUMBA_NUM_THREADS'], os.environ['MORE'])"
    )

    finished = run([sys.executable, "-c", code], cores=1, environment={"MORE": "yes"})

    assert finished.stdout == "1 1 yes\n"
    assert 95 < finished.peak_mib < 160
    assert finished.cpu_seconds > 0
    assert 0 < finished.wall_seconds < 30


def test_a_failing_process_is_told_with_its_last_lines() -> None:
    code = "import sys; sys.exit('no such data')"

    with pytest.raises(ContestantError, match=r"expected exit code 0, found 1.*no such data"):
        run([sys.executable, "-c", code], cores=1)


def test_more_cores_than_there_are_are_refused() -> None:
    n_cores = len(os.sched_getaffinity(0))

    with pytest.raises(ContestantError, match=f"expected {n_cores + 1} processors"):
        run(["true"], cores=n_cores + 1)
