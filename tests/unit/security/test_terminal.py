"""Nothing that comes from elsewhere is obeyed by a terminal."""

import io

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from console.command_group import CommandGroup
from console.errors import BadInputError
from console.live_view import LiveView
from console.printable import printable
from console.result_table import print_result
from console.sample_customers import CustomerSample, Shown
from console.view import PlainView

HOSTILE = "Heat\x1b]0;owned\x07\x1b[2J\x9b31m\r\x08\u202eexe.txt"
COMMANDS = ("\x1b", "\x07", "\x9b", "\r", "\x08", "\u202e")


@pytest.mark.parametrize("character", [*COMMANDS, "\x00", "\x7f", "\n", "\u2066", "\ud800"])
def test_control_characters_are_written_out(character):
    text = printable(f"a{character}b")

    assert character not in text
    assert text.startswith("a\\")
    assert text.isascii()


@pytest.mark.parametrize("text", ["Amélie (2001)", "七人の侍", "«8½» 🎬", "[red] \\ tab"])
def test_titles_of_all_languages_stay_as_they_are(text):
    assert printable(text) == text


def test_tables_write_them_out(make_record):
    shown = (Shown(HOSTILE, HOSTILE, 4.0), Shown(HOSTILE, None, 4.0))
    record = make_record(
        samples=[CustomerSample(HOSTILE, HOSTILE, 1, shown, shown)], gaps=[HOSTILE]
    )
    record.output["reasons"] = [HOSTILE]
    sink = io.StringIO()

    print_result(record, None, Console(file=sink, width=200))

    assert not [command for command in COMMANDS if command in sink.getvalue()]
    assert "\\x1b]0;owned" in sink.getvalue()


def test_error_lines_write_them_out():
    @click.group(cls=CommandGroup)
    def group() -> None:
        """Fail."""

    @group.command()
    def fail() -> None:
        raise BadInputError(HOSTILE)

    result = CliRunner().invoke(group, ["fail"])

    assert not [command for command in COMMANDS if command in result.stderr]


def test_notes_write_them_out(capsys):
    PlainView().note(HOSTILE)
    sink = io.StringIO()
    live = LiveView(Console(file=sink))
    live.note(HOSTILE)
    live.close()

    assert not [command for command in COMMANDS if command in capsys.readouterr().err]
    assert "\x1b]0;owned" not in sink.getvalue()
