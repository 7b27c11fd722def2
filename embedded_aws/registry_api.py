"""Services whose API is a registry for each account and region, with a method an operation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from moto.core.exceptions import ServiceException
from moto.core.utils import camelcase_to_underscores

from embedded_aws.own_api import OwnApi
from embedded_aws.request_validation import validate_request


class Registry(Protocol):
    """What a service holds in one account and region; it has a method for each operation."""

    def stop_all(self) -> None:
        """Stop everything that is under way, and wait for its end."""


_RegistryT = TypeVar("_RegistryT", bound=Registry)


class Registries(Generic[_RegistryT]):
    """A service's registries.

    Parameters
    ----------
    make : callable
        Makes the registry of an account and a region.
    """

    def __init__(self, make: Callable[[str, str], _RegistryT]):
        self._make = make
        self._registries: dict[tuple[str, str], _RegistryT] = {}
        self._lock = threading.Lock()

    def of(self, account_id: str, region: str) -> _RegistryT:
        """Return the registry of an account and region, the same one every time."""
        place = account_id, region
        with self._lock:
            if place not in self._registries:
                self._registries[place] = self._make(*place)
            return self._registries[place]

    def stop_all(self) -> None:
        """Stop everything everywhere and forget it."""
        with self._lock:
            registries = list(self._registries.values())
            self._registries.clear()
        for registry in registries:
            registry.stop_all()


class RegistryApi(OwnApi):
    """Checks requests against the API's model and hands them to the registry.

    Attributes
    ----------
    registries : Registries
    invalid_request : type
        Error of a request that breaks the model.
    """

    registries: ClassVar[Registries[Any]]
    invalid_request: ClassVar[type[ServiceException]]

    def _perform(self, operation: str) -> dict[str, Any] | None:
        parameters = {k: v for k, v in self.params.items() if v is not None}
        validate_request(self.service, operation, parameters, error=self.invalid_request)
        registry = self.registries.of(self.current_account, self.region)
        perform = getattr(registry, camelcase_to_underscores(operation))
        result: dict[str, Any] | None = perform(parameters)
        return result
