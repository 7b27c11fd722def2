"""The one author of every S3 key of a run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

RAW_PREFIX = "raw/"
RUNS_PREFIX = "runs/"
ACCEPTED_MODEL_KEY = "models/accepted.json"
# Names the one execution that runs.
RUN_LOCK_KEY = "locks/run.json"

# The state machine reads this object itself, and knows the run id only when it runs.
PREPARED_KEY_TEMPLATE = f"{RUNS_PREFIX}{{}}/ratings/prepared.json"

# With the suffix "-<redrives>-<restarts>-<retries>" a run id must fit SageMaker's shortest name,
# HyperParameterTuningJobName: 32 characters of [a-zA-Z0-9](-*[a-zA-Z0-9])*.
MAX_RUN_ID_LENGTH = 22
RUN_ID_PATTERN = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")


def is_ratings_key(key: str) -> bool:
    """Tell ratings in a folder from folders' own keys, and from ``_SUCCESS`` and ``.hidden``."""
    return not key.endswith("/") and not key.rpartition("/")[2].startswith(("_", "."))


@dataclass(frozen=True, slots=True)
class RunLayout:
    """Where a run keeps its things, as keys below the data bucket.

    Parameters
    ----------
    run_id : str
        Letters, digits and inner hyphens, at most ``MAX_RUN_ID_LENGTH`` characters.

    Raises
    ------
    ValueError
        If `run_id` could not be part of every SageMaker job name.
    """

    run_id: str

    def __post_init__(self) -> None:
        if len(self.run_id) > MAX_RUN_ID_LENGTH or not RUN_ID_PATTERN.fullmatch(self.run_id):
            raise ValueError(
                f"run id {self.run_id!r}: expected 1 to {MAX_RUN_ID_LENGTH} letters, digits "
                "and inner hyphens, because SageMaker's job names are made from it"
            )

    @property
    def prefix(self) -> str:
        """Everything of the run."""
        return f"{RUNS_PREFIX}{self.run_id}/"

    def ratings_prefix(self, split: Split) -> str:
        """Cleansed and indexed ratings of one split."""
        return f"{self.prefix}ratings/{split}/"

    def ratings_key(self, split: Split, part: int) -> str:
        """One Parquet file of a split's ratings; parts are numbered from 0."""
        return f"{self.ratings_prefix(split)}part-{part:05d}.parquet"

    @property
    def customers_key(self) -> str:
        """Which ``user_index`` belongs to which ``customer_id``."""
        return f"{self.prefix}ratings/customers.parquet"

    @property
    def videos_key(self) -> str:
        """Which ``item_index`` belongs to which ``video_id``, with the title if known."""
        return f"{self.prefix}ratings/videos.parquet"

    @property
    def accounting_key(self) -> str:
        """How many rows were read, kept, and dropped for which reason."""
        return f"{self.prefix}ratings/accounting.json"

    @property
    def prepared_key(self) -> str:
        """Sizes of all of it, written last where one job does Preprocess and ConvertRecordIO."""
        return PREPARED_KEY_TEMPLATE.format(self.run_id)

    def recordio_prefix(self, split: Split) -> str:
        """RecordIO-protobuf files of one split."""
        return f"{self.prefix}recordio/{split}/"

    def recordio_key(self, split: Split, part: int) -> str:
        """One RecordIO-protobuf file of a split; parts are numbered from 0."""
        return f"{self.recordio_prefix(split)}part-{part:05d}.pbr"

    @property
    def model_prefix(self) -> str:
        """Below it each training job keeps ``<job name>/output/model.tar.gz``."""
        return f"{self.prefix}model/"

    @property
    def predictions_prefix(self) -> str:
        """Outputs of the batch transform."""
        return f"{self.prefix}predictions/"

    def prediction_key(self, part: int) -> str:
        """Predictions for ``recordio_key("test", part)``, named as SageMaker names them."""
        return f"{self.predictions_prefix}part-{part:05d}.pbr.out"

    @property
    def evaluation_key(self) -> str:
        """The run's metrics."""
        return f"{self.prefix}metrics/evaluation.json"
