"""Clients for one AWS endpoint, embedded or real. Everything after the start goes through them."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from console.errors import BadInputError, EnvironmentProblemError

LOOPBACK = ("127.0.0.1", "localhost")
# What the embedded AWS takes for credentials: it checks none, but clients must sign with some.
DUMMY_KEY = "embedded"
_LOCAL_POLL_SECONDS = 0.15
_REMOTE_POLL_SECONDS = 2.0  # GetExecutionHistory refills 20 requests a second and account


class AwsAccess:
    """Clients of one endpoint.

    Parameters
    ----------
    session : boto3.Session
        Credentials and region.
    endpoint_url : str or None
        Where to go, for every service, instead of AWS's own addresses.
    configured_url : str or None
        Where the session's own configuration leads Step Functions to, if not to AWS. Each client
        finds its configured address by itself: it may be another one for each service.

    Attributes
    ----------
    endpoint_url : str or None
        Address of Step Functions; ``None`` is AWS's own.
    """

    def __init__(
        self,
        session: boto3.Session,
        endpoint_url: str | None = None,
        *,
        configured_url: str | None = None,
    ):
        self._session = session
        self._given_url = endpoint_url
        self.endpoint_url = endpoint_url or configured_url
        self.poll_seconds = _LOCAL_POLL_SECONDS if self.is_local else _REMOTE_POLL_SECONDS
        self._clients: dict[str, Any] = {}
        self._making = Lock()  # a session is not thread-safe, its clients are

    @property
    def is_local(self) -> bool:
        """Whether the clients talk to this machine, that is to an embedded AWS."""
        return is_loopback(self.endpoint_url)

    @property
    def region(self) -> str:
        """Region that the clients talk to."""
        return str(self._session.region_name)

    def client(self, service: str) -> Any:
        """Return a boto3 client, made once.

        Parameters
        ----------
        service : str
            A botocore service name, for example ``stepfunctions``.

        Raises
        ------
        EnvironmentProblemError
            If the AWS configuration does not allow to make it.
        """
        with self._making:
            if service not in self._clients:
                config = Config(
                    retries={"mode": "standard", "max_attempts": 5}, user_agent_extra="recommender"
                )
                try:
                    self._clients[service] = self._session.client(
                        service, endpoint_url=self._given_url, config=config
                    )
                except BotoCoreError as error:
                    raise EnvironmentProblemError(f"AWS configuration: {error}") from error
            return self._clients[service]

    @classmethod
    def embedded(cls, endpoint_url: str, region: str) -> AwsAccess:
        """Access the embedded AWS, whatever the person's AWS configuration says."""
        return cls(_dummy_session(region), endpoint_url)

    @classmethod
    def from_environment(
        cls,
        region: str | None = None,
        *,
        profile: str | None = None,
        endpoint_url: str | None = None,
    ) -> AwsAccess:
        """Access what the person's configuration points to.

        An endpoint may come from ``AWS_ENDPOINT_URL_<SERVICE>``, ``AWS_ENDPOINT_URL`` or the
        profile, in this order, as botocore looks for it (AWS SDKs and Tools Reference Guide,
        "Service-specific endpoints").

        Parameters
        ----------
        region : str or None
            Overrides the configured one.
        profile : str or None
            Likewise. Given so, its credentials win over those in variables, as in the AWS CLI.
        endpoint_url : str or None
            Likewise, for every service.

        Raises
        ------
        EnvironmentProblemError
            If there are no credentials or there is no region; says both.
        """
        try:
            # The AWS CLI takes AWS_REGION first; boto3 knows AWS_DEFAULT_REGION only.
            region = region or os.environ.get("AWS_REGION") or None
            session = boto3.Session(region_name=region, profile_name=profile)
            configured_url = None if endpoint_url else _configured_url(session)
            has_credentials = session.get_credentials() is not None
        except (BotoCoreError, ValueError) as error:
            raise EnvironmentProblemError(f"AWS configuration: {error}") from error
        if not has_credentials and is_loopback(endpoint_url or configured_url):
            session = _dummy_session(session.region_name or "us-east-1", profile)
            return cls(session, endpoint_url, configured_url=configured_url)
        problems = []
        if not has_credentials:
            problems.append(
                "no AWS credentials found: run `aws configure`, or choose others with --profile; "
                "for the embedded AWS give --endpoint-url the address that `recommender serve` "
                "prints"
            )
        if not session.region_name:
            problems.append("no AWS region configured: give --region, or set AWS_REGION")
        if problems:
            raise EnvironmentProblemError("; ".join(problems))
        return cls(session, endpoint_url, configured_url=configured_url)


def region_of(arn: str) -> str:
    """Return the region of an execution's ARN.

    Raises
    ------
    BadInputError
        If `arn` is not the ARN of an execution of a state machine.
    """
    parts = arn.split(":")
    if len(parts) < 8 or parts[0] != "arn" or parts[2] != "states" or parts[5] != "execution":
        raise BadInputError(
            f"{arn!r}: expected the ARN of an execution, "
            "arn:aws:states:REGION:ACCOUNT:execution:STATE_MACHINE:NAME"
        )
    return parts[3]


def isolate_environment(environ: MutableMapping[str, str]) -> None:
    """Keep the person's own AWS configuration away from a process that runs the embedded AWS.

    A profile that does not exist would stop boto3, a proxy would be asked for the loopback
    address.

    Parameters
    ----------
    environ : mutable mapping
        Usually ``os.environ``; changed in place.
    """
    for name in list(environ):
        if name.startswith("AWS_ENDPOINT_URL") or name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            del environ[name]
    for name in ("NO_PROXY", "no_proxy"):
        known = [host for host in environ.get(name, "").split(",") if host]
        environ[name] = ",".join([*known, *(host for host in LOOPBACK if host not in known)])


def _dummy_session(region: str, profile: str | None = None) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=DUMMY_KEY,
        aws_secret_access_key=DUMMY_KEY,
        region_name=region,
        profile_name=profile,
    )


def _configured_url(session: boto3.Session) -> str | None:
    """Return where Step Functions is, if not where AWS has it.

    botocore tells only clients where their endpoint is, so two are made and compared.
    """
    configured, aws_own = (
        session.client(
            "stepfunctions",
            region_name=session.region_name or "us-east-1",
            aws_access_key_id=DUMMY_KEY,
            aws_secret_access_key=DUMMY_KEY,
            config=Config(ignore_configured_endpoint_urls=ignored),
        ).meta.endpoint_url
        for ignored in (None, True)
    )
    return None if configured == aws_own else str(configured)


def is_loopback(endpoint_url: str | None) -> bool:
    """Whether an address is one of this machine, that is of an embedded AWS."""
    return endpoint_url is not None and urlsplit(endpoint_url).hostname in LOOPBACK
