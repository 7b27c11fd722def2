"""The end of every command about a run: report, result, exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from console.aws_access import AwsAccess
from console.errors import RunFailedError
from console.output_folder import write_output
from console.result import as_document, failure_text
from console.result_table import print_result
from console.run_record import RunRecord

DEFAULT_ROOT = Path("output")


def finish(
    access: AwsAccess,
    record: RunRecord,
    *,
    output: Path | None,
    as_json: bool,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write the report of a run that succeeded and print its result.

    Parameters
    ----------
    access : AwsAccess
    record : RunRecord
        Of an execution that has ended.
    output : Path or None
        Folder to write; ``None`` takes ``output/<run_id>``.
    as_json : bool
        Print one JSON object instead of tables.
    more : mapping or None
        Further members of the JSON object, whatever became of the run.

    Raises
    ------
    RunFailedError
        If the run ended otherwise; nothing is written then.
    """
    raise_unless_succeeded(record, more)
    report = None
    if not record.skipped:
        report = write_output(access, record, output or DEFAULT_ROOT / record.folder_name)
    show(record, report, as_json=as_json, more=more)


def show(
    record: RunRecord,
    report: Path | None,
    *,
    as_json: bool,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print the result of a run that succeeded.

    Raises
    ------
    RunFailedError
        If it ended otherwise.
    """
    raise_unless_succeeded(record, more)
    if as_json:
        click.echo(json.dumps({**as_document(record, report), **(more or {})}))
    else:
        print_result(record, report)


def print_written(record: RunRecord, report: Path, *, as_json: bool) -> None:
    """Say where the report of a run is, whatever became of the run."""
    if as_json:
        click.echo(json.dumps(as_document(record, report)))
    else:
        click.echo(report)


def raise_unless_succeeded(record: RunRecord, more: Mapping[str, Any] | None = None) -> None:
    """Raise what ends the command if the run did not succeed.

    Raises
    ------
    RunFailedError
        With the state that is to blame, its error, why and what to do.
    """
    if record.status != "SUCCEEDED":
        raise RunFailedError(
            failure_text(record),
            document={**as_document(record, None), **(more or {})},
        )
