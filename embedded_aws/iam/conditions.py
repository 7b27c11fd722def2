"""The condition operators of IAM policies.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Set operators for
multivalued context keys". Dates, IP addresses and binary values are not offered.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from embedded_aws.iam.errors import UnsupportedPolicyError

Context = Mapping[str, tuple[str, ...]]
"""Values of condition keys, the keys in lower case: they are compared without regard to case."""

# Keys that a request here has, or is known not to have. Any other key in a statement that would
# apply is an error, because its absence from the context would say nothing.
KNOWN_KEYS = frozenset(
    {
        "aws:calledvia",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",  # of topics' default policies; a role's request has none
        "aws:tagkeys",
        "aws:viaawsservice",
        "cloudwatch:namespace",
        "iam:passedtoservice",
        "kms:calleraccount",
        "kms:grantisforawsresource",
        "kms:viaservice",
        "s3:delimiter",
        "s3:if-match",
        "s3:if-none-match",
        "s3:max-keys",
        "s3:prefix",
        "s3:tlsversion",
        "sts:externalid",
    }
)


@functools.lru_cache(maxsize=4096)
def wildcard_pattern(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Compile a text in which ``*`` stands for any characters and ``?`` for one."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches_wildcards(pattern: str, value: str) -> bool:
    """Whether a text fits a pattern with wildcards as a whole."""
    return wildcard_pattern(pattern).fullmatch(value) is not None


def matches_arn(pattern: str, value: str) -> bool:
    """Whether an ARN fits a pattern, each of the six parts between colons for itself.

    ``*`` alone fits everything. In the last part, which may have colons, wildcards cross them.
    """
    if pattern == "*":
        return True
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) == 6 and all(map(matches_wildcards, patterns, values))


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UnsupportedPolicyError(f"a numeric condition needs a number, not {text!r}") from None


def _compares(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, value: compare(_number(value), _number(wanted))


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": matches_wildcards,
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "NumericEquals": _compares(lambda value, wanted: value == wanted),
    "NumericLessThan": _compares(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _compares(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _compares(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _compares(lambda value, wanted: value >= wanted),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def holds(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    """Whether one condition holds.

    Parameters
    ----------
    operator : str
        Such as ``StringLike``, ``ForAllValues:StringEquals`` or ``ArnLikeIfExists``.
    key : str
        Condition key.
    wanted : sequence of str
        Values in the policy: one must match, or with a negated operator none may.
    context : Context
        The request's values.

    Raises
    ------
    UnsupportedPolicyError
        If operator or key are not known here.
    """
    if key.lower() not in KNOWN_KEYS:
        raise UnsupportedPolicyError(
            f"the embedded AWS does not know the condition key {key}; add it to KNOWN_KEYS and to "
            "the context of the requests that have it"
        )
    values = context.get(key.lower())
    if operator == "Null":
        return any((text.lower() == "true") == (values is None) for text in wanted)
    qualifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    is_negated = name in _NEGATED
    matches = _OPERATORS.get(_NEGATED.get(name, name))
    if matches is None or qualifier not in ("", "ForAllValues", "ForAnyValue"):
        raise UnsupportedPolicyError(
            f"the embedded AWS does not know the condition operator {operator}; it knows Null, "
            f"{', '.join([*_OPERATORS, *_NEGATED])}"
        )
    if values is None:
        return if_exists or qualifier == "ForAllValues" or (is_negated and not qualifier)
    every = all if qualifier == "ForAllValues" or (is_negated and not qualifier) else any
    return every(any(matches(text, value) for text in wanted) != is_negated for value in values)
