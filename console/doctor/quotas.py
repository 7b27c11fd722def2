"""Service Quotas: whether SageMaker lets the account run what an input asks for.

The names of the quotas are those that Service Quotas shows, for example "ml.c5.xlarge for training
job usage"; they are not listed in the developer guide. A quota counts everything that runs in the
account and region at the time; how much of it is in use is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from console.doctor.finding import Finding, Status, ask
from lambdas.resolve_run.events import ResolvedRun

_SERVICE = "sagemaker"
_PARALLEL_TRIALS = "Number of parallel training jobs per hyperparameter tuning job"
# The developer guide's value, "Automatic model tuning resource limits"; can be raised.
_DEFAULT_PARALLEL_TRIALS = 10


@dataclass(frozen=True, slots=True)
class Need:
    """What a run needs of one quota.

    Attributes
    ----------
    quota : str
        Name of it.
    amount : int
        In instances.
    explanation : str
        In the words of the execution input.
    is_fallback : bool
        Only if the first choice has no capacity.
    """

    quota: str
    amount: int
    explanation: str
    is_fallback: bool = False


def needs(run: ResolvedRun) -> list[Need]:
    """Derive what a run needs at the same time, of each quota that it touches."""
    count = run.training.instance_count
    trials = run.tuning.max_parallel_jobs if run.mode == "tune" else 1
    explanation = f"training.instance_count {count}" + (
        f" x tuning.max_parallel_jobs {trials}" if run.mode == "tune" else ""
    )
    found: dict[str, Need] = {}
    for number, placement in enumerate(run.training.placements):
        spot = "spot " if placement.use_spot else ""
        for name in (
            f"{placement.instance_type} for {spot}training job usage",
            f"Number of instances across all {spot}training jobs",
        ):
            found.setdefault(name, Need(name, count * trials, explanation, number > 0))
    count = run.transform.instance_count
    for number, transform in enumerate(run.transform.placements):
        for name in (
            f"{transform.instance_type} for transform job usage",
            "Number of instances across all transform jobs",
        ):
            explanation = f"transform.instance_count {count}"
            found.setdefault(name, Need(name, count, explanation, number > 0))
    return list(found.values())


def check_quotas(service_quotas: Any, run: ResolvedRun) -> list[Finding]:
    """Compare what a run needs with the account's quotas in the region.

    Raises
    ------
    NotSeenError
        If the caller may not list them.
    """
    values = quota_values(service_quotas)
    findings = [_judge(need, values) for need in needs(run)]
    if run.mode == "tune":
        findings += _parallel_trials(run.tuning.max_parallel_jobs, values)
    return findings


def quota_values(service_quotas: Any) -> dict[str, float]:
    """Return every quota of SageMaker by name.

    ListServiceQuotas leaves out those whose applied value is not available; these have the default
    (Service Quotas API reference, ListServiceQuotas).
    """
    values: dict[str, float] = {}
    for operation, action in (
        ("list_aws_default_service_quotas", "servicequotas:ListAWSDefaultServiceQuotas"),
        ("list_service_quotas", "servicequotas:ListServiceQuotas"),
    ):
        values |= ask(action, partial(_listed, service_quotas, operation))
    return values


def _listed(service_quotas: Any, operation: str) -> dict[str, float]:
    pages = service_quotas.get_paginator(operation).paginate(ServiceCode=_SERVICE)
    return {
        quota["QuotaName"]: float(quota["Value"])
        for page in pages
        for quota in page["Quotas"]
        if "Value" in quota
    }


def _judge(need: Need, values: Mapping[str, float]) -> Finding:
    check = f"quota {need.quota}"
    if need.quota not in values:
        return Finding(
            check,
            Status.SKIPPED,
            "Service Quotas lists none of that name in this region",
            "check that SageMaker offers the instance type there",
        )
    value = values[need.quota]
    if value >= need.amount:
        found = f"{value:g}, {need.amount} needed ({need.explanation}); use not asked"
        return Finding(check, Status.OK, found)
    return Finding(
        check,
        Status.WARNING if need.is_fallback else Status.PROBLEM,
        f"{value:g}, but {need.amount} needed ({need.explanation})"
        + ("; only after a restart" if need.is_fallback else ""),
        "ask for more in the Service Quotas console, or take another instance type",
    )


def _parallel_trials(wanted: int, values: Mapping[str, float]) -> list[Finding]:
    known = values.get(_PARALLEL_TRIALS)
    limit = _DEFAULT_PARALLEL_TRIALS if known is None else known
    source = "the developer guide's default" if known is None else "Service Quotas"
    found = f"{limit:g} ({source}), {wanted} needed (tuning.max_parallel_jobs)"
    if wanted <= limit:
        return [Finding("quota parallel trials", Status.OK, found)]
    return [
        Finding(
            "quota parallel trials",
            Status.WARNING if known is None else Status.PROBLEM,
            found,
            "lower tuning.max_parallel_jobs, or ask AWS for more",
        )
    ]
