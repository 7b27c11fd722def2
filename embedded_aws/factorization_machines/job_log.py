"""The algorithm's log on stdout, line by line as the real container writes it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping

from embedded_aws.factorization_machines.metrics import METRIC_DIRECTIONS


def log(message: str, *, level: str = "INFO") -> None:
    """Write one line, with time (UTC) and thread in front."""
    moment = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime())
    sys.stdout.write(f"[{moment} {level} {threading.get_ident()}] {message}\n")
    sys.stdout.flush()  # whoever follows the job sees it now


def log_quality(host: str, where: str, metrics: Mapping[str, float]) -> None:
    """Write one ``#quality_metric`` line for each metric.

    Parameters
    ----------
    where : str
        For example ``"epoch=0, batch=0 train"``, ``"epoch=0, train"``, ``"train"`` or ``"test"``.
    """
    for name, value in metrics.items():
        log(f"#quality_metric: host={host}, {where} {name} <{METRIC_DIRECTIONS[name]}>={value}")


def log_test_scores(host: str, metrics: Mapping[str, float]) -> None:
    """Write the test channel's metrics, once as scores and once as quality metrics."""
    for name, value in metrics.items():
        log(f"#test_score ({host}) : {(name, value)}")
    log_quality(host, "test", metrics)


def log_epoch_end(host: str, epoch: int, epochs: int, records: int, started_at: float) -> None:
    """Write the time, progress and throughput of an epoch that began at `started_at` seconds."""
    ended_at = time.time()
    seconds = max(ended_at - started_at, 1e-9)
    milliseconds = seconds * 1000.0
    update_time = {"sum": milliseconds, "count": 1, "min": milliseconds, "max": milliseconds}
    structured = {
        "StartTime": started_at,
        "EndTime": ended_at,
        "Dimensions": {
            "Algorithm": "factorization-machines",
            "Host": host,
            "Operation": "training",
        },
        "Metrics": {"update.time": update_time},
    }
    sys.stdout.write(f"#metrics {json.dumps(structured)}\n")
    done = 100.0 * (epoch + 1) / epochs
    log(f"#progress_metric: host={host}, completed {done} % of epochs")
    log(f"#throughput_metric: host={host}, train throughput={records / seconds} records/second")
