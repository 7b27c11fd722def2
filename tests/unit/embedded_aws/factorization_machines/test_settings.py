import pytest

from embedded_aws.factorization_machines.container import ClientError
from embedded_aws.factorization_machines.settings import GroupSettings, parse_settings

MINIMAL = {"feature_dim": "10", "num_factors": "2", "predictor_type": "regressor"}


def test_parse_settings_fills_in_the_containers_defaults() -> None:
    settings = parse_settings(MINIMAL)

    assert (settings.feature_dim, settings.num_factors, settings.is_classifier) == (10, 2, False)
    assert (settings.epochs, settings.mini_batch_size) == (1, 1000)
    assert settings.bias == GroupSettings(0.1, 0.01, "normal", 0.01)
    assert settings.linear == GroupSettings(0.001, 0.001, "normal", 0.01)
    assert settings.factors == GroupSettings(0.0001, 0.00001, "normal", 0.001)
    assert settings.rescale_grad == 1 / 1000
    assert settings.clip_gradient < 0
    assert settings.eps == 1e-8
    assert settings.batch_metrics_publish_interval == 500


def test_parse_settings_takes_what_is_given() -> None:
    settings = parse_settings(
        MINIMAL
        | {
            "predictor_type": "binary_classifier",
            "mini_batch_size": "50",
            "rescale_grad": "0.5",
            "clip_gradient": "2",
            "eps": "0.001",
            "use_linear": "false",
            "bias_init_method": "constant",
            "bias_init_value": "3.5",
            "factors_init_method": "uniform",
            "factors_init_scale": "0.2",
        }
    )

    assert settings.is_classifier
    assert (settings.rescale_grad, settings.clip_gradient, settings.eps) == (0.5, 2.0, 0.001)
    assert settings.bias == GroupSettings(0.1, 0.01, "constant", 3.5)
    assert settings.factors == GroupSettings(0.0001, 0.00001, "uniform", 0.2)
    assert (settings.linear.used, settings.bias.used) == (False, True)


def test_rescale_grad_follows_the_mini_batch_size() -> None:
    assert parse_settings(MINIMAL | {"mini_batch_size": "200"}).rescale_grad == 1 / 200


def test_parse_settings_reports_all_problems_at_once() -> None:
    with pytest.raises(ClientError, match=r"epochs.*feature_dim.*num_factors"):
        parse_settings(MINIMAL | {"epochs": "0", "feature_dim": "x", "num_factors": "-1"})


def test_parse_settings_wants_strings_as_sagemaker_sends_them() -> None:
    with pytest.raises(ClientError, match=r"epochs: expected a JSON string, found 5"):
        parse_settings(MINIMAL | {"epochs": 5})  # type: ignore[dict-item]
