import io
import json
import logging

import pytest

from lambdas.runtime.logs import JsonFormatter, run_logger
from recommender.errors import InvalidInputError


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


def test_a_long_message_goes_on_short_and_is_logged_whole(capsys):
    log = run_logger("step", run_id="run-1", level="INFO")
    message = "title: " + "\U0001f3ac" * 200_000

    with pytest.raises(InvalidInputError) as caught, log.failures():
        raise InvalidInputError(message)

    cause = json.dumps({"errorMessage": str(caught.value)})
    assert len(json.dumps(cause).encode()) < 64 * 1024
    assert str(caught.value).endswith("… (196,007 characters more)")
    assert json.loads(capsys.readouterr().out)["message"] == message


def test_an_error_without_a_message_goes_on_as_it_is(capsys):
    log = run_logger("step", run_id="run-1", level="INFO")

    with pytest.raises(KeyError, match="7"), log.failures():
        raise KeyError(7)
