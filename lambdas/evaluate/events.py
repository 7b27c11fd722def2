"""What Evaluate is asked, and what it answers: ``$evaluation`` of the state machine."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, model_validator

from lambdas.preprocess.events import PreprocessResponse
from lambdas.resolve_run.execution_input import QualityGate
from recommender.comparison import Comparison


class EvaluateRequest(BaseModel, frozen=True):
    """What is known about the run so far."""

    run_id: str
    predictor_type: Literal["regressor", "binary_classifier"]
    quality_gate: QualityGate
    training_job_name: str
    model_data_uri: str
    ratings: PreprocessResponse
    positive_rating: float | None
    hyperparameters: dict[str, str] | None = None

    @model_validator(mode="after")
    def _classifier_has_a_threshold(self) -> Self:
        if (self.predictor_type == "binary_classifier") == (self.positive_rating is None):
            raise ValueError(
                "expected positive_rating for a binary_classifier and for nothing else, found "
                f"{self.positive_rating} for a {self.predictor_type}"
            )
        return self


class EvaluateResponse(BaseModel, frozen=True):
    """The verdict; everything else is in the evaluation file."""

    outcome: Literal["accepted", "rejected"]
    reasons: list[str]
    metrics: dict[str, int | float]
    comparison: Comparison
    """With the model in use."""
    evaluation_uri: str
