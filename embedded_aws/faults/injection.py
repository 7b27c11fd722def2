"""Carrying out a plan: what happens in which attempt of which state."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import EndpointConnectionError

from embedded_aws.faults import functions, job_runs, jobs, objects
from embedded_aws.faults.api_errors import error_answer
from embedded_aws.faults.kinds import API, DATA, JOBS, TIME, StateKind
from embedded_aws.faults.machine import kind_of
from embedded_aws.faults.plan import Fault, FaultPlan
from embedded_aws.faults.record import FaultRecord, InjectedFault, StepInputs, Wait
from embedded_aws.role_clients import client_for

FAULT_HEADER = "x-embedded-aws-fault"
# A time limit that is to be reached is not waited for.
TIME_LIMIT_SECONDS = functions.TIME_LIMIT_SECONDS
_LONGEST_HANG_SECONDS = 60.0


@dataclass
class Attempt:
    """One attempt of a task state.

    Attributes
    ----------
    fault : Fault or None
        What is to happen in it.
    kind : StateKind
        What it calls; known when the call is made.
    over : threading.Event
        Set when the state machine does not wait for it any more.
    """

    execution_arn: str
    state: str
    number: int
    fault: Fault | None
    kind: StateKind = StateKind.CALL
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def times_out(self) -> bool:
        """Whether the state's time limit is to be reached."""
        return self.fault is not None and self.fault.kind.name == "Timeout"


