"""A split's ratings, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lambdas.runtime.store import ArtifactStore
from recommender.errors import ArtifactNotFoundError, CorruptArtifactError
from recommender.tables import RatingsColumns, read_ratings


def ratings_parts(
    store: ArtifactStore,
    prefix: str,
    folder: Path,
    *,
    with_timestamp: bool = False,
    n_ratings: int | None = None,
) -> Iterator[RatingsColumns]:
    """Read the ratings below a prefix in the order of the parts.

    Parameters
    ----------
    store : ArtifactStore
    prefix : str
        ``RunLayout.ratings_prefix`` of a split.
    folder : Path
        Takes one part at a time.
    with_timestamp : bool
        Whether to read the times.
    n_ratings : int or None
        How many there should be, as Preprocess counted; None: not compared.

    Raises
    ------
    ArtifactNotFoundError
        If there is no part.
    CorruptArtifactError
        If a part cannot be read; at the end, if there are not `n_ratings`.
    """
    keys = store.keys(prefix)
    if not keys:
        raise ArtifactNotFoundError(
            f"{store.uri(prefix)}: expected ratings that Preprocess wrote, found nothing; run it "
            "again"
        )
    path, n_found = folder / "ratings.parquet", 0
    for key in keys:
        store.download(key, path)
        ratings = read_ratings(path, with_timestamp=with_timestamp, where=store.uri(key))
        path.unlink()
        n_found += len(ratings)
        yield ratings
    if n_ratings not in (None, n_found):
        raise CorruptArtifactError(
            f"{store.uri(prefix)}: expected {n_ratings} ratings, as Preprocess counted, found "
            f"{n_found}; run it again"
        )
