"""A deployed stack in which one fault after another is tried, and what is seen of each.

Most trials begin in the middle: the state machine, otherwise as it is deployed, gets a first state
that can take the variables and the input which a state had in an undisturbed run. The run's objects
up to there are copied to a new run id.
"""

import hashlib
import io
import json
import re
import tarfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.faults import step_inputs
from embedded_aws.faults import FaultPlan, FaultRecord, Wait
from embedded_aws.faults.injection import inject
from embedded_aws.server import EmbeddedAws
from tests.integration.faults.cells import FROM_START, TASKS, Cell
from tests.planted import amazon_tsv, plant

TIME_SCALE = 10_000
RATINGS_KEY = "raw/ratings/reviews.tsv"
ACCEPTED_KEY = "models/accepted.json"
# Who writes what below runs/<run id>/, in the order of the states.
_WRITERS = (
    ("Preprocess", "ratings/"),
    ("ConvertRecordIO", "recordio/"),
    ("TrainModel", "model/"),
    ("TuneModel", "model/"),
    ("TransformTestSet", "predictions/"),
    ("Evaluate", "metrics/"),
)
# Of runs, and of jobs and trials, which begin with them.
_IDS = re.compile(r"\d{8}t\d{6}-[0-9a-z]{6}(?:-\d{1,2}(?!\d))*(-\d{3}(?=-))?(?:-[0-9a-f]{8})?")
# Of the ratings, which are uploaded again after each trial.
_VERSION_ID = re.compile(r'"version_id": "[^"]*"')
_HYPERPARAMETERS = {
    "num_factors": 4,
    "epochs": 60,
    "linear_lr": 0.02,
    "factors_init_sigma": 0.1,
    "factors_wd": 0.0003,
}
_RANGES = {"continuous": {"factors_lr": {"min": 0.008, "max": 0.02, "scaling": "Logarithmic"}}}
# Tuned and plain models follow each other here; both are to be accepted.
_GATE = {"max_loss_ratio_to_accepted": 2}
INPUTS: dict[str, dict[str, Any]] = {
    "train": {
        "hyperparameters": {**_HYPERPARAMETERS, "factors_lr": 0.01},
        "quality_gate": _GATE,
    },
    "tune": {
        "quality_gate": _GATE,
        "mode": "tune",
        "hyperparameters": _HYPERPARAMETERS,
        "tuning": {"max_jobs": 2, "max_parallel_jobs": 2, "ranges": _RANGES},
    },
}
INPUTS["glue"] = {**INPUTS["train"], "preparation": "glue"}
INPUTS["spot"] = {**INPUTS["train"], "training": {"use_spot": True}}


_LONGEST_RUN_SECONDS = 240  # Spark starts thirty stages, on a busy machine


@dataclass
class Undisturbed:
    """A run without faults: what each state got, and what was written."""

    run_id: str
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)


@dataclass
class Observation:
    """What became of one trial.

    Attributes
    ----------
    contents : dict of str to str
        Digests of the run's objects by key; ids of runs and jobs are left out of both.
    harmed : set of str
        Keys of objects that a fault deleted or corrupted.
    started_jobs : int
        SageMaker jobs that the run has started, without a tuning job's trials.
    """

    status: str
    error: str | None
    cause: str | None
    output: dict[str, Any]
    calls: int
    waits: list[Wait]
    record: FaultRecord
    contents: dict[str, str]
    harmed: set[str]
    undisturbed: dict[str, str]
    accepted_changed: bool
    accepted_run_id: str | None
    run_id: str | None
    unfinished_jobs: list[str]
    started_jobs: int
    seconds: float


