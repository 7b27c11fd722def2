"""Links to the AWS console: the same pages that the failure notice links to."""

import datetime as dt

import pytest

from console.console_links import MAX_JOBS, console_links
from console.sagemaker_jobs import JobRun
from workflow.console_pages import ConsolePages

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def job(kind: str, name: str) -> JobRun:
    return JobRun(kind, name, ("TrainingJobName", name), "Completed", NOW, NOW, NOW, "ml.c5.xlarge",
                  1, 1.0, True, None)  # fmt: skip


def execution(partition: str = "aws") -> str:
    return f"arn:{partition}:states:eu-west-1:123456789012:execution:Machine:train-1"


@pytest.mark.parametrize(
    ("partition", "domain"),
    [("aws", "console.aws.amazon.com"), ("aws-cn", "console.amazonaws.cn"),
     ("aws-us-gov", "console.amazonaws-us-gov.com")],
)  # fmt: skip
def test_pages_are_those_of_the_failure_notice(partition, domain):
    pages = ConsolePages(f"https://eu-west-1.{domain}", "eu-west-1")
    jobs = [job("training", "train-1"), job("tuning trial", "t-2"), job("transform", "apply-1")]

    links = console_links(execution(partition), jobs, bucket="b", prefix="runs/r/")

    assert links == [
        ("execution", pages.execution(execution(partition))),
        ("files of the run", f"https://eu-west-1.{domain}/s3/buckets/b?prefix=runs/r/"),
        ("train-1", pages.job("TrainingJob", "train-1")),
        ("t-2", pages.job("TrainingJob", "t-2")),
        ("apply-1", pages.job("TransformJob", "apply-1")),
    ]


def test_unknown_partition_has_no_console():
    assert console_links(execution("aws-iso"), [], bucket="b", prefix="p") == []


def test_names_stay_names_and_are_not_too_many():
    jobs = [job("training", '"><script>&x=#')] * (MAX_JOBS + 1)

    links = console_links(execution(), jobs, bucket=None, prefix=None)

    assert len(links) == 1 + MAX_JOBS
    assert links[1][1].endswith("/jobs/%22%3E%3Cscript%3E%26x%3D%23")
