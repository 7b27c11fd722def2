import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from embedded_aws.factorization_machines import learning
from embedded_aws.factorization_machines.container import AlgorithmError, ClientError
from embedded_aws.factorization_machines.learning import evaluate, train
from embedded_aws.factorization_machines.samples import Samples
from embedded_aws.factorization_machines.settings import parse_settings

Learn = Callable[..., dict[str, float]]


@pytest.fixture
def learn(planted: Any, hyperparameters: dict[str, str]) -> Learn:
    """Return a function that trains on the planted ratings and returns the test metrics."""

    def run(seed: int = 0, classify: bool = False, **more: str) -> dict[str, float]:
        if classify:
            more["predictor_type"] = "binary_classifier"
        settings = parse_settings(hyperparameters | more)
        train_samples, test_samples = (
            Samples(features, (labels > 3).astype(np.float32) if classify else labels)
            for features, labels in planted.values()
        )
        model = train(settings, train_samples, np.random.default_rng(seed), host="algo-1")
        return evaluate(settings, model, test_samples)

    return run


def test_planted_ratings_are_learned(planted: Any, learn: Learn) -> None:
    labels = planted["test"][1]
    mean_baseline = float(np.std(labels))

    metrics = learn()

    assert metrics["rmse"] < 0.25 * mean_baseline  # the noise is 0.1, the spread about 1
    assert metrics["rmse"] == pytest.approx(metrics["mse"] ** 0.5)


def test_the_factors_are_needed_for_it(learn: Learn) -> None:
    assert learn(factors_lr="0", factors_init_sigma="0")["rmse"] > 0.4


def test_planted_classes_are_learned(planted: Any, learn: Learn) -> None:
    majority = max(np.mean(planted["test"][1] > 3), np.mean(planted["test"][1] <= 3))

    metrics = learn(classify=True)

    assert majority < 0.65
    assert metrics["binary_classification_accuracy"] > 0.9
    assert metrics["binary_classification_cross_entropy"] < 0.35
    assert metrics["binary_f_1.000"] > 0.9


def test_the_same_seed_learns_the_same(learn: Learn) -> None:
    assert learn(seed=1, epochs="2") == learn(seed=1, epochs="2")
    assert learn(seed=1, epochs="2") != learn(seed=2, epochs="2")


def test_epochs_go_on_where_the_last_one_ended(learn: Learn, capsys: Any) -> None:
    learn(epochs="5")

    log = capsys.readouterr().out
    losses = [float(x) for x in re.findall(r"epoch=\d+, train rmse <loss>=(\S+)", log)]
    assert len(losses) == 5
    assert losses == sorted(losses, reverse=True)


def test_the_logged_loss_is_taken_before_each_update(
    planted: Any, learn: Learn, capsys: Any
) -> None:
    """With one mini-batch in an epoch, that is the loss of the initial values."""
    _, labels = planted["train"]
    constant = {
        **{f"{group}_init_method": "constant" for group in ("bias", "linear", "factors")},
        **{"bias_init_value": "2.5", "linear_init_value": "0", "factors_init_value": "0"},
    }
    learn(epochs="1", mini_batch_size=str(len(labels)), **constant)

    (loss,) = re.findall(r"epoch=0, train rmse <loss>=(\S+)", capsys.readouterr().out)
    assert float(loss) == pytest.approx(np.sqrt(np.mean((labels - 2.5) ** 2)), rel=1e-5)


def test_a_diverging_training_fails(learn: Learn) -> None:
    with pytest.raises(AlgorithmError, match=r"training diverged in epoch 0.*lower bias_lr"):
        learn(factors_lr="1e30", epochs="3")


def test_a_model_beyond_all_memory_is_the_callers_fault(learn: Learn) -> None:
    with pytest.raises(ClientError, match=r"num_factors 9000000000000000 .*more memory"):
        learn(num_factors="9000000000000000")


@pytest.mark.parametrize(
    ("batch_size", "processors", "expected"),
    [("100", 4, 1), ("5000", 4, 4), ("5000", 100, 20), ("1000", 1, 1)],
)
def test_threads_only_where_a_mini_batch_keeps_them_busy(
    planted: Any, hyperparameters: dict[str, str], monkeypatch, batch_size, processors, expected
) -> None:
    class StartedError(Exception):
        """Stands for the work itself."""

    def start(*arguments: Any) -> None:
        raise StartedError(arguments[-1])

    monkeypatch.setattr(learning, "EpochRunner", start)
    settings = parse_settings(
        hyperparameters | {"mini_batch_size": batch_size, "num_factors": "64"}
    )
    with pytest.raises(StartedError, match=f"^{expected}$"):
        train(
            settings,
            Samples(*planted["train"]),
            np.random.default_rng(0),
            host="algo-1",
            n_workers=processors,
        )
