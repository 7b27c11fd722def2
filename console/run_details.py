"""What only the report shows of an execution, gathered from AWS's APIs.

Everything here may be missing (a history, a job or an object may have expired); what is, is said
in ``gaps`` and the report goes without.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from console.aws_access import AwsAccess
from console.console_links import console_links
from console.prediction_files import count_ratings, measure_predictions
from console.run_events import RunEvents, read_events
from console.run_identity import FunctionCode, StoredObject, function_codes, stored_object
from console.run_record import RunRecord, split_s3_uri
from console.sagemaker_jobs import JobRun, describe_jobs
from lambdas.runtime.store import ArtifactStore
from recommender.errors import RecommenderError
from recommender.prediction_quality import PredictionQuality
from recommender.rating_profile import RatingDistribution, RatingProfile
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
    sources : mapping
        Which objects Preprocess read; empty if unknown.
    before, kept : RatingDistribution or None
        Of all ratings that were understood, as Preprocess counted them, and of those that were
        kept, counted in their files.
    functions : list of FunctionCode
    model : StoredObject or None
        ``model.tar.gz``.
    links : list of (str, str)
        Pages of the AWS console, with what they show; none of an embedded AWS.
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
    sources: Mapping[str, Any] = field(default_factory=dict)
    before: RatingDistribution | None = None
    kept: RatingDistribution | None = None
    functions: list[FunctionCode] = field(default_factory=list)
    model: StoredObject | None = None
    links: list[tuple[str, str]] = field(default_factory=list)
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
    details = RunDetails(events=read_events(record.events))
    try:
        client = access.client("stepfunctions")
        details.state_machine = state_machine_of(client, record.execution_arn)
    except (BotoCoreError, ClientError, ValueError) as error:
        details.gaps.append(f"state machine: {error}")
    if details.events.jobs:
        details.jobs, gaps = describe_jobs(access.client("sagemaker"), details.events.jobs)
        details.gaps += gaps
    if details.state_machine:
        details.functions, gaps = function_codes(
            access.client("lambda"), details.state_machine["definition"], record.started_at
        )
        details.gaps += gaps
        details.doubts += [
            f"the code of {code.state} was changed at {code.changed_since}, after the run began"
            for code in details.functions
            if code.changed_since
        ]
    bucket = _data_bucket(record)
    if bucket and record.ratings:
        _add_files(access.client("s3"), bucket, record, details)
    if not access.is_local:
        prefix = RunLayout(record.run_id).prefix if record.run_id else None
        details.links = console_links(
            record.execution_arn, details.jobs, bucket=bucket, prefix=prefix
        )
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


def _data_bucket(record: RunRecord) -> str | None:
    """Find the bucket with the run's files in what ResolveRun made, also of a run that failed."""
    uri = record.resolved.get("uris", {}).get("model_prefix_uri") or record.output.get(
        "evaluation_uri"
    )
    return split_s3_uri(uri)[0] if uri else None


def _add_files(s3: Any, bucket: str, record: RunRecord, details: RunDetails) -> None:
    store, layout = ArtifactStore(s3, bucket), RunLayout(str(record.run_id))
    parts: list[tuple[str, Callable[[], None]]] = [
        ("accounting", lambda: _add_accounting(store, layout, details)),
        ("ratings and predictions", lambda: _add_ratings(store, layout, record, details)),
        ("model", lambda: _add_model(s3, record, details)),
    ]
    for what, add in parts:
        try:
            add()
        except (RecommenderError, BotoCoreError, ClientError, ValueError, KeyError) as error:
            details.gaps.append(f"{what}: {error}")
    _check(record, details)


def _add_accounting(store: ArtifactStore, layout: RunLayout, details: RunDetails) -> None:
    accounting = json.loads(store.get(layout.accounting_key))
    details.examples = accounting.get("examples", {})
    details.sources = accounting.get("sources", {})
    if "before" in accounting:
        details.before = RatingDistribution.from_document(accounting["before"])


def _add_ratings(
    store: ArtifactStore, layout: RunLayout, record: RunRecord, details: RunDetails
) -> None:
    """Count the ratings that were kept and, where there are predictions, how good they are."""
    n_users, n_videos = record.ratings["n_users"], record.ratings["n_items"]
    train, rest = RatingProfile(n_videos), RatingProfile(n_videos)
    per_user = count_ratings(store, layout, "train", train, n_users=n_users)
    for split in ("validation", "test"):
        count_ratings(store, layout, split, rest, n_users=n_users)
    details.kept = (train + rest).distribution(like=details.before)
    if not record.output.get("evaluation_uri"):
        return
    details.evaluation = json.loads(store.get(layout.evaluation_key))
    details.quality = measure_predictions(
        store, layout, train, per_user, positive_rating=details.evaluation.get("positive_rating")
    )


def _add_model(s3: Any, record: RunRecord, details: RunDetails) -> None:
    uri = record.output.get("model", {}).get("model_data_uri")
    if uri:
        details.model = stored_object(s3, *split_s3_uri(uri))


def _check(record: RunRecord, details: RunDetails) -> None:
    """Say where what was counted now differs from what the run said then."""
    kept = record.ratings.get("accounting", {}).get("kept")
    if details.kept is not None and details.kept.n_ratings != kept:
        details.doubts.append(
            f"the run kept {kept} ratings, its files now hold {details.kept.n_ratings}"
        )
    told = record.metrics.get("rmse")
    if details.quality is None or told is None:
        return
    if not math.isclose(details.quality.rmse, told, rel_tol=_RELATIVE_TOLERANCE):
        details.doubts.append(
            f"Evaluate measured the RMSE {told}, the files now give {details.quality.rmse}"
        )
