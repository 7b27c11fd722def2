"""Three real runs in the embedded AWS: one with retries, one that fails, one that tunes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from console.aws_access import AwsAccess
from console.report import render_report
from console.run_details import RunDetails, gather_details
from console.run_record import RunRecord, gather
from embedded_aws.faults import FaultPlan
from embedded_aws.server import EmbeddedAws
from tests.integration.deployed_workflow import FAST, run
from tests.planted import amazon_tsv, plant

KEY = "raw/ratings/reviews.tsv"
TORN_LINES = 5
N_AGAIN = 40
_TUNE = {
    "mode": "tune",
    "hyperparameters": {"num_factors": 4, "factors_init_sigma": 0.1},
    "tuning": {
        "max_jobs": 3,
        "max_parallel_jobs": 1,
        "ranges": {
            "continuous": {"factors_lr": {"min": 0.002, "max": 0.02, "scaling": "Logarithmic"}},
            "integer": {"epochs": {"min": 10, "max": 30}},
        },
    },
    "quality_gate": {"max_loss_ratio_to_accepted": 2},
}
RUNS: Mapping[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "retried": (FAST, ("TrainModel:ThrottlingException*2", "TransformTestSet:CapacityError")),
    "failed": (FAST, ("TrainModel:AlgorithmError",)),
    "tuned": (_TUNE, ()),
}


@dataclass
class Reported:
    """A run, and what its report is made of."""

    name: str
    aws: EmbeddedAws
    bucket: str
    ratings: pd.DataFrame
    record: RunRecord
    details: RunDetails

    @property
    def html(self) -> str:
        return render_report(self.record, self.details)


def planted_ratings() -> pd.DataFrame:
    """Give the ratings in the order of their lines: some of them are rated again at the end."""
    frame = plant(seed=3, n_ratings=5000, step=1.0).frame
    again = frame.iloc[:N_AGAIN].assign(rating=1.0, timestamp=frame["timestamp"].max() + 86_400)
    return pd.concat([frame, again], ignore_index=True)


@contextmanager
def reported_runs(assembly: Path) -> Iterator[dict[str, Reported]]:
    """Deploy and run; the embedded AWS stays up as long as the ``with`` block lasts."""
    from embedded_aws.faults.injection import inject  # not before the server is imported

    ratings = planted_ratings()
    with EmbeddedAws() as aws:
        outputs = aws.deploy(assembly)
        bucket = outputs["DataBucketName"]
        content = amazon_tsv(ratings, extra_lines=("torn",) * TORN_LINES)
        aws.client("s3").put_object(Bucket=bucket, Key=KEY, Body=content)
        access = AwsAccess.embedded(aws.endpoint_url, "us-east-1")
        found = {}
        for name, (execution_input, faults) in RUNS.items():
            with inject(FaultPlan.parse(faults), time_scale=1000):
                arn = run(aws, outputs, execution_input)["executionArn"]
            record = gather(access, arn)
            details = gather_details(access, record)
            found[name] = Reported(name, aws, bucket, ratings, record, details)
        yield found
