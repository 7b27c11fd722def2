"""``run``, ``watch`` and their like in a real terminal of 80 columns, piped, and interrupted."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded_aws.server import EmbeddedAws
from tests.e2e.conftest import RECOMMENDER, Workspace
from tests.e2e.processes import descendants, survivors
from tests.e2e.terminal import COLUMNS, CTRL_C, Terminal
from tests.integration.deployed_workflow import FAST, LONG, start, upload_planted_ratings
from tests.integration.embedded_aws.conftest import Machines

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs ptys and /proc as on Linux"),
]

COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10[0-7])[;m]")
TOO_MANY_EPOCHS = '{"hyperparameters": {"epochs": 1000000, "num_factors": 4}}'

OpenTerminal = Callable[..., Terminal]


@pytest.fixture
def open_terminal(workspace: Workspace) -> Iterator[OpenTerminal]:
    opened: list[Terminal] = []
    # What would say something else of the terminal.
    hidden = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CI", "TERM")
    plain = {k: v for k, v in workspace.environment().items() if k not in hidden}

    def open_one(*arguments: str, **environment: str) -> Terminal:
        terminal = Terminal(
            [str(RECOMMENDER), *arguments],
            cwd=workspace.folder,
            environment={**plain, "TERM": "xterm-256color", **environment},
        )
        opened.append(terminal)
        return terminal

    yield open_one
    for terminal in opened:
        terminal.close()


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def stack(aws: EmbeddedAws, assembly: Path) -> dict[str, str]:
    outputs = aws.deploy(assembly)
    upload_planted_ratings(aws, outputs["DataBucketName"])
    return outputs


@pytest.fixture(scope="module")
def ended(aws: EmbeddedAws, stack: dict[str, str]) -> list[str]:
    """Give ARNs of a run that succeeded and of one that failed."""
    arns = [start(aws, stack, FAST), start(aws, stack, {"dataset": {"uri": "raw/nothing/"}})]
    statuses = [Machines(aws).wait(arn)["status"] for arn in arns]
    assert statuses == ["SUCCEEDED", "FAILED"]
    return arns


def too_long(lines: list[str]) -> list[str]:
    """Lines that do not fit, but for words that are longer than half a line: ARNs, addresses."""
    return [
        line for line in lines if len(line) > COLUMNS and max(map(len, line.split())) <= COLUMNS / 2
    ]


def test_run_draws_progress_and_leaves_the_result(open_terminal, workspace, ratings_file, assembly):
    terminal = open_terminal(
        "run", "--data", "ratings.csv", "--assembly", str(assembly), "--output", "out",
        "--input", json.dumps(FAST),
    )  # fmt: skip

    terminal.wait_for(r"[⠀-⣿] (ResolveRun|Preprocess|TrainModel) +\d+\.\d s")  # it turns
    terminal.wait_for(r"epoch \d+ of 60  train RMSE \d\.\d+  (\d+\.\d s left  )?[▁▂▃▄▅▆▇█]+")
    code = terminal.finish()

    assert code == 0
    text = terminal.text()
    assert re.search(r"✓ TrainModel +\d+\.\d s\n    epoch 60 of 60  train RMSE", text)
    assert re.search(r"RMSE +\d\.\d{4}  on the test split", text)
    assert "rated best" in text
    assert text.count("✓ TrainModel") == 1  # redrawn, not printed again
    assert too_long(terminal.lines()) == []
    assert COLOUR.search(terminal.raw)
    assert terminal.hid_cursor
    assert terminal.is_restored


def test_interrupted_run_leaves_nothing(open_terminal, workspace, ratings_file, assembly):
    terminal = open_terminal(
        "run", "--data", "ratings.csv", "--assembly", str(assembly), "--output", "out",
        "--input", TOO_MANY_EPOCHS, NO_COLOR="1",
    )  # fmt: skip
    terminal.wait_for(r"epoch \d+")
    children = descendants(terminal.process.pid)

    terminal.press(CTRL_C)

    assert terminal.finish(seconds=30) == 130
    assert "error: interrupted: the execution was stopped" in terminal.text()
    assert children
    assert survivors(children) == []
    assert workspace.leftovers == []
    assert not (workspace.folder / "out").exists()
    assert terminal.is_restored
    assert too_long(terminal.lines()) == []


def test_interrupted_watch_lets_the_execution_go_on(open_terminal, aws, stack):
    arn = start(aws, stack, LONG)
    terminal = open_terminal("watch", "latest", "--endpoint-url", aws.endpoint_url)
    terminal.wait_for(r"epoch \d+")

    terminal.press(CTRL_C)

    try:
        assert terminal.finish(seconds=30) == 130
        stepfunctions = aws.client("stepfunctions")
        assert stepfunctions.describe_execution(executionArn=arn)["status"] == "RUNNING"
        assert f"`recommender watch {arn.rpartition(':')[2]}`" in " ".join(terminal.lines())
        assert terminal.hid_cursor
        assert terminal.is_restored
    finally:
        aws.client("stepfunctions").stop_execution(executionArn=arn)
        Machines(aws).wait(arn)


def test_watch_ends_with_the_outcome(open_terminal, aws, ended):
    """Resumed after the end, it shows everything that happened."""
    succeeded, failed = (
        open_terminal("watch", arn, AWS_ENDPOINT_URL=aws.endpoint_url) for arn in ended
    )

    assert (succeeded.finish(), failed.finish()) == (0, 1)

    assert re.search(r"✓ TrainModel +\d+\.\d s\n    epoch 60", succeeded.text())
    assert re.search(r"RMSE +\d\.\d{4}  on the test split", succeeded.text())
    assert re.search(r"✗ ResolveRun +\d", failed.text())
    assert "What to do: " in failed.text()
    for terminal in (succeeded, failed):
        assert too_long(terminal.lines()) == []
        assert terminal.is_restored


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"], ["show", "ENDED"], ["show", "FAILED"], ["logs", "ENDED"],
        ["compare", "ENDED", "FAILED"], ["schedule", "list"], ["data", "list"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_tables_fit_the_terminal(open_terminal, aws, ended, arguments):
    named = dict(zip(("ENDED", "FAILED"), ended, strict=True))
    words = [named.get(word, word) for word in arguments]

    terminal = open_terminal(*words, AWS_ENDPOINT_URL=aws.endpoint_url)

    assert terminal.finish() == 0, terminal.text()
    assert any(terminal.lines())
    assert too_long(terminal.lines()) == []


def test_no_color_is_respected(open_terminal, aws, ended):
    terminal = open_terminal("watch", ended[0], AWS_ENDPOINT_URL=aws.endpoint_url, NO_COLOR="1")

    assert terminal.finish() == 0
    assert "on the test split" in terminal.text()
    assert not COLOUR.search(terminal.raw)


def test_terminal_that_cannot_redraw_gets_lines(open_terminal, aws, ended):
    terminal = open_terminal("watch", ended[0], AWS_ENDPOINT_URL=aws.endpoint_url, TERM="dumb")

    assert terminal.finish() == 0
    assert "TrainModel: succeeded after" in terminal.text()
    assert b"\x1b" not in terminal.raw


@pytest.mark.parametrize("which", [0, 1])
def test_nothing_but_text_goes_into_a_pipe(workspace, aws, ended, which):
    completed = subprocess.run(
        [str(RECOMMENDER), "watch", ended[which]],
        cwd=workspace.folder,
        env=workspace.environment(AWS_ENDPOINT_URL=aws.endpoint_url, TERM="xterm-256color"),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert completed.returncode == which
    assert b"TellOfFailure" in completed.stderr if which else b"RMSE" in completed.stdout
    for written in (completed.stdout, completed.stderr):
        assert b"\x1b" not in written
        assert b"\r" not in written
