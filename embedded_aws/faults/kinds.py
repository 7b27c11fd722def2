"""What can go wrong in which kind of task state.

Names are those of the services: codes of API errors, beginnings of a job's FailureReason, error
types of functions.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum


class StateKind(StrEnum):
    """What a task state calls."""

    FUNCTION = "function"
    TRAINING_JOB = "training job"
    TUNING_JOB = "tuning job"
    TRANSFORM_JOB = "transform job"
    GLUE_JOB = "Glue job"
    SAGEMAKER_CALL = "SageMaker call"
    CALL = "API call"


JOBS = frozenset({StateKind.TRAINING_JOB, StateKind.TUNING_JOB, StateKind.TRANSFORM_JOB})
_SAGEMAKER = JOBS | {StateKind.SAGEMAKER_CALL}
_GLUE_JOB = frozenset({StateKind.GLUE_JOB})
_APIS = _SAGEMAKER | _GLUE_JOB | {StateKind.CALL}
_FUNCTION = frozenset({StateKind.FUNCTION})
_ALL = frozenset(StateKind)


@dataclass(frozen=True)
class FaultKind:
    """One way to fail.

    Parameters
    ----------
    name : str
        As it is written in a plan.
    group : str
        What goes wrong: the API, the job, the function, the data or the time.
    states : set of StateKind
        Where it can happen.
    meaning : str
        What happens, for people.
    argument : {"none", "seconds", "key"}
        What may stand in parentheses behind the name: the seconds that a step is slow by, or a
        part of the key of the object that is to be harmed.
    """

    name: str
    group: str
    states: Set[StateKind]
    meaning: str
    argument: str = "none"


API, JOB, FUNCTION, DATA, TIME = "API errors", "job failures", "function errors", "data", "time"

_KINDS = (
    FaultKind("ThrottlingException", API, _APIS, "the service has too many requests"),
    FaultKind("ServiceUnavailable", API, _APIS, "HTTP 503"),
    FaultKind("InternalFailure", API, _APIS, "HTTP 500"),
    FaultKind("ValidationException", API, _APIS, "the service refuses the parameters"),
    FaultKind("ResourceLimitExceeded", API, _SAGEMAKER, "a quota of SageMaker is used up"),
    FaultKind("ResourceInUse", API, _SAGEMAKER, "the name is taken"),
    FaultKind("TooManyRequestsException", API, _FUNCTION, "Lambda throttles"),
    FaultKind("ServiceException", API, _FUNCTION, "Lambda's HTTP 500"),
    FaultKind("AccessDenied", API, _ALL, "the role of the state machine may not do it"),
    FaultKind("SdkClientException", API, _ALL, "the service cannot be reached"),
    FaultKind("CapacityError", JOB, JOBS, "there is no such instance at present"),
    FaultKind("InternalServerError", JOB, JOBS, "SageMaker itself fails"),
    FaultKind("AlgorithmError", JOB, JOBS, "the container ends with exit code 1"),
    FaultKind("ClientError", JOB, JOBS, "SageMaker cannot use the data"),
    FaultKind("Stopped", JOB, JOBS, "somebody stops the job"),
    FaultKind(
        "MaxRuntimeExceeded",
        JOB,
        frozenset({StateKind.TRAINING_JOB}),
        "the job reaches MaxRuntimeInSeconds",
    ),
    FaultKind(
        "MaxWaitTimeExceeded",
        JOB,
        frozenset({StateKind.TRAINING_JOB}),
        "no spot instance within MaxWaitTimeInSeconds; happens to spot trainings only",
    ),
    FaultKind(
        "KilledWorker",
        "processes",
        JOBS | _GLUE_JOB | _FUNCTION,
        "SIGKILL: of a job's container as it writes its first result, of one of a Glue job's "
        "Python workers as it begins a task, of a function when its work is done but not answered",
    ),
    FaultKind("Exception", FUNCTION, _FUNCTION, "the function raises RuntimeError"),
    FaultKind("OutOfMemory", FUNCTION, _FUNCTION, "the kernel kills the function (SIGKILL)"),
    FaultKind("ProcessExit", FUNCTION, _FUNCTION, "the function's process exits with status 1"),
    FaultKind("FunctionTimeout", FUNCTION, _FUNCTION, "the function reaches its time limit"),
    FaultKind("MissingObject", DATA, _ALL, "one of the step's inputs in S3 is deleted", "key"),
    FaultKind(
        "CorruptedObject", DATA, _ALL, "one of the step's inputs in S3 has flipped bytes", "key"
    ),
    FaultKind("TruncatedObject", DATA, _ALL, "one of the step's inputs in S3 is cut off", "key"),
    FaultKind("Timeout", TIME, _ALL, "the step hangs until the state's TimeoutSeconds are over"),
    FaultKind("Slow", TIME, _ALL, "the step takes so many seconds more", "seconds"),
)
FAULT_KINDS = {kind.name: kind for kind in _KINDS}


def applicable(state_kind: StateKind) -> list[str]:
    """Names of the faults that a kind of state can have."""
    return [kind.name for kind in _KINDS if state_kind in kind.states]
