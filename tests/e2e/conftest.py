"""The command as people run it: a process of its own, on generated ratings."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import planted

RECOMMENDER = Path(sys.executable).with_name("recommender")


@dataclass(frozen=True)
class Workspace:
    """A folder to run commands in.

    Attributes
    ----------
    temporary : Path
        The commands' folder for temporary files; must be empty when they have ended.
    """

    folder: Path
    temporary: Path

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTEST"))}
        return {**inherited, "TMPDIR": str(self.temporary), **more}

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(RECOMMENDER), *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    @property
    def leftovers(self) -> list[Path]:
        # numba and Node keep caches there, which are no rubbish of ours.
        ours = ("embedded-aws", "recommender-")
        return [path for path in self.temporary.iterdir() if path.name.startswith(ours)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder, temporary = tmp_path / "work", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    return Workspace(folder, temporary)


@pytest.fixture(scope="session")
def planted_ratings() -> planted.PlantedRatings:
    return planted.plant(seed=7)


@pytest.fixture
def ratings_file(workspace: Workspace, planted_ratings: planted.PlantedRatings) -> Path:
    """Write MovieLens' form, with the titles file beside it."""
    (workspace.folder / "movies.csv").write_bytes(planted.movies_csv(planted_ratings.frame))
    path = workspace.folder / "ratings.csv"
    path.write_bytes(planted.ratings_csv(planted_ratings.frame))
    return path


@pytest.fixture
def start_process(workspace: Workspace) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command without waiting for its end; what still runs then is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(RECOMMENDER), *arguments],
            cwd=workspace.folder,
            env=workspace.environment(PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
