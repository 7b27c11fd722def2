"""A run's folder is there as a whole or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.errors import BadInputError
from console.output_folder import check_output, write_output


class Access:
    is_local = True

    """S3 that holds every object, or none; Step Functions that has forgotten the execution."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self._error = error

    def client(self, service: str) -> "Access":
        assert service in ("s3", "stepfunctions")
        return self

    def describe_state_machine_for_execution(self, *, executionArn: str) -> Any:
        error = {"Code": "ExecutionDoesNotExist", "Message": executionArn}
        raise ClientError({"Error": error}, "DescribeStateMachineForExecution")

    def get_object(self, *, Bucket: str, Key: str) -> Any:
        raise ClientError(
            {"Error": {"Code": "NoSuchKey", "Message": f"{Bucket}/{Key}"}}, "GetObject"
        )

    def get_paginator(self, operation: str) -> Any:
        raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": "gone"}}, operation)

    def head_object(self, *, Bucket: str, Key: str) -> Any:
        raise ClientError({"Error": {"Code": "404", "Message": f"{Bucket}/{Key}"}}, "HeadObject")

    def download_file(self, bucket: str, key: str, path: str) -> Any:
        if self._error:
            raise self._error
        Path(path).write_text(f"{bucket}/{key}")


def test_folder_holds_report_metrics_model_and_execution(make_record, tmp_path):
    report = write_output(Access(), make_record(), tmp_path / "a" / "run-1")

    assert report == tmp_path / "a" / "run-1" / "report.html"
    names = sorted(path.name for path in report.parent.iterdir())
    assert names == ["evaluation.json", "execution.json", "model.tar.gz", "report.html"]
    assert (report.parent / "model.tar.gz").read_text().endswith("job/output/model.tar.gz")
    execution = json.loads((report.parent / "execution.json").read_text())
    assert execution["status"] == "SUCCEEDED"
    assert execution["report"] == str(report)
    assert execution["started_at"] == "2026-11-22T06:31:56+00:00"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["run-1"]


def test_earlier_run_is_replaced_as_a_whole(make_record, tmp_path):
    folder = tmp_path / "run"
    write_output(Access(), make_record(), folder)
    (folder / "old.txt").write_text("from before")

    write_output(Access(), make_record(), folder)

    assert not (folder / "old.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_nothing_is_left_when_writing_fails(make_record, tmp_path):
    with pytest.raises(RuntimeError):
        write_output(Access(error=RuntimeError("interrupted")), make_record(), tmp_path / "run")

    assert list(tmp_path.iterdir()) == []


def test_missing_object_is_a_gap(make_record, tmp_path):
    record = make_record()
    error = ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")

    report = write_output(Access(error=error), record, tmp_path / "run")

    assert not (report.parent / "model.tar.gz").exists()
    assert "Not shown: model.tar.gz" in report.read_text()


def test_report_says_what_is_forgotten(make_record, tmp_path):
    page = write_output(Access(), make_record(), tmp_path / "run").read_text()

    assert "Not shown: state machine: " in page
    assert "ExecutionDoesNotExist" in page


def test_folder_with_other_files_is_refused(make_record, tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")

    with pytest.raises(BadInputError, match="no earlier run's"):
        write_output(Access(), make_record(), tmp_path)

    assert (tmp_path / "thesis.doc").exists()


def test_empty_and_missing_folders_are_fine(tmp_path):
    check_output(tmp_path)
    check_output(tmp_path / "new")


def test_file_in_place_of_the_folder_is_refused(make_record, tmp_path):
    path = tmp_path / "file"
    path.write_text("")

    with pytest.raises(BadInputError, match="found a file"):
        check_output(path)
    with pytest.raises(BadInputError, match="cannot be written"):
        write_output(Access(), make_record(), path / "below")
