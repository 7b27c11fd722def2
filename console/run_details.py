"""What only the report shows of an execution, gathered from AWS's APIs.

Everything here may be missing (a history, a job or an object may have expired); what is, is said
in ``gaps`` and the report goes without.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess
from console.history import new_events
from console.prediction_files import count_ratings, measure_predictions
from console.run_events import RunEvents, read_events
from console.run_record import RunRecord, split_s3_uri
from console.sagemaker_jobs import JobRun, describe_jobs
from lambdas.runtime.store import ArtifactStore
from recommender.errors import RecommenderError
from recommender.prediction_quality import PredictionQuality
from recommender.rating_profile import RatingProfile
from recommender.run_layout import RunLayout

# Sums are made in another order than Evaluate's.
_RELATIVE_TOLERANCE = 1e-6


@dataclass(slots=True)
class RunDetails:
    """The report's own part of an execution.

    Attributes
    ----------
    state_machine : mapping
        ``definition`` (read from its JSON), ``stateMachineArn``, ``updateDate``, ``revisionId``
        if it has one; of the definition that this execution runs. Empty if unknown.
    evaluation : mapping
        What Evaluate wrote; empty if there is none.
    examples : mapping
        Lines that Preprocess rejected, by reason.
    profile : RatingProfile or None
        Of all ratings that were kept.
    quality : PredictionQuality or None
    gaps : list of str
        What could not be read, and why.
    doubts : list of str
        Where the files now say something else than the run did then.
    """

    state_machine: Mapping[str, Any] = field(default_factory=dict)
    events: RunEvents = field(default_factory=RunEvents)
    jobs: list[JobRun] = field(default_factory=list)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, list[str]] = field(default_factory=dict)
    profile: RatingProfile | None = None
    quality: PredictionQuality | None = None
    gaps: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def comparison(self) -> Mapping[str, Any]:
        """The model beside the one that was in use, as Evaluate compared them."""
        comparison: Mapping[str, Any] = self.evaluation.get("comparison") or {}
        return comparison


def gather_details(access: AwsAccess, record: RunRecord) -> RunDetails:
    """Read what only the report shows.

    Parameters
    ----------
    access : AwsAccess
    record : RunRecord
    """
    details = RunDetails()
    try:
        stepfunctions = access.client("stepfunctions")
        details.state_machine = state_machine_of(stepfunctions, record.execution_arn)
        details.events = read_events(new_events(stepfunctions, record.execution_arn, 0))
    except (BotoCoreError, ClientError, ValueError) as error:
        details.gaps.append(f"state machine and history: {error}")
    if details.events.jobs:
        details.jobs, gaps = describe_jobs(access.client("sagemaker"), details.events.jobs)
        details.gaps += gaps
    if record.output.get("evaluation_uri"):
        try:
            _add_files(access.client("s3"), record, details)
        except (RecommenderError, BotoCoreError, ClientError, ValueError) as error:
            details.gaps.append(f"ratings and predictions: {error}")
    return details


def state_machine_of(stepfunctions: Any, execution_arn: str) -> dict[str, Any]:
    """Read the definition that an execution runs, which may not be the machine's newest.

    Parameters
    ----------
    stepfunctions : boto3 client
    execution_arn : str

    Returns
    -------
    dict
        As in `RunDetails.state_machine`.
    """
    described = stepfunctions.describe_state_machine_for_execution(executionArn=execution_arn)
    found = {
        name: described[name]
        for name in ("stateMachineArn", "updateDate", "revisionId")
        if described.get(name)
    }
    return {**found, "definition": json.loads(described["definition"])}


def _add_files(s3: Any, record: RunRecord, details: RunDetails) -> None:
    bucket, key = split_s3_uri(record.output["evaluation_uri"])
    store, layout = ArtifactStore(s3, bucket), RunLayout(str(record.run_id))
    details.evaluation = json.loads(store.get(key))
    accounting = json.loads(store.get(layout.accounting_key))
    details.examples = accounting.get("examples", {})
    train = RatingProfile(record.ratings["n_users"], record.ratings["n_items"])
    count_ratings(store, layout, ("train",), train)
    details.profile = copy.deepcopy(train)
    count_ratings(store, layout, ("validation", "test"), details.profile)
    details.quality = measure_predictions(
        store, layout, train, positive_rating=details.evaluation.get("positive_rating")
    )
    _check(record, details)


def _check(record: RunRecord, details: RunDetails) -> None:
    """Say where what was counted now differs from what the run said then."""
    kept = record.ratings.get("accounting", {}).get("kept")
    if details.profile is not None and details.profile.n != kept:
        details.doubts.append(
            f"the run kept {kept} ratings, its files now hold {details.profile.n}"
        )
    told = record.metrics.get("rmse")
    if details.quality is None or told is None:
        return
    if not math.isclose(details.quality.rmse, told, rel_tol=_RELATIVE_TOLERANCE):
        details.doubts.append(
            f"Evaluate measured the RMSE {told}, the files now give {details.quality.rmse}"
        )
