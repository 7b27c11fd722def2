"""What a run leaves on this machine: a folder that is there as a whole or not at all."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from console.aws_access import AwsAccess
from console.errors import BadInputError
from console.report import render_report
from console.result import as_document
from console.run_details import gather_details
from console.run_record import RunRecord, split_s3_uri

REPORT_FILE = "report.html"
EXECUTION_FILE = "execution.json"


def check_output(folder: Path) -> None:
    """Refuse a folder that holds something else than an earlier run.

    Raises
    ------
    BadInputError
        If `folder` may not be replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"--output {folder}: expected a folder, found a file")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / EXECUTION_FILE).is_file():
        raise BadInputError(
            f"--output {folder}: the folder holds files that are no earlier run's; name a new one"
        )


def write_output(access: AwsAccess, record: RunRecord, folder: Path) -> Path:
    """Write report, metrics, model and execution; return the report's path.

    Everything is written to a folder beside `folder` first, which then takes its place.

    Parameters
    ----------
    access : AwsAccess
        Where the run's objects are.
    record : RunRecord
    folder : Path
        Replaced if it is an earlier run's.

    Raises
    ------
    BadInputError
        If it cannot be written.
    """
    check_output(folder)
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
            new = Path(beside) / "new"
            new.mkdir()
            _fill(access, record, new, folder / REPORT_FILE)
            if folder.exists():
                folder.rename(Path(beside) / "old")
            new.rename(folder)
    except OSError as error:
        raise BadInputError(
            f"--output {folder}: cannot be written ({error.strerror or error}); name another folder"
        ) from error
    return folder / REPORT_FILE


def _fill(access: AwsAccess, record: RunRecord, folder: Path, report: Path) -> None:
    for name, uri in _artifacts(record).items():
        bucket, key = split_s3_uri(uri)
        try:
            access.client("s3").download_file(bucket, key, str(folder / name))
        except ClientError as error:
            record.gaps.append(f"{name}: {uri}: {error}")
    execution = {
        **as_document(record, report),
        "name": record.name,
        "input": record.execution_input,
        "resolved_input": record.resolved,
        "hyperparameters": record.hyperparameters,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
    }
    text = json.dumps(execution, indent=2, ensure_ascii=False, default=_isoformat)
    (folder / EXECUTION_FILE).write_text(text + "\n", encoding="utf-8")
    page = render_report(record, gather_details(access, record))
    (folder / REPORT_FILE).write_text(page, encoding="utf-8")


def _artifacts(record: RunRecord) -> dict[str, str]:
    found = {
        "evaluation.json": record.output.get("evaluation_uri"),
        "model.tar.gz": record.output.get("model", {}).get("model_data_uri"),
    }
    return {name: uri for name, uri in found.items() if uri}


def _isoformat(value: Any) -> str:
    return str(value.isoformat())
