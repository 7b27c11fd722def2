"""Execution inputs, right and wrong, for properties that hold for all of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from console.input_form.fields import form_fields

# What people may type or paste; what holds control characters is not shown in a form.
TEXTS = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**9), 10**9)
SCALARS = TEXTS | NUMBERS | st.booleans()
INSTANCE_TYPES = st.sampled_from(["ml.c5.xlarge", "ml.m5.large", "ml.m5.4xlarge"])


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


POSITIVE = st.floats(0.001, 500)
RANGE = st.fixed_dictionaries(
    {"min": st.floats(0.001, 0.4), "max": st.floats(0.5, 0.9)},
    optional={"scaling": st.sampled_from(["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"])},
)
LEARNING = {
    "epochs": st.integers(1, 99) | st.sampled_from(["40", "7"]),
    "linear_lr": st.sampled_from([0.01, "0.00001", "1e-5", "0.10", 1, "+1"]),
    "predictor_type": st.sampled_from(["regressor", "binary_classifier"]),
    "use_bias": st.sampled_from([True, False, "true"]),
}
RANGES = st.fixed_dictionaries(
    {"continuous": st.dictionaries(st.sampled_from(["bias_lr", "factors_wd"]), RANGE, min_size=1)},
    optional={
        "integer": st.just({"epochs": {"min": 1, "max": 9}}) | st.just({}),
        "categorical": st.just({"mini_batch_size": [100, "200", 300]}) | st.just({}),
    },
)
RESTARTS = st.integers(2, 9)
_VALID = some(
    mode=st.sampled_from(["train", "tune"]),
    allow_concurrent=st.booleans(),
    positive_rating=NUMBERS,
    dataset=some(
        uri=st.sampled_from(["raw/ratings", "raw/x y", "s3://bucket/key, with/comma", " ", "null"]),
        format=st.sampled_from([None, "parquet", "movielens-csv"]),
        columns=st.none()
        | st.dictionaries(
            st.sampled_from(["rating", "title", "timestamp"]), TEXTS.filter(bool), max_size=3
        ),
        rating_range=st.none()
        | st.tuples(st.floats(-9, 0), st.floats(0.5, 9)).map(list)
        | st.just([1, 5]),
        max_rejected_ratio=st.floats(0, 1) | st.sampled_from([0, 1]),
    ),
    filter=some(min_ratings_per_customer=st.integers(1, 99), until_stable=st.booleans()),
    split=some(seed=st.integers(0, 2**63 - 1), strategy=st.sampled_from(["random", "latest"]))
    | st.just({"train": 0.5, "validation": 0.25, "test": 0.25}),
    hyperparameters=some(**LEARNING),
    training=some(
        instance_type=INSTANCE_TYPES,
        fallback_instance_types=st.lists(INSTANCE_TYPES, max_size=1),
        max_restarts=RESTARTS,
        use_spot=st.booleans(),
        max_runtime_seconds=st.integers(1, 9000),
    ),
    tuning=some(max_jobs=st.integers(2, 20), ranges=RANGES),
    transform=some(
        instance_type=INSTANCE_TYPES,
        fallback_instance_types=st.lists(INSTANCE_TYPES, max_size=2),
        max_restarts=RESTARTS,
        max_payload_mb=st.integers(1, 100),
    ),
    quality_gate=some(
        must_beat_baselines=st.booleans(),
        max_rmse=st.none() | POSITIVE,
        max_loss_ratio_to_accepted=st.none() | POSITIVE,
    ),
    limits=st.just({"max_instance_hours": 5000}) | st.just({"max_instance_hours": 5e3}),
)
JSON = st.recursive(
    st.none() | SCALARS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def keys_at_all_levels() -> list[tuple[str, ...]]:
    paths = {field.path[:n] for field in form_fields().values() for n in range(1, 6)}
    return sorted(paths)


@st.composite
def spoiled_inputs(draw: st.DrawFn) -> dict[str, Any]:
    """Give a valid input with any JSON at some place of it."""
    value = json.loads(json.dumps(draw(_VALID)))
    place, path = value, draw(st.sampled_from(keys_at_all_levels()))
    for key in path[:-1]:
        place = place.setdefault(key, {})
        assume(isinstance(place, dict))
    place[path[-1]] = draw(JSON)
    return value


def valid_inputs() -> st.SearchStrategy[dict[str, Any]]:
    """Inputs whose sections are right, though they may contradict each other."""
    return _VALID
