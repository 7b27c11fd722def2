import json

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.factorization_machines.container import ClientError
from embedded_aws.factorization_machines.request_formats import parse_request
from recommender import recordio

DENSE = {"features": [0, 1.5, 0, 2]}
DENSE_TENSOR = {"data": {"features": {"values": [0, 1.5, 0, 2]}}}
SPARSE = {"data": {"features": {"keys": [3, 1], "shape": [4], "values": [2, 1.5]}}}
EMPTY = {"data": {"features": {"keys": [], "shape": [4], "values": []}}}


def test_all_forms_of_an_instance_mean_the_same() -> None:
    payload = json.dumps({"instances": [DENSE, DENSE_TENSOR, SPARSE, EMPTY]}).encode()

    features = parse_request(payload, "application/json", 4)

    assert features.dtype == np.float32
    assert features.toarray().tolist() == [[0, 1.5, 0, 2]] * 3 + [[0, 0, 0, 0]]


def test_json_lines_hold_an_instance_per_line() -> None:
    payload = b"\n".join(json.dumps(x).encode() for x in (SPARSE, DENSE)) + b"\r\n\n"

    features = parse_request(payload, "application/jsonlines", 4)

    assert features.toarray().tolist() == [[0, 1.5, 0, 2]] * 2


@pytest.mark.parametrize("labels", [None, np.ones(2, np.float32)])
def test_recordio_may_have_labels(labels: np.ndarray | None) -> None:
    rows = scipy.sparse.csr_matrix(np.array([[0, 1.5, 0, 2], [1, 0, 0, 0]], np.float32))

    features = parse_request(recordio.encode(rows, labels), "application/x-recordio-protobuf", 4)

    assert features.toarray().tolist() == rows.toarray().tolist()


@pytest.mark.parametrize(
    ("payload", "content_type"),
    [
        (b'{"instances": []}', "application/json"),
        (b"\n", "application/jsonlines"),
        (b"", "application/x-recordio-protobuf"),
    ],
)
def test_a_request_may_be_empty(payload: bytes, content_type: str) -> None:
    assert parse_request(payload, content_type, 4).shape == (0, 4)


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        (3, 'expected {"features": '),
        ({}, 'expected {"features": '),
        ({"data": {"features": []}}, 'expected {"features": '),
        ({"features": 3}, 'expected {"features": '),
        ({"features": "1234"}, "expected a flat list of finite numbers"),
        ({"features": [1, 2, 3, "4"]}, "expected a flat list of finite numbers"),
        ({"features": [1, 2, 3, float("nan")]}, "expected a flat list of finite numbers"),
        ({"features": [1, 2, 3, 1e39]}, "expected a flat list of finite numbers"),
        ({"features": [1, 2, 3]}, r"shape \[4\], as the model was trained on, found \[3\]"),
        ({"data": {"features": {"keys": [1], "shape": [5], "values": [1]}}}, r"found \[5\]"),
        ({"data": {"features": {"keys": [4], "values": [1]}}}, "expected keys from 0 to 3"),
        ({"data": {"features": {"keys": [-1], "values": [1]}}}, "expected keys from 0 to 3"),
        ({"data": {"features": {"keys": [1.0], "values": [1]}}}, "whole numbers as keys"),
        ({"data": {"features": {"keys": 1, "values": [1]}}}, "whole numbers as keys"),
        ({"data": {"features": {"keys": [1, 2], "values": [1]}}}, "found 2 keys for 1 values"),
    ],
)
def test_a_bad_instance_is_named(instance: object, message: str) -> None:
    payload = json.dumps({"instances": [DENSE, instance]}).encode()

    with pytest.raises(ClientError, match=f"^instance 1: .*{message}"):
        parse_request(payload, "application/json", 4)


@pytest.mark.parametrize(
    ("payload", "content_type", "message"),
    [
        (b"{", "application/json", "the payload: expected JSON"),
        (b"[]", "application/json", 'expected {"instances"'),
        (b'{"instances": {}}', "application/json", 'expected {"instances"'),
        (b'{"features": [1,2,3,4]}\n{', "application/jsonlines", "line 2: expected JSON"),
        (b"1,2", "text/csv", 'expected one of .*, found "text/csv"'),
        (b"1,2,3,4,5,6", "application/x-recordio-protobuf", "the payload: .*RecordIO"),
    ],
)
def test_a_bad_payload_is_refused(payload: bytes, content_type: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        parse_request(payload, content_type, 4)


def test_recordio_of_another_shape_or_not_finite_is_refused() -> None:
    rows = scipy.sparse.csr_matrix(np.ones((1, 4), np.float32))

    with pytest.raises(ClientError, match=r"expected records of shape \[3\].*found \[4\]"):
        parse_request(recordio.encode(rows), "application/x-recordio-protobuf", 3)
    nan = recordio.encode(rows * np.float32("nan"))
    with pytest.raises(ClientError, match="finite"):
        parse_request(nan, "application/x-recordio-protobuf", 4)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "features", "values", "keys", "shape"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_no_instance_fails_in_any_other_way(instance: object) -> None:
    payload = json.dumps({"instances": [instance]}).encode()

    try:
        features = parse_request(payload, "application/json", 2)
    except ClientError:
        return
    assert features.shape == (1, 2)
