"""What an execution input may not say, however it is written."""

import json

import pytest

from console.errors import BadInputError
from console.run_input import check_input, parse_input
from lambdas.runtime.logs import run_logger


@pytest.mark.parametrize(
    "uri",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://example.com/ratings.csv",
        "file:///etc/passwd",
        "ftp://example.com/x",
        "s3a://bucket/key",
        "//example.com/x",
        "/etc/passwd",
        "s3://bucket",
        "s3://169.254.169.254:80/x",
        "s3://user@bucket/x",
    ],
)
def test_ratings_are_in_s3_and_nowhere_else(uri):
    with pytest.raises(BadInputError, match=r"dataset\.uri"):
        check_input({"dataset": {"uri": uri}})


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 1000 + "]" * 1000])
def test_deeply_nested_input_is_refused_in_one_line(text):
    with pytest.raises(BadInputError) as raised:
        parse_input(text)

    assert len(str(raised.value)) < 500


def test_log_line_stays_one_line_whatever_is_in_it(capsys):
    hostile = 'x"}\n{"level": "INFO", "message": "forged"}\r\n\u2028'

    run_logger("security", run_id="run-1", level="INFO").info(hostile, {"dataset_uri": hostile})

    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert entry["message"] == entry["dataset_uri"] == hostile
    assert line.isascii()
