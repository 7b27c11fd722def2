"""The command line: help, exit codes, errors in one line, JSON on standard output."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from console import errors
from console.aws_access import AwsAccess
from console.command_group import CommandGroup
from console.commands.serve import instructions
from console.embedded_stack import DeployedStack
from console.exit_codes import MEANINGS, ExitCode
from console.main import main


@pytest.fixture
def cli():
    runner = CliRunner()

    def invoke(*arguments: str, command: click.Command = main):
        return runner.invoke(command, arguments)

    return invoke


COMMANDS = [
    "run", "serve", "start", "watch", "report", "list", "show", "compare", "logs", "stop",
    "redrive", "schedule", "data", "doctor",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_and_exit_codes(cli, command):
    result = cli(command, "--help")

    assert result.exit_code == 0
    assert f"recommender {command}" in result.stdout
    for code in ExitCode:
        assert f"  {code.value:<4} {MEANINGS[code]}" in result.stdout


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_help_fits_a_terminal(cli, command):
    assert [line for line in cli(*command, "--help").stdout.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "No such command 'lst'. Did you mean 'list'? See `recommender --help`."),
        (["list", "--sttus", "x"], "Did you mean '--status'? See `recommender list --help`."),
        (["show"], "Missing argument 'EXECUTION'. See `recommender show --help`."),
        (["compare", "one"], "expected 2 to 8 executions, found 1; `recommender list` shows"),
        (["compare", *"123456789"], "expected 2 to 8 executions, found 9"),
        (["data", "check", "nothing.csv"], "nothing.csv: no such file; give the path of"),
        (["data", "check", "ftp://x"], "ftp://x: expected a path, or s3://BUCKET/KEY"),
        (["data", "upload", "x", "--name", "../x"], "--name '../x': expected letters"),
        (["list", "--endpoint-url", "x"], "--endpoint-url 'x': expected an address such as"),
    ],
)
def test_slips_are_answered_with_what_to_do(arguments, message):
    result = CliRunner().invoke(main, arguments, prog_name="recommender")

    assert result.exit_code == ExitCode.BAD_INPUT
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_no_command_imports_what_takes_long_before_it_is_needed():
    """Help, completion and slips are answered at once."""
    program = (
        "import sys; from console.main import main; "
        "main(['list', '--help'], standalone_mode=False); "
        "slow = {'boto3', 'pandas', 'numpy', 'rich', 'moto'} & {*sys.modules}; "
        "sys.exit(', '.join(slow) or 0)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )

    assert completed.stderr == ""
    assert completed.returncode == 0


def test_group_help_lists_the_commands(cli):
    result = cli("--help")

    assert result.exit_code == 0
    assert set(COMMANDS) <= set(result.stdout.split())


def test_command_without_arguments_shows_help_as_wrong_usage(cli):
    result = cli()

    assert result.exit_code == ExitCode.BAD_INPUT
    assert "Usage: " in result.stderr


BAD_RUNS = [
    (["--mode", "guess"], "'guess' is not one of 'train', 'tune'"),
    (["--no-such-option"], "No such option"),
    (["--input", "{bad"], "--input: expected JSON"),
    (["--input", '{"moed": "tune"}'], 'did you mean "mode"'),
    (["--input", '{"mode": "guess"}'], "mode: expected 'train' or 'tune'"),
    (["--input", '{"hyperparameters": {"num_factors": 0}}'], "num_factors"),
    (["--data", "missing.csv"], "missing.csv: no such file"),
    (["--data", "empty.csv"], "empty.csv: expected ratings, found no row"),
    (["--data", "columns.csv"], "columns.csv: read as movielens-csv, it lacks the columns"),
    (["--data", "text.csv"], "text.csv: 2 of 2 rows (100.00%) cannot be used"),
    (["--data", "good.csv", "--output", "mine"], "no earlier run's"),
]


@pytest.fixture
def bad_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "columns.csv").write_text("userId,stars\n1,2\n")
    (tmp_path / "text.csv").write_text("userId,movieId,rating\n1,2,good\n1,3,bad\n")
    (tmp_path / "good.csv").write_text("userId,movieId,rating\n1,2,3\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("")
    return tmp_path


@pytest.mark.parametrize(("arguments", "message"), BAD_RUNS)
def test_bad_input_gets_one_line_before_anything_starts(cli, bad_files, arguments, message):
    before = sorted(bad_files.rglob("*"))

    result = cli("run", *arguments)

    assert result.exit_code == ExitCode.BAD_INPUT
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert sorted(bad_files.rglob("*")) == before


@pytest.mark.parametrize(("arguments", "message"), BAD_RUNS)
def test_bad_input_gets_one_json_object_too(cli, bad_files, arguments, message):
    result = cli("run", "--json", *arguments)

    assert result.exit_code == ExitCode.BAD_INPUT
    document = json.loads(result.stdout)
    assert document["status"] == "FAILED"
    assert {"run_id", "metrics", "states", "seconds", "report"} <= set(document)
    assert message in document["error"]["cause"]
    assert message in result.stderr


def test_all_problems_of_the_input_are_listed_at_once(cli):
    bad = {"moed": 1, "filter": {"min_ratings_per_video": 0}, "hyperparameters": {"epocs": 3}}

    result = cli("run", "--input", json.dumps(bad))

    assert all(name in result.stderr for name in ("moed", "min_ratings_per_video", "epocs"))
    assert result.stderr.count("\n") == 1


def test_data_that_cannot_be_had_has_its_own_exit_code(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("RECOMMENDER_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    result = cli("run", "--data", "movielens-100k", "--quiet")

    assert result.exit_code == ExitCode.DATA_UNAVAILABLE
    assert "--data PATH" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["watch", "report", "show", "logs", "stop", "redrive"])
def test_what_is_no_execution_is_refused(cli, command):
    result = cli(command, "arn:aws:s3:::bucket")

    assert result.exit_code == ExitCode.BAD_INPUT
    assert "expected the ARN of an execution" in result.stderr


@click.command()
def colourful() -> None:
    """Print in green."""
    click.echo(click.style("green", "green"))


@pytest.mark.parametrize(("value", "styled"), [("1", False), ("", True)])
def test_no_color_turns_colours_off(value, styled):
    group = CommandGroup("group", commands=[colourful])

    result = CliRunner(env={"NO_COLOR": value}).invoke(group, ["colourful"], color=True)

    assert ("\x1b" in result.stdout) is styled
    assert "green" in result.stdout


@click.group(cls=CommandGroup)
def failing() -> None:
    """Fail."""


@failing.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True)
def fail(name: str, as_json: bool) -> None:
    """Raise the error of that name."""
    if name == "KeyboardInterrupt":
        raise KeyboardInterrupt
    details = {"step": "TrainModel", "document": {"run_id": "r", "states": [{"name": "A"}]}}
    raise getattr(errors, name)("what\nand why", **details)


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("RunFailedError", 1, "FAILED"),
        ("BadInputError", 2, "FAILED"),
        ("DataUnavailableError", 3, "FAILED"),
        ("EnvironmentProblemError", 4, "FAILED"),
        ("RunInterruptedError", 130, "ABORTED"),
    ],
)
def test_each_kind_of_error_has_its_exit_code(cli, name, code, status):
    result = cli("fail", name, "--json", command=failing)

    assert result.exit_code == code
    between = "\n" if name == "RunFailedError" else " "  # whose lines are meant
    assert result.stderr == f"error: what{between}and why\n"
    document = json.loads(result.stdout)
    assert (document["status"], document["run_id"]) == (status, "r")
    assert document["states"] == [{"name": "A"}]
    assert document["error"] == {"step": "TrainModel", "error": name, "cause": "what\nand why"}


def test_interruption_anywhere_ends_with_130(cli):
    result = cli("fail", "KeyboardInterrupt", command=failing)

    assert result.exit_code == 130
    assert "interrupted" in result.stderr
    assert "Traceback" not in result.stderr


def test_serve_prints_what_can_be_pasted():
    access = AwsAccess.embedded("http://127.0.0.1:4566", "us-east-1")
    stack = DeployedStack(access, "bucket", "arn:machine")
    text = instructions(stack, "http://127.0.0.1:4567/")

    command = text[text.index("aws stepfunctions") :].split("\n\n")[0]
    words = command.replace("\\\n", " ").split()
    assert words[:8] == ["aws", "stepfunctions", "start-execution", "--endpoint-url",
                         "http://127.0.0.1:4566", "--state-machine-arn", "arn:machine",
                         "--input"]  # fmt: skip
    assert "export AWS_ACCESS_KEY_ID=embedded" in text
    assert "bucket" in text
    assert "http://127.0.0.1:4567/" in text
