"""How a service that the embedded AWS offers itself, instead of moto, answers a request."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from embedded_aws.unsupported import UnsupportedInEmbeddedAws


class OwnApi(BaseResponse):
    """Parses a request, has it performed, and serializes the result or the error.

    Attributes
    ----------
    service : str
        botocore's name of the service.
    title : str
        What people call it.
    operations : tuple of str
        Those that it offers; every other one answers ``UnsupportedInEmbeddedAws``.
    """

    service: ClassVar[str]
    title: ClassVar[str]
    operations: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        super().__init__(service_name=self.service)
        self.automated_parameter_parsing = True

    def call_action(self) -> Any:
        """Answer one request."""
        operation = self._get_action()
        try:
            if operation not in self.operations:
                raise UnsupportedInEmbeddedAws(
                    f"The embedded AWS does not offer {self.title}'s {operation}; "
                    f"it offers {', '.join(self.operations)}"
                )
            performed = self._perform(operation)
            result = EmptyResult() if performed is None else ActionResult(performed)
        except Exception as error:
            if not hasattr(error, "code"):  # no error of an API
                raise
            result = ActionResult(error)
        status, headers, body = self.serialized(result)
        return status, *self._enrich_response(headers, body)

    def _perform(self, operation: str) -> dict[str, Any] | None:
        """Perform an operation that is offered; return its result."""
        raise NotImplementedError
