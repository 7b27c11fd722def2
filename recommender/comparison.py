"""A model beside the one in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# What a model is measured by, the lower the better; a regressor has one, a classifier the other.
LOSSES: tuple[Literal["rmse", "log_loss"], ...] = ("rmse", "log_loss")


@dataclass(frozen=True, slots=True)
class AcceptedModel:
    """The model in use: of which run, and how good it was when it was accepted."""

    run_id: str
    metrics: Mapping[str, float | int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the loss of a model relates to that of the model in use.

    Attributes
    ----------
    loss_name : str
        ``rmse`` or ``log_loss``.
    loss : float
        Of the model.
    accepted_run_id : str or None
        Whose model is in use.
    accepted_loss : float or None
        Of that model, on its own test split.
    ratio : float or None
        ``loss / accepted_loss``; None if that cannot be told.
    limit : float or None
        Largest acceptable ratio; None: any.
    not_compared_because : str or None
        Why there is nothing to hold against the limit.
    """

    loss_name: str
    loss: float
    accepted_run_id: str | None
    accepted_loss: float | None
    ratio: float | None
    limit: float | None
    not_compared_because: str | None

    @property
    def reason_to_reject(self) -> str | None:
        """Why the model is worse than it may be, in a sentence; None if it is not."""
        if self.not_compared_because is not None or self.limit is None:
            return None
        if self.accepted_loss is None or self.loss <= self.limit * self.accepted_loss:
            return None
        return (
            f"{self.loss_name} {self.loss:.4f} is above max_loss_ratio_to_accepted {self.limit:g} "
            f"times the {self.accepted_loss:.4f} of the model in use, of run {self.accepted_run_id}"
        )


def compare(
    found: Mapping[str, float | int], accepted: AcceptedModel | None, *, limit: float | None
) -> Comparison:
    """Put a model's loss beside that of the model in use.

    Parameters
    ----------
    found : mapping
        From `regressor_metrics` or `classifier_metrics`.
    accepted : AcceptedModel or None
        None: there is no model in use.
    limit : float or None
        Largest acceptable ratio; None: any.
    """
    loss_name = next(name for name in LOSSES if name in found)
    loss = float(found[loss_name])
    accepted_loss = None if accepted is None else accepted.metrics.get(loss_name)
    if accepted is None:
        why = "there is no model in use"
    elif accepted_loss is None:
        why = f"the model in use, of run {accepted.run_id}, is of the other predictor type"
    elif limit is None:
        why = "max_loss_ratio_to_accepted is null"
    else:
        why = None
    return Comparison(
        loss_name=loss_name,
        loss=loss,
        accepted_run_id=None if accepted is None else accepted.run_id,
        accepted_loss=accepted_loss,
        ratio=loss / accepted_loss if accepted_loss else None,
        limit=limit,
        not_compared_because=why,
    )
