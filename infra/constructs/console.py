"""The AWS console of the deployment's region, for links."""

from __future__ import annotations

from aws_cdk import Aws, CfnCondition, Fn
from constructs import Construct

from workflow.console_pages import ConsolePages

CONSOLE_DOMAINS = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
DEFAULT_CONSOLE_DOMAIN = "console.aws.amazon.com"


class Console(Construct):
    """The console's address depends on the partition, which only a deployment knows.

    Attributes
    ----------
    pages : ConsolePages
        Addresses of its pages.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        domain = DEFAULT_CONSOLE_DOMAIN
        for partition, partition_domain in CONSOLE_DOMAINS.items():
            condition = CfnCondition(
                self,
                f"In-{partition}",
                expression=Fn.condition_equals(Aws.PARTITION, partition),
            )
            domain = Fn.condition_if(condition.logical_id, partition_domain, domain).to_string()
        self.pages = ConsolePages(url=f"https://{Aws.REGION}.{domain}", region=Aws.REGION)
