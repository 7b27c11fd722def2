"""The execution input of a command: parsed, completed by options, checked as ResolveRun does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from console.errors import BadInputError
from lambdas.resolve_run.problems import check
from lambdas.resolve_run.resolution import resolve
from recommender.errors import InvalidInputError

# Only a name that has the right form: the bucket may not exist yet.
_ANY_BUCKET = "data-bucket"


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
        value = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise BadInputError(
            f'{where}: expected JSON such as \'{{"mode": "tune"}}\', or @FILE; found '
            f"{text[:60]!r} ({error})"
        ) from error
    except RecursionError:
        raise BadInputError(
            f"{where}: expected at most a few levels of JSON, found hundreds inside one another"
        ) from None
    if not isinstance(value, dict):
        raise BadInputError(f"{where}: expected a JSON object such as {{}}, found {text[:60]!r}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


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
    try:
        checked = check(execution_input)
        resolve(checked, run_id="check", data_bucket=_ANY_BUCKET)
    except InvalidInputError as error:
        raise BadInputError(str(error), step="input", error="InvalidInputError") from error
    return checked.dataset.model_dump()


def has_dataset_uri(execution_input: dict[str, Any]) -> bool:
    """Whether the input itself says where the ratings are."""
    dataset = execution_input.get("dataset")
    return isinstance(dataset, dict) and "uri" in dataset
