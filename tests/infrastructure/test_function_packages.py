"""What a function imports is in its layer, and what it is deployed with is not too large."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest

from infra.application import PROJECT_ROOT
from infra.bundling import LAYERS_FOLDER, PLATFORM_TAGS, PYTHON_VERSION
from tests.infrastructure.conftest import Template, load_template, resources_of
from tests.infrastructure.test_functions import LAYERS

MIB = 2**20
LAMBDA_LIMIT_MIB = 250  # unzipped, function and layers together

# Python 3.14 has it instead of backports.zstd; the functions run on 3.13.
LATER_PYTHON = {"compression"}
RUNTIME = {"boto3", "botocore"}
RUNTIME_NEEDS = ("s3transfer", "jmespath", "urllib3", "dateutil", "six")

# This machine's processor as Lambda names it.
HERE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine()) * (sys.platform == "linux")
# Distributions that others need, and that the functions import by themselves as well.
COME_ALONG = {"pydantic_core"}
# Imported by the first decoding of RecordIO, and no function decodes.
FOR_DECODING = {"numba"}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(
        "recommender",
        "lambdas",
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def third_party_imports(imports: grimp.ImportGraph, folder: str) -> set[str]:
    """Find what a handler, and all it imports, import from elsewhere: packages by import name."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [f"lambdas.{folder}.handler"]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        root = module.partition(".")[0]
        if root not in ("lambdas", "recommender"):
            found.add(root)
            continue
        waiting += imports.find_modules_directly_imported_by(module)
        waiting += [module.rpartition(".")[0]] if "." in module else []  # __init__ runs too
    return found - sys.stdlib_module_names - LATER_PYTHON - RUNTIME - FOR_DECODING


@pytest.mark.parametrize("folder", LAYERS)
def test_layers_hold_what_is_imported_and_nothing_else(
    imports: grimp.ImportGraph, folder: str
) -> None:
    wanted = (LAYERS_FOLDER / LAYERS[folder] / "requirements.txt").read_text("utf-8").split()

    assert third_party_imports(imports, folder) - COME_ALONG == {
        package.partition(".")[0] for package in wanted
    }


def test_no_function_decodes_recordio() -> None:
    """Decoding needs numba, which no function has."""
    used = {
        (path.name, name)
        for path in (PROJECT_ROOT / "lambdas").rglob("*.py")
        for name in _used_of_recordio(ast.parse(path.read_text("utf-8")))
    }
    assert used
    assert not {name for _, name in used} & {"decode", "read", "read_blocks", "scanning"}, used


def _used_of_recordio(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "recommender.recordio"
        ):
            yield from (node.module or "").split(".")[2:]
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "recordio":
            yield node.attr


@pytest.fixture
def bundled(architecture: str, tmp_path: Path) -> Iterator[Path]:
    """Give an assembly as `cdk deploy` makes it: with layers that pip builds."""
    folder = tmp_path / "assembly"
    context = {
        "aws:cdk:bundling-stacks": ["**"],
        "settings": {"lambda_architecture": architecture},
    }
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)},
        check=True,
        capture_output=True,
        timeout=300,
    )
    yield folder
    shutil.rmtree(folder)  # some hundred MiB, which pytest would keep for three sessions


@pytest.mark.slow
@pytest.mark.parametrize("architecture", PLATFORM_TAGS)
def test_functions_fit_lambda_and_find_their_packages(
    bundled: Path, architecture: str, imports: grimp.ImportGraph, tmp_path: Path
) -> None:
    template = load_template(bundled)
    functions = resources_of(template, "AWS::Lambda::Function").values()
    assert len(functions) == len(LAYERS)
    for function in functions:
        properties = function["Properties"]
        folder = properties["Handler"].split(".")[1]
        code, layer = assets(bundled, template, properties)
        with zipfile.ZipFile(layer) as archive:
            entries = archive.infolist()
            size = sum(path.stat().st_size for path in code.rglob("*") if path.is_file())
            size += sum(entry.file_size for entry in entries)
            assert size < LAMBDA_LIMIT_MIB * MIB, f"{folder}: {size / MIB:.0f} MiB"
            names = {entry.filename for entry in entries}
            needed = third_party_imports(imports, folder)
            assert needed, folder
            for package in needed:
                assert f"python/{package}" in {name.removesuffix(".py") for name in names} | {
                    "/".join(name.split("/")[:2]) for name in names
                }, (folder, package)
            libraries = [name for name in names if ".so" in name]
            machines = {machine(archive, name) for name in libraries}
        assert machines <= {architecture}, folder
        assert [name for name in libraries if not fits_python(name)] == [], folder
        python = matching_python() if architecture == HERE else None
        if python is not None:
            assert import_error(python, folder, code, layer, tmp_path / folder) == ""


def assets(assembly: Path, template: Template, function: dict[str, Any]) -> tuple[Path, Path]:
    """Folder of a function's code, archive of its only layer."""
    files = json.loads((assembly / "VideoRecommender.assets.json").read_text("utf-8"))["files"]

    def path(content: dict[str, Any]) -> Path:
        return assembly / str(files[content["S3Key"].removesuffix(".zip")]["source"]["path"])

    (layer,) = function["Layers"]
    content = template["Resources"][layer["Ref"]]["Properties"]["Content"]
    return path(function["Code"]), path(content)


def machine(archive: zipfile.ZipFile, name: str) -> str:
    """Tell the processor that a library is for, from its ELF header."""
    with archive.open(name) as file:
        head = file.read(20)
    assert head[:4] == b"\x7fELF", name
    return {183: "arm64", 62: "x86_64"}[int.from_bytes(head[18:20], "little")]


def fits_python(library: str) -> bool:
    """Whether the functions' Python would load a library, if that is for Python at all."""
    tag = re.search(r"\.(cpython-\d+|abi3|cp\d+)\b", library)
    return tag is None or tag[1] in ("cpython-" + PYTHON_VERSION.replace(".", ""), "abi3")


@cache
def matching_python() -> str | None:
    """Find the functions' own Python, with which they can be imported as they are on Lambda."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [
        shutil.which(f"python{PYTHON_VERSION}"),
        *map(str, pyenv.glob(f"versions/{PYTHON_VERSION}*/bin/python")),
    ]
    for python in filter(None, candidates):
        asked = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
        if asked.stdout.startswith(f"Python {PYTHON_VERSION}."):
            return python
    return None


def import_error(python: str, folder: str, code: Path, layer: Path, scratch: Path) -> str:
    """Import a handler with its layer and what Lambda's runtime has; say why that fails."""
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(scratch / "layer")
    runtime = scratch / "runtime"
    runtime.mkdir()
    for name in (*RUNTIME, *RUNTIME_NEEDS):
        found = importlib.util.find_spec(name)
        assert found is not None, name
        assert found.origin is not None, name
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (runtime / source.name).symlink_to(source)
    paths = [str(code), str(scratch / "layer" / "python"), str(runtime)]
    program = f"import sys; sys.path[:0] = {paths}; import lambdas.{folder}.handler"
    completed = subprocess.run(
        [python, "-I", "-B", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    shutil.rmtree(scratch)
    return completed.stderr if completed.returncode else ""
