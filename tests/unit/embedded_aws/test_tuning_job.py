"""Tuning jobs whose training jobs are played: what is started, when it ends, what is described."""

import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import embedded_aws.fixes  # noqa: F401 - loads the packages that import each other
from embedded_aws.processor_count import processor_count
from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.sagemaker.job import utc_now
from embedded_aws.sagemaker.tuning_job import TuningJob
from embedded_aws.unsupported import UnsupportedInEmbeddedAws

IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/factorization-machines"
Ending = float | str  # the objective, or why it failed
OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"


class PlayedJob:
    """A training job that has ended already, or ends when it is stopped."""

    def __init__(self, request: dict[str, Any], ending: Ending | None):
        self.name = request["TrainingJobName"]
        self.arn = f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{self.name}"
        self.request = request
        self.metrics = self
        self.description: dict[str, Any] = {"CreationTime": utc_now()}
        self.status = "InProgress"
        self._ending = ending
        self._ended = threading.Event()
        if isinstance(ending, str):
            self.status = "Failed"
            self.description["FailureReason"] = ending
        elif ending is not None:
            self.status = "Completed"
        if ending is not None:
            self._ended.set()

    @property
    def failed_internally(self) -> bool:
        return str(self._ending).startswith("InternalServerError")

    def value(self, name: str) -> float:
        assert name == "test:rmse"
        assert isinstance(self._ending, float)
        return self._ending

    def join(self) -> None:
        assert self._ended.wait(20)

    def stop(self) -> None:
        self.status = "Stopped"
        self._ended.set()


class Tuning:
    """Creates tuning jobs and plays their trials."""

    def __init__(self, play: Callable[[dict[str, str]], Ending | None]):
        self.play = play
        self.n_processors: list[int] = []

    def start(self, request: dict[str, Any], *, n_processors: int) -> Any:
        self.n_processors.append(n_processors)
        return PlayedJob(request, self.play(request["HyperParameters"]))

    def job(self, request: dict[str, Any], *parents: TuningJob) -> TuningJob:
        return TuningJob(request, "123456789012", "us-east-1", self.start, parents)

    def run(self, request: dict[str, Any], *parents: TuningJob) -> TuningJob:
        job = self.job(request, *parents)
        job.start()
        job.join(20)
        return job


def distance(hyperparameters: dict[str, str]) -> float:
    """0.1 at a factors_lr of 0.01."""
    return 0.1 + (math.log10(float(hyperparameters["factors_lr"])) + 2) ** 2


def request_of(name: str = "tune", n: int = 6, parallel: int = 2, **config: Any) -> dict[str, Any]:
    lr = {"Name": "factors_lr", "MinValue": "0.0001", "MaxValue": "1", "ScalingType": "Logarithmic"}
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "test:rmse"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": n, "MaxParallelTrainingJobs": parallel},
            "ParameterRanges": {"ContinuousParameterRanges": [lr]},
            **config,
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingImage": f"{IMAGE}:1", "TrainingInputMode": "File"},
            "RoleArn": "arn:aws:iam::123456789012:role/r",
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/models/"},
            "ResourceConfig": {
                "InstanceType": "ml.c5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "StaticHyperParameters": {"epochs": "10", "linear_lr": "0.1"},
        },
    }


def tried(job: TuningJob) -> list[str]:
    return [trial.request["HyperParameters"]["factors_lr"] for trial in job.trials]


def test_counters_tell_errors_that_can_be_retried_from_the_others() -> None:
    endings: list[Ending] = [
        0.5, "ClientError: x", "InternalServerError: y", "AlgorithmError: z", 0.4, 0.6
    ]  # fmt: skip
    played = iter(endings)

    described = Tuning(lambda _: next(played)).run(request_of(parallel=1)).description

    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"] == {
        "Completed": 3,
        "InProgress": 0,
        "RetryableError": 1,
        "NonRetryableError": 2,
        "Stopped": 0,
    }
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 3}
    assert described["BestTrainingJob"][OBJECTIVE]["Value"] == 0.4
    assert described["TuningJobCompletionDetails"] == {
        "NumberOfTrainingJobsObjectiveNotImproving": 1
    }
    assert described["ConsumedResources"]["RuntimeInSeconds"] >= 0
    assert "OverallBestTrainingJob" not in described


def test_the_retry_strategy_goes_to_the_training_jobs() -> None:
    request = request_of(n=1)
    request["TrainingJobDefinition"]["RetryStrategy"] = {"MaximumRetryAttempts": 3}
    request["TrainingJobDefinition"]["DefinitionName"] = "named"

    job = Tuning(distance).run(request)

    (trial,) = job.trials
    assert trial.request["RetryStrategy"] == {"MaximumRetryAttempts": 3}
    assert "DefinitionName" not in trial.request
    assert job.description["BestTrainingJob"]["TrainingJobDefinitionName"] == "named"


