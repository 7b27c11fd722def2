"""Policies allow what AWS's evaluation logic allows, and say why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.iam.errors import UnsupportedPolicyError
from embedded_aws.iam.policy_evaluation import (
    AccessRequest,
    Principal,
    Statement,
    decide,
    parse_policy,
)

ROLE = "arn:aws:iam::123456789012:role/reader"
SESSION = "arn:aws:sts::123456789012:assumed-role/reader/function"
READER = Principal(SESSION, ROLE, "123456789012")
OBJECT = "arn:aws:s3:::bucket/runs/1/ratings/part-0"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"


def policy(*statements: dict[str, Any]) -> tuple[Statement, ...]:
    return parse_policy("policy", json.dumps({"Version": "2012-10-17", "Statement": statements}))


def allow(action: Any = "s3:GetObject", resource: Any = OBJECT, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(**more: Any) -> dict[str, Any]:
    return {**allow(**more), "Effect": "Deny"}


def asked(
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    principal: Principal = READER,
    **context: str,
) -> AccessRequest:
    keys = {name.replace("_", ":", 1).lower(): (value,) for name, value in context.items()}
    return AccessRequest(principal, action, resource, keys)


def test_nothing_is_allowed_without_a_word() -> None:
    decision = decide(asked())

    assert not decision.allowed
    assert decision.reason == "because no identity-based policy allows the s3:GetObject action"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (allow(), True),
        (allow("S3:getobject"), True),
        (allow("s3:Get*"), True),
        (allow("s3:GetObjec?"), True),
        (allow("*"), True),
        (allow(["s3:PutObject", "s3:GetObject"]), True),
        (allow("s3:PutObject"), False),
        (allow("s3:GetObjectVersion"), False),
        (allow("s3:GetObjec"), False),
        (allow(resource="*"), True),
        (allow(resource="arn:aws:s3:::bucket/runs/*/ratings/*"), True),
        (allow(resource="arn:aws:s3:::bucket/runs/?/ratings/part-0"), True),
        (allow(resource="arn:aws:s3:::bucket/runs/??/ratings/part-0"), False),
        (allow(resource="arn:aws:s3:::bucket/runs/*/model/*"), False),
        (allow(resource="arn:aws:s3:::Bucket/*"), False),
        (allow(resource="arn:aws:s3:::bucket"), False),
        (allow(resource="arn:aws:s3*"), False),
        (allow(resource="arn:aws:s3:*:*:bucket/*"), True),
        ({"Effect": "Allow", "NotAction": "s3:PutObject", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}, True),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::bucket/*"}, False),
        (allow(resource="arn:aws:s3:::${aws:PrincipalAccount}/*"), False),
    ],
)
def test_statement_applies_to_its_actions_and_resources(
    statement: dict[str, Any], allowed: bool
) -> None:
    assert decide(asked(), identity=policy(statement)).allowed is allowed


def test_policy_variables_have_the_values_of_the_request() -> None:
    identity = policy(allow(resource="arn:aws:s3:::bucket/runs/${aws:PrincipalAccount}/*"))
    own = asked(
        resource="arn:aws:s3:::bucket/runs/123456789012/x", aws_PrincipalAccount="123456789012"
    )

    assert decide(own, identity=identity).allowed
    assert not decide(asked(aws_PrincipalAccount="123456789012"), identity=identity).allowed
    with pytest.raises(UnsupportedPolicyError, match=r"\$\{aws:username\}"):
        decide(asked(), identity=policy(allow(resource="arn:aws:s3:::b/${aws:username}")))


def test_explicit_deny_wins_wherever_it_is() -> None:
    everything = policy(allow("*", "*"))
    denying = policy(allow("*", "*"), deny())
    in_resource = policy({**deny(), "Principal": "*"})

    assert decide(asked(), identity=everything).allowed
    reasons = [
        decide(asked(), identity=denying).reason,
        decide(asked(), identity=everything, boundary=denying).reason,
        decide(asked(), identity=everything, resource=in_resource).reason,
    ]
    assert reasons == [
        "with an explicit deny in an identity-based policy",
        "with an explicit deny in a permissions boundary",
        "with an explicit deny in a resource-based policy",
    ]


def test_permissions_boundary_limits_and_allows_nothing_itself() -> None:
    reading, writing = policy(allow("s3:Get*", "*")), policy(allow("s3:Put*", "*"))

    assert decide(asked(), identity=reading, boundary=reading).allowed
    assert not decide(asked(), boundary=reading).allowed
    refused = decide(asked(), identity=reading, boundary=writing)
    assert refused.reason == "because no permissions boundary allows the s3:GetObject action"
    assert not decide(asked(), identity=reading, boundary=()).allowed


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ROLE}, True),
        ({"AWS": [SESSION]}, True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, False),
        ({"AWS": "123456789012"}, False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
        ({"Service": "lambda.amazonaws.com"}, False),
    ],
)
def test_resource_policy_allows_whom_it_names(principal: Any, allowed: bool) -> None:
    resource = policy({**allow(), "Principal": principal})

    assert decide(asked(), resource=resource).allowed is allowed


def test_key_policy_must_name_the_account_before_identities_count() -> None:
    identity = policy(allow("kms:Decrypt", KEY))
    request = asked("kms:Decrypt", KEY)
    account = {**allow("kms:*", "*"), "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}

    assert decide(request, identity=identity, resource=policy(account), delegated=False).allowed
    assert not decide(request, resource=policy(account), delegated=False).allowed
    refused = decide(request, identity=identity, resource=(), delegated=False)
    assert refused.reason == "because no resource-based policy allows the kms:Decrypt action"


def test_trust_policy_is_for_the_services_it_names() -> None:
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    )

    def trusted(service: str, account: str) -> bool:
        principal = Principal(service=service)
        request = asked("sts:AssumeRole", ROLE, principal, aws_SourceAccount=account)
        return decide(request, resource=trust).allowed

    assert trusted("states.amazonaws.com", "123456789012")
    assert not trusted("states.amazonaws.com", "210987654321")
    assert not trusted("lambda.amazonaws.com", "123456789012")


CONDITIONS = [
    ("StringEquals", "s3:prefix", "a", {"a": True, "A": False, "ab": False, None: False}),
    ("StringNotEquals", "s3:prefix", "a", {"a": False, "A": True, None: True}),
    ("StringEqualsIgnoreCase", "s3:prefix", "a", {"A": True, "b": False, None: False}),
    ("StringNotEqualsIgnoreCase", "s3:prefix", "a", {"A": False, "b": True}),
    ("StringLike", "s3:prefix", "runs/*", {"runs/1": True, "raw/": False, None: False}),
    ("StringNotLike", "s3:prefix", "runs/*", {"runs/1": False, "raw/": True, None: True}),
    ("StringEquals", "S3:Prefix", ["a", "b"], {"b": True, "c": False}),
    ("StringNotEquals", "s3:prefix", ["a", "b"], {"b": False, "c": True}),
    ("StringEqualsIfExists", "s3:prefix", "a", {"a": True, "b": False, None: True}),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::b*", {"arn:aws:s3:::bc": True, "b": False}),
    ("ArnNotLike", "aws:SourceArn", "arn:aws:s3:::b", {"arn:aws:s3:::b": False, None: True}),
    ("ArnEquals", "aws:SourceArn", "arn:aws:s3:*:*:b", {"arn:aws:s3:::b": True, None: False}),
    ("Bool", "aws:SecureTransport", "false", {"false": True, "true": False, None: False}),
    ("Bool", "aws:SecureTransport", False, {"false": True, "true": False}),
    ("Null", "s3:prefix", "true", {"a": False, None: True}),
    ("Null", "s3:prefix", "false", {"a": True, None: False}),
    ("NumericLessThan", "s3:TlsVersion", "1.2", {"1.1": True, "1.2": False, "1.3": False}),
    ("NumericLessThanEquals", "s3:max-keys", 10, {"9": True, "10": True, "11": False}),
    ("NumericGreaterThan", "s3:max-keys", 10, {"9": False, "10": False, "11": True}),
    ("NumericGreaterThanEquals", "s3:max-keys", 10, {"9": False, "10": True, None: False}),
    ("NumericEquals", "s3:max-keys", 10, {"10": True, "10.0": True, "9": False}),
    ("NumericNotEquals", "s3:max-keys", 10, {"10": False, "9": True, None: True}),
    ("ForAllValues:StringEquals", "aws:TagKeys", "a", {"a": True, "b": False, None: True}),
    ("ForAnyValue:StringEquals", "aws:TagKeys", "a", {"a": True, "b": False, None: False}),
]


@pytest.mark.parametrize(("operator", "key", "wanted", "answers"), CONDITIONS)
def test_condition_operators(
    operator: str, key: str, wanted: Any, answers: dict[str | None, bool]
) -> None:
    identity = policy(allow(Condition={operator: {key: wanted}}))

    for value, allowed in answers.items():
        context = {} if value is None else {key.lower(): (value,)}
        request = AccessRequest(READER, "s3:GetObject", OBJECT, context)
        assert decide(request, identity=identity).allowed is allowed, value


def test_set_operators_look_at_every_value() -> None:
    def allowed(operator: str) -> bool:
        identity = policy(allow(Condition={operator: {"aws:TagKeys": "a"}}))
        request = AccessRequest(READER, "s3:GetObject", OBJECT, {"aws:tagkeys": ("a", "b")})
        return decide(request, identity=identity).allowed

    assert allowed("ForAnyValue:StringEquals")
    assert not allowed("ForAllValues:StringEquals")
    assert allowed("ForAnyValue:StringNotEquals")
    assert not allowed("ForAllValues:StringNotEquals")


def test_all_conditions_of_a_statement_must_hold() -> None:
    conditions = {"StringEquals": {"s3:prefix": "a"}, "Bool": {"aws:SecureTransport": "true"}}
    identity = policy(allow(Condition=conditions))

    assert decide(asked(s3_prefix="a", aws_SecureTransport="true"), identity=identity).allowed
    assert not decide(asked(s3_prefix="b", aws_SecureTransport="true"), identity=identity).allowed
    assert not decide(asked(s3_prefix="a", aws_SecureTransport="false"), identity=identity).allowed


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (allow(Condition={"IpAddress": {"s3:prefix": "10.0.0.0/8"}}), "IpAddress"),
        (allow(Condition={"ForEach:StringEquals": {"s3:prefix": "a"}}), "ForEach:StringEquals"),
        (allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}), "aws:SourceVpc"),
        (allow(Condition={"NumericEquals": {"s3:prefix": "many"}}), "many"),
        ({**allow(), "NotPrincipal": "*"}, "NotPrincipal"),
        ({**allow(), "Actoin": "*"}, "Actoin"),
    ],
)
def test_what_is_not_known_is_an_error_with_a_name(statement: dict[str, Any], named: str) -> None:
    with pytest.raises(UnsupportedPolicyError, match=named):
        decide(asked(s3_prefix="1"), identity=policy(statement))


def test_unknown_conditions_of_other_resources_do_not_matter() -> None:
    other = allow(resource="arn:aws:s3:::other", Condition={"IpAddress": {"aws:SourceIp": "::1"}})

    assert decide(asked(), identity=policy(other, allow())).allowed


def test_decision_names_the_statements_that_made_it() -> None:
    identity = policy(allow("s3:PutObject"), allow(), allow("s3:*", "*"))

    assert [s.number for s in decide(asked(), identity=identity).statements] == [1, 2]


ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "kms:Decrypt", "*"])
RESOURCES = st.sampled_from(["*", OBJECT, "arn:aws:s3:::bucket/*", "arn:aws:s3:::other/*", KEY])
STATEMENTS = st.builds(
    lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
    st.sampled_from(["Allow", "Allow", "Deny"]),
    ACTIONS,
    RESOURCES,
)


@given(st.lists(STATEMENTS, max_size=6), STATEMENTS)
def test_more_statements_only_widen_and_more_denials_only_narrow(
    statements: list[dict[str, Any]], one: dict[str, Any]
) -> None:
    before = decide(asked(), identity=policy(*statements)).allowed
    after = decide(asked(), identity=policy(*statements, one)).allowed

    assert before == after or after == (one["Effect"] == "Allow")


@given(st.lists(STATEMENTS, max_size=6), st.randoms())
def test_order_of_statements_does_not_matter(statements: list[dict[str, Any]], random: Any) -> None:
    shuffled = random.sample(statements, len(statements))

    assert (
        decide(asked(), identity=policy(*statements)).allowed
        == decide(asked(), identity=policy(*shuffled)).allowed
    )


@given(st.lists(STATEMENTS, max_size=6))
def test_without_the_statements_that_allowed_it_nothing_is_allowed(
    statements: list[dict[str, Any]],
) -> None:
    decision = decide(asked(), identity=policy(*statements))
    allowing = {s.number for s in decision.statements} if decision.allowed else set()
    rest = [s for number, s in enumerate(statements) if number not in allowing]

    assert not decide(asked(), identity=policy(*rest)).allowed
