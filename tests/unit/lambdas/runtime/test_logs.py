import io
import json
import logging

import pytest

from lambdas.runtime.logs import JsonFormatter, run_logger


def test_every_line_is_json_with_the_run_id(capsys):
    log = run_logger("some_function", run_id="run-1", level="INFO")
    log.info("done", {"rows": 3, "odd": {1, 2} - {2}})

    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert entry.pop("timestamp").endswith("+00:00")
    assert entry == {
        "level": "INFO",
        "logger": "lambdas.some_function",
        "message": "done",
        "run_id": "run-1",
        "rows": 3,
        "odd": "{1}",
    }


def test_a_warm_function_does_not_write_twice(capsys):
    run_logger("warm", run_id="run-1", level="INFO")
    run_logger("warm", run_id="run-2", level="INFO").info("once")

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["run_id"] == "run-2"


def test_the_level_holds_back(capsys):
    run_logger("quiet", run_id="run-1", level="WARNING").info("hush")

    assert capsys.readouterr().out == ""


def test_an_exception_stays_on_the_line():
    try:
        raise ValueError("why")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 0, "broken", (), (ValueError, error, error.__traceback__)
        )

    line = JsonFormatter("run-1").format(record)

    assert "\n" not in line
    assert "ValueError: why" in json.loads(line)["exception"]


def test_a_failure_is_logged_with_the_run_id_and_goes_on(capsys):
    log = run_logger("broken", run_id="run-1", level="INFO")

    with pytest.raises(KeyError), log.failures():
        raise KeyError("gone")

    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["run_id"], entry["error"]) == ("ERROR", "run-1", "KeyError")
    assert "KeyError: 'gone'" in entry["exception"]


def test_what_packages_log_carries_the_run_id_too():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)  # Lambda has one at the root
    logging.getLogger().addHandler(handler)
    try:
        run_logger("host", run_id="run-1", level="INFO")
        logging.getLogger("botocore.retries").warning("try %d", 2)
    finally:
        logging.getLogger().removeHandler(handler)

    entry = json.loads(stream.getvalue())
    assert (entry["run_id"], entry["message"]) == ("run-1", "try 2")
