"""The execution input of a command."""

import pytest

from console.errors import BadInputError
from console.run_input import check_input, complete_input, has_dataset_uri, parse_input


def test_input_is_json_or_a_file_or_nothing(tmp_path):
    path = tmp_path / "input.json"
    path.write_text('\ufeff{"mode": "tune"}', encoding="utf-8")

    assert parse_input(None) == {}
    assert parse_input('{"mode": "train"}') == {"mode": "train"}
    assert parse_input(f"@{path}") == {"mode": "tune"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{bad", "--input: expected JSON"),
        ("[1]", "expected a JSON object"),
        ('"text"', "expected a JSON object"),
        ("", "expected JSON"),
        ('{"split": {"train": NaN}}', "NaN is no JSON"),
        ("@/no/such/file", "cannot be read"),
    ],
)
def test_input_that_is_no_json_object_is_refused(text, message):
    with pytest.raises(BadInputError, match=message):
        parse_input(text)


def test_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "input.json"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadInputError, match="UTF-8"):
        parse_input(f"@{path}")


def test_options_are_put_into_a_copy():
    given = {"mode": "train", "dataset": {"format": "movielens-csv", "uri": "s3://other/x"}}

    completed = complete_input(given, mode="tune", dataset_uri="s3://bucket/raw/x/")

    assert completed == {
        "mode": "tune",
        "dataset": {"format": "movielens-csv", "uri": "s3://bucket/raw/x/"},
    }
    assert given["mode"] == "train"
    assert complete_input({}) == {}


def test_dataset_uri_of_the_input_is_seen():
    assert has_dataset_uri({"dataset": {"uri": "s3://b/k"}})
    assert not has_dataset_uri({"dataset": {"format": None}})
    assert not has_dataset_uri({"dataset": 3})


def test_check_gives_the_dataset_section():
    assert check_input({"dataset": {"format": "movielens-csv"}})["format"] == "movielens-csv"


def test_check_lists_all_problems_of_the_function():
    bad = {"moed": 1, "mode": "guess", "hyperparameters": {"num_factors": 0, "epocs": 3}}

    with pytest.raises(BadInputError) as raised:
        check_input(bad)

    for part in ("moed", '"mode"', "guess", "num_factors", "epocs"):
        assert part in str(raised.value)
    assert raised.value.error == "InvalidInputError"


def test_check_finds_contradictions_between_sections():
    bad = {
        "mode": "tune",
        "hyperparameters": {"epochs": 5},
        "tuning": {"ranges": {"integer": {"epochs": {"min": 1, "max": 9}}}},
    }

    with pytest.raises(BadInputError, match=r"hyperparameters\.epochs"):
        check_input(bad)
