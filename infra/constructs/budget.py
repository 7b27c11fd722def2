"""A monthly budget, for those who want to hear of costs before the bill."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from constructs import Construct

_MAX_SUBSCRIBERS = 10
_FORECAST_PERCENT = 100
_SPENT_PERCENT = 80


class MonthlyBudget(Construct):
    """E-mails when 80 % of an amount is spent, and when more than all of it is forecast.

    It covers the whole account: a budget for the stack alone would need its tag to be activated for
    cost allocation, by hand and in the organization's management account.

    Parameters
    ----------
    scope : Construct
        The stack.
    construct_id : str
        Id below `scope`.
    amount_usd : float
        A month.
    emails : sequence of str
        1 to 10, as AWS Budgets allows.

    Raises
    ------
    ValueError
        If the amount or the number of e-mails is out of range.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, amount_usd: float, emails: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        if not amount_usd > 0:
            raise ValueError(f"amount_usd: expected a positive amount, found {amount_usd}")
        if not 1 <= len(emails) <= _MAX_SUBSCRIBERS:
            raise ValueError(f"emails: expected 1 to {_MAX_SUBSCRIBERS}, found {len(emails)}")
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{Stack.of(self).stack_name}-monthly",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=amount_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                _notification("ACTUAL", _SPENT_PERCENT, emails),
                _notification("FORECASTED", _FORECAST_PERCENT, emails),
            ],
        )


def _notification(
    kind: str, percent: float, emails: Sequence[str]
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            comparison_operator="GREATER_THAN",
            notification_type=kind,
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[
            budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=email)
            for email in emails
        ],
    )
