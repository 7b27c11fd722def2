"""Predictions as a batch transform of SageMaker's Factorization Machines writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.errors import PredictionsError
from recommender.kept_ratings import BLOCK_ROWS
from recommender.tables import RatingsColumns

# Test ratings, and the score of each.
PredictedRatings = tuple[RatingsColumns, npt.NDArray[np.float64]]

_NUMBER = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
# A line as SageMaker and most tools write it; others are as good, and read a quarter as fast.
_PLAIN_LINE = re.compile(
    rb'^\{"score": ?(%(n)s)(?:, ?"predicted_label": ?%(n)s)?\}\r?$' % {b"n": _NUMBER},
    re.MULTILINE,
)


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
    plain = _PLAIN_LINE.findall(content)
    all_plain = len(plain) == content.count(b"\n") + (not content.endswith(b"\n"))
    scores = [float(text) for text in plain] if all_plain else _parse_lines(content, where)
    array = np.array(scores, dtype=np.float64)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array))[0])
        raise PredictionsError(
            f"{where}: prediction {row + 1} is {array[row]}, expected a finite number; the "
            "training diverged: lower the learning rates"
        )
    return array


def _parse_lines(content: bytes, where: str) -> list[float]:
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
    return scores


def join(
    parts: Iterable[RatingsColumns], predictions: Iterable[npt.NDArray[np.float64]]
) -> Iterator[PredictedRatings]:
    """Put predictions beside the ratings they were made for, though both are cut differently.

    Parameters
    ----------
    parts : iterable of RatingsColumns
        The test split in its order; one part at a time is held.
    predictions : iterable of float64 array
        Scores of each file, in the order of the files; one at a time is held.

    Yields
    ------
    ratings : RatingsColumns
        At most ``BLOCK_ROWS``.
    scores : float64 array, shape (len(ratings),)

    Raises
    ------
    PredictionsError
        At the end, if there is not one prediction per rating: predictions carry no ids, so a
        missing one shifts all others.
    """
    scores = _Scores(predictions)
    n_ratings = 0
    for part in parts:
        for start in range(0, len(part), BLOCK_ROWS):
            ratings = part[start : start + BLOCK_ROWS]
            n_ratings += len(ratings)
            taken = scores.take(len(ratings))
            if len(taken) == len(ratings):
                yield ratings, taken
    scores.exhaust()
    if scores.n_found != n_ratings:
        raise PredictionsError(
            f"expected {n_ratings} predictions, one per test rating, found {scores.n_found} in "
            f"{scores.n_parts} parts; run the transform of the whole test split again"
        )


class _Scores:
    """Predictions in pieces of any size."""

    def __init__(self, parts: Iterable[npt.NDArray[np.float64]]) -> None:
        self._parts = iter(parts)
        self._rest: npt.NDArray[np.float64] = np.empty(0)
        self.n_found, self.n_parts = 0, 0

    def take(self, count: int) -> npt.NDArray[np.float64]:
        """Give the next `count`, or as many as are left."""
        pieces, missing = [self._rest[:count]], count - len(self._rest[:count])
        self._rest = self._rest[count:]
        while missing and (part := self._next()) is not None:
            pieces.append(part[:missing])
            self._rest = part[missing:]
            missing -= len(pieces[-1])
        return np.concatenate(pieces)

    def exhaust(self) -> None:
        """Count what is left."""
        while self._next() is not None:
            pass

    def _next(self) -> npt.NDArray[np.float64] | None:
        part = next(self._parts, None)
        if part is not None:
            self.n_found += len(part)
            self.n_parts += 1
        return part


def _complaint(where: str, number: int, line: bytes) -> str:
    return (
        f'{where}:{number}: expected a JSON object with the number "score", found '
        f"{line[:80].decode('utf-8', errors='backslashreplace')!r}; the transform must answer "
        "application/jsonlines, one line per record"
    )
