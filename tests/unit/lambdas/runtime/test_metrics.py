import json
import math

import jsonschema
import pytest

from lambdas.runtime.metrics import NAMESPACE, Metric, RunMetrics, embedded_metrics

# CloudWatch user guide, "Embedded metric format document structure" and its limits; units as in
# the API's StandardUnit.
EMF_SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 1_000_000_000_000},
                "CloudWatchMetrics": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 250},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["Name"],
                                    "properties": {
                                        "Name": {"type": "string", "minLength": 1},
                                        "Unit": {"enum": ["Count", "Seconds", "Bytes", "None"]},
                                        "StorageResolution": {"enum": [1, 60]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


def check_embedded_metrics(line: str) -> dict[str, object]:
    """Check a line as CloudWatch would; what a directive names must be there."""
    assert "\n" not in line
    document = json.loads(line)
    jsonschema.validate(document, EMF_SCHEMA)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for name in [name for names in directive["Dimensions"] for name in names]:
            assert 1 <= len(document[name]) <= 1024
        for metric in directive["Metrics"]:
            assert isinstance(document[metric["Name"]], int | float)
    return document


def test_line_has_cloudwatch_s_form():
    line = embedded_metrics(
        {"RowsRead": Metric(3, "Count"), "Duration": Metric(0.5, "Seconds")},
        {"Stack": "S", "Step": "Preprocess"},
        {"run_id": "r1"},
        timestamp_ms=1_795_330_000_000,
    )

    assert check_embedded_metrics(line) == {
        "_aws": {
            "Timestamp": 1_795_330_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Stack", "Step"]],
                    "Metrics": [
                        {"Name": "RowsRead", "Unit": "Count"},
                        {"Name": "Duration", "Unit": "Seconds"},
                    ],
                }
            ],
        },
        "run_id": "r1",
        "Stack": "S",
        "Step": "Preprocess",
        "RowsRead": 3,
        "Duration": 0.5,
    }


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_cloudwatch_would_drop_is_refused(value):
    with pytest.raises(ValueError, match="metrics Rmse: expected finite numbers"):
        embedded_metrics({"Rmse": Metric(value, "None")}, {}, {}, timestamp_ms=1)


def test_metrics_of_a_run_carry_its_id_and_the_stack(capsys):
    metrics = RunMetrics("Preprocess", stack="S", run_id="r1")
    metrics.put({"RowsRejected": Metric(2, "Count")}, Reason="duplicate")
    metrics.put_duration()

    rejected, duration = map(check_embedded_metrics, capsys.readouterr().out.splitlines())
    assert (rejected["Stack"], rejected["Reason"], rejected["run_id"]) == ("S", "duplicate", "r1")
    assert duration["Step"] == "Preprocess"
    assert 0 <= duration["Duration"] < 10