def test_trials_share_the_processors() -> None:
    for parallel in (1, 2, 1000):
        tuning = Tuning(distance)
        tuning.run(request_of(n=2, parallel=parallel))
        assert tuning.n_processors == [max(1, processor_count() // parallel)] * 2


def test_early_stopping_is_accepted() -> None:
    for early_stopping in ("Off", "Auto"):
        described = (
            Tuning(distance)
            .run(request_of(TrainingJobEarlyStoppingType=early_stopping))
            .description
        )
        assert described["TrainingJobStatusCounters"]["Completed"] == 6


def test_a_tuning_job_ends_when_its_target_is_met() -> None:
    objectives = iter([0.9, 0.8, 0.45, 0.1])
    request = request_of(
        parallel=1, TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.5}
    )

    job = Tuning(lambda _: next(objectives)).run(request)

    assert job.status == "Completed"
    assert len(job.trials) == 3
    assert job.description["BestTrainingJob"][OBJECTIVE]["Value"] == 0.45


def test_a_tuning_job_ends_when_it_no_longer_improves() -> None:
    objectives = iter([0.9, 0.5, 0.6, 0.499, 0.7, 0.1])
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}

    job = Tuning(lambda _: next(objectives)).run(
        request_of(parallel=1, TuningJobCompletionCriteria=criteria)
    )

    assert (job.status, len(job.trials)) == ("Completed", 5)
    details = job.description["TuningJobCompletionDetails"]
    assert details == {"NumberOfTrainingJobsObjectiveNotImproving": 3}


def test_trials_that_run_when_a_criterion_is_met_are_stopped() -> None:
    endings = iter([None, 0.1])
    request = request_of(TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.5})

    described = Tuning(lambda _: next(endings)).run(request).description

    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Stopped"] == 1
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 1}


def test_the_end_of_its_time_completes_a_tuning_job_that_found_something() -> None:
    endings = iter([0.3, None, None])
    request = request_of()
    request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxRuntimeInSeconds"] = 1

    described = Tuning(lambda _: next(endings)).run(request).description

    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"]["Stopped"] == 2
    assert described["BestTrainingJob"][OBJECTIVE]["Value"] == 0.3
    assert described["ConsumedResources"]["RuntimeInSeconds"] == 1


def test_the_end_of_its_time_fails_a_tuning_job_that_found_nothing() -> None:
    request = request_of()
    request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxRuntimeInSeconds"] = 1

    described = Tuning(lambda _: None).run(request).description

    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert "within MaxRuntimeInSeconds" in described["FailureReason"]


def test_a_stopped_tuning_job_stops_its_trials() -> None:
    job = Tuning(lambda _: None).job(request_of())
    job.start()
    job.stop()
    job.join(20)

    assert job.status == "Stopped"
    assert job.description["TrainingJobStatusCounters"]["InProgress"] == 0


@pytest.mark.parametrize("strategy", ["Bayesian", "Random"])
def test_trials_in_parallel_are_the_same_every_time(strategy: str) -> None:
    def run(order: int) -> list[str]:
        generator = np.random.default_rng(order)

        class Slow(PlayedJob):
            def join(self) -> None:
                threading.Event().wait(generator.uniform(0, 0.02))

        tuning = Tuning(distance)
        tuning.start = lambda request, **_: Slow(  # type: ignore[method-assign]
            request, distance(request["HyperParameters"])
        )
        return tried(tuning.run(request_of(n=16, parallel=3, Strategy=strategy, RandomSeed=5)))

    assert run(1) == run(2)


def warm(
    name: str, *parents: TuningJob, kind: str = "IdenticalDataAndAlgorithm", **config: Any
) -> dict[str, Any]:
    names = [{"HyperParameterTuningJobName": parent.name} for parent in parents]
    return {
        **request_of(name, **config),
        "WarmStartConfig": {"ParentHyperParameterTuningJobs": names, "WarmStartType": kind},
    }


@pytest.mark.parametrize("kind", ["IdenticalDataAndAlgorithm", "TransferLearning"])
def test_warm_start_begins_where_the_parents_ended(kind: str) -> None:
    tuning = Tuning(distance)
    parent = tuning.run(request_of("parent", n=60))

    cold = tuning.run(request_of("cold", n=10, Strategy="Bayesian"))
    child = tuning.run(warm("child", parent, kind=kind, n=10, Strategy="Bayesian"), parent)

    def spread(job: TuningJob) -> float:
        return sum(abs(math.log10(float(lr)) + 2) for lr in tried(job)[1:])

    assert spread(child) < 0.5 * spread(cold)


