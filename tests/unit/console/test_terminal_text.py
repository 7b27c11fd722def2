"""Text for the width of a terminal, and progress of transfers."""

import io

import pytest

from console.terminal_text import width_of, wrapped
from console.transfer_progress import WatchedFile, transfer_progress


def test_lines_are_cut_between_words():
    lines = wrapped("one two three four", 9, indent="  ")

    assert lines == ["one two", "  three", "  four"]


@pytest.mark.parametrize("width", [None, 80])
def test_lines_that_need_not_be_cut_stay(width):
    assert wrapped("a  b -> c-d", width) == ["a  b -> c-d"]


def test_words_that_are_too_long_stay_whole():
    assert wrapped("see arn:aws:states:eu-west-1:1 there", 10) == [
        "see", "arn:aws:states:eu-west-1:1", "there"
    ]  # fmt: skip


def test_pipe_has_no_width():
    assert width_of(io.StringIO()) is None


def test_pipe_is_told_of_a_transfer_once_it_is_over(capsys):
    with transfer_progress("reading a\x1b.csv", 2_000_000, quiet=False) as advance:
        advance(1_000_000)
        assert capsys.readouterr().err == ""

    said = capsys.readouterr().err
    assert said.startswith("reading a\\x1b.csv: 2,000,000 bytes in ")
    assert said.count("\n") == 1


def test_quiet_transfer_says_nothing(capsys):
    with transfer_progress("reading", 10, quiet=True) as advance:
        advance(10)

    assert capsys.readouterr() == ("", "")


def test_file_tells_what_is_read():
    told: list[int] = []

    with WatchedFile(io.BytesIO(b"12345"), told.append) as file:
        assert file.read(2) + file.read() == b"12345"

    assert told == [2, 3]
