"""The embedded AWS: one moto server in this process, with everything that moto lacks.

State machines are interpreted by moto; functions run in worker processes, SageMaker's jobs in
processes of the algorithm's stand-in, Glue's job runs in processes with Spark. Everything ends with
this process, however that ends.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from werkzeug.serving import make_server

from embedded_aws import alarms, fixes
from embedded_aws.deployment import deploy
from embedded_aws.events import rule_targets
from embedded_aws.fixes.execution_lifecycle import stop
from embedded_aws.glue.registry import registries as glue_registries
from embedded_aws.lambda_runtime.pool import pool
from embedded_aws.listening import listen
from embedded_aws.loopback_guard import LoopbackGuard
from embedded_aws.role_clients import client_for
from embedded_aws.sagemaker.registry import registries as sagemaker_registries
from embedded_aws.schedules import SchedulerService, scheduler_requests

DEFAULT_REGION = "us-east-1"
ACCOUNT_ID = "123456789012"


class EmbeddedAws:
    """An AWS account on a loopback port, for as long as the ``with`` block lasts.

    One at a time in a process: moto keeps its state in module-level variables.

    Parameters
    ----------
    port : int, optional
        Port to listen on; 0 takes a free one.
    region : str, optional
        Region that stacks are deployed to.

    Attributes
    ----------
    endpoint_url : str
        What clients, the AWS CLI and the CDK CLI take as ``AWS_ENDPOINT_URL``.

    Raises
    ------
    PortInUseError
        On entry, if another program listens on `port`.
    MotoVersionError
        On entry, if the installed moto is not the pinned one.
    """

    _running = threading.Lock()

    def __init__(self, *, port: int = 0, region: str = DEFAULT_REGION):
        self._port = port
        self.region = region
        self.endpoint_url = ""

    def __enter__(self) -> EmbeddedAws:
        if not self._running.acquire(blocking=False):
            raise RuntimeError("an embedded AWS is running in this process already")
        try:
            self._start()
        except BaseException:
            self._running.release()
            raise
        return self

    def _start(self) -> None:
        fixes.apply_all()
        scheduler_requests.apply()
        alarms.apply()
        rule_targets.apply()
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        # moto logs every failed state with a dump of its parser; werkzeug logs every request.
        logging.getLogger("moto").setLevel(logging.CRITICAL)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        # The embedded AWS's own error has no shape in the API's model; moto warns of that.
        warnings.filterwarnings("ignore", message=".*does not match an error shape")
        listener = listen(self._port)
        host, port = listener.getsockname()[:2]
        os.environ["MOTO_PORT"] = str(port)  # moto's tasks find the server by it
        self.endpoint_url = f"http://{host}:{port}"
        self._server = make_server(
            host,
            port,
            LoopbackGuard(DomainDispatcherApplication(create_backend_app)),
            threaded=True,
            request_handler=MotoRequestHandler,
            fd=listener.detach(),
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._schedules = SchedulerService()
        self._schedules.start()
        self._alarms = alarms.AlarmService()
        self._alarms.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._alarms.stop()
            self._schedules.stop()
            self._stop_executions()
            sagemaker_registries.stop_all()
            glue_registries.stop_all()
            pool.close()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            _reset_moto()
            default_user_config["stepfunctions"]["execute_state_machine"] = False  # as moto has it
        finally:
            self._running.release()

    def _stop_executions(self) -> None:
        for account in list(stepfunctions_parser_backends.values()):
            for backend in list(account.values()):
                for state_machine in backend.state_machines:
                    for execution in state_machine.executions:
                        stop(execution, "EmbeddedAws.Stopped", "the embedded AWS ends")

    def client(self, service: str) -> Any:
        """Return a boto3 client of one service, made once.

        Parameters
        ----------
        service : str
            A botocore service name, for example ``s3``.
        """
        return client_for(self.region, service)

    def deploy(self, assembly_directory: Path) -> dict[str, str]:
        """Deploy the stack of a synthesized assembly as it is.

        Parameters
        ----------
        assembly_directory : Path
            What ``cdk synth`` or ``python app.py`` wrote.

        Returns
        -------
        dict of str to str
            The stack's outputs.

        Raises
        ------
        DeploymentError
            If the assembly has no stack, or one that cannot be deployed here.
        """
        return deploy(assembly_directory, self.client, account_id=ACCOUNT_ID, region=self.region)


def _reset_moto() -> None:
    """Forget all state, so that the next embedded AWS starts empty."""
    BackendDict.reset()
    reset_model_data()
