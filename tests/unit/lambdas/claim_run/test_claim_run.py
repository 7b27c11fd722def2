import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto.s3.responses import S3Response

from embedded_aws.fixes import conditional_writes
from lambdas.claim_run import claiming
from lambdas.claim_run.claiming import EXECUTION_APPEARS_WITHIN, MAX_TRIES, claim
from lambdas.claim_run.events import ClaimRunRequest
from lambdas.claim_run.executions import Executions
from lambdas.claim_run.handler import lambda_handler
from lambdas.claim_run.run_lock import Held, Holder, RunLock
from recommender.errors import CorruptArtifactError, RunLockError
from recommender.run_layout import RUN_LOCK_KEY
from tests.unit.lambdas.conftest import BUCKET

EXECUTIONS = "arn:aws:states:us-east-1:123456789012:execution:Workflow:"
NOW = datetime(2026, 11, 22, 6, 31, 56, tzinfo=UTC)


def request(name: str, *, allow_concurrent: bool = False) -> ClaimRunRequest:
    return ClaimRunRequest(
        run_id=f"run-{name}", execution_arn=EXECUTIONS + name, allow_concurrent=allow_concurrent
    )


def holder(name: str, *, claimed_at: datetime = NOW) -> Holder:
    return Holder(execution_arn=EXECUTIONS + name, run_id=f"run-{name}", claimed_at=claimed_at)


class MemoryLock:
    """A lock that keeps what it is told, in one step; some writes may be lost on purpose."""

    uri = "s3://bucket/lock"

    def __init__(self, held_by: Holder | None = None, *, lost_writes: int = 0) -> None:
        self.held = Held(held_by, "0") if held_by else None
        self.tries = self.changes = 0
        self._lost_writes = lost_writes
        self._in_one_step = threading.Lock()

    def read(self) -> Held | None:
        return self.held

    def take(self, by: Holder, *, after: Held | None) -> bool:
        with self._in_one_step:
            self.tries += 1
            if self.tries <= self._lost_writes or self.held != after:
                return False
            self.changes += 1
            self.held = Held(by, str(self.changes))
            return True


class KnownExecutions:
    """Step Functions' answers."""

    def __init__(self, state) -> None:
        self.state = state


def claimed(name: str, lock: MemoryLock, state: str = "running", **more) -> str | None:
    """Claim; who runs instead, or None."""
    response = claim(request(name, **more), lock, KnownExecutions(lambda _: state), now=lambda: NOW)
    assert response.claimed == (response.running_execution_arn is None)
    return response.running_execution_arn


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(claiming, "_LONGEST_WAIT_SECONDS", 0)


def test_the_first_run_claims():
    lock = MemoryLock()

    assert claimed("a", lock) is None
    assert lock.held.by == holder("a")


def test_a_second_run_is_told_which_one_runs():
    lock = MemoryLock(holder("a"))

    assert claimed("b", lock) == EXECUTIONS + "a"
    assert (lock.held.by, lock.changes) == (holder("a"), 0)


def test_a_retry_or_a_redrive_claims_again():
    lock = MemoryLock(holder("a"))

    assert claimed("a", lock) is None
    assert lock.changes == 0


def test_a_run_that_ended_is_succeeded():
    lock = MemoryLock(holder("a"))

    assert claimed("b", lock, "ended") is None
    assert lock.held.by == holder("b")


@pytest.mark.parametrize(
    ("age", "runs"),
    [
        (timedelta(0), True),
        (EXECUTION_APPEARS_WITHIN - timedelta(milliseconds=1), True),
        (EXECUTION_APPEARS_WITHIN, False),
        (timedelta(days=90), False),
        (timedelta(seconds=-5), True),  # another machine's clock
    ],
)
def test_an_execution_that_nobody_knows_counts_for_a_minute(age, runs):
    lock = MemoryLock(holder("a", claimed_at=NOW - age))

    assert claimed("b", lock, "unknown") == (EXECUTIONS + "a" if runs else None)


def test_another_state_machine_s_execution_is_gone_and_is_not_asked_for():
    other = "arn:aws:states:us-east-1:123456789012:execution:Earlier:a"
    lock = MemoryLock(Holder(execution_arn=other, run_id="run-a", claimed_at=NOW))

    def state(arn):
        raise AssertionError(f"may not be asked for {arn}")

    assert claim(request("b"), lock, KnownExecutions(state), now=lambda: NOW).claimed
    assert lock.held.by == holder("b")


@pytest.mark.parametrize("held_by", [None, holder("a")])
def test_a_run_that_may_be_concurrent_leaves_the_lock_alone(held_by):
    lock = MemoryLock(held_by)

    assert claimed("b", lock, allow_concurrent=True) is None
    assert (lock.held and lock.held.by, lock.changes) == (held_by, 0)
    # So the next one runs beside it, or not, as if it were not there.
    assert claimed("c", lock) == (EXECUTIONS + "a" if held_by else None)


def test_a_write_that_others_were_faster_with_is_tried_again():
    lock = MemoryLock(lost_writes=MAX_TRIES - 1)

    assert claimed("a", lock) is None
    assert lock.tries == MAX_TRIES


