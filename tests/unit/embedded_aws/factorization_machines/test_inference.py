import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from embedded_aws.factorization_machines.__main__ import main
from embedded_aws.factorization_machines.model_files import write_model
from recommender import recordio
from recommender.model_artifact import FactorizationMachinesModel

MODEL = FactorizationMachinesModel(
    bias=0.5,
    linear=np.array([0.25, -0.5, 1.0], np.float32),
    factors=np.array([[1, 2], [0.5, -1], [2, 0]], np.float32),
)
ROWS = scipy.sparse.csr_matrix(np.array([[1, 1, 0], [0, 0, 0], [2, 0, 1]], np.float32))
# bias + linear + <factors, factors> x x: 0.5 + 0.25 - 0.5 - 1.5; 0.5; 0.5 + 0.5 + 1 + 2 * 2
SCORES = [-1.25, 0.5, 6.0]

Transform = Callable[..., int]


@pytest.fixture
def transform(tmp_path: Path) -> Transform:
    def run(*arguments: object, is_classifier: bool = False) -> int:
        write_model(tmp_path / "ml" / "model", MODEL, is_classifier=is_classifier)
        return main(["transform", "--root", str(tmp_path / "ml"), *map(str, arguments)])

    return run


def test_recordio_is_answered_with_json_lines(tmp_path: Path, transform: Transform) -> None:
    source, target = tmp_path / "test_0.protobuf", tmp_path / "out" / "test_0.protobuf.out"
    source.write_bytes(recordio.encode(ROWS, np.ones(3, np.float32)))

    assert transform("--input", source, "--output", target) == 0

    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert lines == [{"score": score} for score in SCORES]


def test_json_is_answered_with_json(tmp_path: Path, transform: Transform) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    instances = [{"features": row} for row in ROWS.toarray().tolist()]
    source.write_text(json.dumps({"instances": instances}))

    arguments = ["--content-type", "application/json", "--accept", "application/json"]
    assert transform("--input", source, "--output", target, *arguments, is_classifier=True) == 0

    predictions = json.loads(target.read_text())["predictions"]
    probabilities = 1 / (1 + np.exp(-np.array(SCORES)))
    assert [p["score"] for p in predictions] == pytest.approx(probabilities)
    assert [p["predicted_label"] for p in predictions] == [0.0, 1.0, 1.0]


def test_several_files_are_answered_in_one_go(tmp_path: Path, transform: Transform) -> None:
    arguments: list[object] = []
    for part in range(3):
        source = tmp_path / f"{part}.pbr"
        source.write_bytes(recordio.encode(ROWS[part : part + 1]))
        arguments += ["--input", source, "--output", tmp_path / f"{part}.out"]

    assert transform(*arguments) == 0

    answers = [json.loads((tmp_path / f"{part}.out").read_text()) for part in range(3)]
    assert answers == [{"score": score} for score in SCORES]


def test_a_bad_file_has_no_output_and_the_others_have(
    tmp_path: Path, transform: Transform, capsys: Any
) -> None:
    (tmp_path / "bad").write_bytes(b"not RecordIO")
    (tmp_path / "good").write_bytes(recordio.encode(ROWS))
    arguments: list[object] = []
    for name in ("bad", "missing", "good"):
        arguments += ["--input", tmp_path / name, "--output", tmp_path / f"{name}.out"]

    assert transform(*arguments) == 1

    assert [path.name for path in tmp_path.glob("*.out")] == ["good.out"]
    log = capsys.readouterr().out
    assert "ERROR" in log
    assert "ClientError: bad: unable to evaluate payload provided: the payload: " in log
    assert "missing: unable to evaluate payload provided: " in log


def test_a_missing_model_is_refused(tmp_path: Path, capsys: Any) -> None:
    options = ["--root", str(tmp_path), "--input", "a", "--output", "b"]

    assert main(["transform", *options]) == 1

    assert "ClientError: the model artifact: expected the file model_algo-1" in (
        capsys.readouterr().out
    )
    assert list(tmp_path.iterdir()) == []


def test_a_trained_model_scores_as_its_log_says(
    make_job: Any, tmp_path: Path, planted: Any, capsys: Any
) -> None:
    layout = make_job({"epochs": "3"})
    main(["train", "--root", str(layout.root)])
    logged = capsys.readouterr().out.split("test rmse <loss>=")[1].splitlines()[0]
    features, labels = planted["test"]
    source, target = tmp_path / "test.pbr", tmp_path / "test.out"
    source.write_bytes(recordio.encode(features))

    root = str(layout.root)
    assert main(["transform", "--root", root, "--input", str(source), "--output", str(target)]) == 0

    scores = [json.loads(line)["score"] for line in target.read_text().splitlines()]
    assert np.sqrt(np.mean((scores - labels) ** 2)) == pytest.approx(float(logged), rel=1e-5)