def test_only_identical_jobs_tell_the_best_of_all() -> None:
    tuning = Tuning(distance)
    parents = [tuning.run(request_of(f"parent-{n}", n=n, RandomSeed=n)) for n in (3, 30)]

    child = tuning.run(warm("child", *parents, n=1), *parents)
    other = tuning.run(warm("other", *parents, n=1, kind="TransferLearning"), *parents)

    assert child.description["BestTrainingJob"]["TuningJobName"] == "child"
    assert child.description["OverallBestTrainingJob"] == parents[1].description["BestTrainingJob"]
    assert "OverallBestTrainingJob" not in other.description
    grandchild = tuning.run(warm("grandchild", child, n=1), child)  # it does not go further back
    overall = grandchild.description["OverallBestTrainingJob"]
    assert overall["TuningJobName"] in ("child", "grandchild")


def test_a_warm_start_without_a_number_of_jobs_takes_what_the_parents_left() -> None:
    tuning = Tuning(distance)
    parent = tuning.run(request_of("parent", n=740))
    request = warm("child", parent)
    del request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"]

    assert len(tuning.run(request, parent).trials) == 10


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("TuningObjective", {"MetricName": "test:rmse"}, "TuningObjective"),
        ("HyperParameterTuningResourceConfig", {}, "HyperParameterTuningResourceConfig"),
        ("AlgorithmSpecification", {"TrainingImage": "xgboost:1"}, "xgboost"),
    ],
)
def test_definitions_that_cannot_be_run_are_refused_at_once(
    member: str, value: Any, message: str
) -> None:
    request = request_of()
    request["TrainingJobDefinition"][member] = value

    with pytest.raises(UnsupportedInEmbeddedAws, match=message):
        Tuning(distance).job(request)


def test_convergence_is_refused_by_name_if_it_is_asked_for() -> None:
    def request(flag: str) -> dict[str, Any]:
        criteria = {"ConvergenceDetected": {"CompleteOnConvergence": flag}}
        return request_of(TuningJobCompletionCriteria=criteria)

    Tuning(distance).job(request("Disabled"))
    with pytest.raises(UnsupportedInEmbeddedAws, match="CompleteOnConvergence"):
        Tuning(distance).job(request("Enabled"))


def test_several_definitions_and_autotune_are_refused_by_name() -> None:
    several = request_of()
    several["TrainingJobDefinitions"] = [several.pop("TrainingJobDefinition")]
    with pytest.raises(UnsupportedInEmbeddedAws, match="one TrainingJobDefinition only"):
        Tuning(distance).job(several)
    with pytest.raises(UnsupportedInEmbeddedAws, match="Autotune"):
        Tuning(distance).job({**request_of(), "Autotune": {"Mode": "Enabled"}})


def refusal(request: dict[str, Any], *parents: TuningJob) -> str:
    with pytest.raises(ValidationException) as caught:
        Tuning(distance).job(request, *parents)
    return str(caught.value)


@pytest.fixture(scope="module")
def parent() -> TuningJob:
    """A tuning job that has ended."""
    return Tuning(distance).run(request_of("parent"))


def test_parents_must_exist_and_have_ended(parent: TuningJob) -> None:
    running = Tuning(distance).job(request_of("running"))

    assert "Could not find parent tuning jobs [running]." in refusal(
        warm("child", parent, running), parent
    )
    assert "Parent tuning job running: expected status Completed, Failed, Stopped, found InP" in (
        refusal(warm("child", parent, running), parent, running)
    )


def test_the_objective_must_be_the_parents(parent: TuningJob) -> None:
    request = warm("child", parent)
    objective = {"Type": "Minimize", "MetricName": "test:mse"}
    request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"] = objective

    assert "its objective is Minimize test:rmse, expected Minimize test:mse" in refusal(
        request, parent
    )


def test_the_names_of_all_hyperparameters_must_be_the_parents(parent: TuningJob) -> None:
    request = warm("child", parent)
    request["TrainingJobDefinition"]["StaticHyperParameters"]["eps"] = "1e-8"

    assert "The set of tunable plus static HyperParameter names is not the same" in refusal(
        request, parent
    )