def test_a_lock_that_never_rests_is_an_error_with_a_name():
    with pytest.raises(RunLockError, match=rf"s3://bucket/lock: .* {MAX_TRIES} times in a row"):
        claimed("a", MemoryLock(lost_writes=MAX_TRIES))


@given(
    names=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12),
    ended=st.sets(st.sampled_from("abcdef")),
    first=st.none() | st.sampled_from("abcdefx"),
)
def test_never_do_two_run(names, ended, first):
    """Whoever claims, in whatever order: of those that have not ended, at most one has claimed."""
    lock = MemoryLock(holder(first) if first else None)
    running = {first} - ended - {None}

    def state(arn):
        return "ended" if arn.removeprefix(EXECUTIONS) in ended else "running"

    for name in names:
        if claim(request(name), lock, KnownExecutions(state), now=lambda: NOW).claimed:
            running = (running | {name}) - (ended - {name})
        assert len(running - ended) <= 1


class StepFunctions:
    """A client that knows the executions that it was asked to start."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}

    def start_execution(self, *, name: str) -> None:
        self.statuses[EXECUTIONS + name] = "RUNNING"

    def stop_execution(self, *, executionArn: str) -> None:
        self.statuses[executionArn] = "ABORTED"

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        if executionArn not in self.statuses:
            error = {"Error": {"Code": "ExecutionDoesNotExist", "Message": executionArn}}
            raise ClientError(error, "DescribeExecution")
        return {"status": self.statuses[executionArn]}


class TestInS3:
    """The same with S3."""

    @pytest.fixture
    def machine(self, bucket, monkeypatch):  # noqa: ARG002 - which fakes S3
        found, client = StepFunctions(), boto3.client
        monkeypatch.setattr(
            boto3, "client", lambda name: found if name == "stepfunctions" else client(name)
        )
        return found

    def start(self, machine, name: str) -> dict[str, object]:
        machine.start_execution(name=name)
        return request(name).model_dump()

    def test_a_run_claims_until_it_ends(self, bucket, machine, capsys):
        first, second = self.start(machine, "a"), self.start(machine, "b")

        assert lambda_handler(first, None) == {"claimed": True, "running_execution_arn": None}
        assert lambda_handler(first, None)["claimed"]
        assert lambda_handler(second, None) == {
            "claimed": False,
            "running_execution_arn": EXECUTIONS + "a",
        }
        machine.stop_execution(executionArn=EXECUTIONS + "a")
        assert lambda_handler(second, None)["claimed"]

        content = bucket.json(RUN_LOCK_KEY)
        assert set(content) == {"execution_arn", "run_id", "claimed_at"}
        assert content["execution_arn"] == EXECUTIONS + "b"
        skipped = [
            line["RunsSkipped"]
            for line in map(json.loads, capsys.readouterr().out.splitlines())
            if "RunsSkipped" in line
        ]
        assert skipped == [0, 0, 1, 0]

    def test_a_run_that_may_be_concurrent_writes_nothing(self, bucket, machine):
        event = {**self.start(machine, "a"), "allow_concurrent": True}

        assert lambda_handler(event, None)["claimed"]
        assert bucket.keys() == []

    def test_an_execution_that_just_began_may_not_be_known_yet(self, bucket, machine):
        bucket.put(
            RUN_LOCK_KEY, holder("a", claimed_at=datetime.now(UTC)).model_dump_json().encode()
        )

        assert not lambda_handler(self.start(machine, "b"), None)["claimed"]

        bucket.put(RUN_LOCK_KEY, holder("a").model_dump_json().encode())
        assert lambda_handler(request("b").model_dump(), None)["claimed"]

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"execution_arn": 3}', b"\xff"])
    def test_a_lock_that_somebody_else_wrote_is_an_error_with_a_name(
        self, bucket, machine, content
    ):
        bucket.put(RUN_LOCK_KEY, content)

        with pytest.raises(CorruptArtifactError, match=r"s3://.*/locks/run\.json: .*delete"):
            lambda_handler(self.start(machine, "a"), None)
        assert bucket.get(RUN_LOCK_KEY) == content

    @pytest.mark.parametrize("held_by", [None, "ended"])
    def test_of_fifty_at_once_one_runs_and_forty_nine_name_it(
        self, bucket, machine, monkeypatch, held_by
    ):
        monkeypatch.setattr(S3Response, "put_object", S3Response.put_object)  # apply() replaces it
        conditional_writes.apply()
        if held_by:
            lambda_handler(self.start(machine, held_by), None)
            machine.stop_execution(executionArn=EXECUTIONS + held_by)
        requests = [
            ClaimRunRequest.model_validate(self.start(machine, f"run{n}")) for n in range(50)
        ]
        lock, barrier = RunLock(bucket.client, BUCKET), threading.Barrier(50)

        def claim_one(one: ClaimRunRequest):
            barrier.wait()
            return claim(one, lock, Executions(machine))

        with ThreadPoolExecutor(50) as threads:
            responses = list(threads.map(claim_one, requests))

        (winner,) = (
            one.execution_arn
            for one, response in zip(requests, responses, strict=True)
            if response.claimed
        )
        assert [response.running_execution_arn for response in responses].count(winner) == 49
        assert bucket.json(RUN_LOCK_KEY)["execution_arn"] == winner
