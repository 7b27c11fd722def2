"""What the task states of services that run jobs share.

Sources: Step Functions developer guide, "Integrating services" (connect-to-resource: an aborted or
timed-out task stops its job) and the pages of the services. Output and cause of a job are what its
service's Describe answers, with times as epoch milliseconds, as in captured outputs of the real
integrations.
"""

from __future__ import annotations

import abc
import datetime
import logging
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from embedded_aws.api_model import input_shape
from embedded_aws.role_clients import client_for

_log = logging.getLogger(__name__)


class JobTask(StateTaskServiceCallback, abc.ABC):
    """Call one action of a service, with or without ``.sync``.

    Attributes
    ----------
    service : str
        botocore's name of the service.
    sdk_service : str
        What the cause of an API error calls it.
    actions, sync_actions : set of str
        Those that the integration offers, and those that it can wait for.
    """

    service: ClassVar[str]
    sdk_service: ClassVar[str]
    actions: ClassVar[frozenset[str]]
    sync_actions: ClassVar[frozenset[str]]

    def __init__(self) -> None:
        # `WaitForTaskToken` must be listed or moto's clean-up after `.sync` fails on the missing
        # callback; using it is refused below, as services with jobs have no callback pattern.
        super().__init__(
            supported_integration_patterns={
                ResourceCondition.Sync,
                ResourceCondition.WaitForTaskToken,
            }
        )

    @abc.abstractmethod
    def _error_name(self, code: str) -> str:
        """Name an error of the API as the integration does."""

    @abc.abstractmethod
    def _stop_job(self, client: Any, parameters: dict[str, Any], started: dict[str, Any]) -> None:
        """Stop the job that was started with `parameters` and the answer `started`."""

    def _get_supported_parameters(self) -> set[str] | None:
        action = self.resource.api_action
        if action not in self.actions:
            return None  # moto then rejects the definition as AWS does
        if self.resource.condition == ResourceCondition.WaitForTaskToken:
            return None
        if self.resource.condition == ResourceCondition.Sync and action not in self.sync_actions:
            return None
        return set(input_shape(self.service, action[0].upper() + action[1:]).members)

    def _eval_parameters(self, env: Any) -> dict[str, Any]:
        # moto drops parameters that the action does not have; AWS fails the execution.
        self.parargs.eval(env=env)
        parameters: dict[str, Any] = env.stack.pop()
        supported = self._get_supported_parameters() or set()
        for name in parameters:
            if name not in supported:
                raise FailureEventException(
                    self._failure_event(
                        env,
                        StatesErrorName(typ=StatesErrorNameType.StatesRuntime),
                        "States.Runtime",
                        f'The field "{name}" is not supported by Step Functions',
                    )
                )
        return parameters

    def _client(self, resource_runtime_part: Any, state_credentials: Any) -> Any:
        return client_for(resource_runtime_part.region, self.service, state_credentials)

    def _eval_integration_pattern(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        started = env.stack[-1]
        try:
            super()._eval_integration_pattern(
                env, resource_runtime_part, normalised_parameters, state_credentials
            )
        finally:
            # The execution was stopped, the state or the machine timed out, or another branch or
            # iteration failed; the job may even have been created after that.
            if not env.is_running():
                self._try_to_stop(resource_runtime_part, normalised_parameters, state_credentials,
                                  started)  # fmt: skip

    def _try_to_stop(
        self,
        resource_runtime_part: Any,
        parameters: dict[str, Any],
        state_credentials: Any,
        started: dict[str, Any],
    ) -> None:
        """Stop the job that nobody waits for any more: "best-effort", as AWS says."""
        try:
            client = self._client(resource_runtime_part, state_credentials)
            self._stop_job(client, parameters, started)
        except (BotoCoreError, ClientError) as error:
            _log.warning("the job of %s was not stopped: %s", self.resource.resource_arn, error)

    def _job_failed(self, env: Any, description: dict[str, Any]) -> FailureEventException:
        """Make the error of a job that did not succeed, of its description."""
        return FailureEventException(
            self._failure_event(
                env,
                StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed),
                "States.TaskFailed",
                to_json_str(description),
            )
        )

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(ex, ClientError):
            code = ex.response["Error"]["Code"]
            error = self._error_name(code)
            status = ex.response["ResponseMetadata"]["HTTPStatusCode"]
            cause = (
                f"{ex.response['Error']['Message']} (Service: {self.sdk_service}; Status Code: "
                f"{status}; Error Code: {code}; Request ID: embedded; Proxy: null)"
            )
            return self._failure_event(env, CustomErrorName(error), error, cause)
        return super()._from_error(env=env, ex=ex)

    def _failure_event(self, env: Any, error_name: Any, error: str, cause: str) -> FailureEvent:
        return FailureEvent(
            env=env,
            error_name=error_name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(
                taskFailedEventDetails=TaskFailedEventDetails(
                    error=error,
                    cause=cause,
                    resource=self._get_sfn_resource(),
                    resourceType=self._get_sfn_resource_type(),
                )
            ),
        )


def json_ready(value: Any) -> Any:
    """Return a description with its times as epoch milliseconds."""
    if isinstance(value, dict):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_ready(item) for item in value]
    if isinstance(value, datetime.datetime):
        return round(value.timestamp() * 1000)
    return value
