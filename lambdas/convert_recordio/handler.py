"""ConvertRecordIO: split ratings into what SageMaker's Factorization Machines read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lambdas.convert_recordio.events import ConvertRecordIORequest, ConvertRecordIOResponse
from lambdas.runtime.logs import run_logger
from lambdas.runtime.metrics import Metric, RunMetrics
from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.settings import Settings
from lambdas.runtime.store import ArtifactStore
from recommender import recordio
from recommender.rating_records import RecordFiles
from recommender.run_layout import SPLITS, RunLayout, Split
from recommender.shards import cut


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Write the splits as RecordIO-protobuf; answer with the number of features.

    Each file of the test split is a request of the batch transform. Its records carry labels
    too, which the transform ignores.
    """
    request = ConvertRecordIORequest.model_validate(event)
    settings = Settings.from_env()
    log = run_logger("convert_recordio", run_id=request.run_id, level=settings.log_level)
    metrics = RunMetrics("ConvertRecordIO", stack=settings.stack_name, run_id=request.run_id)
    store = ArtifactStore.from_settings(settings)
    with log.failures():
        written = {split: _convert(store, request, split) for split in SPLITS}
    feature_dim = _record_files(request).feature_dim
    response = ConvertRecordIOResponse(
        feature_dim=feature_dim,
        hyperparameters={"feature_dim": str(feature_dim)},
        train_parts=written["train"].n_files,
        validation_parts=written["validation"].n_files,
        test_parts=written["test"].n_files,
    )
    log.info("splits converted", response.model_dump())
    metrics.put(
        {
            "RecordsWritten": Metric(sum(split.n_records for split in written.values()), "Count"),
            "BytesWritten": Metric(sum(split.n_bytes for split in written.values()), "Bytes"),
        }
    )
    metrics.put_duration()
    return response.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class _Written:
    """What a split became."""

    n_files: int
    n_records: int
    n_bytes: int


def _convert(store: ArtifactStore, request: ConvertRecordIORequest, split: Split) -> _Written:
    """Read the ratings part by part, write files one by one: neither need fit in memory.

    Done again, it writes the same bytes under the same keys. Files that an earlier attempt left
    over are deleted at the end, before the answer lets SageMaker read all that is there.
    """
    layout = RunLayout(request.run_id)
    files = _record_files(request)
    n_rows = {"train": request.n_train, "validation": request.n_validation, "test": request.n_test}
    sizes = files.sizes(split, n_rows[split])
    n_bytes, keys = 0, set()
    with TemporaryDirectory() as name:
        folder = Path(name)
        parts = ratings_parts(store, layout.ratings_prefix(split), folder)
        pieces = cut(parts, sizes, where=store.uri(layout.ratings_prefix(split)))
        for number, rows in groupby(pieces, key=itemgetter(0)):
            path = folder / "records.pbr"
            files.write(path, (piece for _, piece in rows))
            key = layout.recordio_key(split, number)
            store.upload(path, key, content_type=recordio.CONTENT_TYPE)
            keys.add(key)
            n_bytes += path.stat().st_size
    store.keep_only(layout.recordio_prefix(split), keys)
    return _Written(n_files=len(sizes), n_records=sum(sizes), n_bytes=n_bytes)


def _record_files(request: ConvertRecordIORequest) -> RecordFiles:
    return RecordFiles(
        n_users=request.n_users,
        n_items=request.n_items,
        instance_count=request.instance_count,
        max_rows_per_file=request.max_rows_per_file,
        max_payload_mb=request.max_payload_mb,
        positive_rating=request.positive_rating,
    )
