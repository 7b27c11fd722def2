"""The agreement with SageMaker, as `main` keeps it."""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from embedded_aws.factorization_machines.__main__ import main
from embedded_aws.factorization_machines.container import ClientError, ContainerLayout
from embedded_aws.factorization_machines.model_files import read_model
from embedded_aws.factorization_machines.training import run_training_job

MakeJob = Callable[..., ContainerLayout]

TIMES = r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] "


def train(layout: ContainerLayout) -> int:
    return main(["train", "--root", str(layout.root)])


def rewrite_config(layout: ContainerLayout, name: str, content: object) -> None:
    (layout.root / "input" / "config" / f"{name}.json").write_text(json.dumps(content))


def test_training_writes_the_model_and_nothing_else(make_job: MakeJob) -> None:
    layout = make_job({"epochs": "2"})
    before = set(layout.root.rglob("*"))

    assert train(layout) == 0

    written = [path.name for path in set(layout.root.rglob("*")) - before if path.is_file()]
    assert written == ["model_algo-1"]
    model, is_classifier = read_model(layout.model_folder)
    assert model.factors.shape == (100, 4)
    assert not is_classifier


def test_the_log_has_the_lines_that_sagemaker_looks_for(make_job: MakeJob, capsys: Any) -> None:
    # 5,000 records in mini-batches of 100 are 50 a epoch: batches 0, 20 and 40 are published.
    train(make_job({"epochs": "2", "batch_metrics_publish_interval": "20"}))

    lines = capsys.readouterr().out.splitlines()
    number = r"([-+.e\d]+)"

    def found(pattern: str) -> list[tuple[str, ...]]:
        matches = (re.fullmatch(TIMES + pattern, line) for line in lines)
        return [match.groups() for match in matches if match]

    quality = r"#quality_metric: host=algo-1, "
    for name in ("rmse", "mse", "absolute_loss"):
        batches = found(rf"{quality}epoch=(\d+), batch=(\d+) train {name} <loss>={number}")
        assert [groups[:2] for groups in batches] == [
            (epoch, batch) for epoch in "01" for batch in ("0", "20", "40")
        ]
        epochs = found(rf"{quality}epoch=(\d+), train {name} <loss>={number}")
        assert [groups[0] for groups in epochs] == ["0", "1"]
        final = found(rf"{quality}train {name} <loss>={number}")
        assert final == [epochs[-1][1:]]
        test = found(rf"{quality}test {name} <loss>={number}")
        assert found(rf"#test_score \(algo-1\) : \('{name}', {number}\)") == test
        assert len(test) == 1
    progress = found(rf"#progress_metric: host=algo-1, completed {number} % of epochs")
    assert progress == [("50.0",), ("100.0",)]
    throughput = found(
        rf"#throughput_metric: host=algo-1, train throughput={number} records/second"
    )
    assert len(throughput) == 2
    structured = [json.loads(line[9:]) for line in lines if line.startswith("#metrics {")]
    assert [s["Dimensions"]["Algorithm"] for s in structured] == ["factorization-machines"] * 2


def test_a_classifiers_log_has_its_own_metrics(make_job: MakeJob, capsys: Any) -> None:
    layout = make_job({"predictor_type": "binary_classifier", "epochs": "1"}, classify=True)

    assert train(layout) == 0

    log = capsys.readouterr().out
    assert read_model(layout.model_folder)[1]
    for where in ("epoch=0, batch=0 train", "epoch=0, train", "train", "test"):
        for metric in (
            "binary_classification_accuracy <score>",
            "binary_classification_cross_entropy <loss>",
            "binary_f_1.000 <score>",
        ):
            assert re.search(rf"host=algo-1, {where} {re.escape(metric)}=[\d.]+\n", log)


def test_the_test_channel_is_optional(make_job: MakeJob, planted: Any, capsys: Any) -> None:
    layout = make_job({"epochs": "1"}, {"train": planted["train"]})

    assert train(layout) == 0
    assert "test" not in capsys.readouterr().out


