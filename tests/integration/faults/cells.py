"""The fault matrix: what must become of each fault of each state."""

from collections.abc import Iterator
from dataclasses import dataclass

SUCCEEDED = "SUCCEEDED"
FUNCTIONS = ("ResolveRun", "ClaimRun", "Preprocess", "ConvertRecordIO", "Evaluate")
JOBS = ("TrainModel", "TuneModel", "TransformTestSet")
# The tasks of a run, in their order.
TASKS = (
    "ResolveRun",
    "ClaimRun",
    "Preprocess",
    "ConvertRecordIO",
    "PrepareWithSpark",
    "ReadPreparation",
    "TrainModel",
    "TuneModel",
    "DescribeBestTrainingJob",
    "CreateModel",
    "TransformTestSet",
    "Evaluate",
    "AcceptModel",
)
_ORDER = (*TASKS, "TellOfFailure", "RunFailed")
# The states that always run on the deployed machine as it is, from its start.
FROM_START = ("ResolveRun", "ClaimRun", "Preprocess", "PrepareWithSpark")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One trial.

    Attributes
    ----------
    faults : tuple of str
        Of the state, in their order, without its name.
    ended : str
        SUCCEEDED, or the error that the execution ends with.
    calls : int
        Attempts of the state.
    blames : str or None
        The step that the cause must name; None: the state itself.
    cause : str
        Part of the cause.
    restarts : int
        How often a job was started under a new name.
    also : tuple of str
        Faults of other states, without which this one would not be reached.
    unnoticed : bool
        Whether the fault changes the data, and nobody finds out.
    lost_trials : int
        How many trials of the tuning job end without a model.
    """

    state: str
    faults: tuple[str, ...]
    ended: str
    calls: int
    mode: str = "train"
    blames: str | None = None
    cause: str = ""
    restarts: int = 0
    also: tuple[str, ...] = ()
    unnoticed: bool = False
    lost_trials: int = 0

    @property
    def jobs(self) -> int:
        """How many jobs the run may start, as each of them costs money; a tuning job is one."""
        learning = "TuneModel" if self.mode == "tune" else "TrainModel"
        begins_at = _ORDER[0] if self.begins_at in FROM_START else self.begins_at
        first, last = _ORDER.index(begins_at), len(_ORDER)
        if self.ended != SUCCEEDED:
            last = _ORDER.index(self.blames or self.state)
        started = sum(first <= _ORDER.index(j) <= last for j in (learning, "TransformTestSet"))
        refused = self.state in JOBS and self.ended.startswith("SageMaker.")
        return started - refused + self.restarts

    @property
    def begins_at(self) -> str:
        """Where the trial begins."""
        return self.also[0].partition(":")[0] if self.also else self.state

    @property
    def name(self) -> str:
        """Name of the cell in the table."""
        mode = "" if self.mode == "train" or self.state != "TrainModel" else f" ({self.mode})"
        return f"{', '.join(self.faults)}{mode}"

    def __str__(self) -> str:
        return f"{self.state}-{self.name}"


# Runs that succeed take longest, so that those of the early states have all faults of a kind, one
# attempt after the other.
_LAMBDA_TROUBLE = (
    "TooManyRequestsException*2",
    "ServiceException",
    "SdkClientException",
    "Slow(0.3)",
)


def _function(state: str) -> Iterator[Cell]:
    if state == "Evaluate":
        for fault, calls in zip(_LAMBDA_TROUBLE, (3, 2, 2, 1), strict=True):
            yield Cell(state=state, faults=(fault,), ended=SUCCEEDED, calls=calls)
    else:
        yield Cell(state=state, faults=_LAMBDA_TROUBLE, ended=SUCCEEDED, calls=5)
    expected: dict[str, tuple[str, int]] = {
        "TooManyRequestsException*9": ("Lambda.TooManyRequestsException", 7),
        "AccessDenied*9": ("Lambda.AWSLambdaException", 7),
        "Exception": ("RuntimeError", 1),
        "OutOfMemory": ("Runtime.ExitError", 1),
        "ProcessExit": ("Runtime.ExitError", 1),
        "KilledWorker": ("Runtime.ExitError", 1),
        "FunctionTimeout": ("Sandbox.Timedout", 1),
        "Timeout": ("StepTimedOut", 1),
    }
    for fault, (ended, calls) in expected.items():
        yield Cell(state=state, faults=(fault,), ended=ended, calls=calls)


def _sagemaker(state: str, mode: str = "train") -> Iterator[Cell]:
    general = "SageMaker.AmazonSageMakerException"
    expected: dict[tuple[str, ...], tuple[str, int]] = {
        ("ThrottlingException*2", "ServiceUnavailable", "InternalFailure"): (SUCCEEDED, 5),
        ("ResourceLimitExceeded*3", "Slow(0.3)"): (SUCCEEDED, 4),
        ("ThrottlingException*9",): (general, 5),
        ("ResourceInUse",): ("SageMaker.ResourceInUseException", 1),
        ("ValidationException*9",): (general, 5),
        ("AccessDenied*9",): (general, 5),
        # The job may have been created: another one would be paid for twice.
        ("SdkClientException",): ("SageMaker.SdkClientException", 1),
        ("Timeout",): ("StepTimedOut", 1),
    }
    for faults, (ended, calls) in expected.items():
        yield Cell(state=state, faults=faults, ended=ended, calls=calls, mode=mode)


def _spark() -> Iterator[Cell]:
    def cell(*faults: str, ended: str, calls: int = 1, **more: object) -> Cell:
        return Cell(
            state="PrepareWithSpark",
            faults=faults,
            ended=ended,
            calls=calls,
            mode="glue",
            **more,  # type: ignore[arg-type]
        )

    trouble = ("ThrottlingException*2", "ServiceUnavailable", "InternalFailure", "Slow(0.3)")
    yield cell(*trouble, ended=SUCCEEDED, calls=5)
    # A task of Spark's is done again; the job does not end.
    yield cell("KilledWorker", ended=SUCCEEDED)
    yield cell("ValidationException*9", ended="Glue.ValidationException")
    yield cell("AccessDenied*9", ended="Glue.AccessDeniedException")
    # The run may have been started: another one would be paid for twice.
    yield cell("SdkClientException", ended="Glue.SdkClientException")
    yield cell("Timeout", ended="StepTimedOut")
    yield cell("MissingObject", ended="JobFailed", cause="RatingsNotFoundError: ")


def _job(state: str, mode: str = "train") -> Iterator[Cell]:
    def cell(fault: str, ended: str, calls: int = 1, **more: object) -> Cell:
        return Cell(
            state=state,
            faults=(fault,),
            ended=ended,
            calls=calls,
            mode=mode,
            **more,  # type: ignore[arg-type]
        )

    failed = "JobFailed"
    yield cell("CapacityError", SUCCEEDED, 2, restarts=1)
    yield cell("CapacityError*9", failed, 4, restarts=3, cause="CapacityError: ")
    yield cell("InternalServerError", SUCCEEDED, 2, restarts=1)
    reason = {
        "TrainModel": "AlgorithmError: the container failed (injected)",
        "TuneModel": "All training jobs failed",
        "TransformTestSet": "AlgorithmError: See job logs",
    }
    yield cell("AlgorithmError", failed, cause=reason[state])
    yield cell("ClientError", failed, cause="ClientError: Data download failed")
    yield cell("Stopped", "JobNotCompleted", cause="ended with status Stopped")


def _sdk_call(state: str, error: str, mode: str = "train") -> Iterator[Cell]:
    expected: dict[str, tuple[str, int]] = {
        "ThrottlingException*2": (SUCCEEDED, 3),
        "ThrottlingException*9": (error, 5),
        "ServiceUnavailable": (SUCCEEDED, 2),
        "InternalFailure": (SUCCEEDED, 2),
        "ValidationException*9": (error, 5),
        "AccessDenied*9": (error, 5),
        "SdkClientException": (SUCCEEDED, 2),
        "Slow(0.3)": (SUCCEEDED, 1),
        "Timeout": ("StepTimedOut", 1),
    }
    for fault, (ended, calls) in expected.items():
        yield Cell(state=state, faults=(fault,), ended=ended, calls=calls, mode=mode)


def _after_a_failure(state: str, calls_by_fault: dict[str, int]) -> Iterator[Cell]:
    """Whatever happens to these states, the run ends with the failure that led to them."""
    for fault, calls in calls_by_fault.items():
        yield Cell(
            state=state,
            faults=(fault,),
            ended="RuntimeError",
            calls=calls,
            also=("Evaluate:Exception",),
            blames="Evaluate",
        )


def _data() -> Iterator[Cell]:
    def cell(state: str, fault: str, ended: str, **more: object) -> Cell:
        return Cell(state=state, faults=(fault,), ended=ended, calls=1, **more)  # type: ignore[arg-type]

    yield cell("ResolveRun", "MissingObject", "InvalidInputError", cause="dataset.uri")
    yield cell("Preprocess", "MissingObject", "RatingsNotFoundError")
    # A text of ratings that lacks its end, or some lines, is a text of ratings.
    yield cell("Preprocess", "TruncatedObject", SUCCEEDED, unnoticed=True)
    yield cell("Preprocess", "CorruptedObject", SUCCEEDED, unnoticed=True)
    yield cell("ConvertRecordIO", "MissingObject", "ArtifactNotFoundError")
    yield cell("ConvertRecordIO", "TruncatedObject", "CorruptArtifactError")
    yield cell("ConvertRecordIO", "CorruptedObject", SUCCEEDED, unnoticed=True)
    yield cell("ReadPreparation", "MissingObject", "S3.NoSuchKeyException", mode="glue")
    yield cell("TrainModel", "MissingObject", "JobFailed", cause="ClientError: ")
    yield cell("TrainModel", "TruncatedObject", "JobFailed", cause="ClientError: ")
    yield cell("TrainModel", "CorruptedObject", "JobFailed", cause="ClientError: ")
    yield cell("CreateModel", "MissingObject", "JobFailed", blames="TransformTestSet")
    yield cell("CreateModel", "TruncatedObject", "JobFailed", blames="TransformTestSet")
    yield cell("TransformTestSet", "MissingObject", "JobFailed", cause="ClientError: ")
    yield cell("TransformTestSet", "TruncatedObject", "JobFailed", cause="AlgorithmError: ")
    yield cell("TransformTestSet", "CorruptedObject", "JobFailed", cause="AlgorithmError: ")
    yield cell("Evaluate", "MissingObject(predictions)", "ArtifactNotFoundError")
    yield cell("Evaluate", "TruncatedObject(predictions)", "PredictionsError")
    yield cell("Evaluate", "CorruptedObject(predictions)", "PredictionsError")
    yield cell("Evaluate", "MissingObject(ratings/test)", "ArtifactNotFoundError")
    yield cell("Evaluate", "TruncatedObject(ratings/test)", "CorruptArtifactError")


def _cells() -> Iterator[Cell]:
    for state in FUNCTIONS:
        yield from _function(state)
    yield from _spark()
    yield from _sdk_call("ReadPreparation", "S3.S3Exception", "glue")
    yield from _sagemaker("TrainModel")
    yield from _job("TrainModel")
    yield Cell(state="TrainModel", faults=("KilledWorker",), ended=SUCCEEDED, calls=2, restarts=1)
    yield Cell(
        state="TrainModel",
        faults=("MaxRuntimeExceeded",),
        ended="JobNotCompleted",
        calls=1,
        cause="ended with status Stopped",
    )
    yield Cell(
        state="TrainModel",
        faults=("MaxWaitTimeExceeded",),
        ended=SUCCEEDED,
        calls=2,
        restarts=1,
        mode="spot",
    )
    yield from _sagemaker("TuneModel", "tune")
    yield from _job("TuneModel", "tune")
    # The other trial goes on.
    yield Cell(
        state="TuneModel",
        faults=("KilledWorker",),
        ended=SUCCEEDED,
        calls=1,
        mode="tune",
        lost_trials=1,
    )
    yield from _sdk_call("DescribeBestTrainingJob", "SageMaker.SageMakerException", "tune")
    yield from _sagemaker("CreateModel")
    yield from _sagemaker("TransformTestSet")
    yield from _job("TransformTestSet")
    yield Cell(
        state="TransformTestSet",
        faults=("KilledWorker",),
        ended="JobFailed",
        calls=1,
        cause="AlgorithmError: ",
    )
    yield from _sdk_call("AcceptModel", "S3.S3Exception")
    yield from _data()
    yield from _after_a_failure(
        "TellOfFailure",
        {
            "ThrottlingException*2": 3,
            "ThrottlingException*9": 5,
            "ServiceUnavailable": 2,
            "InternalFailure": 1,
            "AccessDenied": 1,
            "SdkClientException": 2,
            "Timeout": 1,
        },
    )
    yield from _after_a_failure(
        "RunFailed",
        {
            "ThrottlingException*2": 3,
            "ThrottlingException*9": 5,
            "ServiceUnavailable": 2,
            "AccessDenied*9": 5,
            "SdkClientException": 2,
            "Timeout": 1,
        },
    )


CELLS = tuple(_cells())
