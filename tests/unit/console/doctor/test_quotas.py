"""What a run needs of each quota, and what the account has."""

import pytest

from console.doctor.finding import Status, checked
from console.doctor.quotas import check_quotas, needs, quota_values
from tests.unit.console.doctor.runs import run_of

TRAINING = "ml.c5.xlarge for training job usage"
SPOT = "ml.c5.xlarge for spot training job usage"
TRANSFORM = "ml.c5.xlarge for transform job usage"
ALL_TRAINING = "Number of instances across all training jobs"
ALL_TRANSFORM = "Number of instances across all transform jobs"
PARALLEL = "Number of parallel training jobs per hyperparameter tuning job"
ENOUGH = {TRAINING: 99, SPOT: 99, TRANSFORM: 99, ALL_TRAINING: 99, ALL_TRANSFORM: 99}


def plan(stubber, defaults, applied=None):
    for operation, values in (
        ("list_aws_default_service_quotas", defaults),
        ("list_service_quotas", applied or {}),
    ):
        quotas = [{"QuotaName": name, "Value": float(value)} for name, value in values.items()]
        stubber.add_response(operation, {"Quotas": quotas}, {"ServiceCode": "sagemaker"})


def by_quota(findings):
    return {finding.check.removeprefix("quota "): finding for finding in findings}


def test_training_needs_its_instances():
    run = run_of({"training": {"instance_count": 3}, "transform": {"instance_count": 2}})

    assert {need.quota: need.amount for need in needs(run)} == {
        TRAINING: 3, ALL_TRAINING: 3, TRANSFORM: 2, ALL_TRANSFORM: 2,
    }  # fmt: skip


def test_tuning_needs_them_for_every_parallel_trial():
    run = run_of(
        {
            "mode": "tune",
            "training": {"instance_count": 3},
            "tuning": {"max_jobs": 8, "max_parallel_jobs": 4},
        }
    )

    assert {need.quota: need.amount for need in needs(run)}[TRAINING] == 12


def test_spot_has_quotas_of_its_own_and_falls_back_to_on_demand():
    found = {
        need.quota: need.is_fallback for need in needs(run_of({"training": {"use_spot": True}}))
    }

    assert found[SPOT] is False
    assert found[TRAINING] is True


@pytest.mark.parametrize(("value", "status"), [(0, "problem"), (1, "ok")])
def test_quota_of_the_instance_type(stub, value, status):
    client, stubber = stub("service-quotas")
    plan(stubber, ENOUGH, {TRAINING: value})

    findings = by_quota(check_quotas(client, run_of({})))

    assert findings[TRAINING].status == status
    assert findings[TRANSFORM].status is Status.OK


def test_applied_value_wins_over_the_default(stub):
    client, stubber = stub("service-quotas")
    plan(stubber, {TRAINING: 0, SPOT: 4}, {TRAINING: 20})

    assert quota_values(client) == {TRAINING: 20.0, SPOT: 4.0}


def test_fallback_that_has_no_quota_is_a_warning(stub):
    client, stubber = stub("service-quotas")
    plan(stubber, {**ENOUGH, TRAINING: 0, "Number of instances across all spot training jobs": 9})

    findings = by_quota(check_quotas(client, run_of({"training": {"use_spot": True}})))

    assert findings[TRAINING].status is Status.WARNING
    assert findings[SPOT].status is Status.OK


def test_quota_that_is_not_listed_is_skipped(stub):
    client, stubber = stub("service-quotas")
    plan(stubber, {name: 9 for name in ENOUGH if name != TRANSFORM})

    assert by_quota(check_quotas(client, run_of({})))[TRANSFORM].status is Status.SKIPPED


@pytest.mark.parametrize(
    ("known", "wanted", "status"),
    [(None, 10, "ok"), (None, 11, "warning"), (20, 11, "ok"), (8, 9, "problem")],
)
def test_parallel_trials(stub, known, wanted, status):
    client, stubber = stub("service-quotas")
    plan(stubber, ENOUGH if known is None else {**ENOUGH, PARALLEL: known})
    tuning = {"max_jobs": 20, "max_parallel_jobs": wanted}

    findings = by_quota(check_quotas(client, run_of({"mode": "tune", "tuning": tuning})))

    assert findings["parallel trials"].status == status


def test_quotas_that_may_not_be_listed(stub):
    client, stubber = stub("service-quotas")
    stubber.add_client_error("list_aws_default_service_quotas", "AccessDeniedException")

    (finding,) = checked("quotas", lambda: check_quotas(client, run_of({})))

    assert finding.status is Status.SKIPPED
    assert "servicequotas:ListAWSDefaultServiceQuotas" in finding.found
