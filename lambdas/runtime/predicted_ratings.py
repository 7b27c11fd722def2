"""The test split beside its predictions, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lambdas.runtime.ratings_parts import ratings_parts
from lambdas.runtime.store import ArtifactStore
from recommender.errors import ArtifactNotFoundError
from recommender.predictions import PredictedRatings, join, parse_predictions
from recommender.run_layout import RunLayout


def predicted_ratings(
    store: ArtifactStore, layout: RunLayout, folder: Path, *, n_ratings: int | None = None
) -> Iterator[PredictedRatings]:
    """Read test ratings with their predictions; one part of the ratings at a time is held.

    What is missing is found at once, what is unreadable when it is reached.

    Parameters
    ----------
    store : ArtifactStore
    layout : RunLayout
    folder : Path
        Takes one part of the ratings at a time.
    n_ratings : int or None
        As for `ratings_parts`.

    Raises
    ------
    ArtifactNotFoundError
        If a file has no predictions.
    CorruptArtifactError
        If a part of the ratings cannot be read.
    PredictionsError
        If predictions cannot be read, or there is not one per test rating.
    """
    keys = _prediction_keys(store, layout)
    scores = (
        parse_predictions(content, where=store.uri(key))
        for key, content in zip(keys, store.get_each(keys), strict=True)
    )
    ratings = ratings_parts(store, layout.ratings_prefix("test"), folder, n_ratings=n_ratings)
    return join(ratings, scores)


def _prediction_keys(store: ArtifactStore, layout: RunLayout) -> list[str]:
    """Give a key for each file that was sent, in order."""
    sent = store.keys(layout.recordio_prefix("test"))
    if not sent:
        raise ArtifactNotFoundError(
            f"{store.uri(layout.recordio_prefix('test'))}: expected the files that predictions "
            "were made for, found nothing; run ConvertRecordIO and the transform again"
        )
    keys = [layout.prediction_key(part) for part in range(len(sent))]
    found = set(store.keys(layout.predictions_prefix))
    missing = [key for key in keys if key not in found]
    if missing:
        raise ArtifactNotFoundError(
            f"{store.uri(missing[0])}: expected predictions for each of {len(keys)} files, found "
            f"nothing there, and {len(missing)} missing in all; run the transform again"
        )
    return keys
