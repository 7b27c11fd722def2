"""The job on Glue's workers: what the model and AWS's documents say together.

Nothing here was measured on AWS. That a vCPU of Glue is as fast as a core of the measured machine
is assumed: AWS says nothing of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from benchmarks.scale.model import Load, Model, bytes_read, gets, heads, puts, shuffle_bytes
from benchmarks.scale.results import Measured
from recommender.ratings.accounting import MAX_EXAMPLES
from recommender.run_layout import SPLITS
from spark.ranks import slot_bits
from spark.session import partitions_for


@dataclass(frozen=True, slots=True)
class WorkerType:
    """A kind of worker (Glue developer guide, "AWS Glue worker types")."""

    dpus: int
    vcpus: int
    memory_gb: int
    free_disk_gb: int


WORKER_TYPES: Mapping[str, WorkerType] = {
    "G.1X": WorkerType(1, 4, 16, 44),
    "G.2X": WorkerType(2, 8, 32, 78),
}
# S3 user guide, "Best practices design patterns: optimizing Amazon S3 performance" and
# "Performance guidelines for Amazon S3".
S3_GETS_PER_SECOND, S3_PUTS_PER_SECOND = 5_500, 3_500  # for each prefix
_S3_FIRST_BYTE_SECONDS = 0.2  # of small objects: "roughly 100-200 milliseconds"
_S3_STREAM_BYTES_PER_SECOND = 85e6  # of one request: "85-90 MB/s"

_TEST_SHARE, _TEST_FILE_ROWS = 0.2, 10_000
_TRAIN_SHARE, _FILE_ROWS = 0.6, 1_000_000
_REPORTS = 2  # accounting.json and prepared.json

_FILTER_REASONS = ("duplicate", "below_customer_threshold", "below_video_threshold")
# Of a piece with examples of every reason, as JSON; of a file in a set of Python's.
_REPORT_BYTES, _NAME_BYTES = 1_000, 150


@dataclass(frozen=True, slots=True)
class Case:
    """So many ratings of a measured kind.

    Attributes
    ----------
    load : Load
    shuffle_bytes, largest_shuffle_bytes, disk_bytes : float
        Shuffled over the whole job; by one stage; most that is on the disks at a time.
    training_bytes, index_bytes : float
        Of the RecordIO files but the test split's; of the index tables.
    """

    load: Load
    shuffle_bytes: float
    largest_shuffle_bytes: float
    disk_bytes: float
    training_bytes: float
    index_bytes: float

    @classmethod
    def like(cls, run: Measured, n_rows: int) -> Self:
        """Take what was measured, so many times as large."""
        factor = n_rows / run.n_rows
        found = run.found
        largest = max(step["largest_shuffle_bytes"] for step in found["steps"].values())
        index_bytes = found["products"]["customers_bytes"] + found["products"]["videos_bytes"]
        # All other files are too small to be uploaded in parts.
        in_parts = found["s3"]["bytes"].get("UploadPart", 0)
        return cls(
            load=Load.of(run).times(factor),
            shuffle_bytes=factor * shuffle_bytes(found),
            largest_shuffle_bytes=factor * largest,
            disk_bytes=factor * found["peak_disk_bytes"],
            training_bytes=factor * max(0, in_parts - index_bytes),
            index_bytes=factor * index_bytes,
        )

    @property
    def test_files(self) -> int:
        """RecordIO files of the test split, with the default ``max_rows_per_file``."""
        return math.ceil(_TEST_SHARE * self.load.kept / _TEST_FILE_ROWS)

    @property
    def train_rows(self) -> int:
        """Ratings of the training split."""
        return round(_TRAIN_SHARE * self.load.kept)

    @property
    def gets(self) -> int:
        """Requests that read: GetObject and HeadObject."""
        return gets(self.load) + heads(self.load)

    @property
    def puts(self) -> int:
        """Requests that write, those for the parts of a file too."""
        test, training = _TEST_SHARE * self.load.kept, (1 - _TEST_SHARE) * self.load.kept
        n_training = math.ceil(training / _FILE_ROWS)
        n_parquet = n_training + math.ceil(test / _FILE_ROWS)
        large = puts(n_training, self.training_bytes) + puts(2, self.index_bytes)
        return self.test_files + n_parquet + large + _REPORTS

    @property
    def driver_bytes(self) -> int:
        """Most that comes to the driver: reports, examples, counts of slots, names of files."""
        partitions = partitions_for(self.load.rows)
        examples = partitions * len(_FILTER_REASONS) * MAX_EXAMPLES * 8
        slots = (len(SPLITS) << slot_bits(self.load.kept)) * 8
        return self.load.pieces * _REPORT_BYTES + examples + slots + self.test_files * _NAME_BYTES

    @property
    def shuffle_blocks(self) -> int:
        """Pieces of the largest shuffle: a block for each reading task and partition."""
        return self.load.pieces * partitions_for(self.load.rows)

    @property
    def block_bytes(self) -> float:
        """Size of such a block."""
        return self.largest_shuffle_bytes / self.shuffle_blocks


@dataclass(frozen=True, slots=True)
class Cluster:
    """Workers of a job; one of them is the driver's."""

    worker_type: str
    workers: int

    @property
    def executors(self) -> int:
        """Workers that have tasks."""
        return self.workers - 1

    @property
    def cores(self) -> int:
        """Tasks at a time."""
        return self.executors * WORKER_TYPES[self.worker_type].vcpus

    @property
    def free_disk_bytes(self) -> float:
        """Disks of all executors together."""
        return self.executors * WORKER_TYPES[self.worker_type].free_disk_gb * 1e9

    def hours(self, case: Case, model: Model) -> float:
        """Say how long a job takes, S3's documented latency and throughput included."""
        of_s3 = self._reading_from_s3(case) + self._writing_to_s3(case)
        return (model.seconds(case.load, self.cores) + of_s3) / 3600

    def dpu_hours(self, case: Case, model: Model) -> float:
        """Say what is paid for."""
        return self.hours(case, model) * self.workers * WORKER_TYPES[self.worker_type].dpus

    def gets_per_second(self, case: Case, model: Model) -> float:
        """Say how often S3 is asked while ratings are read."""
        seconds = model.steps["read"].at(case.load.rows / self.cores)
        return case.gets / (seconds + self._reading_from_s3(case))

    def puts_per_second(self, case: Case, model: Model) -> float:
        """Say how often S3 is asked while files are written."""
        seconds = model.steps["write"].at(case.load.kept / self.cores)
        return case.puts / (seconds + self._writing_to_s3(case))

    def _reading_from_s3(self, case: Case) -> float:
        streaming = bytes_read(case.load) / _S3_STREAM_BYTES_PER_SECOND
        return (streaming + case.gets * _S3_FIRST_BYTE_SECONDS) / self.cores

    def _writing_to_s3(self, case: Case) -> float:
        return case.puts * _S3_FIRST_BYTE_SECONDS / self.cores
