"""What Preprocess is asked, and what it answers: ``$ratings`` of the state machine."""

from __future__ import annotations

from pydantic import BaseModel

from lambdas.resolve_run.execution_input import Dataset, Filter, Split


class PreprocessRequest(BaseModel, frozen=True):
    """Parts of the resolved run."""

    run_id: str
    dataset: Dataset
    filter: Filter
    split: Split


class Accounting(BaseModel, frozen=True):
    """What became of every row: ``rows_read == kept + sum(rejected.values())``."""

    rows_read: int
    kept: int
    rejected: dict[str, int]


class PreprocessResponse(BaseModel, frozen=True):
    """Sizes of what was written."""

    accounting: Accounting
    n_users: int
    n_items: int
    n_train: int
    n_validation: int
    n_test: int