class Injection:
    """A plan that is being carried out.

    Parameters
    ----------
    plan : FaultPlan
    record : FaultRecord
        Takes what happened.
    time_scale : float
        What waits are divided by.
    inputs : callable
        Where a step's inputs are, if its call does not say.
    """

    def __init__(self, plan: FaultPlan, record: FaultRecord, time_scale: float, inputs: StepInputs):
        self.jobs = jobs.JobFaults()
        self.job_runs = job_runs.JobRunFaults()
        self._record = record
        self._time_scale = time_scale
        self._inputs = inputs
        self._lock = threading.Lock()
        self._due: dict[str, Iterator[Fault]] = {}
        for state in {fault.state for fault in plan.faults}:
            of_state = [fault for fault in plan.faults if fault.state == state]
            self._due[state] = itertools.chain.from_iterable(
                itertools.repeat(fault, fault.times) for fault in of_state
            )
        self._attempts: dict[tuple[str, str], Attempt] = {}
        self._functions: dict[str, Fault] = {}
        self._calling = threading.local()

    def begin(self, execution_arn: str, state: str) -> Attempt:
        """Begin an attempt of a task state; the next fault of the state is its."""
        number = self._record.count_call(execution_arn, state)
        with self._lock:
            fault = next(self._due[state], None) if state in self._due else None
        attempt = Attempt(execution_arn, state, number, fault)
        self._attempts[execution_arn, state] = attempt
        return attempt

    def before_call(
        self,
        execution_arn: str,
        state: str,
        resource: Any,
        region: str,
        parameters: Mapping[str, Any],
    ) -> None:
        """Prepare the fault of an attempt whose parameters are known by now.

        Parameters
        ----------
        execution_arn, state : str
        resource : moto's ServiceResource
            What is called.
        region : str
            Where.
        parameters : mapping
            Of the call.
        """
        attempt = self._attempts[execution_arn, state]
        attempt.kind = kind_of(resource.resource_arn)
        self._calling.attempt, self._calling.action = attempt, resource.api_action.lower()
        fault = attempt.fault
        if fault is None:
            return
        if fault.kind.group == DATA:
            uris = self._inputs(state, parameters) or objects.uris_in(parameters)
            self._tell(attempt, objects.harm(client_for(region, "s3"), uris, fault))
        elif attempt.kind in JOBS and fault.kind.group != API:
            self._expect_job(attempt, fault, parameters)
        elif attempt.kind == StateKind.GLUE_JOB and fault.kind.name == "KilledWorker":
            self.job_runs.expect(parameters["JobName"])
            self._tell(attempt, f"SIGKILL of one Python worker: {parameters['JobName']}")

    def _expect_job(self, attempt: Attempt, fault: Fault, parameters: Mapping[str, Any]) -> None:
        if fault.kind.name == "MaxWaitTimeExceeded" and not parameters.get(
            "EnableManagedSpotTraining"
        ):
            self._tell(attempt, "nothing happens: this is no spot training")
            return
        job = next(job for job in jobs.JOB_KINDS if f"{job}Name" in parameters)
        name = parameters[f"{job}Name"]
        self.jobs.expect(job, name, fault)
        self._tell(attempt, f"{fault.kind.meaning}: {name}")

    def answer(self, endpoint: Any, request: Any, operation_model: Any) -> Any:
        """Answer the call of this thread's attempt, if its fault is that the service does not.

        Returns
        -------
        tuple or None
            As botocore's ``Endpoint._get_response``; None: the service may answer.
        """
        attempt: Attempt | None = getattr(self._calling, "attempt", None)
        if attempt is None or operation_model.name.lower() != self._calling.action:
            return None
        self._calling.attempt = None
        fault = attempt.fault
        if fault is None or fault.kind.group == DATA:
            return None
        service = operation_model.service_model.service_name
        if fault.kind.name == "SdkClientException":
            self._tell(attempt, f"no connection to {service}")
            return None, EndpointConnectionError(endpoint_url=request.url)
        if fault.kind.group == API:
            parser = endpoint._response_parser_factory.create_parser(
                operation_model.service_model.resolved_protocol
            )
            response, parsed = error_answer(fault.kind.name, request.url, operation_model, parser)
            code = parsed["Error"]["Code"]
            self._tell(attempt, f"{service} answers HTTP {response.status_code} {code}")
            return (response, parsed), None
        if attempt.kind == StateKind.FUNCTION:
            token = f"{attempt.execution_arn}/{attempt.state}/{attempt.number}"
            self._functions[token] = fault
            request.headers[FAULT_HEADER] = token
            self._tell(attempt, fault.kind.meaning)
        elif attempt.kind not in JOBS and fault.kind.group == TIME:
            return self._hold(attempt, fault, request)
        return None

    def _hold(self, attempt: Attempt, fault: Fault, request: Any) -> Any:
        """Let a plain API call take its time."""
        self._tell(attempt, fault.kind.meaning)
        if fault.kind.name == "Slow":
            time.sleep(fault.seconds)
            return None
        attempt.over.wait(_LONGEST_HANG_SECONDS)
        return None, EndpointConnectionError(endpoint_url=request.url)

    def function(self, token: str | None, function: Any) -> Any:
        """Return what is to be invoked in place of a function."""
        fault = self._functions.pop(token, None) if token else None
        return function if fault is None else functions.with_fault(function, fault)

    def shorten(
        self, execution_arn: str, state: str, error: str | None, seconds: float, longest: float
    ) -> float:
        """Shorten a wait and return what is left of it, in seconds."""
        here = seconds / self._time_scale
        self._record.add(Wait(execution_arn, state, error, seconds, longest, here))
        return here

    def _tell(self, attempt: Attempt, detail: str) -> None:
        self._record.add(
            InjectedFault(
                attempt.execution_arn, attempt.state, attempt.number, str(attempt.fault), detail
            )
        )


def _no_inputs(_: str, __: Mapping[str, Any]) -> Sequence[str]:
    return ()


@contextlib.contextmanager
def inject(
    plan: FaultPlan,
    *,
    record: FaultRecord | None = None,
    time_scale: float = 1.0,
    inputs: StepInputs = _no_inputs,
) -> Iterator[FaultRecord]:
    """Carry out a plan as long as the ``with`` block lasts.

    Each fault hits the state's next attempt, whichever execution makes it.

    Parameters
    ----------
    plan : FaultPlan
        Checked against the state machine.
    record : FaultRecord, optional
        Takes what happened.
    time_scale : float
        Retries and Wait states wait this many times shorter.
    inputs : callable, optional
        Where a step's inputs are; the default is the S3 URIs in the parameters of its call.

    Yields
    ------
    FaultRecord
    """
    from embedded_aws.fixes import fault_injection

    record = record or FaultRecord()
    with fault_injection.installed(Injection(plan, record, time_scale, inputs)):
        yield record
