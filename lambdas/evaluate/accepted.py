"""The model in use, as the run that was accepted left its record."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from lambdas.runtime.store import ArtifactStore
from recommender.comparison import LOSSES, AcceptedModel
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError
from recommender.run_layout import ACCEPTED_MODEL_KEY


class _Record(BaseModel, frozen=True, strict=True, allow_inf_nan=False):
    """What Evaluate needs of the record; there is more in it."""

    run_id: Annotated[str, Field(min_length=1, max_length=100)]
    metrics: dict[str, float]

    @model_validator(mode="after")
    def _has_one_loss(self) -> Self:
        losses = [self.metrics[name] for name in LOSSES if name in self.metrics]
        if len(losses) != 1 or losses[0] < 0:
            raise ValueError(f"expected one of {', '.join(LOSSES)}, at least 0, in metrics")
        return self


def accepted_model(store: ArtifactStore) -> AcceptedModel | None:
    """Read the record of the model in use; None if there is none yet.

    Raises
    ------
    CorruptArtifactError
        If something else is there: nothing can be compared with it, and nobody should think that
        it was.
    """
    try:
        content = store.get(ACCEPTED_MODEL_KEY)
    except ArtifactNotFoundError:
        return None
    try:
        record = _Record.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part)[:80] for part in first["loc"]) or "all of it"
        raise CorruptArtifactError(
            f"{store.uri(ACCEPTED_MODEL_KEY)}: expected the record of an accepted run, found "
            f"something else ({where}: {first['msg'][:200]}); restore an earlier version of the "
            "object, or delete it to compare with no model, then evaluate again"
        ) from error
    return AcceptedModel(run_id=record.run_id, metrics=record.metrics)
