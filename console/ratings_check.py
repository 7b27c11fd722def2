"""What a run would make of ratings, found out here by the pipeline's own code."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

from console.transfer_progress import WatchedFile
from lambdas.preprocess.workspace import function_workspace
from lambdas.resolve_run.events import ResolvedRun
from recommender.cleansing import CleansingRules
from recommender.errors import EmptyRatingsError, RatingsError
from recommender.preparation import prepare
from recommender.ratings import Accounting, RatingsSource, RatingsTable, read_ratings
from recommender.ratings.accounting import check_read
from recommender.run_layout import SPLITS
from recommender.splitting import SplitFractions

# What the template gives the function unless the settings say otherwise; a test compares.
PREPROCESS_MEMORY_MIB = 3072
PREPROCESS_DISK_MIB = 4096


@dataclass(slots=True)
class RatingsCheck:
    """What was found, as far as the reading came.

    Attributes
    ----------
    rejected : dict
        Rows dropped by reason; those below a threshold among them if the reading came so far.
    examples : dict
        Where the first of them are, as ``file:line``, by reason.
    customers, videos : int or None
        Of all rows that could be read.
    kept : int or None
        Ratings above the thresholds.
    kept_customers, kept_videos : int or None
    splits : dict
        Ratings of each split.
    refusal : RatingsError or None
        Why a run would fail.
    seconds : float
        What it took here.
    """

    rows_read: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    customers: int | None = None
    videos: int | None = None
    kept: int | None = None
    kept_customers: int | None = None
    kept_videos: int | None = None
    splits: dict[str, int] = field(default_factory=dict)
    refusal: RatingsError | None = None
    seconds: float = 0.0

    def as_document(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {
            "rows_read": self.rows_read,
            "rejected": self.rejected,
            "examples": self.examples,
            "customers": self.customers,
            "videos": self.videos,
            "kept": self.kept,
            "kept_customers": self.kept_customers,
            "kept_videos": self.kept_videos,
            "splits": self.splits,
            "seconds": self.seconds,
        }


def check_whole(
    sources: Sequence[RatingsSource],
    given: ResolvedRun,
    *,
    formats: Mapping[str, str | None],
    memory_mib: int = PREPROCESS_MEMORY_MIB,
    disk_mib: int = PREPROCESS_DISK_MIB,
    advance: Callable[[int], None] = lambda _: None,
) -> RatingsCheck:
    """Read, cleanse and split ratings as Preprocess would, within its memory and disk.

    Its time limit is not looked at: how fast a function is depends on its memory size, and this
    machine is another one.

    Parameters
    ----------
    sources : sequence of RatingsSource
    given : ResolvedRun
        Whose ``dataset``, ``filter`` and ``split`` count.
    formats : mapping
        Of the files, by name; for messages.
    memory_mib, disk_mib : int
        Of the function.
    advance : callable
        Told how many bytes more were read.
    """
    found = RatingsCheck()
    started = time.monotonic()
    with TemporaryDirectory(prefix="recommender-") as name:
        workspace = function_workspace(
            Path(name),
            {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mib)},
            free_bytes=disk_mib << 20,
        )
        dataset = given.dataset
        limits = dataset.rating_range
        try:
            with read_ratings(
                [_watched(source, advance) for source in sources],
                ratings_format=dataset.format,
                columns=dataset.columns,
                rating_range=None if limits is None else (limits[0], limits[1]),
                max_rejected_ratio=1.0,  # what is above the limit is counted, too
                workspace=workspace,
            ) as table:
                _look(table, given, found, formats)
        except RatingsError as error:
            found.refusal = error
    found.seconds = time.monotonic() - started
    return found


def _watched(source: RatingsSource, advance: Callable[[int], None]) -> RatingsSource:
    def open_watched() -> BinaryIO:
        return cast(BinaryIO, WatchedFile(source.open(), advance))

    return dataclasses.replace(source, open=open_watched)


def _look(
    table: RatingsTable,
    given: ResolvedRun,
    found: RatingsCheck,
    formats: Mapping[str, str | None],
) -> None:
    accounting = table.accounting
    _count(accounting, found)
    found.customers, found.videos = len(table.customers), len(table.videos)
    check_read(
        accounting,
        given.dataset.max_rejected_ratio,
        where=", ".join(formats),
        read_as={kind or "delimited text" for kind in formats.values()},
        has_titles=False,
    )
    if not table.n_rows:
        raise EmptyRatingsError("the ratings: no row can be used")
    split = given.split
    try:
        with prepare(
            table,
            CleansingRules(**given.filter.model_dump()),
            SplitFractions(split.train, split.validation, split.test),
            strategy=split.strategy,
            seed=split.seed,
        ) as prepared:
            found.kept = prepared.kept
            found.kept_customers = prepared.index.n_users
            found.kept_videos = prepared.index.n_items
            found.splits = {name: prepared.n_ratings(name) for name in SPLITS}
    finally:
        _count(accounting, found)


def _count(accounting: Accounting, found: RatingsCheck) -> None:
    found.rows_read = accounting.rows_read
    found.rejected = {str(reason): count for reason, count in accounting.rejected.items()}
    found.examples = {
        str(reason): list(lines) for reason, lines in accounting.examples.items() if lines
    }
