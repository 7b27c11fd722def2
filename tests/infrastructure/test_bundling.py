"""Layers: what determines them, what is left out, and that a failure is loud."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.bundling import (
    LOCK_NAME,
    PLATFORM_TAGS,
    BundlingError,
    build_layer,
    layer_hash,
    pip_command,
    prune,
)


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    folder = tmp_path / "science"
    folder.mkdir()
    (folder / LOCK_NAME).write_text("numpy==2.5.5 --hash=sha256:00\n", "utf-8")
    return folder


def test_hash_changes_with_the_lock_and_the_processor_only(layer: Path) -> None:
    before = layer_hash(layer, "arm64")

    (layer / "requirements.txt").write_text("numpy\n", "utf-8")
    assert layer_hash(layer, "arm64") == before
    assert layer_hash(layer, "x86_64") != before
    (layer / LOCK_NAME).write_text("numpy==2.5.6 --hash=sha256:00\n", "utf-8")
    assert layer_hash(layer, "arm64") != before


def test_hash_is_the_same_on_every_system(layer: Path) -> None:
    before = layer_hash(layer, "arm64")

    (layer / LOCK_NAME).write_bytes(b"numpy==2.5.5 --hash=sha256:00\r\n")

    assert layer_hash(layer, "arm64") == before


@pytest.mark.parametrize("architecture", PLATFORM_TAGS)
def test_pip_takes_locked_wheels_for_the_functions_platform_only(architecture: str) -> None:
    command = pip_command(Path("lock"), Path("target"), architecture)  # type: ignore[arg-type]
    machine = {"arm64": "aarch64", "x86_64": "x86_64"}[architecture]
    platforms = [text for text in command if text.startswith("--platform=")]

    assert {"--require-hashes", "--only-binary=:all:", "--python-version=3.13"} <= set(command)
    assert platforms
    assert all(text.endswith(f"_{machine}") for text in platforms)


def test_failing_pip_is_loud(layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # pip itself runs, and finds nothing

    with pytest.raises(BundlingError, match=r"layer 'science': pip could not install.*arm64"):
        build_layer(layer, tmp_path / "output", "arm64")


def test_layer_that_lambda_would_refuse_is_refused_here(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (layer / LOCK_NAME).write_text("", "utf-8")
    package = tmp_path / "output" / "python" / "large"
    package.mkdir(parents=True)
    (package / "data.bin").write_bytes(b"0" * 2**20)

    with pytest.raises(BundlingError, match=r"layer 'science': 1 MiB unzipped, at most 0"):
        build_layer(layer, tmp_path / "output", "arm64", size_limit_mib=0)


def test_pruning_leaves_what_is_imported(tmp_path: Path) -> None:
    kept = ["pandas/core/frame.py", "pandas/_libs/lib.so", "pandas-3.dist-info/METADATA"]
    dropped = [
        "pandas/tests/test_frame.py",
        "pandas/core/tests/__init__.py",
        "pandas/core/__pycache__/frame.cpython-313.pyc",
        "pandas/stray.pyc",
        "numpy/_core/include/numpy/arrayobject.h",
        "pandas-3.dist-info/RECORD",
        "bin/f2py",
    ]
    for name in kept + dropped:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", "utf-8")

    prune(tmp_path)

    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {str(Path(name)) for name in kept}
