"""What the job is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self, cast

from recommender.cleansing import CleansingRules
from recommender.errors import InvalidInputError
from recommender.rating_formats import RatingField, RatingsFormat
from recommender.splitting import SplitFractions, SplitStrategy


@dataclass(frozen=True, slots=True)
class Reading:
    """``dataset`` of the resolved run.

    Attributes
    ----------
    uri : str
        ``s3://bucket/key`` of an object, or of a folder.
    ratings_format, columns, rating_range, max_rejected_ratio
        As `recommender.ratings.read_ratings` takes them.
    """

    uri: str
    ratings_format: RatingsFormat | None
    columns: dict[RatingField, str] | None
    rating_range: tuple[float, float] | None
    max_rejected_ratio: float


@dataclass(frozen=True, slots=True)
class Splitting:
    """``split`` of the resolved run."""

    strategy: SplitStrategy
    fractions: SplitFractions
    seed: int


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """What ConvertRecordIO is told beside the sizes; see `recommender.rating_records`."""

    instance_count: int
    max_rows_per_file: int
    max_payload_mb: int
    positive_rating: float | None


@dataclass(frozen=True, slots=True)
class PreparationRequest:
    """Parts of the resolved run, which ResolveRun has checked."""

    run_id: str
    reading: Reading
    rules: CleansingRules
    splitting: Splitting
    records: RecordOptions

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the job's argument ``--run``.

        Parameters
        ----------
        text : str
            The resolved run, of which the keys ``run_id``, ``dataset``, ``filter``, ``split``,
            ``positive_rating``, ``training.instance_count``, ``transform.max_rows_per_file`` and
            ``transform.max_payload_mb`` are read.

        Raises
        ------
        InvalidInputError
            If it is something else.
        """
        try:
            return cls._of(json.loads(text))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(
                f"--run: expected a resolved run as JSON, found {type(error).__name__}: {error}"
            ) from error

    @classmethod
    def _of(cls, given: dict[str, Any]) -> Self:
        dataset, split = given["dataset"], given["split"]
        limits = dataset["rating_range"]
        return cls(
            run_id=given["run_id"],
            reading=Reading(
                dataset["uri"],
                dataset["format"],
                dataset["columns"],
                None if limits is None else (float(limits[0]), float(limits[1])),
                float(dataset["max_rejected_ratio"]),
            ),
            rules=CleansingRules(**given["filter"]),
            splitting=Splitting(
                cast(SplitStrategy, split["strategy"]),
                SplitFractions(split["train"], split["validation"], split["test"]),
                int(split["seed"]),
            ),
            records=RecordOptions(
                given["training"]["instance_count"],
                given["transform"]["max_rows_per_file"],
                given["transform"]["max_payload_mb"],
                given["positive_rating"],
            ),
        )
