"""Which videos a model takes for similar."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommender.model_artifact import FactorizationMachinesModel


def cosines(
    model: FactorizationMachinesModel, item_index: int, *, n_users: int
) -> npt.NDArray[np.float32]:
    """Compare a video's factors with those of every video, by the cosine of their angle.

    With one-hot customers and videos a Factorization Machine is a matrix factorization with
    biases (S. Rendle, "Factorization Machines", 2010, section V.A): videos whose factors point in
    one direction are raised and lowered for the same customers. How popular a video is lies in
    its linear weight, which has no part in this. Cosine as the similarity of items: B. Sarwar et
    al., "Item-Based Collaborative Filtering Recommendation Algorithms", 2001, section 3.1.1;
    there of columns of ratings, here of factors.

    Parameters
    ----------
    model : FactorizationMachinesModel
    item_index : int
    n_users : int
        The first `n_users` features are customers, the others videos.

    Returns
    -------
    float32 array, shape (n_items,)
        From -1 to 1; 0 where factors are all 0. Of a video that no training rating has, the
        factors are what they were initialized with, and so is this.

    Raises
    ------
    ValueError
        If there is no such video.
    """
    factors = model.factors[n_users:]
    if not 0 <= item_index < len(factors):
        raise ValueError(f"expected item_index from 0 to {len(factors) - 1}, found {item_index}")
    lengths = np.linalg.norm(factors, axis=1)
    products = factors @ factors[item_index]
    both = lengths * lengths[item_index]
    found = np.zeros(len(factors), dtype=np.float32)
    np.divide(products, both, out=found, where=both > 0)
    return found.clip(-1.0, 1.0)
