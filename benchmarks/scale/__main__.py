"""``python -m benchmarks.scale``: how each route's time and memory grow with the rows.

Runs one after the other, each in fresh processes, beside an S3 in another one. Give the machine
nothing else to do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.ratings_file import DEFAULT_FOLDER
from benchmarks.scale import functions_route, spark_route
from benchmarks.scale.raw_objects import SKEWED_RATINGS, raw_objects, size_of
from benchmarks.scale.results import Measured, Results

_MILLION = 1_000_000


def main() -> None:
    """Measure; print a line for each run; add it to the results."""
    parser = _parser()
    options = parser.parse_args()
    n_skewed = SKEWED_RATINGS[options.skew] if options.skew else 0
    if min(options.sizes) * _MILLION <= n_skewed:
        parser.error(f"--sizes: expected more than {n_skewed / _MILLION:g}, in millions of rows")
    results = Results()
    if options.json and options.json.exists():
        results = Results.load(options.json)
    spark = {name: version(name) for name in ("pyspark", "pyarrow")}
    results.machine = {**machine.describe(), **spark}
    for size in options.sizes:
        for _ in range(options.repetitions):
            try:
                one = _measure(round(size * _MILLION), options)
            except spark_route.JobFailedError as error:
                sys.exit(f"{size:g} M rows: the job failed; the end of what it said:\n{error}")
            results.runs.append(one)
            print(_line(one), flush=True)
            if options.json:
                results.save(options.json)  # whatever happens to the next one


def _measure(n_rows: int, options: argparse.Namespace) -> Measured:
    raw = raw_objects(n_rows, options.folder, options.skew)
    filters = {f"min_ratings_per_{name}": options.min_ratings for name in ("customer", "video")}
    filters = filters if options.min_ratings else {}
    settings = dict(setting.split("=", 1) for setting in options.conf)
    work = options.folder / "work"
    n_bytes = size_of(raw)
    _check_disk(work, n_bytes)
    found: dict[str, Any]
    if options.route == "spark":
        local = spark_route.LocalSpark(options.cores, options.heap, work, settings)
        found = spark_route.run(raw, filters, local)
    else:
        found = functions_route.run(raw, filters, work)
    return Measured(
        route=options.route,
        n_rows=n_rows,
        n_bytes=n_bytes,
        cores=options.cores,
        heap=options.heap if options.route == "spark" else "",
        skew=options.skew,
        filters=filters,
        settings=settings,
        found=found,
    )


def _check_disk(folder: Path, n_bytes: int) -> None:
    """Refuse to begin what needs more disk than is free: as much again as the raw ratings."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        sys.exit(f"{folder}: expected {n_bytes / 1e9:.0f} GB free, found {free / 1e9:.0f}")


def _line(one: Measured) -> str:
    found = one.found
    seconds = found["wall_seconds"]
    return (
        f"{one.n_rows / _MILLION:g} M rows, {one.route}, {one.cores} cores: {seconds:.0f} s, "
        f"{seconds / one.n_rows * 1e6:.1f} us a row, {sum(found['cpu_seconds'].values()):.0f} s of "
        f"processors, {found['peak_rss_bytes']['all'] / 2**20:.0f} MiB"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--route", choices=("spark", "functions"), default="spark")
    parser.add_argument(
        "--sizes", type=float, nargs="+", default=[1], help="in millions of rows, default 1"
    )
    n_cores = os.cpu_count() or 1
    parser.add_argument(
        "--cores", type=int, choices=range(1, n_cores + 1), default=n_cores, help="Spark's"
    )
    parser.add_argument("--heap", default="8g", help="of Spark's JVM, default 8g")
    parser.add_argument("--skew", choices=sorted(SKEWED_RATINGS), help="see raw_objects.py")
    parser.add_argument(
        "--min-ratings", type=int, help="of a customer and a video; default 5 and 10"
    )
    parser.add_argument("--conf", nargs="*", default=[], help="more settings of Spark, NAME=VALUE")
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="of the raw ratings")
    parser.add_argument("--json", type=Path, help="add the runs to those that are there")
    return parser


if __name__ == "__main__":
    main()
