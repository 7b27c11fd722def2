"""The process in which one copy of a function lives, as in one Lambda execution environment.

Run as a script: ``python worker.py CODE_DIRECTORY HANDLER``. One JSON request a line on standard
input, one JSON answer a line on the original standard output; everything that the function prints
or logs goes to standard error. Ends when standard input ends, so it never outlives its parent.

Only the function's own code comes from the asset. The layers hold Linux wheels for the function's
architecture, so the packages installed beside this interpreter, from the same lock, stand in for
them; the project itself is not on the import path (see ``import_isolation``).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

# Written after the last line of an answer's log: pipes keep order, but not from one to the other.
END_OF_LOG = "\x1eend of log\x1e"


class Context:
    """What a handler gets as its second argument.

    Parameters
    ----------
    request : dict
        The request as the pool sends it.
    """

    def __init__(self, request: dict[str, Any]):
        self.aws_request_id = request["request_id"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.invoked_function_arn = request["function_arn"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline_seconds = request["deadline_seconds"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped."""
        return max(0, int((self._deadline_seconds - time.time()) * 1000))


def _load(handler: str) -> Callable[[Any, Any], Any]:
    """Import ``package.module.function``, with Lambda's own error types."""
    module_name, _, function_name = handler.rpartition(".")
    return getattr(importlib.import_module(module_name), function_name)  # type: ignore[no-any-return]


def _error(error_type: str, message: str, stack: list[str]) -> dict[str, Any]:
    return {
        "error": {"errorMessage": message, "errorType": error_type, "stackTrace": stack},
    }


def _answer(handler: Callable[[Any, Any], Any], request: dict[str, Any]) -> dict[str, Any]:
    try:
        result = handler(request["event"], Context(request))
    except Exception as error:
        traceback.print_exc()
        frames = error.__traceback__.tb_next if error.__traceback__ else None  # without this one
        return _error(type(error).__name__, str(error), traceback.format_tb(frames))
    try:
        return {"result": json.dumps(result)}
    except (TypeError, ValueError) as error:
        return _error("Runtime.MarshalError", f"Unable to marshal response: {error}", [])


def main(code_directory: str, handler_name: str) -> None:
    """Load the handler, say whether that worked, then answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the function prints must not mix with the answers
    sys.stdout = sys.stderr

    def send(answer: dict[str, Any]) -> None:
        sys.stderr.flush()
        os.write(2, f"{END_OF_LOG}\n".encode())
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    sys.path.insert(0, code_directory)
    try:
        handler = _load(handler_name)
    except ImportError as error:
        module = handler_name.rpartition(".")[0]
        send(
            _error("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}", [])
        )
        return
    except AttributeError as error:
        send(_error("Runtime.HandlerNotFound", f"Handler '{handler_name}' missing: {error}", []))
        return
    except Exception as error:
        traceback.print_exc()
        send(_error(type(error).__name__, str(error), traceback.format_tb(error.__traceback__)))
        return
    send({"ready": True})
    for line in sys.stdin:
        send(_answer(handler, json.loads(line)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
