"""Records one by one: whatever protobuf allows, and what is wrong with a record."""

from __future__ import annotations

from recommender.errors import RecordIOError
from recommender.recordio.layout import Schema
from recommender.recordio.record import Record, parse_record


def first_schema(payload: bytes, *, where: str) -> Schema:
    """Read what a file's records should share from the first of them.

    Parameters
    ----------
    payload : bytes
    where : str
        Names the record in messages.

    Raises
    ------
    RecordIOError
        If it is no record of float32 tensors.
    """
    return _schema(parse_record(payload, where=where), where)


def decode_single(payload: bytes, schema: Schema, *, where: str) -> Record:
    """Decode a record.

    Parameters
    ----------
    payload : bytes
    schema : Schema
        What it should share with the first one.
    where : str
        Names the record in messages.

    Raises
    ------
    RecordIOError
        If it is not what it should be.
    """
    record = parse_record(payload, where=where)
    _check_schema(_schema(record, where), schema, where)
    return record


def _schema(record: Record, where: str) -> Schema:
    """Check that a record is one of features and label; return its kind."""
    features, label = record.features, record.label
    n_values, n_keys = len(features.values) // 4, len(features.keys)
    if n_keys and n_keys != n_values:
        raise RecordIOError(
            f"{where}: expected as many keys as values, found {n_keys} keys and {n_values} values"
        )
    if n_keys and not features.shape:
        raise RecordIOError(f"{where}: a sparse tensor needs a shape, found none")
    if len(features.shape) > 1:
        raise RecordIOError(f"{where}: expected a vector, found a tensor of shape {features.shape}")
    n_columns = features.shape[0] if features.shape else n_values
    if n_columns >= 1 << 63:
        raise RecordIOError(f"{where}: expected a shape below 2**63, found {n_columns}")
    if not n_keys and n_values not in (0, n_columns):
        raise RecordIOError(
            f"{where}: expected {n_columns} values of a dense tensor, found {n_values}"
        )
    if max(features.keys, default=-1) >= n_columns:
        raise RecordIOError(
            f"{where}: expected keys below the shape {n_columns}, found {max(features.keys)}"
        )
    if label is not None and (len(label.values) != 4 or label.keys):
        raise RecordIOError(
            f"{where}: expected a label of one value, found {len(label.values) // 4}"
        )
    return Schema(n_columns, is_labelled=label is not None)


def _check_schema(found: Schema, expected: Schema, where: str) -> None:
    if found.n_columns != expected.n_columns:
        raise RecordIOError(
            f"{where}: expected {expected.n_columns} columns as in record 0 at byte 0, found "
            f"{found.n_columns}"
        )
    if found.is_labelled != expected.is_labelled:
        one, other = ("a label", "none") if expected.is_labelled else ("no label", "one")
        raise RecordIOError(f"{where}: expected {one} as in record 0 at byte 0, found {other}")
