"""What the environment tells a function, checked when it is called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field


class Settings(BaseModel, frozen=True):
    """Environment variables of every function."""

    data_bucket: Annotated[str, Field(min_length=3, alias="DATA_BUCKET")]
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(alias="LOG_LEVEL")] = (
        "INFO"
    )
    stack_name: Annotated[str, Field(min_length=1, alias="STACK_NAME")] = "VideoRecommender"
    """The deployment that metrics are counted for."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read the settings.

        Parameters
        ----------
        env : mapping or None
            None reads the process's environment.

        Raises
        ------
        pydantic.ValidationError
            If a variable is missing or bad; names it.
        """
        return cls.model_validate(dict(os.environ if env is None else env))
