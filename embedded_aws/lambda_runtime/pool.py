"""Invocations of functions, each in a warm worker process of its own code and settings.

Sources: AWS Lambda developer guide, "Understanding the Lambda execution environment lifecycle"
(one request at a time in each environment, more environments under load, warm reuse, a new one
after a timeout or crash) and "Lambda function invocation errors" (shape of errors).
Step Functions reports a timeout as ``Sandbox.Timedout`` and a crash as ``Runtime.ExitError``.
The memory limit is not enforced: local packages and allocators differ too much from Lambda's.

A worker has the credentials of its function's role, and what it asks the embedded AWS is checked
against that role's policies. As on AWS, a function whose role may not write its log runs without
one ("Sending Lambda function logs to CloudWatch Logs"), and a key of KMS that the role may not use
fails the invocation ("Securing Lambda environment variables").
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import threading
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

from embedded_aws.iam.role_sessions import RoleSession
from embedded_aws.isolation import isolated_environment
from embedded_aws.lambda_runtime.process import WorkerProcess
from embedded_aws.lambda_runtime.role import may_log, role_session_of
from embedded_aws.log_delivery import deliver

_INIT_TIMEOUT_SECONDS = 60.0  # AWS: 10 s; a laptop's first import after installation is slower


class WorkerPool:
    """All execution environments of the embedded AWS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[str, list[WorkerProcess]] = {}
        self._busy: set[WorkerProcess] = set()
        self._code_root: Path | None = None

    def code_directory(self, sha256: str, code: bytes) -> Path:
        """Unzip an asset once and return its folder."""
        with self._lock:
            if self._code_root is None:
                self._code_root = Path(tempfile.mkdtemp(prefix="embedded-aws-lambda-"))
            directory = self._code_root / hashlib.sha256(sha256.encode()).hexdigest()[:16]
            if not directory.exists():
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    archive.extractall(directory)
            return directory

    def take(self, key: str) -> WorkerProcess | None:
        """Take an idle worker for a function's exact code and settings."""
        with self._lock:
            idle = self._idle.get(key)
            worker = idle.pop() if idle else None
            if worker:
                self._busy.add(worker)
            return worker

    def add(self, worker: WorkerProcess) -> None:
        """Register a new worker as busy."""
        with self._lock:
            self._busy.add(worker)

    def give_back(self, key: str, worker: WorkerProcess) -> None:
        """Keep a worker warm for the next invocation."""
        with self._lock:
            self._busy.discard(worker)
            self._idle.setdefault(key, []).append(worker)

    def discard(self, worker: WorkerProcess) -> None:
        """End a worker that must not be used again."""
        with self._lock:
            self._busy.discard(worker)
        worker.close()

    def close(self) -> None:
        """End every worker and remove the unzipped assets."""
        with self._lock:
            workers = [*self._busy, *(w for idle in self._idle.values() for w in idle)]
            self._busy.clear()
            self._idle.clear()
            code_root, self._code_root = self._code_root, None
        for worker in workers:
            worker.close()
        if code_root:
            shutil.rmtree(code_root, ignore_errors=True)


pool = WorkerPool()


def _environment(function: Any, session: RoleSession, log_stream: str) -> dict[str, str]:
    """Build a worker's environment: the template's variables and those Lambda always sets."""
    return {
        **isolated_environment(),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        **session.environment(function.region),
        **{name: str(value) for name, value in function.environment_vars.items()},
    }


def _failure(error_type: str, message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"errorType": error_type, "errorMessage": message, **more}}


def _start(
    function: Any, session: RoleSession, log_stream: str
) -> tuple[WorkerProcess, dict[str, Any] | None]:
    """Start a worker; the second item is the error if its handler could not be loaded."""
    directory = pool.code_directory(function.code_sha_256, function.code_bytes)
    worker = WorkerProcess(directory, function.handler, _environment(function, session, log_stream))
    pool.add(worker)
    try:
        answer = worker.answer(_INIT_TIMEOUT_SECONDS)
    except TimeoutError:
        return worker, _failure("Sandbox.Timedout", "the handler's import did not end")
    if answer is None:
        return worker, _failure("Runtime.ExitError", f"exit status {worker.exit_code} in import")
    return worker, None if "ready" in answer else answer


def _call(
    worker: WorkerProcess, function: Any, event: Any, request_id: str
) -> tuple[dict[str, Any], bool]:
    """Ask a worker; the second item says whether it may be used again."""
    timeout_seconds = float(function.timeout)
    request = {
        "event": event,
        "request_id": request_id,
        "function_arn": function.function_arn,
        "deadline_seconds": time.time() + timeout_seconds,
    }
    try:
        worker.request(request)
        answer = worker.answer(timeout_seconds)
    except TimeoutError:
        message = (
            f"RequestId: {request_id} Error: Task timed out after {timeout_seconds:.2f} seconds"
        )
        return _failure("Sandbox.Timedout", message), False
    except OSError:
        answer = None
    if answer is None:
        message = (
            f"RequestId: {request_id} Error: Runtime exited with error: "
            f"exit status {worker.exit_code}"
        )
        return _failure("Runtime.ExitError", message), False
    return answer, True


def invoke(function: Any, event: Any = None) -> tuple[str, bool, str]:
    """Run a function once; takes the place of moto's ``LambdaFunction._invoke_lambda``.

    Parameters
    ----------
    function : moto.awslambda.models.LambdaFunction
        The deployed function.
    event : JSON value
        Its input.

    Returns
    -------
    tuple of (str, bool, str)
        The answer as JSON text, whether it is an error, and the log.

    Raises
    ------
    RoleRefusedError, KeyRefusedError
        What the Invoke API answers if the function's role does not let it run.
    """
    if not str(function.run_time).startswith("python"):
        message = f"the embedded AWS runs Python functions only, not {function.run_time}"
        error = {"errorType": "UnsupportedRuntimeError", "errorMessage": message}
        return json.dumps(error), True, message
    session = role_session_of(function)
    request_id = str(uuid.uuid4())
    log_stream = f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}"
    key = (
        f"{function.function_arn}:{function.code_sha_256}:{function.handler}:"
        f"{session.access_key_id}:{json.dumps(function.environment_vars, sort_keys=True)}"
    )
    started = time.monotonic()
    worker, answer = pool.take(key), None
    if worker is None:
        worker, answer = _start(function, session, log_stream)
    reusable = False
    if answer is None:
        answer, reusable = _call(worker, function, event, request_id)
    lines = worker.take_log()
    if reusable:
        pool.give_back(key, worker)
    else:
        pool.discard(worker)
    log = [
        f"START RequestId: {request_id} Version: $LATEST",
        *lines,
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: {(time.monotonic() - started) * 1000:.2f} ms"
        f"\tMemory Size: {function.memory_size} MB",
    ]
    if may_log(function, session, log_stream):
        deliver(function.logs_backend, function.logs_group_name, log_stream, log)
    if "error" in answer:
        return json.dumps({"requestId": request_id, **answer["error"]}), True, "\n".join(log)
    return answer["result"], False, "\n".join(log)