def test_the_test_channel_does_not_touch_the_model(make_job: MakeJob) -> None:
    layout = make_job({"epochs": "1"})
    assert train(layout) == 0
    path = layout.model_folder / "model_algo-1"
    with_test = path.read_bytes()
    rewrite_config(layout, "inputdataconfig", {"train": {}})

    assert train(layout) == 0
    assert path.read_bytes() == with_test


def test_bad_hyperparameters_are_all_in_the_failure_file(make_job: MakeJob, capsys: Any) -> None:
    layout = make_job({"epochs": "0", "num_factors": "many", "factor_lr": "1"})

    assert train(layout) == 1

    failure = layout.failure_path.read_text()
    assert failure == (
        'ClientError: hyperparameter epochs: expected an integer of at least 1, found "0"; '
        'hyperparameter factor_lr: there is no such name; did you mean "factors_lr"?; '
        'hyperparameter num_factors: expected an integer of at least 1, found "many"'
    )
    assert failure in capsys.readouterr().out
    assert list(layout.model_folder.glob("*")) == []


def test_a_failed_training_leaves_no_model(make_job: MakeJob) -> None:
    layout = make_job({"factors_lr": "1e30"})

    assert train(layout) == 1

    assert layout.failure_path.read_text().startswith("AlgorithmError: training diverged")
    assert not layout.model_folder.exists()


def test_a_feature_dim_of_other_data_is_the_callers_fault(make_job: MakeJob) -> None:
    layout = make_job({"feature_dim": "101"})

    assert train(layout) == 1

    failure = layout.failure_path.read_text()
    assert failure.startswith("ClientError: channel train, file part-00000.pbr: expected records")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "channel train: is required, but missing"),
        ({"train": {}, "validation": {}}, "channel validation: there is no such channel"),
        ({"train": {"ContentType": "text/csv"}}, "expected application/x-recordio-protobuf"),
        ({"train": {"TrainingInputMode": "Pipe"}}, "only the input mode File"),
    ],
)
def test_bad_channels_are_refused(make_job: MakeJob, config: object, message: str) -> None:
    layout = make_job()
    rewrite_config(layout, "inputdataconfig", config)

    with pytest.raises(ClientError, match=message):
        run_training_job(layout)


def test_several_hosts_are_refused(make_job: MakeJob) -> None:
    layout = make_job()
    hosts = {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}
    rewrite_config(layout, "resourceconfig", hosts)

    with pytest.raises(ClientError, match="expected one host"):
        run_training_job(layout)


def test_the_seed_comes_from_the_environment(make_job: MakeJob) -> None:
    layout = make_job({"epochs": "1"})
    factors = []
    for environment in (
        {},
        {"FACTORIZATION_MACHINES_SEED": "0"},
        {"FACTORIZATION_MACHINES_SEED": "7"},
    ):
        run_training_job(layout, environment)
        factors.append(read_model(layout.model_folder)[0].factors)

    np.testing.assert_array_equal(factors[0], factors[1])
    assert (factors[0] != factors[2]).any()
    with pytest.raises(ClientError, match='SEED: expected a whole number from 0, found "x"'):
        run_training_job(layout, {"FACTORIZATION_MACHINES_SEED": "x"})


def test_the_number_of_processors_changes_nothing(make_job: MakeJob) -> None:
    # Mini-batches large enough to be shared by four.
    layout = make_job({"epochs": "2", "mini_batch_size": "5000", "num_factors": "64"})
    models = []
    for n_processors in ("1", "4"):
        run_training_job(layout, {"SM_NUM_CPUS": n_processors})
        models.append(read_model(layout.model_folder)[0])

    np.testing.assert_array_equal(models[0].factors, models[1].factors)
    np.testing.assert_array_equal(models[0].linear, models[1].linear)
    with pytest.raises(ClientError, match='SM_NUM_CPUS: expected a whole number from 1, found "0"'):
        run_training_job(layout, {"SM_NUM_CPUS": "0"})
