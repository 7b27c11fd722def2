"""What a function imports is in its layer, and what it is deployed with is not too large."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest

from infra.application import PROJECT_ROOT
from infra.bundling import PLATFORM_TAGS
from infra.constructs.function_code import LAYERS_FOLDER
from tests.infrastructure.conftest import Template, load_template, resources_of
from tests.infrastructure.test_functions import LAYERS

MIB = 2**20
LAMBDA_LIMIT_MIB = 250  # unzipped, function and layers together

# Python 3.14 has it instead of backports.zstd; the functions run on 3.13.
LATER_PYTHON = {"compression"}
RUNTIME = {"boto3", "botocore"}
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
    sources = {path: path.read_text("utf-8") for path in (PROJECT_ROOT / "lambdas").rglob("*.py")}
    users = {path for path, source in sources.items() if "recordio" in source}

    assert users
    for path in users:
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.name
            for node in ast.walk(ast.parse(sources[path]))
            if isinstance(node, ast.Attribute | ast.alias)
        }
        assert not names & {"decode", "read", "read_blocks"}, path


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
    bundled: Path, architecture: str, imports: grimp.ImportGraph
) -> None:
    template = load_template(bundled)
    functions = resources_of(template, "AWS::Lambda::Function").values()
    assert len(functions) == len(LAYERS)
    for function in functions:
        properties = function["Properties"]
        folder = properties["Handler"].split(".")[1]
        code, layers = asset_folders(bundled, template, properties)
        size = sum(file.stat().st_size for part in (code, *layers) for file in files(part))
        assert size < LAMBDA_LIMIT_MIB * MIB, f"{folder}: {size / MIB:.0f} MiB"
        needed = third_party_imports(imports, folder)
        assert needed, folder
        for package in needed:
            assert any(holds(layer / "python", package) for layer in layers), (folder, package)
        machines = {machine(file) for layer in layers for file in files(layer)} - {None}
        assert machines == {architecture}, folder


def asset_folders(
    assembly: Path, template: Template, function: dict[str, Any]
) -> tuple[Path, list[Path]]:
    assets = json.loads((assembly / "VideoRecommender.assets.json").read_text("utf-8"))["files"]

    def folder(content: dict[str, Any]) -> Path:
        return assembly / str(assets[content["S3Key"].removesuffix(".zip")]["source"]["path"])

    layers = [template["Resources"][layer["Ref"]]["Properties"] for layer in function["Layers"]]
    return folder(function["Code"]), [folder(layer["Content"]) for layer in layers]


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def holds(packages: Path, name: str) -> bool:
    """Whether Python would find a package here, and not only its metadata."""
    return any(files(packages / name)) or (packages / f"{name}.py").is_file()


def machine(path: Path) -> str | None:
    """Tell the processor that a library is for, from its ELF header."""
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF":
        return None
    return {183: "arm64", 62: "x86_64"}[int.from_bytes(head[18:20], "little")]
