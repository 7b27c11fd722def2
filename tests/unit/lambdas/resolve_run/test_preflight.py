import boto3
import pytest
from botocore.stub import Stubber

from lambdas.resolve_run.execution_input import ExecutionInput
from lambdas.resolve_run.instance_types import instance_types
from lambdas.resolve_run.preflight import look_at_dataset
from recommender.errors import InvalidInputError

URI = "s3://data-bucket/raw/ratings"


def refused(resolve, **given) -> str:
    with pytest.raises(InvalidInputError) as caught:
        resolve(**given)
    message = str(caught.value)
    assert message.startswith("execution input: ")
    assert "\n" not in message
    return message


def test_ratings_that_are_there_are_no_problem(bucket, resolve_with_preflight):
    bucket.put("raw/ratings", b"1\t2\t3\t4\n")

    assert resolve_with_preflight()["dataset"]["uri"] == URI


def test_a_folder_with_something_in_it_is_enough(bucket, resolve_with_preflight):
    bucket.put("raw/ratings/_SUCCESS", b"x")
    bucket.put("raw/ratings/a.csv", b"")
    bucket.put("raw/ratings/b.csv", b"x")

    assert resolve_with_preflight()["dataset"]["uri"] == URI


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ((), "expected a ratings file or a folder of them, found no object"),
        (("raw/ratings/_SUCCESS",), "found no object"),
        (("raw/ratings",), "expected ratings, found nothing in 1 object"),
        (("raw/ratings/a", "raw/ratings/b"), "expected ratings, found nothing in 2 objects"),
    ],
)
def test_ratings_that_are_missing_or_empty_are_told_before_anything_starts(
    bucket, resolve_with_preflight, keys, found
):
    for key in keys:
        bucket.put(key, b"")

    message = refused(resolve_with_preflight)

    assert message.startswith(f"execution input: dataset.uri: {URI}: ")
    assert found in message
    assert message.endswith("; upload ratings there, or say dataset.uri")


def test_a_bucket_that_is_not_there_is_named(resolve_with_preflight):
    message = refused(resolve_with_preflight, dataset={"uri": "s3://no-such-bucket/x"})

    assert "dataset.uri: s3://no-such-bucket/x: " in message
    assert "the bucket or object is not there" in message


def test_the_data_set_joins_the_other_problems(resolve_with_preflight):
    message = refused(
        resolve_with_preflight,
        mode="both",
        training={"instance_type": "ml.c5.xlrge"},
        deploy={},
    )

    assert message.startswith("execution input: 4 problems: (1) ")
    for expected in (
        "mode: expected 'train' or 'tune'",
        'training.instance_type: SageMaker has no instance type "ml.c5.xlrge" for training; did '
        'you mean "ml.c5.xlarge"?',
        "deploy: unknown key",
        f"dataset.uri: {URI}: ",
    ):
        assert expected in message


def test_the_data_set_joins_what_contradicts_itself(resolve_with_preflight):
    message = refused(resolve_with_preflight, limits={"max_instance_hours": 1})

    assert message.startswith("execution input: 2 problems: (1) limits.max_instance_hours: ")
    assert f"(2) dataset.uri: {URI}: " in message


def test_a_data_set_that_was_not_understood_is_not_looked_for(resolve_with_preflight):
    message = refused(resolve_with_preflight, dataset={"uri": "https://x"})

    assert message.startswith("execution input: dataset.uri: expected s3://bucket/key")
    assert "(2)" not in message


def denying(operation: str, code: str):
    """An S3 that has one object below raw/ratings, and denies one operation."""
    client = boto3.client("s3", region_name="us-east-1")
    stubber = Stubber(client)
    if operation == "head_object":
        stubber.add_client_error("head_object", code, http_status_code=403)
    else:
        stubber.add_client_error("head_object", "404", http_status_code=404)
        contents = [{"Key": "raw/ratings/a", "Size": 3}]
        if operation == "get_object":
            stubber.add_response("list_objects_v2", {"Contents": contents, "IsTruncated": False})
        stubber.add_client_error(operation, code, http_status_code=403)
    stubber.activate()
    return client


@pytest.mark.parametrize(
    ("operation", "code", "advice"),
    [
        (
            "head_object",
            "403",
            "allow the function's role s3:GetObject on arn:aws:s3:::data-bucket/raw/ratings, and "
            "s3:ListBucket on arn:aws:s3:::data-bucket,",
        ),
        (
            "list_objects_v2",
            "AccessDenied",
            "allow the function's role s3:ListBucket on arn:aws:s3:::data-bucket",
        ),
        (
            "get_object",
            "AccessDenied",
            "allow the function's role s3:GetObject on arn:aws:s3:::data-bucket/raw/ratings/a, and "
            "kms:Decrypt",
        ),
        ("get_object", "InvalidObjectState", "restore it if it is in an archive"),
    ],
)
def test_a_denial_says_which_permission_is_missing(environment, operation, code, advice):
    _, (problem,) = look_at_dataset(denying(operation, code), URI)

    assert str(problem).startswith("dataset.uri: s3://data-bucket/raw/ratings")
    assert f"the bucket or object may not be read ({code}); " in problem.text
    assert advice in problem.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"training": {"instance_type": "ml.c5.xlarg"}},
            'training.instance_type: SageMaker has no instance type "ml.c5.xlarg" for training; '
            'did you mean "ml.c5.xlarge"?',
        ),
        (
            {"training": {"fallback_instance_types": ["ml.m5.xlarge", "ml.m5.9xlarge"]}},
            'training.fallback_instance_types.1: SageMaker has no instance type "ml.m5.9xlarge"',
        ),
        # There are machines for training that batch transform does not have.
        (
            {"transform": {"instance_type": "ml.p4d.24xlarge"}},
            'transform.instance_type: SageMaker has no instance type "ml.p4d.24xlarge" for batch '
            "transform; did you mean ",
        ),
        (
            {"transform": {"fallback_instance_types": ["ml.q1.large"]}},
            "transform.fallback_instance_types.0: SageMaker has no instance type",
        ),
    ],
)
def test_an_instance_type_must_be_one_for_the_job(resolve, given, expected):
    assert expected in refused(resolve, **given)


def test_the_default_instance_types_are_there():
    given = ExecutionInput()

    assert "ml.p4d.24xlarge" in instance_types("training")
    assert given.training.instance_type in instance_types("training")
    assert given.transform.instance_type in instance_types("batch transform")
