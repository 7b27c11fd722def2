"""A web page gets nothing from a running embedded AWS; AWS clients get everything."""

import http.client
import socket
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from embedded_aws.server import EmbeddedAws

EVIL = "https://evil.example"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/states/aws4_request, SignedHeaders=host, "
    "Signature=00"
)


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        s3 = embedded.client("s3")
        s3.create_bucket(Bucket="secrets")
        s3.put_object(
            Bucket="secrets", Key="predictions", Body=b"customer 7 likes it", ACL="public-read"
        )
        yield embedded


def send(
    aws: EmbeddedAws, method: str, path: str, headers: dict[str, str], body: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    place = urlsplit(aws.endpoint_url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


REQUESTS = [
    ("GET", "/secrets/predictions", {}, None),
    ("GET", "/moto-api/data.json", {}, None),
    ("POST", "/moto-api/reset", {}, ""),
    ("OPTIONS", "/secrets/predictions", {"Access-Control-Request-Method": "PUT"}, None),
    ("PUT", "/secrets/predictions", {}, "changed"),
    (
        "POST",
        "/",
        {
            "Authorization": SIGNED,
            "X-Amz-Target": "AWSStepFunctions.ListStateMachines",
            "Content-Type": "text/plain",
        },
        "{}",
    ),
]
IDS = [f"{method} {path}" for method, path, _, _ in REQUESTS]


@pytest.mark.parametrize(
    "disguise",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example:4566"},
    ],
    ids=["other site", "no site", "image or link", "DNS rebinding"],
)
@pytest.mark.parametrize(("method", "path", "headers", "body"), REQUESTS, ids=IDS)
def test_page_of_another_site_is_refused(
    aws: EmbeddedAws,
    method: str,
    path: str,
    headers: dict[str, str],
    body: str | None,
    disguise: dict[str, str],
) -> None:
    status, answered, content = send(aws, method, path, {**headers, **disguise}, body)

    assert status == 403
    assert "access-control-allow-origin" not in answered
    assert b"customer 7" not in content


@pytest.mark.parametrize(("method", "path", "headers", "body"), [REQUESTS[0], REQUESTS[5]])
def test_the_same_request_of_a_client_is_served(
    aws: EmbeddedAws, method: str, path: str, headers: dict[str, str], body: str | None
) -> None:
    status, _, _ = send(aws, method, path, headers, body)

    assert status == 200


def test_what_was_refused_changed_nothing(aws: EmbeddedAws) -> None:
    send(aws, "PUT", "/secrets/predictions", {"Origin": EVIL}, "changed")
    send(aws, "POST", "/moto-api/reset", {"Origin": EVIL}, "")

    stored = aws.client("s3").get_object(Bucket="secrets", Key="predictions")["Body"].read()
    assert stored == b"customer 7 likes it"


def test_clients_may_call_it_localhost(aws: EmbeddedAws) -> None:
    port = urlsplit(aws.endpoint_url).port
    client = boto3.client(
        "s3",
        endpoint_url=f"http://localhost:{port}",
        region_name="us-east-1",
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",
        config=Config(s3={"addressing_style": "path"}),
    )

    assert client.get_object(Bucket="secrets", Key="predictions")["ContentLength"] == 19


@pytest.mark.skipif(sys.platform != "linux", reason="only there is all of 127.0.0.0/8 local")
def test_it_listens_on_the_loopback_interface_only(aws: EmbeddedAws) -> None:
    place = urlsplit(aws.endpoint_url)
    assert place.hostname == "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        # Were it listening on every interface, this address would be taken as well.
        other.bind(("127.0.0.2", place.port))
