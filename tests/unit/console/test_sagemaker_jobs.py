"""Jobs as SageMaker describes them."""

import datetime as dt

import pytest
from botocore.exceptions import ClientError

from console.sagemaker_jobs import describe_jobs

BEGIN = dt.datetime(2026, 11, 22, 6, 0, 0, tzinfo=dt.UTC)


def at(seconds):
    return BEGIN + dt.timedelta(seconds=seconds)


class SageMaker:
    """Knows one training job, a tuning job of it, and one transform job."""

    def describe_training_job(self, *, TrainingJobName):
        if TrainingJobName == "secret":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Describe")
        if TrainingJobName != "train":
            message = "Requested resource not found."
            raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "D")
        return {
            "TrainingJobStatus": "Completed",
            "CreationTime": at(0),
            "TrainingStartTime": at(100),
            "TrainingEndTime": at(1900),
            "BillableTimeInSeconds": 900,
            "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2},
        }

    def describe_transform_job(self, *, TransformJobName):
        assert TransformJobName == "t"
        return {
            "TransformJobStatus": "Failed",
            "CreationTime": at(2000),
            "TransformStartTime": at(2100),
            "TransformEndTime": at(2136),
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            "FailureReason": "CapacityError",
        }

    def get_paginator(self, name):
        assert name == "list_training_jobs_for_hyper_parameter_tuning_job"
        return self

    def paginate(self, *, HyperParameterTuningJobName):
        assert HyperParameterTuningJobName == "tune"
        return [{"TrainingJobSummaries": [{"TrainingJobName": "train"}]}]


def test_training_has_instance_hours_of_its_billable_time():
    ((found,), gaps) = describe_jobs(SageMaker(), [("TrainingJobName", "train")])

    assert gaps == []
    assert found.kind == "training"
    assert found.billable_is_measured
    assert found.instance_hours == pytest.approx(900 * 2 / 3600)


def test_transform_has_those_of_its_duration_and_says_so():
    ((found,), _) = describe_jobs(SageMaker(), [("TransformJobName", "t")])

    assert not found.billable_is_measured
    assert found.instance_hours == pytest.approx(36 / 3600)
    assert (found.status, found.reason) == ("Failed", "CapacityError")


def test_tuning_job_stands_for_its_trials():
    asked = ("HyperParameterTuningJobName", "tune")
    ((found,), _) = describe_jobs(SageMaker(), [asked])

    assert (found.kind, found.name, found.asked_as) == ("tuning trial", "train", asked)


def test_job_that_was_never_made_is_no_gap_and_one_that_is_hidden_is():
    jobs = [("TrainingJobName", "refused"), ("TrainingJobName", "secret")]

    found, gaps = describe_jobs(SageMaker(), jobs)

    assert found == []
    assert len(gaps) == 1
    assert gaps[0].startswith("job secret: ")
