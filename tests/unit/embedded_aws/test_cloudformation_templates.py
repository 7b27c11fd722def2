"""Templates are parsed, ordered and resolved as CloudFormation does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.cloudformation.errors import ResourceFailure, ValidationError
from embedded_aws.cloudformation.intrinsics import KNOWN_AFTER_APPLY, Resolver
from embedded_aws.cloudformation.resource_types.base import Physical, generated_name
from embedded_aws.cloudformation.template import (
    Template,
    dependencies,
    deployment_order,
    parse_template,
)
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

YAML = """
Description: short forms
Parameters:
  Day: {Type: String, Default: 2012-10-17}
Conditions:
  IsDay: !Equals [!Ref Day, 2012-10-17]
Resources:
  A: {Type: T}
  B:
    Type: T
    Condition: IsDay
    Properties:
      Name: !Sub "${A}-${A.Arn}-${AWS::Region}-${!literal}"
      Arn: !GetAtt A.Nested.Arn
      Chosen: !If [IsDay, !Ref A, !Ref "AWS::NoValue"]
      List: !Split [",", !Join [",", [a, !Ref Day]]]
"""


@pytest.fixture
def resolver() -> Resolver:
    template = Template(
        "",
        {
            "Resources": {"A": {"Type": "T"}},
            "Mappings": {"Table": {"first": {"second": "found"}}},
            "Conditions": {
                "Yes": {"Fn::Equals": ["a", "a"]},
                "No": {"Fn::Not": [{"Condition": "Yes"}]},
            },
        },
    )
    made = Resolver(
        template, {"AWS::Region": "eu-west-1"}, {"P": "value", "L": ["x", "y"]}, {"E": "e"}
    )
    made.physical["A"] = Physical("a-id", {"Arn": "a-arn"})
    made.physical["New"] = None
    return made


def test_yaml_short_forms_and_dates_are_read() -> None:
    template = parse_template(YAML)

    assert template.document["Parameters"]["Day"]["Default"] == "2012-10-17"
    properties = template.resources["B"]["Properties"]
    assert properties["Arn"] == {"Fn::GetAtt": ["A", "Nested.Arn"]}
    assert properties["Chosen"] == {"Fn::If": ["IsDay", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}
    assert deployment_order(template.resources) == ["A", "B"]
    resolver = Resolver(template, {"AWS::Region": "r"}, {"Day": "2012-10-17"})
    resolver.physical["A"] = Physical("id", {"Arn": "arn", "Nested.Arn": "nested"})
    assert resolver.holds("IsDay")
    assert resolver.resolve(properties) == {
        "Name": "id-arn-r-${literal}",
        "Arn": "nested",
        "Chosen": "id",
        "List": ["a", "2012-10-17"],
    }


def test_broken_yaml_is_a_template_error() -> None:
    with pytest.raises(ValidationError, match="YAML not well-formed"):
        parse_template("Resources: [}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "P"}, "value"),
        ({"Ref": "A"}, "a-id"),
        ({"Ref": "New"}, KNOWN_AFTER_APPLY),
        ({"Fn::GetAtt": ["A", "Arn"]}, "a-arn"),
        ({"Fn::GetAtt": "A.Arn"}, "a-arn"),
        ({"Fn::GetAtt": ["New", "Arn"]}, KNOWN_AFTER_APPLY),
        ({"Fn::Select": ["1", {"Ref": "L"}]}, "y"),
        ({"Fn::Select": [0, {"Fn::Split": ["-", "a-b"]}]}, "a"),
        ({"Fn::FindInMap": ["Table", "first", "second"]}, "found"),
        ({"Fn::FindInMap": ["Table", "no", "such", {"DefaultValue": "default"}]}, "default"),
        ({"Fn::ImportValue": "E"}, "e"),
        ({"Fn::If": ["No", 1, 2]}, 2),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::Base64": "text"}, "dGV4dA=="),
        ({"Fn::ToJsonString": {"a": [{"Ref": "P"}]}}, '{"a": ["value"]}'),
        ({"Fn::Length": {"Ref": "L"}}, 2),
        ({"Fn::Join": ["", ["a", True, 1]]}, "atrue1"),
        ([1, {"Ref": "AWS::NoValue"}, 2], [1, 2]),
        ({"kept": 1, "dropped": {"Ref": "AWS::NoValue"}}, {"kept": 1}),
        ({"Ref": "P", "other": 1}, {"Ref": "P", "other": 1}),
    ],
)
def test_functions(resolver: Resolver, value: Any, expected: Any) -> None:
    assert resolver.resolve(value) == expected


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({"Fn::GetAtt": ["A", "No"]}, ResourceFailure, "does not support attribute type No"),
        ({"Fn::GetAtt": ["B", "Arn"]}, ValidationError, "references undefined resource B"),
        ({"Fn::ImportValue": "none"}, ValidationError, "No export named none"),
        ({"Fn::FindInMap": ["Table", "a", "b"]}, ValidationError, "mapping for Table::a::b"),
        ({"Fn::Select": [5, ["a"]]}, ValidationError, "nonexistent value at index 5"),
        ({"Fn::Cidr": []}, UnsupportedInEmbeddedAws, "Fn::Cidr"),
    ],
)
def test_what_cannot_be_resolved_is_named(
    resolver: Resolver, value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        resolver.resolve(value)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, True),
        ("Yes", True),
        ("No", False),
        ({"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}, False),
        ({"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]}, True),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::Contains": [["a", "value"], {"Ref": "P"}]}, True),
        ({"Fn::Contains": [["a"], {"Ref": "P"}]}, False),
    ],
)
def test_conditions(resolver: Resolver, condition: Any, expected: bool) -> None:
    assert resolver.holds(condition) is expected


@given(
    st.dictionaries(
        st.integers(0, 9),
        st.sets(st.integers(0, 9), max_size=4),
        min_size=1,
    )
)
def test_resources_come_after_what_they_depend_on(graph: dict[int, set[int]]) -> None:
    resources = {
        f"R{number}": {
            "Type": "T",
            "DependsOn": [f"R{other}" for other in others if other < number],
        }
        for number, others in graph.items()
    }

    order = deployment_order(resources)

    assert sorted(order) == sorted(resources)
    for name, definition in resources.items():
        for other in dependencies(definition, resources):
            assert order.index(other) < order.index(name)


@pytest.mark.parametrize("longest", [63, 64, 80, 255])
@given(
    stack=st.text("aB1-", min_size=1, max_size=128),
    resource=st.text("aB1", min_size=1, max_size=200),
)
def test_generated_names_fit_and_show_both_parts(longest: int, stack: str, resource: str) -> None:
    name = generated_name(stack, resource, longest)

    assert len(name) <= longest
    assert name.startswith(stack[: min(len(stack), (longest - 14) // 2)])
    assert f"-{resource[:10]}" in name
    assert name != generated_name(stack, resource, longest)
