"""Warm start: what a tuning job takes over from earlier ones, its parents.

Sources: SageMaker developer guide, "Run a Warm Start Hyperparameter Tuning Job"; API reference,
``HyperParameterTuningJobWarmStartConfig``. Two of the messages are AWS's own, as people reported
them; of the others only the rule is known. Not documented, and chosen here:

- a parent that does not exist is a ValidationException, one that is named twice counts once;
- strategy Grid takes no warm start, as the guide speaks of Bayesian and random search only;
- a changed static value counts as one change, as two where the hyperparameter is a choice (the
  guide's example), and each parent is compared by itself;
- the limit for the trials of all parents and the new job is that of one tuning job, 750;
- trials of parents count as known results as they are, also where a hyperparameter that was tuned
  is static now, and on other data (TransferLearning). Only Bayesian search makes use of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from embedded_aws.hyperparameter_search import DEFAULT_MAX_JOBS
from embedded_aws.sagemaker.errors import ValidationException
from embedded_aws.sagemaker.job import ENDED
from recommender.hyperparameters import SPECIFICATIONS

MAX_CHANGES = 10

_MAY_CHANGE = (
    "algorithmSpecification",
    "inputDataConfig",
    "outputDataConfig",
    "staticHyperParameters",
    "roleArn",
    "resourceConfig",
    "stoppingCondition",
    "vpcConfig",
    "enableManagedSpotTraining",
    "checkpointConfig",
)
_IS_THE_ALGORITHM = ("algorithmSpecification", "inputDataConfig")

_Request = dict[str, Any]


class Parent(Protocol):
    """An earlier tuning job."""

    name: str
    request: _Request

    @property
    def status(self) -> str:
        """HyperParameterTuningJobStatus."""

    @property
    def trials(self) -> Sequence[Any]:
        """Its training jobs."""


def parent_names(request: _Request) -> list[str]:
    """Return the names of a request's parents, each once."""
    parents = request.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", [])
    return list(dict.fromkeys(parent["HyperParameterTuningJobName"] for parent in parents))


def is_identical(request: _Request) -> bool:
    """Whether a request says that data and algorithm are those of its parents."""
    warm_start_type = request.get("WarmStartConfig", {}).get("WarmStartType")
    return bool(warm_start_type == "IdenticalDataAndAlgorithm")


def check_warm_start(request: _Request, parents: Sequence[Parent]) -> None:
    """Check a request against its parents.

    Parameters
    ----------
    request : dict
        Of CreateHyperParameterTuningJob.
    parents : sequence of Parent
        Those that exist.

    Raises
    ------
    ValidationException
        Lists every rule that is broken.
    """
    problems = []
    missing = [name for name in parent_names(request) if name not in {p.name for p in parents}]
    if missing:
        problems.append(f"Could not find parent tuning jobs [{', '.join(missing)}].")
    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] == "Grid":
        problems.append("Warm start needs strategy Bayesian or Random, found Grid.")
    for parent in parents:
        problems += [f"Parent tuning job {parent.name}: {p}" for p in _problems(request, parent)]
    names = [set(_hyperparameter_types(r)) for r in (request, *(p.request for p in parents))]
    if any(found != names[0] for found in names):
        problems.append(
            "The set of tunable plus static HyperParameter names is not the same across current "
            "and parent tuning jobs. Please ensure this set is constant when warm starting. Note "
            "that previously static HyperParameters can be tuned in warm start jobs and vice versa."
        )
    n_before = sum(len(parent.trials) for parent in parents)
    n_jobs = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", 1)
    if n_before + n_jobs > DEFAULT_MAX_JOBS:
        problems.append(
            f"The training jobs of all parents and this tuning job, {n_before} + {n_jobs}, are "
            f"more than {DEFAULT_MAX_JOBS}."
        )
    if problems:
        raise ValidationException(" ".join(problems))


def _problems(request: _Request, parent: Parent) -> Iterator[str]:
    if parent.status not in ENDED:
        yield f"expected status {', '.join(ENDED)}, found {parent.status}."
    ours, theirs = (
        r["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        for r in (request, parent.request)
    )
    if ours != theirs:
        yield (
            f"its objective is {theirs['Type']} {theirs['MetricName']}, expected "
            f"{ours['Type']} {ours['MetricName']}."
        )
    our_types, their_types = map(_hyperparameter_types, (request, parent.request))
    for name in sorted(our_types.keys() & their_types.keys()):
        before, now = their_types[name], our_types[name]
        if "static" not in (before, now) and before != now:
            yield f"hyperparameter {name} was {before}, and is {now} now; the type must not change."
    n_changes = sum(_changes(request, parent.request))
    if n_changes > MAX_CHANGES:
        yield (
            f"{n_changes} changes of static values and from tunable to static; at most "
            f"{MAX_CHANGES} are allowed."
        )
    yield from _definition_problems(request, parent.request)


def _definition_problems(request: _Request, parent: _Request) -> Iterator[str]:
    allowed = [
        member
        for member in _MAY_CHANGE
        if not (is_identical(request) and member in _IS_THE_ALGORITHM)
    ]
    ours, theirs = request["TrainingJobDefinition"], parent["TrainingJobDefinition"]
    changed = [
        key
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key) and key[0].lower() + key[1:] not in allowed
    ]
    if changed:
        yield (
            "Only the following fields in TrainingJobDefinition are allowed to change: "
            f"[{', '.join(allowed)}]. Changed: [{', '.join(changed)}]."
        )
    ours, theirs = (
        d["AlgorithmSpecification"].get("TrainingImage", "").rpartition(":")[0]
        for d in (ours, theirs)
    )
    if not is_identical(request) and ours != theirs:
        yield f"its training image is a version of {theirs}, not of {ours}."


def _hyperparameter_types(request: _Request) -> dict[str, str]:
    """Return "static", or the kind of the range, by name."""
    types = dict.fromkeys(
        request["TrainingJobDefinition"].get("StaticHyperParameters", {}), "static"
    )
    ranges = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    for kind in ("Continuous", "Integer", "Categorical"):
        for description in ranges.get(f"{kind}ParameterRanges", []):
            types[description["Name"]] = kind.lower()
    return types


def _changes(request: _Request, parent: _Request) -> Iterable[int]:
    """Count what is static now and was tunable, or had another value."""
    ours, theirs = (
        r["TrainingJobDefinition"].get("StaticHyperParameters", {}) for r in (request, parent)
    )
    ranges = parent["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    categories = {d["Name"]: d["Values"] for d in ranges.get("CategoricalParameterRanges", [])}
    for name in ours:
        if name not in theirs:
            yield len(categories.get(name, [name]))
        elif ours[name] != theirs[name]:
            is_choice = name in SPECIFICATIONS and SPECIFICATIONS[name].kind == "choice"
            yield 2 if is_choice else 1
