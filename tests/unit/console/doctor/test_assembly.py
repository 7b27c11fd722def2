"""What is read out of a synthesized assembly."""

import json

import pytest

from console.doctor.assembly import read_assembly
from console.errors import EnvironmentProblemError


def write(folder, stacks, template="{}"):
    artifacts = {
        f"Artifact{number}": {
            "type": "aws:cloudformation:stack",
            "displayName": name,
            "properties": {
                "templateFile": "t.json",
                "requiresBootstrapStackVersion": 6,
                "bootstrapStackVersionSsmParameter": "/p",
            },
        }
        for number, name in enumerate(stacks)
    }
    artifacts["Tree"] = {"type": "cdk:tree", "properties": {"file": "tree.json"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (folder / "t.json").write_text(template)


def test_stack_is_found(tmp_path):
    registries = {"eu-west-1": {"Account": "1", "DomainSuffix": "d"}}
    mappings = {"Other": {"a": {"b": "c"}}, "Registry": registries}
    write(tmp_path, ["S"], json.dumps({"Mappings": mappings}))

    assembly = read_assembly(tmp_path)

    assert (assembly.stack_name, assembly.bootstrap_version) == ("S", 6)
    assert assembly.bootstrap_parameter == "/p"
    assert assembly.image_registries == registries


@pytest.mark.parametrize("stacks", [[], ["A", "B"]])
def test_another_number_of_stacks_is_refused(tmp_path, stacks):
    write(tmp_path, stacks)

    with pytest.raises(EnvironmentProblemError, match=f"found {len(stacks)}"):
        read_assembly(tmp_path)


@pytest.mark.parametrize("content", [None, "no JSON", "{}"])
def test_what_is_no_assembly_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(EnvironmentProblemError, match=r"python app\.py"):
        read_assembly(tmp_path)