def test_tunable_and_static_may_be_exchanged_and_ranges_changed(parent: TuningJob) -> None:
    request = warm("child", parent, Strategy="Bayesian")
    definition, config = (
        request["TrainingJobDefinition"],
        request["HyperParameterTuningJobConfig"],
    )
    definition["StaticHyperParameters"] = {"linear_lr": "0.1", "factors_lr": "0.01"}
    config["ParameterRanges"] = {
        "IntegerParameterRanges": [{"Name": "epochs", "MinValue": "1", "MaxValue": "20"}]
    }
    definition["OutputDataConfig"] = {"S3OutputPath": "s3://bucket/elsewhere/"}

    assert Tuning(distance).run(request, parent).status == "Completed"


def test_the_type_of_a_hyperparameter_must_not_change(parent: TuningJob) -> None:
    request = warm("child", parent)
    request["HyperParameterTuningJobConfig"]["ParameterRanges"] = {
        "CategoricalParameterRanges": [{"Name": "factors_lr", "Values": ["0.1", "0.2"]}]
    }

    assert "factors_lr was continuous, and is categorical now" in refusal(request, parent)


def many_static(n_numbers: int, value: str, method: str) -> dict[str, str]:
    names = ["bias_lr", "bias_wd", "linear_wd", "factors_wd", "eps", "clip_gradient", "epochs",
             "bias_init_sigma", "linear_init_sigma", "factors_init_sigma"][:n_numbers]  # fmt: skip
    return {**dict.fromkeys(names, value), "bias_init_method": method, "mini_batch_size": "7"}


def test_at_most_ten_changes_of_static_values() -> None:
    def child(value: str, method: str) -> None:
        request = request_of("parent")
        request["TrainingJobDefinition"]["StaticHyperParameters"] = many_static(9, "1", "normal")
        parent = Tuning(distance).run(request)
        request = warm("child", parent)
        request["TrainingJobDefinition"]["StaticHyperParameters"] = many_static(9, value, method)
        Tuning(distance).job(request, parent)

    child("2", "normal")
    with pytest.raises(ValidationException, match="11 changes of static values and from tunable"):
        child("2", "uniform")  # a choice counts twice


def test_a_categorical_range_made_static_counts_each_of_its_values() -> None:
    def child(n_values: int) -> None:
        request = request_of("parent")
        values = [str(0.1 * n) for n in range(1, n_values + 1)]
        request["HyperParameterTuningJobConfig"]["ParameterRanges"][
            "CategoricalParameterRanges"
        ] = [{"Name": "bias_lr", "Values": values}]
        parent = Tuning(distance).run(request)
        request = warm("child", parent)
        request["TrainingJobDefinition"]["StaticHyperParameters"]["bias_lr"] = "0.1"
        Tuning(distance).job(request, parent)

    child(10)
    with pytest.raises(ValidationException, match="11 changes"):
        child(11)


def test_identical_jobs_keep_data_and_image_and_others_may_change_them(parent: TuningJob) -> None:
    def request(kind: str, **definition: Any) -> dict[str, Any]:
        found = warm("child", parent, kind=kind)
        found["TrainingJobDefinition"].update(definition)
        return found

    data: dict[str, Any] = {"InputDataConfig": [{"ChannelName": "train"}]}
    version = {
        "AlgorithmSpecification": {"TrainingImage": f"{IMAGE}:2", "TrainingInputMode": "File"}
    }
    for change in (version,):
        Tuning(distance).job(request("TransferLearning", **change), parent)
        assert "Only the following fields in TrainingJobDefinition are allowed to change: " in (
            refusal(request("IdenticalDataAndAlgorithm", **change), parent)
        )
    changed = {**data, "Environment": {"A": "1"}}
    data["InputDataConfig"][0]["DataSource"] = {"S3DataSource": {"S3DataType": "S3Prefix"}}
    message = refusal(request("TransferLearning", **changed), parent)
    assert message.endswith("checkpointConfig]. Changed: [Environment].")
    message = refusal(request("IdenticalDataAndAlgorithm", **changed), parent)
    assert message.endswith("Changed: [Environment, InputDataConfig].")
    other = {
        "AlgorithmSpecification": {
            "TrainingImage": "2.dkr.ecr.eu-west-1.amazonaws.com/factorization-machines:1",
            "TrainingInputMode": "File",
        }
    }
    assert "its training image is a version of" in refusal(
        request("TransferLearning", **other), parent
    )


def test_a_grid_takes_no_warm_start_and_all_problems_are_told(parent: TuningJob) -> None:
    request = warm("child", parent, n=745, Strategy="Grid")
    request["TrainingJobDefinition"]["StaticHyperParameters"]["eps"] = "1e-8"

    message = refusal(request, parent)

    assert "found Grid" in message
    assert "names is not the same" in message
    assert "6 + 745, are more than 750" in message
