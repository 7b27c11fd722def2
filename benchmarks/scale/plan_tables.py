"""What the model makes of the measured runs, as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.scale.model import Load, Model, gets, heads
from benchmarks.scale.plan import (
    S3_GETS_PER_SECOND,
    S3_PUTS_PER_SECOND,
    WORKER_TYPES,
    Case,
    Cluster,
)
from benchmarks.scale.results import Results, median_of, same
from benchmarks.scale.shuffle_blocks import core_seconds_per_block
from benchmarks.tables import MILLION, table

PLANNED = (1_000 * MILLION, 10_000 * MILLION)
WORKERS = (10, 50, 100)
_CALIBRATED_UP_TO = 16 * MILLION
_WRITES = ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")


def model_table(results: Results) -> str:
    """Show the model's parts."""
    model = Model.calibrate(results.plain(cores=2))
    lines = [
        (name, f"{line.fixed:.1f}", f"{line.slope * 1e6:.2f}") for name, line in model.steps.items()
    ]
    lines.append(("between the queries", f"{model.driver_seconds:.1f}", ""))
    lines.append(("index tables, one task, an id", "", f"{model.alone_seconds_per_id * 1e6:.2f}"))
    return table(("step", "fixed s", "core µs a unit"), lines)


def check_table(results: Results) -> str:
    """Show how well the model foresees what it was not calibrated on."""
    small = [run for run in results.plain() if run.cores == 2 and run.n_rows <= _CALIBRATED_UP_TO]
    model = Model.calibrate(small)
    others = [run for run in results.plain() if run not in small] + results.unfiltered()
    lines = []
    for _, runs in same(others).items():
        for kind in (True, False):
            ones = [run for run in runs if bool(run.filters) is kind]
            if ones:
                measured = median_of(ones, lambda found: found["wall_seconds"])
                foreseen = model.seconds(Load.of(ones[0]), ones[0].cores)
                lines.append(
                    (
                        f"{ones[0].n_rows / MILLION:g} M",
                        str(ones[0].cores),
                        "all" if kind else "a third",
                        f"{foreseen:.0f}",
                        f"{measured:.0f}",
                        f"{foreseen / measured - 1:+.0%}",
                    )
                )
    return table(("rows", "cores", "kept", "foreseen s", "measured s", "error"), lines)


def requests_table(results: Results) -> str:
    """Show the model's count of requests beside S3's."""
    lines = []
    for (n_rows, _), runs in same(results.plain(cores=2)).items():
        found, load = runs[-1].found["s3"], Load.of(runs[-1])
        read = found["requests"]["GetObject"] + found["requests"]["HeadObject"]
        case = Case.like(runs[-1], n_rows)
        written = sum(found["requests"].get(name, 0) for name in _WRITES)
        lines.append(
            (
                f"{n_rows / MILLION:g} M",
                f"{gets(load) + heads(load):,}",
                f"{read:,}",
                f"{case.puts:,}",
                f"{written:,}",
                f"{found['most_in_a_second']['GetObject']}",
                f"{found['most_in_a_second']['PutObject']}",
            )
        )
    header = (
        "rows|reads, foreseen|counted|writes, foreseen|counted|most GETs in 1 s|most PUTs in 1 s"
    )
    return table(header.split("|"), lines)


def blocks_table(results: Results) -> str:
    """Show the same rows shuffled by more and more tasks, and what follows for a block."""
    lines = [
        (f"{shuffle.tasks:,}", f"{shuffle.tasks**2:,}", f"{shuffle.seconds:.1f}")
        for shuffle in results.shuffles
    ]
    cost = f"{core_seconds_per_block(results.shuffles) * 1e6:.0f} µs of a core"
    lines.append(("fitted, one block", "1", cost))
    return table(("tasks on each side", "blocks", "wall s"), lines)


def time_table(results: Results) -> str:
    """Foresee hours and DPU-hours on Glue."""
    model = Model.calibrate(results.plain(cores=2))
    lines = []
    for name, case in _cases(results):
        for worker_type in WORKER_TYPES:
            clusters = [Cluster(worker_type, n) for n in WORKERS]
            disks = [case.disk_bytes / cluster.free_disk_bytes for cluster in clusters]
            lines.append(
                (
                    name,
                    worker_type,
                    *(
                        f"{cluster.hours(case, model):.2f} ({cluster.dpu_hours(case, model):.0f})"
                        for cluster in clusters
                    ),
                    " / ".join(f"{disk:.0%}" for disk in disks),
                    f"{model.alone_seconds(case.load) / 60:.0f}",
                )
            )
    counts = (f"{n} workers, h (DPU-h)" for n in WORKERS)
    header = ("ratings", "worker", *counts, "of the disks", "of it one task, min")
    return table(header, lines)


def volume_table(results: Results) -> str:
    """Foresee what is moved and written."""
    block_seconds = core_seconds_per_block(results.shuffles)
    lines = []
    for name, case in _cases(results):
        load = case.load
        lines.append(
            (
                name,
                f"{load.raw_bytes / 1e12:.2f}",
                f"{case.shuffle_bytes / 1e9:,.0f}",
                f"{case.disk_bytes / 1e9:,.0f}",
                f"{case.shuffle_blocks / 1e6:,.0f} M of {case.block_bytes:,.0f} B",
                f"{case.shuffle_blocks * block_seconds / 3600:,.1f}",
                f"{case.gets:,}",
                f"{case.puts:,}",
                f"{case.test_files:,}",
                f"{load.ids / 1e6:,.0f} M, {case.index_bytes / 1e9:.1f} GB",
                f"{case.driver_bytes / 1e6:,.0f}",
                f"{12 * case.train_rows / 2**30:.1f}",
            )
        )
    header = (
        "ratings|raw TB|shuffled GB|on disks GB|blocks of the largest shuffle|their core hours|"
        "S3 reads|S3 writes|test files|index tables|to the driver, MB|Evaluate's file, GiB"
    )
    return table(header.split("|"), lines)


def limits_table(results: Results) -> str:
    """Set the most requests in a second beside what S3 promises for a prefix."""
    model = Model.calibrate(results.plain(cores=2))
    cluster = Cluster(list(WORKER_TYPES)[-1], max(WORKERS))
    lines = []
    for name, case in _cases(results):
        rates = cluster.gets_per_second(case, model), cluster.puts_per_second(case, model)
        lines.append((name, *(f"{rate:,.0f}" for rate in rates)))
    lines.append(("documented", f"{S3_GETS_PER_SECOND:,}", f"{S3_PUTS_PER_SECOND:,}"))
    name = f"{cluster.workers} workers {cluster.worker_type}"
    return table((name, "GETs a second, reading", "PUTs a second, writing"), lines)


def _cases(results: Results) -> Iterator[tuple[str, Case]]:
    """Give 1 B and 10 B ratings like those measured, and 1 B of which all are kept."""
    for n_rows in PLANNED:
        yield f"{n_rows / 1e9:g} B, a third kept", Case.like(results.largest, n_rows)
    everything = max(results.unfiltered(), key=lambda run: run.n_rows)
    yield f"{PLANNED[0] / 1e9:g} B, all kept", Case.like(everything, PLANNED[0])
