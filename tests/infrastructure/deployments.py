"""Deployments whose templates are tested: the default, and one that chooses all there is."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App

from infra.application import default_context
from infra.run_schedule import RunSchedule, UploadSettings
from infra.setting_sections import NetworkSettings, SparkSettings
from infra.settings import DeploymentSettings
from infra.stacks.recommender_stack import VideoRecommenderStack

EVERYTHING = DeploymentSettings(
    removal_policy="destroy",
    kms_key="stack",
    network=NetworkSettings(
        vpc_id="vpc-0a1b2c3d",
        subnet_ids=["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
        security_group_ids=["sg-0a1b2c3d"],
    ),
    spark=SparkSettings(worker_type="G.2X", max_workers=50, connection="private"),
    dataset_uris=["s3://shared/reviews/", "s3://shared/movielens/u.data"],
    schedules=[RunSchedule(name="weekly", expression="cron(0 3 ? * SUN *)")],
    start_on_upload=UploadSettings(),
    notification_emails=["on-call@example.com"],
    monthly_budget_usd=100.0,
)


def app_of(settings: DeploymentSettings, folder: Path) -> App:
    """Put an app together, ready to be synthesized into `folder`."""
    app = App(context=default_context(), outdir=str(folder), analytics_reporting=False)
    VideoRecommenderStack(app, settings=settings)
    return app
