"""At most one run at a time; who comes second says who was first, and has not failed."""

import json
from concurrent.futures import ThreadPoolExecutor

from embedded_aws.server import EmbeddedAws
from tests.integration.deployed_workflow import FAST, LONG, run, start
from tests.integration.embedded_aws.conftest import Machines
from tests.waiting import wait_until

N_EXECUTIONS = 50


def running(aws: EmbeddedAws, stack: dict[str, str]) -> list[str]:
    listed = aws.client("stepfunctions").list_executions(
        stateMachineArn=stack["StateMachineArn"], statusFilter="RUNNING"
    )
    return [execution["executionArn"] for execution in listed["executions"]]


def test_of_fifty_executions_that_start_at_once_one_runs_and_the_others_are_skipped(
    aws: EmbeddedAws, stack: dict[str, str]
) -> None:
    with ThreadPoolExecutor(10) as pool:
        arns = list(pool.map(lambda _: start(aws, stack, LONG), range(N_EXECUTIONS)))
    wait_until(lambda: len(running(aws, stack)) == 1, seconds=120)

    (first,) = running(aws, stack)
    others = [Machines(aws).wait(arn) for arn in arns if arn != first]
    outputs = [json.loads(execution["output"]) for execution in others]

    assert len(others) == N_EXECUTIONS - 1
    assert {execution["status"] for execution in others} == {"SUCCEEDED"}
    assert {output["outcome"] for output in outputs} == {"skipped"}
    assert {output["running_execution_arn"] for output in outputs} == {first}
    assert len({output["run_id"] for output in outputs}) == N_EXECUTIONS - 1

    # Nobody gives the claim back: that of an execution that has ended, however it ended, is void.
    aws.client("stepfunctions").stop_execution(executionArn=first)
    assert Machines(aws).wait(first)["status"] == "ABORTED"
    assert json.loads(run(aws, stack, FAST)["output"])["outcome"] == "accepted"


def test_a_run_that_may_run_beside_others_does(aws: EmbeddedAws, stack: dict[str, str]) -> None:
    first = start(aws, stack, LONG)
    try:
        second = run(aws, stack, {**FAST, "allow_concurrent": True})

        assert first in running(aws, stack)
        assert json.loads(second["output"])["outcome"] in ("accepted", "rejected")
    finally:
        aws.client("stepfunctions").stop_execution(executionArn=first)
        Machines(aws).wait(first)
