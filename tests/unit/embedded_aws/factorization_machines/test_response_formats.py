import json
import struct

import numpy as np
import pytest

from embedded_aws.factorization_machines.container import ClientError
from embedded_aws.factorization_machines.response_formats import format_response

SCORES = np.array([0.1, 0.5, 0.9], np.float32)


def test_json_widens_scores_to_double() -> None:
    response = json.loads(format_response(SCORES, "application/json", is_classifier=False))

    assert response == {
        "predictions": [
            {"score": 0.10000000149011612},
            {"score": 0.5},
            {"score": 0.8999999761581421},
        ]
    }


def test_json_lines_end_with_a_line_end_each() -> None:
    response = format_response(SCORES[1:], "application/jsonlines", is_classifier=True)

    assert response == (
        b'{"score": 0.5, "predicted_label": 1.0}\n'
        b'{"score": 0.8999999761581421, "predicted_label": 1.0}\n'
    )


def test_predicted_label_is_one_from_a_half_on() -> None:
    response = json.loads(format_response(SCORES, "application/json", is_classifier=True))

    labels = [prediction["predicted_label"] for prediction in response["predictions"]]
    assert labels == [0.0, 1.0, 1.0]
    assert all(isinstance(label, float) for label in labels)


def test_recordio_has_the_bytes_of_the_protobuf_encoding() -> None:
    response = format_response(SCORES[1:2], "application/x-recordio-protobuf", is_classifier=True)

    half, one = struct.pack("<f", 0.5), struct.pack("<f", 1.0)
    score = b"\x12\x11\x0a\x05score\x12\x08\x12\x06\x0a\x04" + half
    label = b"\x12\x1b\x0a\x0fpredicted_label\x12\x08\x12\x06\x0a\x04" + one
    record = score + label
    assert len(record) == 48
    assert response == b"\x0a\x23\xd7\xce" + struct.pack("<I", 48) + record


def test_recordio_pads_each_record_to_four_bytes() -> None:
    response = format_response(SCORES, "application/x-recordio-protobuf", is_classifier=False)

    assert len(response) == 3 * (8 + 20)  # 19 bytes and a zero
    assert response[4:8] == struct.pack("<I", 19)
    assert response[27] == 0


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/json", b'{"predictions": []}'),
        ("application/jsonlines", b""),
        ("application/x-recordio-protobuf", b""),
    ],
)
def test_nothing_asked_nothing_answered(accept: str, expected: bytes) -> None:
    assert format_response(SCORES[:0], accept, is_classifier=True) == expected


def test_other_types_are_refused() -> None:
    with pytest.raises(ClientError, match=r'accept: expected one of .*, found "text/csv"'):
        format_response(SCORES, "text/csv", is_classifier=False)
