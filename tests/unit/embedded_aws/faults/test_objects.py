"""Which object is harmed, and how."""

import io
from typing import Any

import pytest

from embedded_aws.faults import FaultPlan
from embedded_aws.faults.objects import harm, uris_in


class Bucket:
    """S3, as far as it is needed."""

    def __init__(self, **objects: bytes):
        self.objects = {key.replace("_", "/"): content for key, content in objects.items()}

    def list_objects_v2(self, **request: str) -> dict[str, Any]:
        found = [
            {"Key": key} for key in reversed(self.objects) if key.startswith(request["Prefix"])
        ]
        return {"Contents": found} if found else {}

    def get_object(self, **request: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[request["Key"]]), "ContentType": "text/plain"}

    def put_object(self, **request: Any) -> None:
        self.objects[request["Key"]] = request["Body"]

    def delete_object(self, **request: str) -> None:
        del self.objects[request["Key"]]


def do(bucket: Bucket, fault: str, *uris: str) -> str:
    return harm(bucket, uris, FaultPlan.parse([f"Step:{fault}"]).faults[0])


def test_first_object_of_the_first_prefix_that_has_any_is_deleted() -> None:
    bucket = Bucket(b_2=b"2", b_1=b"1", a_1=b"0")

    told = do(bucket, "MissingObject", "s3://data/c/", "s3://data/b/", "s3://data/a/")

    assert told == "deleted s3://data/b/1"
    assert set(bucket.objects) == {"b/2", "a/1"}


def test_part_of_the_key_chooses_the_object() -> None:
    bucket = Bucket(b_1=b"1", a_1=b"0")

    assert do(bucket, "MissingObject(a/)", "s3://data/b/", "s3://data/") == "deleted s3://data/a/1"


def test_truncated_object_ends_inside_of_an_aligned_record() -> None:
    bucket = Bucket(a=bytes(64))

    assert do(bucket, "TruncatedObject", "s3://data/a") == "cut 64 bytes down to 33 of s3://data/a"
    assert bucket.objects["a"] == bytes(33)


@pytest.mark.parametrize("size", [1, 40, 1000])
def test_corrupted_object_keeps_its_size(size: int) -> None:
    bucket = Bucket(a=bytes(size))

    do(bucket, "CorruptedObject", "s3://data/a")

    assert len(bucket.objects["a"]) == size
    assert 0 < bucket.objects["a"].count(0xFF) <= 64


def test_a_step_without_inputs_is_told_of() -> None:
    told = do(Bucket(), "MissingObject(x)", "s3://data/a/")

    assert told == "nothing was harmed: no object with 'x' in its key under s3://data/a/"


def test_inputs_are_the_uris_of_a_request_but_not_its_output() -> None:
    request = {
        "InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": "s3://data/in/"}}}],
        "OutputDataConfig": {"S3OutputPath": "s3://data/out/"},
        "Name": "s3",
    }

    assert uris_in(request) == ["s3://data/in/"]
