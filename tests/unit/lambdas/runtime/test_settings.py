import pytest
from pydantic import ValidationError

from lambdas.runtime.settings import Settings


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("DATA_BUCKET", "some-bucket")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")

    settings = Settings.from_env()

    assert (settings.data_bucket, settings.log_level) == ("some-bucket", "DEBUG")


def test_the_log_level_has_a_default():
    assert Settings.from_env({"DATA_BUCKET": "some-bucket", "OTHER": "x"}).log_level == "INFO"


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({}, "DATA_BUCKET"),
        ({"DATA_BUCKET": ""}, "DATA_BUCKET"),
        ({"DATA_BUCKET": "some-bucket", "LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
    ],
)
def test_a_bad_variable_is_named(env, name):
    with pytest.raises(ValidationError, match=name):
        Settings.from_env(env)
