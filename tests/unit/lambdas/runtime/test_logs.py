import json
import logging

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

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert "ValueError: why" in json.loads(line)["exception"]
