from pathlib import Path

import pytest

from embedded_aws.factorization_machines.container import (
    AlgorithmError,
    ClientError,
    ContainerLayout,
    failure_text,
    write_atomically,
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError("bad data"), "ClientError: bad data"),
        (AlgorithmError("diverged"), "AlgorithmError: diverged"),
        (KeyError("x"), "AlgorithmError: KeyError: 'x'"),
    ],
)
def test_failure_text_tells_whose_fault_it_is(error: Exception, expected: str) -> None:
    assert failure_text(error) == expected


def test_failure_text_fits_sagemakers_failure_reason() -> None:
    assert len(failure_text(ClientError("x" * 5000))) == 1024


def test_write_failure_writes_the_failure_file(tmp_path: Path) -> None:
    ContainerLayout(tmp_path).write_failure("ClientError: é")

    assert (tmp_path / "output" / "failure").read_bytes() == "ClientError: é".encode()


@pytest.mark.parametrize("content", [None, "{", "[]", "\xff"])
def test_read_config_names_the_file_it_cannot_read(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_text(content, encoding="latin-1")

    with pytest.raises(ClientError, match=r"hyperparameters\.json"):
        ContainerLayout(tmp_path).read_config("hyperparameters")


def test_write_atomically_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"

    write_atomically(path, b"first")
    write_atomically(path, b"second", by_way_of=tmp_path)

    assert path.read_bytes() == b"second"
    assert sorted(tmp_path.rglob("*")) == [path.parent, path]
