"""Predictions as a batch transform of SageMaker's Factorization Machines writes them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.errors import PredictionsError


def parse_predictions(content: bytes, *, where: str) -> npt.NDArray[np.float64]:
    """Read scores from JSON Lines.

    Parameters
    ----------
    content : bytes
        One object per line: ``{"score": 3.4}`` of a regressor, or ``{"score": 0.6,
        "predicted_label": 1.0}`` of a binary classifier. Empty lines are skipped.
    where : str
        Names the file in messages.

    Returns
    -------
    float64 array, shape (n_samples,)
        In file order, which is the order of the records that were sent.

    Raises
    ------
    PredictionsError
        If a line is no such object, or a score is not a finite number.
    """
    scores: list[float] = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            prediction: Any = json.loads(line)
        except ValueError as error:
            raise PredictionsError(_complaint(where, number, line)) from error
        score = prediction.get("score") if isinstance(prediction, dict) else None
        if isinstance(score, bool) or not isinstance(score, int | float):
            raise PredictionsError(_complaint(where, number, line))
        scores.append(float(score))
    array = np.array(scores, dtype=np.float64)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array))[0])
        raise PredictionsError(
            f"{where}: prediction {row + 1} is {array[row]}, expected a finite number; the "
            "training diverged: lower the learning rates"
        )
    return array


def join_parts(parts: list[npt.NDArray[np.float64]], *, n_truths: int) -> npt.NDArray[np.float64]:
    """Put parts together, in order, and check that there is one prediction per truth.

    Parameters
    ----------
    parts : list of float64 array
        Scores of each part of the test split.
    n_truths : int
        Rows of the test split.

    Raises
    ------
    PredictionsError
        If the numbers differ: predictions carry no ids, so a missing one shifts all others.
    """
    scores = np.concatenate(parts) if parts else np.empty(0)
    if len(scores) != n_truths:
        raise PredictionsError(
            f"expected {n_truths} predictions, one per test rating, found {len(scores)} in "
            f"{len(parts)} parts; run the transform of the whole test split again"
        )
    return scores


def _complaint(where: str, number: int, line: bytes) -> str:
    return (
        f'{where}:{number}: expected a JSON object with the number "score", found '
        f"{line[:80].decode('utf-8', errors='backslashreplace')!r}; the transform must answer "
        "application/jsonlines, one line per record"
    )
