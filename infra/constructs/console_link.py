"""A link that opens the state machine in the AWS console."""

from __future__ import annotations

from aws_cdk import Aws, CfnCondition, Fn
from constructs import Construct

CONSOLE_DOMAINS = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
DEFAULT_CONSOLE_DOMAIN = "console.aws.amazon.com"


class ConsoleLink(Construct):
    """The console's address depends on the partition, which only a deployment knows.

    Attributes
    ----------
    url : str
        Address of the state machine's page.
    """

    def __init__(self, scope: Construct, construct_id: str, *, state_machine_arn: str) -> None:
        super().__init__(scope, construct_id)
        domain = DEFAULT_CONSOLE_DOMAIN
        for partition, partition_domain in CONSOLE_DOMAINS.items():
            condition = CfnCondition(
                self,
                f"In-{partition}",
                expression=Fn.condition_equals(Aws.PARTITION, partition),
            )
            domain = Fn.condition_if(condition.logical_id, partition_domain, domain).to_string()
        self.url = (
            f"https://{Aws.REGION}.{domain}/states/home?region={Aws.REGION}"
            f"#/statemachines/view/{state_machine_arn}"
        )
