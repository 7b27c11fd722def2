"""Which requests the embedded AWS takes for a web page's."""

import pytest

from embedded_aws.loopback_guard import LoopbackGuard, refusal

HOST = "127.0.0.1:4566"


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_HOST": HOST},  # boto3, the AWS CLI
        {"HTTP_HOST": "localhost:4566"},
        {"HTTP_HOST": "LOCALHOST"},
        {"HTTP_HOST": "bucket.localhost:4566"},  # S3's virtual-hosted style
        {"HTTP_HOST": "[::1]:4566"},
        {"HTTP_HOST": HOST, "HTTP_SEC_FETCH_SITE": "none"},  # an address typed by a person
        {"HTTP_HOST": HOST, "HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_HOST": HOST, "HTTP_ORIGIN": f"http://{HOST}"},
    ],
)
def test_clients_of_this_machine_are_served(environ):
    assert refusal(environ) == ""


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"HTTP_HOST": "evil.example:4566"}, "evil.example"),  # DNS rebinding
        ({"HTTP_HOST": "127.0.0.1.evil.example"}, "expected the Host"),
        ({"HTTP_HOST": "localhost.evil.example"}, "expected the Host"),
        ({"HTTP_HOST": "x.localhost.evil.example"}, "expected the Host"),
        ({"HTTP_HOST": "notlocalhost"}, "expected the Host"),
        ({"HTTP_HOST": "s3.amazonaws.com"}, "expected the Host"),
        ({"HTTP_HOST": "[::2]:4566"}, "expected the Host"),
        ({"HTTP_HOST": ""}, "expected the Host"),
        ({}, "expected the Host"),
        ({"HTTP_HOST": HOST, "HTTP_ORIGIN": "https://evil.example"}, "https://evil.example"),
        ({"HTTP_HOST": HOST, "HTTP_ORIGIN": "null"}, "'null'"),  # a sandboxed frame, a file
        ({"HTTP_HOST": HOST, "HTTP_ORIGIN": "http://127.0.0.1:8000"}, "8000"),
        ({"HTTP_HOST": HOST, "HTTP_ORIGIN": f"https://{HOST}"}, "https"),
        ({"HTTP_HOST": HOST, "HTTP_SEC_FETCH_SITE": "cross-site"}, "cross-site"),
        ({"HTTP_HOST": HOST, "HTTP_SEC_FETCH_SITE": "same-site"}, "same-site"),
        ({"HTTP_HOST": "evil.example", "HTTP_ORIGIN": "http://evil.example"}, "expected the Host"),
    ],
)
def test_pages_of_other_sites_are_refused(environ, reason):
    assert reason in refusal(environ)


def test_refused_request_does_not_reach_the_application():
    def application(environ, start_response):
        raise AssertionError("reached")

    answers = []
    guard = LoopbackGuard(application)
    body = guard({"HTTP_HOST": "evil.example"}, lambda *answer: answers.append(answer))

    ((status, headers),) = answers
    assert status == "403 Forbidden"
    assert not [name for name, _ in headers if name.lower().startswith("access-control")]
    assert b"evil.example" in b"".join(body)