class Laboratory:
    """The deployed stack.

    Parameters
    ----------
    aws : EmbeddedAws
    outputs : mapping of str to str
        Of the stack.
    """

    def __init__(self, aws: EmbeddedAws, outputs: Mapping[str, str]):
        self._aws = aws
        self.bucket = outputs["DataBucketName"]
        self._machine = outputs["StateMachineArn"]
        self._s3 = aws.client("s3")
        self._stepfunctions = aws.client("stepfunctions")
        self._ratings = amazon_tsv(plant(seed=3, n_ratings=1800, n_customers=60, n_videos=40).frame)
        self._upload_ratings()
        self.definition = json.loads(
            self._stepfunctions.describe_state_machine(stateMachineArn=self._machine)["definition"]
        )
        self._undisturbed: dict[str, Undisturbed] = {}
        self._tell_where_to_begin()

    def _upload_ratings(self) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=RATINGS_KEY, Body=self._ratings)

    def _tell_where_to_begin(self) -> None:
        """Put states in front of the deployed ones that lead into the middle."""
        modes = ("glue", "tune", "train")
        names = sorted(set().union(*(self._run_undisturbed(mode) for mode in modes)))
        begin = {
            "Begin": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.begin_at", "IsPresent": True, "Next": "TakeVariables"}],
                "Default": self.definition["StartAt"],
            },
            "TakeVariables": {
                "Type": "Pass",
                "Assign": {
                    **{f"{name}.$": f"$.variables.{name}" for name in names},
                    "begin_at.$": "$.begin_at",
                },
                "OutputPath": "$.input",
                "Next": "GoThere",
            },
            "GoThere": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$begin_at", "StringEquals": state, "Next": state}
                    for state in TASKS
                    if state in self.definition["States"]
                ],
                "Default": "ModelRejected",
            },
        }
        states = {**self.definition["States"], **begin}
        self._stepfunctions.update_state_machine(
            stateMachineArn=self._machine,
            definition=json.dumps({**self.definition, "StartAt": "Begin", "States": states}),
        )
        self._names = names

    def _run_undisturbed(self, mode: str) -> set[str]:
        execution = self._run(INPUTS[mode])
        assert execution["status"] == "SUCCEEDED", execution
        output = json.loads(execution["output"])
        assert output["outcome"] == "accepted", output
        found = Undisturbed(output["run_id"])
        variables: dict[str, Any] = {}
        for event in self._history(execution["executionArn"]):
            entered = event.get("stateEnteredEventDetails")
            if entered:
                found.variables[entered["name"]] = dict(variables)
                found.inputs[entered["name"]] = json.loads(entered["input"])
            assigned = event.get("stateExitedEventDetails", {}).get("assignedVariables") or {}
            variables.update({name: json.loads(text) for name, text in assigned.items()})
        found.contents = self._contents(found.run_id)
        self._undisturbed[mode] = found
        return set(variables)

    def _history(self, execution_arn: str) -> Iterator[dict[str, Any]]:
        pages = self._stepfunctions.get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=execution_arn):
            yield from page["events"]

    def _run(self, execution_input: Mapping[str, Any]) -> dict[str, Any]:
        arn = self._stepfunctions.start_execution(
            stateMachineArn=self._machine, input=json.dumps(execution_input)
        )["executionArn"]
        end = time.monotonic() + _LONGEST_RUN_SECONDS
        while time.monotonic() < end:
            execution: dict[str, Any] = self._stepfunctions.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.02)
        raise AssertionError(f"{arn} did not end in {_LONGEST_RUN_SECONDS} s")

    def try_out(self, cell: Cell) -> Observation:
        """Run with a cell's faults and look at what became of it."""
        state = cell.state
        plan = FaultPlan.parse([*(f"{state}:{fault}" for fault in cell.faults), *cell.also])
        plan.check(self.definition)
        mode = cell.mode
        undisturbed = self._undisturbed["train" if mode == "spot" else mode]
        run_id, execution_input = None, INPUTS[mode]
        if cell.begins_at not in FROM_START and mode != "spot":
            run_id, execution_input = self._in_the_middle(undisturbed, cell.begins_at)
        accepted = self._accepted()
        record = FaultRecord()
        started = time.monotonic()
        with inject(
            plan,
            record=record,
            time_scale=TIME_SCALE,
            inputs=step_inputs(self.bucket),
        ):
            execution = self._run(execution_input)
            unfinished = self._unfinished_jobs()
        seconds = time.monotonic() - started
        arn = execution["executionArn"]
        run_id = run_id or self._run_id_of(arn)
        after = self._accepted()
        self._upload_ratings()
        output = json.loads(execution.get("output") or "{}")
        return Observation(
            status=execution["status"],
            error=execution.get("error"),
            cause=execution.get("cause"),
            output=output,
            calls=record.calls.get((arn, state), 0),
            waits=record.waits,
            record=record,
            contents=self._contents(run_id) if run_id else {},
            harmed=self._harmed(record, run_id),
            undisturbed=undisturbed.contents,
            accepted_changed=accepted != after,
            accepted_run_id=json.loads(after)["run_id"],
            run_id=run_id,
            unfinished_jobs=unfinished,
            started_jobs=self._started_jobs(run_id) if run_id else 0,
            seconds=seconds,
        )

    def _in_the_middle(self, run: Undisturbed, state: str) -> tuple[str, dict[str, Any]]:
        """Make a new run that has come as far as `state`."""
        run_id = f"{run.run_id[:-6]}{uuid.uuid4().hex[:6]}"
        prefix = f"runs/{run.run_id}/"
        learning = {"TrainModel", "TuneModel"}
        done = [
            part
            for writer, part in _WRITERS
            if TASKS.index(writer) < TASKS.index(state) and not {writer, state} <= learning
        ]
        for key in self._keys(prefix):
            if key.removeprefix(prefix).startswith(tuple(done)):
                self._copy(key, run.run_id, run_id)
        if TASKS.index(state) > TASKS.index("CreateModel"):
            self._copy_model(run.run_id, run_id)
        variables = {name: run.variables[state].get(name) for name in self._names}
        text = json.dumps({"variables": variables, "input": run.inputs[state]})
        # The state asks for a trial, which stays what it is.
        but = r"(?!(-\d+)+-[0-9a-f]{8})" if state == "DescribeBestTrainingJob" else ""
        return run_id, {"begin_at": state, **json.loads(re.sub(run.run_id + but, run_id, text))}

    def _copy(self, key: str, old_id: str, new_id: str) -> None:
        content = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        if key.endswith(".json"):
            content = content.replace(old_id.encode(), new_id.encode())
        self._s3.put_object(Bucket=self.bucket, Key=key.replace(old_id, new_id), Body=content)

    def _copy_model(self, old_id: str, new_id: str) -> None:
        sagemaker = self._aws.client("sagemaker")
        for listed in sagemaker.list_models()["Models"]:
            if listed["ModelName"].startswith(old_id):
                model = sagemaker.describe_model(ModelName=listed["ModelName"])
                wanted = ("ModelName", "PrimaryContainer", "ExecutionRoleArn", "VpcConfig")
                text = json.dumps({name: model[name] for name in wanted if name in model})
                sagemaker.create_model(**json.loads(text.replace(old_id, new_id)))

    def _keys(self, prefix: str) -> list[str]:
        listed = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def _contents(self, run_id: str) -> dict[str, str]:
        """Digest the objects of a run, without what must differ from run to run."""
        found = {}
        for key in self._keys(f"runs/{run_id}/"):
            content = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            if key.endswith("evaluation.json"):  # the other parts compare with the model in use
                content = json.dumps(json.loads(content)["metrics"]).encode()
            elif key.endswith(".json"):
                content = _VERSION_ID.sub("", _without_ids(content.decode())).encode()
            elif key.endswith(".tar.gz"):
                content = _members(content)
            name = _without_ids(key.removeprefix(f"runs/{run_id}/"))
            assert name not in found, f"{name} was written twice"
            found[name] = hashlib.sha256(content).hexdigest()
        return found

    def _harmed(self, record: FaultRecord, run_id: str | None) -> set[str]:
        uris = [event.detail.rpartition(" ")[2] for event in record.injected]
        prefix = f"s3://{self.bucket}/runs/{run_id}/"
        return {_without_ids(u.removeprefix(prefix)) for u in uris if u.startswith(prefix)}

    def _accepted(self) -> bytes:
        content: bytes = self._s3.get_object(Bucket=self.bucket, Key=ACCEPTED_KEY)["Body"].read()
        return content

    def _run_id_of(self, execution_arn: str) -> str | None:
        for event in self._history(execution_arn):
            exited = event.get("stateExitedEventDetails", {})
            if exited.get("name") == "ResolveRun" and "run" in exited.get("assignedVariables", {}):
                run_id: str = json.loads(exited["assignedVariables"]["run"])["run_id"]
                return run_id
        return None

    def _jobs(self) -> Iterator[tuple[str, str]]:
        """Names and statuses of all jobs."""
        sagemaker = self._aws.client("sagemaker")
        for kind in ("TrainingJob", "HyperParameterTuningJob", "TransformJob"):
            method = {"HyperParameterTuningJob": "hyper_parameter_tuning", "TrainingJob":
                      "training", "TransformJob": "transform"}[kind]  # fmt: skip
            listed = getattr(sagemaker, f"list_{method}_jobs")()
            for job in listed[f"{kind}Summaries"]:
                yield job[f"{kind}Name"], job[f"{kind}Status"]

    def _unfinished_jobs(self) -> list[str]:
        """Jobs that are running though no execution is; those that are being stopped get time."""
        end = time.monotonic() + 10
        while True:
            left = [name for name, status in self._jobs() if status in ("InProgress", "Stopping")]
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.02)

    def _started_jobs(self, run_id: str) -> int:
        trial = re.compile(r"-\d{3}-[0-9a-f]{8}$")
        return sum(
            1 for name, _ in self._jobs() if name.startswith(run_id) and not trial.search(name)
        )


def _without_ids(text: str) -> str:
    return _IDS.sub(lambda found: f"ID{found[1] or ''}", text)


def _members(archive: bytes) -> bytes:
    """Unpack, because an archive's header has its time; one that a fault harmed stays as it is."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            found = [tar.extractfile(member) for member in tar.getmembers()]
            return b"".join(file.read() for file in found if file is not None)
    except (EOFError, tarfile.TarError):
        return archive


@contextmanager
def laboratory(assembly: Path) -> Iterator[Laboratory]:
    """Deploy, and run twice without faults."""
    with EmbeddedAws() as aws:
        yield Laboratory(aws, aws.deploy(assembly))
