"""Layers: what determines them, what is left out, that they are kept, and that failing is loud."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from aws_cdk import App

from infra import bundling
from infra.application import default_context
from infra.bundling import (
    LAYERS_FOLDER,
    LOCK_NAME,
    PLATFORM_TAGS,
    BundlingError,
    layer_archive,
    layer_hash,
    pip_command,
    prune,
)
from infra.constructs import function_code
from infra.settings import DeploymentSettings
from infra.stacks.recommender_stack import VideoRecommenderStack
from tests.infrastructure.conftest import Template, load_template

METADATA = "science-1.0.dist-info"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of wheels that pip takes for the only package index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def layer(tmp_path: Path, wheels: Path) -> Path:
    """Folder of a layer with one package, of which `wheels` has the wheel."""
    return locked(tmp_path / "science", make_wheel(wheels, "manylinux_2_17_aarch64"))


def make_wheel(folder: Path, platform: str) -> Path:
    path = folder / f"science-1.0-cp313-cp313-{platform}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("science/__init__.py", "answer = 42\n")
        wheel.writestr("science/fast.cpython-313-aarch64-linux-gnu.so", b"\x7fELF")
        wheel.writestr("science/tests/test_answer.py", "")
        wheel.writestr(f"{METADATA}/METADATA", "Metadata-Version: 2.1\nName: science\nVersion: 1\n")
        wheel.writestr(f"{METADATA}/WHEEL", f"Wheel-Version: 1.0\nTag: cp313-cp313-{platform}\n")
        wheel.writestr(f"{METADATA}/RECORD", "")
    return path


def locked(folder: Path, wheel: Path) -> Path:
    folder.mkdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / LOCK_NAME).write_text(f"science==1.0 --hash=sha256:{digest}\n", "utf-8")
    return folder


def test_hash_changes_with_the_lock_and_the_processor(layer: Path) -> None:
    before = layer_hash(layer, "arm64")

    (layer / "requirements.txt").write_text("numpy\n", "utf-8")
    assert layer_hash(layer, "arm64") == before
    assert layer_hash(layer, "x86_64") != before
    (layer / LOCK_NAME).write_text("numpy==2.5.6 --hash=sha256:00\n", "utf-8")
    assert layer_hash(layer, "arm64") != before


@pytest.mark.parametrize(
    "rule", ["PRUNED_FOLDERS", "PRUNED_SUFFIXES", "KEPT_METADATA", "PYTHON_VERSION"]
)
def test_hash_changes_with_the_recipe(
    layer: Path, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = layer_hash(layer, "arm64")

    monkeypatch.setattr(bundling, rule, "something else")

    assert layer_hash(layer, "arm64") != before


def test_hash_is_the_same_on_every_system(layer: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(layer, elsewhere)
    lock = elsewhere / LOCK_NAME
    lock.write_bytes(lock.read_bytes().replace(b"\n", b"\r\n"))  # as git does on Windows

    assert layer_hash(elsewhere, "arm64") == layer_hash(layer, "arm64")


@pytest.mark.parametrize("architecture", PLATFORM_TAGS)
def test_pip_takes_locked_wheels_for_the_functions_platform_only(architecture: str) -> None:
    command = pip_command(Path("lock"), Path("target"), architecture)  # type: ignore[arg-type]
    machine = {"arm64": "aarch64", "x86_64": "x86_64"}[architecture]
    platforms = [text for text in command if text.startswith("--platform=")]

    assert {"--require-hashes", "--only-binary=:all:", "--python-version=3.13"} <= set(command)
    assert platforms
    assert all(text.endswith(f"_{machine}") for text in platforms)


@pytest.mark.parametrize("name", sorted(path.name for path in LAYERS_FOLDER.iterdir()))
def test_locks_do_not_depend_on_the_machine_that_installs(name: str) -> None:
    """Pip would ask an environment marker of the machine that it runs on."""
    lines = (LAYERS_FOLDER / name / LOCK_NAME).read_text("utf-8").splitlines()

    assert [line for line in lines if "==" in line]
    assert [line for line in lines if ";" in line] == []


def test_archive_has_what_is_imported_and_is_the_same_whoever_builds_it(
    layer: Path, tmp_path: Path
) -> None:
    first = layer_archive(layer, "arm64", cache=tmp_path / "first")
    old_mask = os.umask(0o077)
    try:
        second = layer_archive(layer, "arm64", cache=tmp_path / "second")
    finally:
        os.umask(old_mask)

    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == [
            f"python/{METADATA}/METADATA",
            "python/science/__init__.py",
            "python/science/fast.cpython-313-aarch64-linux-gnu.so",
        ]
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}
    assert first.read_bytes() == second.read_bytes()


def test_archive_is_built_once(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = layer_archive(layer, "arm64", cache=tmp_path)
    monkeypatch.setattr(sys, "executable", "no-python-here")

    assert layer_archive(layer, "arm64", cache=tmp_path) == first


@pytest.mark.parametrize("platform", ["macosx_11_0_arm64", "win_amd64", "manylinux_2_17_x86_64"])
def test_wheels_of_the_host_are_not_taken(
    wheels: Path, platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as the CDK CLI does
    layer = locked(tmp_path / "science", make_wheel(wheels, platform))

    with pytest.raises(BundlingError) as caught:
        layer_archive(layer, "arm64", cache=tmp_path / "cache")

    assert str(caught.value) == (
        "layer 'science' for arm64, Python 3.13: pip finds no wheel of science==1.0 for "
        "manylinux_2_28_aarch64 or older; if it reaches the package index, lock a version that "
        "has one: requirements.txt, `make lock`"
    )
    assert list((tmp_path / "cache").iterdir()) == [], "a failure leaves nothing"


def test_wheel_that_was_changed_is_refused(layer: Path, wheels: Path, tmp_path: Path) -> None:
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("science/extra.py", "")

    with pytest.raises(BundlingError, match=r"the wheel of science==1.0.* is not the locked one"):
        layer_archive(layer, "arm64", cache=tmp_path / "cache")


def test_lock_without_hashes_is_refused(layer: Path, tmp_path: Path) -> None:
    (layer / LOCK_NAME).write_text("science==1.0\n", "utf-8")

    with pytest.raises(BundlingError, match=r"^layer 'science' for arm64.*pip failed, and says: "):
        layer_archive(layer, "arm64", cache=tmp_path / "cache")


def test_python_without_pip_is_named(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = next(path for path in bare.glob("*/python*") if path.stem == "python")
    monkeypatch.setattr(sys, "executable", str(python))

    with pytest.raises(BundlingError, match=r"has no pip; try `.* -m ensurepip`"):
        layer_archive(layer, "arm64", cache=tmp_path / "cache")


def test_layer_that_lambda_would_refuse_is_refused_here(layer: Path, tmp_path: Path) -> None:
    with pytest.raises(BundlingError, match=r"layer 'science': 0 MiB unzipped, at most 0"):
        layer_archive(layer, "arm64", cache=tmp_path / "cache", size_limit_mib=0)


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


def test_template_is_the_same_with_and_without_layers(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "archive.zip"
    archive.write_bytes(b"archive")
    monkeypatch.setattr(function_code, "layer_archive", lambda *_: archive)
    context = {**default_context(), "aws:cdk:bundling-stacks": ["**"]}
    folder = tmp_path / "assembly"
    app = App(context=context, outdir=str(folder), analytics_reporting=False)
    VideoRecommenderStack(app, settings=DeploymentSettings())

    app.synth()

    assert load_template(folder) == template
    assert len(list(folder.glob("layer-*"))) == 4


def test_program_says_how_it_is_used() -> None:
    completed = subprocess.run(
        [sys.executable, str(bundling.__file__), "everything", "arm64"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert completed.returncode == 1
    assert completed.stderr == (
        "usage: python infra/bundling.py contracts|conversion|evaluation|preparation arm64|x86_64\n"
    )
