"""What ConvertRecordIO is asked, and what it answers: ``$features`` of the state machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Count = Annotated[int, Field(ge=1)]


class ConvertRecordIORequest(BaseModel, frozen=True):
    """Sizes from Preprocess and choices of the resolved run."""

    run_id: str
    n_users: Count
    n_items: Count
    n_train: Count
    n_validation: Count
    n_test: Count
    instance_count: Count
    """Machines that share the training."""
    max_rows_per_file: Count
    """Of the test split."""
    max_payload_mb: Count
    """Size that a request of the batch transform may have."""
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
