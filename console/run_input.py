"""The execution input of a command: parsed, completed by options, checked as ResolveRun does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from console.errors import BadInputError
from console.input_check import check, parse_json
from lambdas.resolve_run.events import ResolvedRun
from lambdas.resolve_run.problems import invalid_input


def parse_input(text: str | None) -> dict[str, Any]:
    """Parse the value of ``--input``.

    Parameters
    ----------
    text : str or None
        JSON, or ``@`` and the path of a file with JSON; ``None`` is ``{}``.

    Raises
    ------
    BadInputError
        If there is no such file, or it is no JSON object.
    """
    if text is None:
        return {}
    where = "--input"
    if text.startswith("@"):
        path = Path(text[1:])
        where = f"--input {text}"
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise BadInputError(f"{where}: the file cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise BadInputError(f"{where}: expected JSON in UTF-8, found other bytes") from error
    try:
        return parse_json(text)
    except ValueError as error:
        advice = "" if where != "--input" else "; @FILE reads a file"
        raise BadInputError(f"{where}: {error}{advice}") from error


def complete_input(
    given: dict[str, Any], *, mode: str | None = None, dataset_uri: str | None = None
) -> dict[str, Any]:
    """Put what options say into an execution input.

    Parameters
    ----------
    given : dict
        Not changed.
    mode : str or None
        Wins over the input's own, unless it is ``None``.
    dataset_uri : str or None
        Likewise.
    """
    completed = dict(given)
    if mode is not None:
        completed["mode"] = mode
    if dataset_uri is not None and isinstance(completed.get("dataset", {}), dict):
        completed["dataset"] = {**completed.get("dataset", {}), "uri": dataset_uri}
    return completed


def check_input(execution_input: dict[str, Any]) -> dict[str, Any]:
    """Check an execution input with ResolveRun's own code, and return its dataset section.

    Raises
    ------
    BadInputError
        Lists every problem.
    """
    return checked_input(execution_input).dataset.model_dump()


def checked_input(execution_input: dict[str, Any]) -> ResolvedRun:
    """Check an execution input with ResolveRun's own code, and return the run that it asks for.

    Raises
    ------
    BadInputError
        Lists every problem.
    """
    checked = check(execution_input, {})
    if checked.run is None:
        message = str(invalid_input(checked.problems))
        raise BadInputError(message, step="input", error="InvalidInputError")
    return checked.run


def has_dataset_uri(execution_input: dict[str, Any]) -> bool:
    """Whether the input itself says where the ratings are."""
    dataset = execution_input.get("dataset")
    return isinstance(dataset, dict) and "uri" in dataset
