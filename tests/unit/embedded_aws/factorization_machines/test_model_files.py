import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from embedded_aws.factorization_machines.model_files import read_model, write_model
from recommender.errors import ModelArtifactError
from recommender.model_artifact import FactorizationMachinesModel, parse_model

MODEL = FactorizationMachinesModel(
    bias=3.5, linear=np.array([1, 2], np.float32), factors=np.array([[1, 2, 3], [4, 5, 6]], "f4")
)


@pytest.mark.parametrize("is_classifier", [False, True])
def test_a_model_is_read_as_it_was_written(tmp_path: Path, is_classifier: bool) -> None:
    write_model(tmp_path / "model", MODEL, is_classifier=is_classifier)

    model, found = read_model(tmp_path / "model")

    assert found is is_classifier
    assert model.bias == 3.5
    np.testing.assert_array_equal(model.linear, MODEL.linear)
    np.testing.assert_array_equal(model.factors, MODEL.factors)


def test_the_folder_becomes_a_model_artifact(tmp_path: Path) -> None:
    write_model(tmp_path / "model", MODEL, is_classifier=False)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["model_algo-1"]

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(tmp_path / "model" / "model_algo-1", "model_algo-1")
    np.testing.assert_array_equal(parse_model(packed.getvalue()).factors, MODEL.factors)


def test_equal_models_are_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        write_model(tmp_path / name, MODEL, is_classifier=True)

    first, second = ((tmp_path / name / "model_algo-1").read_bytes() for name in "ab")
    assert first == second


@pytest.mark.parametrize(
    ("symbol", "is_classifier"),
    [(b'{"op": "LogisticRegressionOutput"}', True), (b'{"op": "LinearRegressionOutput"}', False)],
)
def test_a_real_archive_is_told_by_its_output(
    tmp_path: Path, symbol: bytes, is_classifier: bool
) -> None:
    write_model(tmp_path, MODEL, is_classifier=False)
    path = tmp_path / "model_algo-1"
    with zipfile.ZipFile(path) as zipped:
        params = zipped.read("params")
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("params", params)
        zipped.writestr("symbol.json", symbol)

    assert read_model(tmp_path)[1] is is_classifier


def test_a_missing_or_broken_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelArtifactError, match="expected the file model_algo-1"):
        read_model(tmp_path)
    (tmp_path / "model_algo-1").write_bytes(b"no zip")
    with pytest.raises(ModelArtifactError, match="model_algo-1"):
        read_model(tmp_path)
