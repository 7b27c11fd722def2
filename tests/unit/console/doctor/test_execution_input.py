"""An input and its ratings."""

import io

import pytest
from botocore.response import StreamingBody

from console.doctor.execution_input import (
    check_execution_input,
    check_ratings,
)
from console.doctor.finding import NotSeenError, Status, checked
from console.errors import BadInputError
from tests.unit.console.doctor.runs import run_of


def test_input_that_is_wrong_lists_everything():
    finding, run = check_execution_input(
        lambda: {"moed": 1, "filter": {"min_ratings_per_video": 0}}, None
    )

    assert finding.status is Status.PROBLEM
    assert "moed" in finding.found
    assert "min_ratings_per_video" in finding.found
    assert run is None


def test_input_that_cannot_be_read_is_a_finding_too():
    def parse():
        raise BadInputError("--input: expected JSON")

    finding, run = check_execution_input(parse, None)

    assert finding.status is Status.PROBLEM
    assert run is None


def plan_object(stubber, size, key="raw/ratings", bucket="the-bucket"):
    stubber.add_response("head_object", {"ContentLength": size}, {"Bucket": bucket, "Key": key})


def test_ratings_that_are_there_are_opened(stub):
    s3, stubber = stub("s3")
    plan_object(stubber, 4)
    stubber.add_response(
        "get_object",
        {"Body": StreamingBody(io.BytesIO(b"1234"), 4)},
        {"Bucket": "the-bucket", "Key": "raw/ratings", "Range": "bytes=0-0"},
    )

    (finding,) = check_ratings(s3, run_of({}), "the-bucket")

    assert finding.status is Status.OK
    assert "1 object, 4 bytes" in finding.found


def test_empty_ratings(stub):
    s3, stubber = stub("s3")
    plan_object(stubber, 0)

    (finding,) = check_ratings(s3, run_of({}), "the-bucket")

    assert finding.status is Status.PROBLEM
    assert "empty" in finding.found


def test_no_ratings(stub):
    s3, stubber = stub("s3")
    stubber.add_client_error("head_object", "404", http_status_code=404)
    stubber.add_response("list_objects_v2", {"Contents": []})

    (finding,) = check_ratings(s3, run_of({}), "the-bucket")

    assert finding.status is Status.PROBLEM
    assert "found no object" in finding.found


def test_no_bucket(stub):
    s3, stubber = stub("s3")
    stubber.add_client_error("head_object", "404", http_status_code=404)
    stubber.add_client_error("list_objects_v2", "NoSuchBucket")

    (finding,) = check_ratings(s3, run_of({"dataset": {"uri": "s3://gone/x"}}), "the-bucket")

    assert finding.status is Status.PROBLEM
    assert "s3://gone/x" in finding.found


def test_ratings_that_may_not_be_listed(stub):
    s3, stubber = stub("s3")
    stubber.add_client_error("head_object", "403", http_status_code=403)

    (finding,) = checked("ratings", lambda: check_ratings(s3, run_of({}), "the-bucket"))

    assert finding.status is Status.SKIPPED
    assert "s3:ListBucket" in finding.found


def test_ratings_that_may_not_be_read(stub):
    s3, stubber = stub("s3")
    plan_object(stubber, 4)
    stubber.add_client_error("get_object", "AccessDenied")

    (finding,) = checked("ratings", lambda: check_ratings(s3, run_of({}), "the-bucket"))

    assert finding.status is Status.SKIPPED
    assert "s3:GetObject" in finding.found


def test_ratings_in_an_archive_cannot_be_used(stub):
    s3, stubber = stub("s3")
    plan_object(stubber, 4)
    stubber.add_client_error("get_object", "InvalidObjectState")

    (finding,) = check_ratings(s3, run_of({}), "the-bucket")

    assert finding.status is Status.PROBLEM


def test_empty_objects_among_others_are_warned_of(stub):
    s3, stubber = stub("s3")
    stubber.add_client_error("head_object", "404", http_status_code=404)
    sizes = {"raw/ratings/a": 0, "raw/ratings/b": 2}
    stubber.add_response(
        "list_objects_v2", {"Contents": [{"Key": key, "Size": n} for key, n in sizes.items()]}
    )
    stubber.add_response(
        "get_object",
        {"Body": StreamingBody(io.BytesIO(b"1"), 1)},
        {"Bucket": "the-bucket", "Key": "raw/ratings/b", "Range": "bytes=0-0"},
    )

    (finding,) = check_ratings(s3, run_of({}), "the-bucket")

    assert finding.status is Status.WARNING
    assert "1 of them empty" in finding.found


def test_ratings_of_a_stack_that_is_not_there(stub):
    s3, _ = stub("s3")

    with pytest.raises(NotSeenError, match="a stack that is not there"):
        check_ratings(s3, run_of({}, None), None)


@pytest.mark.parametrize("section", ["training", "transform"])
def test_instance_type_that_sagemaker_has_not_is_a_problem_of_the_input(section):
    finding, _ = check_execution_input(lambda: {section: {"instance_type": "ml.c5.huge"}}, None)

    assert finding.status is Status.PROBLEM
    assert "ml.c5.huge" in finding.found
