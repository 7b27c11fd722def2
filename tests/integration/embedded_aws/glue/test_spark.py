"""Spark in a job run: its settings, its Python workers, and that all of its processes end."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import psutil

from embedded_aws.faults import FaultPlan
from embedded_aws.faults.injection import inject
from embedded_aws.processor_count import processor_count
from tests.integration.embedded_aws.conftest import Machines, task
from tests.integration.embedded_aws.glue.job_scripts import PATIENCE_SECONDS, Jobs

# The driver says by its arguments how long a task of its two takes, and where it leaves its id.
SCRIPT = """
import importlib.util, json, os, sys, time
from pathlib import Path
from pyspark.sql import SparkSession

context = SparkSession.builder.getOrCreate().sparkContext
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))

def look(number):
    import first_party

    Path(arguments["--folder"], str(os.getpid())).touch()
    time.sleep(float(arguments["--seconds"]))
    return [first_party.NAME, importlib.util.find_spec("recommender") is None, number]

seen = context.parallelize(range(2), 2).map(look).collect()
conf = context.getConf()
settings = [conf.get(f"spark.{name}") for name in ("driver.bindAddress", "ui.enabled", "local.dir")]
print(json.dumps([context.master, *settings, seen]))
"""


def arguments(jobs: Jobs, folder: Path, seconds: float) -> dict[str, str]:
    modules = jobs.put_zip("modules.zip", {"first_party.py": "NAME = 'first'"})
    return {"--extra-py-files": modules, "--folder": str(folder), "--seconds": str(seconds)}


def wait_for_workers(folder: Path) -> list[psutil.Process]:
    """Wait for a Python worker of Spark; return it, its parent, and so on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        ids = [int(path.name) for path in folder.iterdir()]
        if ids:
            worker = psutil.Process(ids[0])
            return [worker, *worker.parents()]
        time.sleep(0.02)
    raise AssertionError("no worker of Spark has begun")


def are_gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=15)
    return not alive


def test_spark_does_the_work_of_a_killed_worker_again(
    jobs: Jobs, machines: Machines, tmp_path: Path
) -> None:
    name = jobs.create(SCRIPT, DefaultArguments=arguments(jobs, tmp_path, 0))
    definition = task("arn:aws:states:::glue:startJobRun.sync", {"JobName": name})
    plan = FaultPlan.parse(["Task:KilledWorker"])
    plan.check(definition)

    with inject(plan) as record:
        execution_arn = machines.start(definition)
        run = jobs.wait(name, jobs.newest_run(name)["Id"])

    assert machines.wait(execution_arn)["status"] == "SUCCEEDED", jobs.lines(run, "error")
    (injected,) = record.injected
    assert injected.detail.endswith(f": {name}")
    # How Spark names it depends on where it was when the worker went away.
    crashes = [line for line in jobs.lines(run, "error") if "Lost task" in line]
    assert crashes
    (line,) = jobs.lines(run, "output")
    master, address, ui, folder, seen = json.loads(line)
    assert master == f"local[{processor_count()},4]"
    assert (address, ui) == ("127.0.0.1", "false")
    assert seen == [["first", True, 0], ["first", True, 1]]
    assert not Path(folder).exists()


def test_stopped_run_leaves_no_process(jobs: Jobs, tmp_path: Path) -> None:
    name = jobs.create(SCRIPT, DefaultArguments=arguments(jobs, tmp_path, 60))
    run_id = jobs.start(name)
    processes = wait_for_workers(tmp_path)
    own = processes[: [process.pid for process in processes].index(os.getpid())]
    assert "java" in [process.name() for process in own]

    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])

    assert jobs.wait(name, run_id)["JobRunState"] == "STOPPED"
    assert are_gone(own)
