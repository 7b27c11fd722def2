"""Epochs out of a training's log."""

from typing import Any

import pytest

from console.training_log import EpochMetric, TrainingLog, epoch_metric

PREFIX = "[11/22/2026 06:32:00 INFO 139] #quality_metric: host=algo-1, "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("epoch=3, train rmse <loss>=0.875", EpochMetric(3, "rmse", 0.875)),
        (
            "epoch=0, train binary_classification_accuracy <score>=0.5",
            EpochMetric(0, "binary_classification_accuracy", 0.5),
        ),
        ("epoch=3, batch=500 train rmse <loss>=0.875", None),
        ("train rmse <loss>=0.875", None),
        ("epoch=3, train mse <loss>=0.765", None),
        ("epoch=3, train rmse <loss>=oops", None),
        ("test rmse <loss>=0.9", None),
    ],
)
def test_only_the_end_of_an_epoch_counts(line, expected):
    assert epoch_metric(PREFIX + line) == expected


class NotFoundError(Exception):
    pass


class Logs:
    """CloudWatch Logs with one stream that grows; the same token again marks the end."""

    class exceptions:  # noqa: N801 - named as boto3 names it
        ResourceNotFoundException = NotFoundError

    def __init__(self) -> None:
        self.lines: list[str] | None = None

    def describe_log_streams(self, **request: Any) -> dict[str, Any]:
        if self.lines is None:
            raise NotFoundError
        names = ["job-1/algo-1-17", "job-10/algo-1-17"]
        prefix = request["logStreamNamePrefix"]
        return {"logStreams": [{"logStreamName": n} for n in names if n.startswith(prefix)]}

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        assert request["logStreamName"] == "job-1/algo-1-17"
        begin = int(request.get("nextToken", "f/0")[2:])
        lines = (self.lines or [])[begin : begin + 2]
        return {
            "events": [{"message": line} for line in lines],
            "nextForwardToken": f"f/{begin + len(lines)}",
        }


def test_log_is_followed_from_before_its_first_line():
    logs = Logs()
    log = TrainingLog(logs, "job-1")
    assert log.poll() == []

    logs.lines = [f"{PREFIX}epoch={n}, train rmse <loss>={n}.5" for n in range(3)]
    assert [metric.epoch for metric in log.read_all()] == [0, 1, 2]
    assert log.poll() == []

    logs.lines.append(f"{PREFIX}epoch=3, train rmse <loss>=0.5")
    assert log.poll() == [EpochMetric(3, "rmse", 0.5)]


def test_log_that_grows_faster_than_it_is_read_holds_nobody_up():
    class Growing(Logs):
        def get_log_events(self, **request: Any) -> dict[str, Any]:
            assert self.lines is not None
            self.lines += [f"{PREFIX}epoch={len(self.lines)}, train rmse <loss>=1.0"] * 2
            return super().get_log_events(**request)

    logs = Growing()
    logs.lines = []

    assert len(TrainingLog(logs, "job-1").poll(max_pages=3)) == 6
