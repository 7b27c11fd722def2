"""Which AWS a command talks to, as its options say it; boto3 is not needed for that yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from console.errors import BadInputError

if TYPE_CHECKING:
    from console.aws_access import AwsAccess


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """The AWS CLI's own options; what is not said is configured as for the AWS CLI.

    Attributes
    ----------
    profile, region : str or None
    endpoint_url : str or None
        Address of every service; ``None`` takes the configured ones.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None

    def access(self, *, region: str | None = None) -> AwsAccess:
        """Return clients for it.

        Parameters
        ----------
        region : str or None
            Wins over the option, as an ARN does.

        Raises
        ------
        BadInputError
            If the address is none.
        EnvironmentProblemError
            If there are no credentials, or there is no region.
        """
        from console.aws_access import AwsAccess

        if self.endpoint_url is not None:
            address = urlsplit(self.endpoint_url)
            if address.scheme not in ("http", "https") or not address.hostname:
                raise BadInputError(
                    f"--endpoint-url {self.endpoint_url!r}: expected an address such as "
                    "http://127.0.0.1:4566, which `recommender serve` prints"
                )
        return AwsAccess.from_environment(
            region or self.region, profile=self.profile, endpoint_url=self.endpoint_url
        )
