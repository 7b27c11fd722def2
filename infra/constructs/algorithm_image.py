"""Where SageMaker's Factorization Machines image lives, region by region.

AWS keeps the built-in algorithms in one ECR registry per region. The table is compared with the
SageMaker SDK's own by a test; it is here so that synthesis needs neither that SDK nor an account.
"""

from __future__ import annotations

from aws_cdk import Aws, CfnMapping, Fn, Stack
from constructs import Construct

REPOSITORY = "factorization-machines"
VERSION = "1"
DEFAULT_DOMAIN_SUFFIX = "amazonaws.com"

REGISTRY_ACCOUNTS = {
    "af-south-1": "455444449433",
    "ap-east-1": "286214385809",
    "ap-northeast-1": "351501993468",
    "ap-northeast-2": "835164637446",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "991648021394",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "475088953585",
    "ap-southeast-2": "712309505854",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "469771592824",
    "ca-west-1": "190319476487",
    "cn-north-1": "390948362332",
    "cn-northwest-1": "387376663083",
    "eu-central-1": "664544806723",
    "eu-central-2": "680994064768",
    "eu-north-1": "669576153137",
    "eu-south-1": "257386234256",
    "eu-south-2": "104374241257",
    "eu-west-1": "438346466558",
    "eu-west-2": "644912444149",
    "eu-west-3": "749696950732",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "249704162688",
    "sa-east-1": "855470959533",
    "us-east-1": "382416733822",
    "us-east-2": "404615174143",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "226302683700",
    "us-iso-east-1": "490574956308",
    "us-isob-east-1": "765400339828",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "632365934929",
    "us-west-2": "174872318107",
}

# The regions of other partitions have domains of their own; matched by the region's beginning,
# the longest first.
DOMAIN_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


def domain_suffix(region: str) -> str:
    """Domain that a region's ECR registries are in."""
    for prefix, suffix in DOMAIN_SUFFIXES.items():
        if region.startswith(prefix):
            return suffix
    return DEFAULT_DOMAIN_SUFFIX


def image_uri(region: str) -> str:
    """Image URI of the algorithm in `region`.

    Raises
    ------
    KeyError
        If SageMaker offers no Factorization Machines there.
    """
    registry = f"{REGISTRY_ACCOUNTS[region]}.dkr.ecr.{region}.{domain_suffix(region)}"
    return f"{registry}/{REPOSITORY}:{VERSION}"


class AlgorithmImage(Construct):
    """The table as a CloudFormation mapping, looked up when the stack is deployed.

    A deployment to a region that is not in the table is refused by CloudFormation, which names
    the mapping and the region.

    Attributes
    ----------
    uri : str
        Image URI in the region of the deployment.
    repository_arn : str
        ECR repository in the region of the deployment.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        mapping = CfnMapping(
            self,
            "Registry",
            mapping={
                region: {"Account": account, "DomainSuffix": domain_suffix(region)}
                for region, account in sorted(REGISTRY_ACCOUNTS.items())
            },
        )
        account = mapping.find_in_map(Aws.REGION, "Account")
        suffix = mapping.find_in_map(Aws.REGION, "DomainSuffix")
        self.uri = Fn.join(
            "",
            [account, ".dkr.ecr.", Aws.REGION, ".", suffix, f"/{REPOSITORY}:{VERSION}"],
        )
        self.repository_arn = Stack.of(self).format_arn(
            service="ecr", account=account, resource="repository", resource_name=REPOSITORY
        )
