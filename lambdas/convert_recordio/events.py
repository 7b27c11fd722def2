"""What ConvertRecordIO is asked, and what it answers: ``$features`` of the state machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class ConvertRecordIORequest(BaseModel, frozen=True):
    """Sizes from Preprocess and choices of the resolved run."""

    run_id: str
    n_users: Annotated[int, Field(ge=1)]
    n_items: Annotated[int, Field(ge=1)]
    max_rows_per_file: Annotated[int, Field(ge=1)]
    positive_rating: float | None
    """A binary classifier's threshold; None: the labels are the ratings."""


class ConvertRecordIOResponse(BaseModel, frozen=True):
    """What training needs to know about the features."""

    feature_dim: int
    hyperparameters: dict[str, str]
    """To be merged over the run's own."""
    train_parts: int
    validation_parts: int
    test_parts: int
