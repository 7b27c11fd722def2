"""The agreement between SageMaker and a training container: folders, exit code, failure file.

Source: SageMaker developer guide, "How Amazon SageMaker Provides Training Information" and "How
Amazon SageMaker Processes Training Output" (your-algorithms-training-algo).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Describe's FailureReason holds no more than this of the failure file.
MAX_FAILURE_CHARACTERS = 1024


class JobError(Exception):
    """A job that cannot go on; the message begins as SageMaker's FailureReason does."""


class ClientError(JobError):
    """The caller's data or settings are wrong: only the caller can mend it."""


class AlgorithmError(JobError):
    """The algorithm failed on data and settings that looked right."""


@dataclass(frozen=True, slots=True)
class ContainerLayout:
    """The folders below ``/opt/ml``.

    Parameters
    ----------
    root : Path
        What stands for ``/opt/ml``.
    """

    root: Path

    @property
    def failure_path(self) -> Path:
        """Why the job failed."""
        return self.root / "output" / "failure"

    @property
    def model_folder(self) -> Path:
        """What SageMaker packs into ``model.tar.gz``."""
        return self.root / "model"

    def channel_folder(self, channel: str) -> Path:
        """Where SageMaker puts the files of a channel."""
        return self.root / "input" / "data" / channel

    def read_config(self, name: str) -> dict[str, Any]:
        """Read ``input/config/<name>.json``.

        Raises
        ------
        ClientError
            If the file is missing, or holds anything but one JSON object.
        """
        path = self.root / "input" / "config" / f"{name}.json"
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ClientError(f"cannot read {path}: {error}") from error
        if not isinstance(content, dict):
            raise ClientError(f"{path}: expected one JSON object, found {type(content).__name__}")
        return content

    def write_failure(self, text: str) -> None:
        """Write the failure file."""
        write_atomically(self.failure_path, text.encode())


def failure_text(error: Exception) -> str:
    """Say why a job failed, as SageMaker's FailureReason does.

    Anything but a `JobError` is a fault of the algorithm.
    """
    kind = "ClientError" if isinstance(error, ClientError) else "AlgorithmError"
    message = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
    return f"{kind}: {message}"[:MAX_FAILURE_CHARACTERS]


def write_atomically(path: Path, content: bytes, *, by_way_of: Path | None = None) -> None:
    """Write a file that is there either whole or not at all, whenever the process is killed.

    Parameters
    ----------
    path : Path
        The file; missing folders are made.
    content : bytes
    by_way_of : Path, optional
        Folder of the unfinished file, on the same file system; that of `path` unless told.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = (by_way_of or path.parent) / f".{path.name}.{os.getpid()}.unfinished"
    unfinished.write_bytes(content)
    unfinished.replace(path)
