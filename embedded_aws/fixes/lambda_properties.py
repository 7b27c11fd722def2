"""Functions keep every setting that changes how they run.

moto ignores the logging configuration and the dead-letter queue, and does not change tracing and
storage when a function's configuration is updated.
"""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction

# What moto does not know at all; kept as it is sent and shown.
_KEPT = ("LoggingConfig", "DeadLetterConfig")


def _keep(function: LambdaFunction, settings: dict[str, Any]) -> None:
    kept: dict[str, Any] = function.__dict__.setdefault("kept_settings", {})
    kept.update({name: settings[name] for name in _KEPT if name in settings})
    if "LoggingConfig" in settings:
        default = f"/aws/lambda/{function.function_name}"
        function.logs_group_name = settings["LoggingConfig"].get("LogGroup", default)


def apply() -> None:
    """Complete the constructor, the update and the view of a function's configuration."""
    init = LambdaFunction.__init__
    update_configuration = LambdaFunction.update_configuration
    get_configuration = LambdaFunction.get_configuration

    def init_with_all(self: LambdaFunction, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        _keep(self, kwargs["spec"] if "spec" in kwargs else args[1])

    def update_all(self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
        update_configuration(self, config_updates)
        _keep(self, config_updates)
        if "TracingConfig" in config_updates:
            self.tracing_config = config_updates["TracingConfig"]
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        if "KMSKeyArn" in config_updates:
            self.kms_key_arn = config_updates["KMSKeyArn"]
        configuration: dict[str, Any] = self.get_configuration()
        return configuration

    def get_all(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        configuration = {**get_configuration(self, on_create), **self.kept_settings}
        logging = {"LogFormat": "Text", **configuration.get("LoggingConfig", {})}
        return {**configuration, "LoggingConfig": {"LogGroup": self.logs_group_name, **logging}}

    LambdaFunction.__init__ = init_with_all
    LambdaFunction.update_configuration = update_all
    LambdaFunction.get_configuration = get_all
