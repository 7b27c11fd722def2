"""``python -m spark.job`` in a fresh process, in local mode, watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.scale.data_bucket import (
    BUCKET,
    aws_environment,
    products,
    resolved_run,
    serving_raw,
)
from benchmarks.scale.event_log import JobLog, read_event_log
from benchmarks.scale.processes import KINDS, Sample, machine_seconds, watch
from benchmarks.scale.s3_server import counts_of

_SAMPLES_PER_LOOK_AT_DISK = 20


@dataclass(frozen=True, slots=True)
class LocalSpark:
    """Where and with what a job runs.

    Attributes
    ----------
    cores : int
        That all of the job's processes share, the driver's included.
    heap : str
        Of the one JVM, as Java takes it: ``8g``.
    folder : Path
        For what Spark keeps and shuffles, and for the job's products.
    settings : mapping
        More of Spark's settings.
    """

    cores: int
    heap: str
    folder: Path
    settings: Mapping[str, str]

    def submit_args(self, folder: Path) -> str:
        """Give PYSPARK_SUBMIT_ARGS for a job with a folder of its own."""
        settings = {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.local.dir": str(folder / "local"),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": (folder / "events").as_uri(),
            "spark.eventLog.logStageExecutorMetrics": "true",
            "spark.executor.metrics.pollingInterval": "1s",
            **self.settings,
        }
        given = " ".join(f"--conf {name}={value}" for name, value in settings.items())
        # Up to four attempts of a task, as a cluster has.
        return f"--master local[{self.cores},4] --driver-memory {self.heap} {given} pyspark-shell"


class JobFailedError(Exception):
    """The job ended with an error; the message is the end of what it said."""


def run(raw: Path, filters: Mapping[str, Any], local: LocalSpark) -> dict[str, Any]:
    """Prepare the ratings in a folder; tell what it took.

    Parameters
    ----------
    raw : Path
        Folder of plain-text objects.
    filters : mapping
        Of the execution input, beside the defaults.
    local : LocalSpark

    Raises
    ------
    JobFailedError
        If the job fails.
    """
    local.folder.mkdir(parents=True, exist_ok=True)
    # The JVM may still be deleting its own files when the job is interrupted.
    with TemporaryDirectory(dir=local.folder, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "events").mkdir()
        with serving_raw(raw, folder / "s3") as endpoint:
            begun, before = time.time(), machine_seconds()
            answer, samples, peak_disk = _run_job(folder, resolved_run(filters), endpoint, local)
            s3, after = counts_of(endpoint), machine_seconds()
        (log_file,) = (folder / "events").iterdir()
        log = read_event_log(log_file)
        return {
            "answer": answer,
            "wall_seconds": samples[-1].time - begun,
            "start_seconds": log.intervals[0][1] - begun,
            "cpu_seconds": {kind: max(one.cpu_seconds[kind] for one in samples) for kind in KINDS},
            "machine_seconds": {name: after[name] - before[name] for name in after},
            "peak_rss_bytes": {
                **{kind: max(one.rss_bytes[kind] for one in samples) for kind in KINDS},
                "all": max(sum(one.rss_bytes.values()) for one in samples),
            },
            "peak_disk_bytes": peak_disk,
            "peak_heap_bytes": log.peak_heap_bytes,
            "steps": {
                name: {**asdict(step), "cpu_seconds": _cpu_of(name, log, samples)}
                for name, step in log.steps.items()
            },
            "s3": s3,
            "products": products(folder / "s3"),
        }


def _run_job(
    folder: Path, resolved: Mapping[str, Any], endpoint: str, local: LocalSpark
) -> tuple[dict[str, Any], list[Sample], int]:
    """Give the job's answer, what was seen meanwhile, and the most that Spark had on its disk."""
    environment = {
        **os.environ,
        **aws_environment(endpoint),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": local.submit_args(folder),
        "TMPDIR": str(folder),
    }
    # Or a job with one task at a time would compile and collect garbage on the other cores.
    command = ["taskset", "--cpu-list", f"0-{local.cores - 1}"]
    command += [sys.executable, "-m", "spark.job", "--data_bucket", BUCKET]
    command += ["--run", json.dumps(resolved)]
    samples: list[Sample] = []
    peak_disk = 0
    with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)  # noqa: S603
        try:
            for number, sample in enumerate(watch(process)):
                samples.append(sample)
                if number % _SAMPLES_PER_LOOK_AT_DISK == 0:
                    peak_disk = max(peak_disk, _disk_bytes(folder / "local"))
        finally:
            process.terminate()
            process.wait()
        samples.append(Sample(time.time(), samples[-1].cpu_seconds, samples[-1].rss_bytes))
        if process.returncode:
            err.seek(0)
            raise JobFailedError(err.read().decode(errors="replace")[-4000:])
        out.seek(0)
        answer: dict[str, Any] = json.loads(out.read().splitlines()[-1])
        return answer, samples, peak_disk


def _disk_bytes(folder: Path) -> int:
    n_bytes = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # it has been deleted meanwhile
            n_bytes += path.stat().st_size
    return n_bytes


def _cpu_of(step: str, log: JobLog, samples: Sequence[Sample]) -> dict[str, float]:
    """Add up processor time that passed during a step's queries."""
    times = [sample.time for sample in samples]

    def at(moment: float) -> Sample:
        return samples[max(0, bisect_right(times, moment) - 1)]

    return {
        kind: sum(
            at(end).cpu_seconds[kind] - at(begin).cpu_seconds[kind]
            for name, begin, end in log.intervals
            if name == step
        )
        for kind in KINDS
    }
