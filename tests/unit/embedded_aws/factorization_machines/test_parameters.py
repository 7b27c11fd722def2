import numpy as np
import pytest

from embedded_aws.factorization_machines.parameters import Parameters
from embedded_aws.factorization_machines.settings import parse_settings

SIZE = {"feature_dim": "4000", "num_factors": "3", "predictor_type": "regressor"}


def initial(seed: int = 0, **hyperparameters: str) -> Parameters:
    return Parameters.initial(parse_settings(SIZE | hyperparameters), np.random.default_rng(seed))


def test_normal_values_have_the_asked_for_spread() -> None:
    parameters = initial(linear_init_sigma="0.5", factors_init_sigma="0.02", bias_init_sigma="0")

    assert parameters.bias[0] == 0
    assert parameters.factors.shape == (4000, 3, 3)
    assert np.std(parameters.linear[:, 0]) == pytest.approx(0.5, rel=0.1)
    assert np.std(parameters.factors[:, 0]) == pytest.approx(0.02, rel=0.1)
    assert abs(np.mean(parameters.factors[:, 0])) < 0.001


def test_moments_start_at_zero() -> None:
    parameters = initial(bias_init_sigma="1")

    assert not parameters.bias[1:].any()
    assert not parameters.linear[:, 1:].any()
    assert not parameters.factors[:, 1:].any()


def test_values_do_not_depend_on_how_many_are_drawn_at_once(monkeypatch) -> None:
    for method in ("uniform", "normal"):
        choices = {"factors_init_method": method, "factors_init_scale": "0.3"}
        at_once = initial(**choices)
        with monkeypatch.context() as patch:
            patch.setattr("embedded_aws.factorization_machines.parameters._NUMBERS_PER_DRAW", 1000)
            in_parts = initial(**choices)
        np.testing.assert_array_equal(at_once.factors, in_parts.factors)


def test_uniform_values_fill_the_interval_around_zero() -> None:
    linear = initial(linear_init_method="uniform", linear_init_scale="0.3").linear[:, 0]

    assert -0.3 <= linear.min() < -0.29
    assert 0.29 < linear.max() <= 0.3
    assert np.std(linear) == pytest.approx(0.3 / 3**0.5, rel=0.05)


def test_constant_values_are_constant() -> None:
    parameters = initial(
        bias_init_method="constant",
        bias_init_value="3.5",
        factors_init_method="constant",
        factors_init_value="-0.25",
    )

    assert parameters.bias.tolist() == [3.5, 0, 0]
    assert (parameters.factors[:, 0] == -0.25).all()


def test_groups_that_are_not_used_are_zero() -> None:
    parameters = initial(use_bias="false", use_linear="false", bias_init_sigma="1")

    assert not parameters.bias.any()
    assert not parameters.linear.any()
    assert parameters.factors[:, 0].all()


def test_the_seed_decides_the_values() -> None:
    assert (initial(seed=3).factors == initial(seed=3).factors).all()
    assert (initial(seed=3).factors != initial(seed=4).factors).any()


def test_model_has_copies_of_the_values() -> None:
    parameters = initial()
    model = parameters.model()
    parameters.linear[:] = 0
    parameters.factors[:] = 0

    assert model.feature_dim == 4000
    assert model.num_factors == 3
    assert model.linear.any()
    assert model.bias == parameters.bias[0]
