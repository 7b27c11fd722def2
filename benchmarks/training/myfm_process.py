"""Train with myFM: ``PYTHON myfm_process.py OPTIONS``, whose interpreter has myFM and no project.

OPTIONS is JSON; what was found goes to stdout as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import myfm  # type: ignore[import-not-found]
import numpy as np
from scipy import sparse


def main() -> None:
    """Learn by Gibbs sampling, and predict by the mean of the samples kept."""
    options = json.loads(sys.argv[1])
    features, stars = _load(options["train"], options["group_shapes"])
    test_features, test_stars = _load(options["test"], options["group_shapes"])
    moments = [time.perf_counter()]

    def note(*_: Any) -> tuple[bool, None]:
        moments.append(time.perf_counter())
        return False, None

    model = myfm.MyFMRegressor(rank=options["num_factors"], random_seed=options["seed"])
    model.fit(
        features,
        stars,
        n_iter=options["iterations"],
        n_kept_samples=options["kept"],
        group_shapes=options["group_shapes"],
        callback=note,
    )
    errors = model.predict(test_features, n_workers=options["cores"]) - test_stars
    found = {
        # The first one holds what is set up before.
        "epoch_seconds": np.diff(moments).tolist(),
        "rmse": float(np.sqrt(np.mean(errors**2))),
    }
    sys.stdout.write(json.dumps(found) + "\n")


def _load(path: str, group_shapes: list[int]) -> tuple[Any, Any]:
    with np.load(path) as arrays:
        columns, stars = arrays["columns"], arrays["stars"].astype(np.float64)
    indptr = np.arange(0, columns.size + 1, 2)
    shape = (len(stars), sum(group_shapes))
    return sparse.csr_matrix((np.ones(columns.size), columns.ravel(), indptr), shape=shape), stars


if __name__ == "__main__":
    main()
