"""What may differ from deployment to deployment; everything else is the same everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from infra.run_schedule import (
    AFTER_UPLOAD,
    DistinctSchedules,
    ExecutionInput,
    UploadSettings,
    problem_of_input,
)
from infra.setting_sections import (
    FunctionName,
    FunctionSettings,
    KmsKey,
    NetworkSettings,
    PolicyArn,
    Section,
    SparkSettings,
)
from lambdas.resolve_run.deployment_defaults import with_defaults

CONTEXT_KEY = "settings"
FILE_CONTEXT_KEY = "settings_file"

# CloudWatch Logs accepts these numbers of days only; the CDK has a name for each.
RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653]
_RETENTION: dict[int, logs.RetentionDays] = dict(
    zip(
        get_args(RetentionDays),
        (
            logs.RetentionDays.ONE_DAY,
            logs.RetentionDays.THREE_DAYS,
            logs.RetentionDays.FIVE_DAYS,
            logs.RetentionDays.ONE_WEEK,
            logs.RetentionDays.TWO_WEEKS,
            logs.RetentionDays.ONE_MONTH,
            logs.RetentionDays.TWO_MONTHS,
            logs.RetentionDays.THREE_MONTHS,
            logs.RetentionDays.FOUR_MONTHS,
            logs.RetentionDays.FIVE_MONTHS,
            logs.RetentionDays.SIX_MONTHS,
            logs.RetentionDays.ONE_YEAR,
            logs.RetentionDays.THIRTEEN_MONTHS,
            logs.RetentionDays.EIGHTEEN_MONTHS,
            logs.RetentionDays.TWO_YEARS,
            logs.RetentionDays.FIVE_YEARS,
            logs.RetentionDays.TEN_YEARS,
        ),
        strict=True,
    )
)


S3Uri = Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/")]


class SettingsError(Exception):
    """The deployment settings break their contract; the message lists every problem."""


class DeploymentSettings(Section):
    """The deployment's choices, with their defaults.

    Parameters
    ----------
    name_prefix : str
        Put before the stack's name, so that several copies live in one account and region.
    removal_policy : {"retain", "destroy"}
        What becomes of the data bucket and the logs when the stack is deleted.
    log_retention_days : int
        How long logs are kept; one of the numbers that CloudWatch Logs accepts.
    lambda_architecture : {"arm64", "x86_64"}
        Processor of the functions.
    functions : dict of str to FunctionSettings
        Memory, disk and time limit by function, where they differ from docs/functions.md.
    spark : SparkSettings
        The job that prepares ratings which outgrow a function, and when it is taken.
    kms_key : str
        What data and logs are encrypted with: ``"aws"`` (keys that AWS owns), ``"stack"`` (a key
        that the stack creates), or the ARN of a key, whose policy must allow CloudWatch Logs.
    network : NetworkSettings or None
        The private network of functions and jobs; None: AWS's.
    network_isolation : bool
        Whether training and model containers are cut off from every network.
    permissions_boundary : str or None
        ARN of a policy that bounds every role of the stack.
    run_expiration_days : int
        Age at which a run's files are deleted; accepted models outlive it as a record only.
    dataset_uris : list of str
        ``s3://bucket/prefix`` of ratings outside the data bucket that runs may read.
    input_defaults : dict
        An execution input: what holds where that of a run says nothing, such as instance types.
    schedules : list of RunSchedule
        When runs start by themselves; none unless said.
    start_on_upload : UploadSettings or None
        Whether new ratings start a run, and how long after the last upload.
    notification_emails : list of str
        Who hears of failures and alarms; each must confirm an e-mail of SNS.
    max_days_without_success : int or None
        1 to 7: alarm if no run succeeded for so many days. For deployments with a schedule.
    max_rmse_ratio_to_accepted : float
        Alarm if a model's RMSE is more than so many times that of the model in use.
    monthly_budget_usd : float or None
        Warn the e-mails of costs of the account near and above so many dollars a month.
    tags : dict of str to str
        Tags of every resource.
    """

    name_prefix: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]{0,40})?$")] = ""
    removal_policy: Literal["retain", "destroy"] = "retain"
    log_retention_days: RetentionDays = 30
    lambda_architecture: Literal["arm64", "x86_64"] = "arm64"
    functions: dict[FunctionName, FunctionSettings] = Field(default_factory=dict)
    spark: SparkSettings = Field(default_factory=SparkSettings)
    kms_key: KmsKey = "aws"
    network: NetworkSettings | None = None
    network_isolation: bool = False
    permissions_boundary: PolicyArn | None = None
    run_expiration_days: Annotated[int, Field(ge=1, le=3650)] = 90
    dataset_uris: list[S3Uri] = Field(default_factory=list)
    input_defaults: ExecutionInput = Field(default_factory=dict)
    schedules: DistinctSchedules = Field(default_factory=list)
    start_on_upload: UploadSettings | None = None
    notification_emails: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]] = Field(
        default_factory=list
    )
    max_days_without_success: Annotated[int, Field(ge=1, le=7)] | None = None
    max_rmse_ratio_to_accepted: Annotated[float, Field(gt=0)] = 1.05
    monthly_budget_usd: Annotated[float, Field(gt=0)] | None = None
    tags: dict[Annotated[str, Field(min_length=1, max_length=128)], str] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.start_on_upload and any(s.name == AFTER_UPLOAD for s in self.schedules):
            raise PydanticCustomError(
                "schedule",
                "schedules: {name} is the name of the schedule of start_on_upload; choose another",
                {"name": AFTER_UPLOAD},
            )
        if self.monthly_budget_usd is not None and not self.notification_emails:
            raise PydanticCustomError(
                "budget", "monthly_budget_usd needs notification_emails, whom it warns"
            )
        for schedule in self.schedules:
            problem = problem_of_input(with_defaults(schedule.input, self.input_defaults))
            if problem:
                raise PydanticCustomError(
                    "schedule",
                    "schedules: {name} with input_defaults: {problem}",
                    {"name": schedule.name, "problem": problem},
                )
        return self

    @classmethod
    def from_context(cls, value: object, file: object = None) -> DeploymentSettings:
        """Read the settings as the CDK context gives them.

        Parameters
        ----------
        value : object
            None, a mapping (from ``cdk.json``), or its JSON text (from ``cdk -c settings=...``).
        file : object
            None, or the path of a JSON file (``cdk -c settings_file=...``). What `value` says of a
            setting wins.

        Raises
        ------
        SettingsError
            If the file cannot be read, or settings are no JSON object, have unknown keys or bad
            values; lists them all.
        """
        merged = {**_from_file(file), **_mapping(value, f"CDK context {CONTEXT_KEY!r}")}
        try:
            return cls.model_validate(merged)
        except ValidationError as error:
            raise SettingsError(
                f"settings (cdk.json, cdk -c {CONTEXT_KEY}='{{...}}', or the file of cdk -c "
                f"{FILE_CONTEXT_KEY}=...):\n"
                + "\n".join(f"  - {_problem(details)}" for details in error.errors())
            ) from None

    def function(self, name: FunctionName) -> FunctionSettings:
        """Say what was chosen for a function."""
        return self.functions.get(name, FunctionSettings())

    @property
    def cdk_removal_policy(self) -> RemovalPolicy:
        """``removal_policy`` as the CDK has it."""
        return RemovalPolicy.DESTROY if self.destroys_data else RemovalPolicy.RETAIN

    @property
    def destroys_data(self) -> bool:
        """Whether deleting the stack deletes what the runs have made."""
        return self.removal_policy == "destroy"

    @property
    def cdk_log_retention(self) -> logs.RetentionDays:
        """``log_retention_days`` as the CDK has it."""
        return _RETENTION[self.log_retention_days]

    @property
    def cdk_lambda_architecture(self) -> lambda_.Architecture:
        """``lambda_architecture`` as the CDK has it."""
        if self.lambda_architecture == "arm64":
            return lambda_.Architecture.ARM_64
        return lambda_.Architecture.X86_64


def _from_file(file: object) -> Mapping[str, Any]:
    if file is None:
        return {}
    where = f"CDK context {FILE_CONTEXT_KEY!r}"
    try:
        return _mapping(Path(str(file)).read_text(encoding="utf-8"), f"{where}: {file}")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: cannot read {file}: {error}") from None


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise SettingsError(
                f"{where}: expected a JSON object, found {value!r} ({error})"
            ) from None
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"{where}: expected a JSON object such as "
            f'{{"removal_policy": "destroy"}}, found {value!r}'
        )
    return value


def _problem(details: Any) -> str:
    where = ".".join(str(part) for part in details["loc"])
    if details["type"] == "extra_forbidden":
        known = ", ".join(DeploymentSettings.model_fields)
        return f"{where}: unknown key; known keys are {known}"
    return f"{where}: {details['msg']}, found {details['input']!r}"
