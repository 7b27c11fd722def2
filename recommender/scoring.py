"""What a Factorization Machine predicts, and what it would recommend."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recommender.model_artifact import FactorizationMachinesModel

FloatArray = npt.NDArray[np.float32]


def score(model: FactorizationMachinesModel, features: csr_matrix[Any]) -> FloatArray:
    """Score rows: equations 1 and 5 of S. Rendle, "Factorization Machines" (2010).

    ``bias + x w + ((x V)**2 - x**2 V**2).sum() / 2``, in O(nnz * num_factors).

    Parameters
    ----------
    model : FactorizationMachinesModel
    features : CSR matrix, shape (n_samples, feature_dim)

    Returns
    -------
    float32 array, shape (n_samples,)
        Of a binary classifier, these are log odds: see `probability`.

    Raises
    ------
    ValueError
        If the model was made for another number of features.
    """
    if features.shape[1] != model.feature_dim:
        raise ValueError(
            f"the model has {model.feature_dim} features, the rows have {features.shape[1]}"
        )
    rows = csr_matrix(features, dtype=np.float32)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    squares = rows.multiply(rows).tocsr()
    together = np.square(rows @ model.factors) - squares @ np.square(model.factors)
    pairwise = 0.5 * together.sum(axis=1)
    scores: FloatArray = (model.bias + rows @ model.linear + pairwise).astype(np.float32)
    return scores


def probability(scores: FloatArray) -> FloatArray:
    """Turn a binary classifier's scores into probabilities: the logistic function."""
    smaller = np.exp(-np.abs(scores))  # of e**score and e**-score: cannot overflow
    return (np.where(scores >= 0, 1.0, smaller) / (1.0 + smaller)).astype(np.float32)


def item_scores(model: FactorizationMachinesModel, user_index: int, *, n_users: int) -> FloatArray:
    """Score every video for one customer, with features as of `recommender.features.one_hot`.

    Parameters
    ----------
    model : FactorizationMachinesModel
    user_index : int
    n_users : int
        The first `n_users` features are customers, the others videos.

    Returns
    -------
    float32 array, shape (n_items,)

    Raises
    ------
    ValueError
        If there is no such customer, or the model has no videos.
    """
    if not 0 <= user_index < n_users < model.feature_dim:
        raise ValueError(
            f"expected user_index below n_users below feature_dim, found {user_index}, {n_users}, "
            f"{model.feature_dim}"
        )
    interactions = model.factors[n_users:] @ model.factors[user_index]
    scores: FloatArray = (
        model.bias + model.linear[user_index] + model.linear[n_users:] + interactions
    ).astype(np.float32)
    return scores


def recommend(
    model: FactorizationMachinesModel,
    user_index: int,
    *,
    n_users: int,
    seen: npt.NDArray[np.int64],
    count: int,
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Give the best videos that a customer has not seen.

    Parameters
    ----------
    model : FactorizationMachinesModel
    user_index : int
    n_users : int
    seen : int64 array
        ``item_index`` of videos to leave out.
    count : int
        How many; fewer if fewer are unseen.

    Returns
    -------
    item_index : int64 array, shape (at most count,)
        Best first; equals in order of index.
    scores : float32 array of the same shape
    """
    scores = item_scores(model, user_index, n_users=n_users)
    is_unseen = np.ones(len(scores), dtype=bool)
    is_unseen[seen] = False
    candidates = np.flatnonzero(is_unseen)
    best = candidates[np.argsort(-scores[candidates], kind="stable")[:count]]
    return best.astype(np.int64), scores[best]
