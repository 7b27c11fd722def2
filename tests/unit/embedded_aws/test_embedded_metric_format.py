import json
from datetime import datetime

import pytest

from embedded_aws.alarms.embedded_metric_format import metric_data
from embedded_aws.events.target_input import target_input

LINE = {
    "_aws": {
        "Timestamp": 1_700_000_000_000,
        "CloudWatchMetrics": [
            {
                "Namespace": "N",
                "Dimensions": [["Stack"], ["Stack", "Reason"]],
                "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "Missing"}],
            }
        ],
    },
    "Stack": "S",
    "Reason": "duplicate",
    "Rows": [3, 4],
}


def test_each_dimension_set_gets_the_values():
    found = list(metric_data(json.dumps(LINE)))

    assert [namespace for namespace, _ in found] == ["N", "N"]
    assert found[0][1] == {
        "MetricName": "Rows",
        "Dimensions": [{"Name": "Stack", "Value": "S"}],
        "Timestamp": datetime(2023, 11, 14, 22, 13, 20),
        "Unit": "Count",
        "Values": [3, 4],
    }
    assert found[1][1]["Dimensions"] == [
        {"Name": "Stack", "Value": "S"},
        {"Name": "Reason", "Value": "duplicate"},
    ]


@pytest.mark.parametrize(
    "message",
    [
        "START RequestId: 1",
        "[1, 2]",
        "{}",
        json.dumps({"_aws": {}}),
        json.dumps({**LINE, "Rows": "three"}),
        json.dumps({**LINE, "Rows": True}),
        json.dumps({**LINE, "Reason": 3}),
        json.dumps({k: v for k, v in LINE.items() if k != "Stack"}),
        json.dumps({**LINE, "_aws": {**LINE["_aws"], "Timestamp": "now"}}),
    ],
)
def test_other_lines_are_just_lines(message):
    assert list(metric_data(message)) == []


EVENT = {"source": "aws.states", "detail": {"name": "run", "n": {"deep": [1]}, "error": None}}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, json.dumps(EVENT)),
        ({"Input": "{}"}, "{}"),
        ({"InputPath": "$.detail.n"}, '{"deep": [1]}'),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "who": "$.detail.name",
                        "n": "$.detail.n",
                        "no": "$.detail.error",
                    },
                    "InputTemplate": '"<who> has <n>"\n"and <no> else <3 days"',
                }
            },
            '"run has {"deep": [1]}"\n"and  else <3 days"',
        ),
    ],
)
def test_targets_get_what_the_rule_says(target, expected):
    assert target_input(target, EVENT) == expected
