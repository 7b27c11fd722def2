"""Faults of functions: the real asset in a real worker process, entered through a bad handler."""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from embedded_aws.faults.plan import Fault

_SOURCE = Path(__file__).with_name("function_process.py")
_MODULE = "injected_fault"
TIME_LIMIT_SECONDS = 0.5
_TIMEOUTS = {"FunctionTimeout": TIME_LIMIT_SECONDS, "Timeout": 4 * TIME_LIMIT_SECONDS}


def with_fault(function: Any, fault: Fault) -> Any:
    """Copy a deployed function and give the copy a fault.

    Parameters
    ----------
    function : moto.awslambda.models.LambdaFunction
        Stays as it is.
    fault : Fault
        Of a function.

    Returns
    -------
    moto.awslambda.models.LambdaFunction
        To be invoked in its place.
    """
    copied = copy.copy(function)
    copied.code_bytes = _with_handler(function.code_bytes)
    digest = hashlib.sha256(copied.code_bytes).digest()
    copied.code_sha_256 = base64.b64encode(digest).decode()
    copied.handler = f"{_MODULE}.handle"
    seconds = {"Slow": str(fault.seconds), "KilledWorker": "0"}.get(fault.kind.name)
    copied.environment_vars = {
        **function.environment_vars,
        "INJECTED_FAULT": fault.kind.name,
        "INJECTED_HANDLER": function.handler,
        **({"INJECTED_SECONDS": seconds} if seconds else {}),
    }
    if fault.kind.name in _TIMEOUTS:
        copied.timeout = _TIMEOUTS[fault.kind.name]
    return copied


def _with_handler(code: bytes) -> bytes:
    buffer = io.BytesIO(code)
    with zipfile.ZipFile(buffer, "a") as archive:
        # A fixed time: equal code must give an equal asset, so that its worker stays warm.
        member = zipfile.ZipInfo(f"{_MODULE}.py", date_time=(2000, 1, 1, 0, 0, 0))
        archive.writestr(member, _SOURCE.read_text(encoding="utf-8"))
    return buffer.getvalue()
