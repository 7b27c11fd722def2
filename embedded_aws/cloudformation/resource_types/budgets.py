"""``AWS::Budgets::Budget``."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.resource_types.base import (
    Physical,
    Properties,
    Request,
    ResourceType,
    generated_name,
)

_LONGEST_NAME = 100


class Budget(ResourceType):
    """A budget and whom it notifies."""

    type_name = "AWS::Budgets::Budget"
    properties = frozenset({"Budget", "NotificationsWithSubscribers"})
    without_effect = frozenset({"ResourceTags"})
    immutable = frozenset({"NotificationsWithSubscribers"})

    def create(self, request: Request) -> Physical:
        """Make the budget."""
        name = request.properties["Budget"].get("BudgetName") or generated_name(
            request.stack_name, request.logical_id, _LONGEST_NAME
        )
        return self._create(request, name)

    def update(self, request: Request, physical: Physical, previous: Properties) -> Physical:  # noqa: ARG002
        """Replace the budget; its name stays unless the template gives another."""
        name = request.properties["Budget"].get("BudgetName") or physical.id
        self.delete(request, physical)
        return self._create(request, name)

    def delete(self, request: Request, physical: Physical) -> None:
        """Delete the budget."""
        budgets = request.client("budgets")
        try:
            budgets.delete_budget(AccountId=request.account_id, BudgetName=physical.id)
        except budgets.exceptions.NotFoundException:
            return

    def _create(self, request: Request, name: str) -> Physical:
        request.client("budgets").create_budget(
            AccountId=request.account_id,
            Budget={**_with_text_amounts(request.properties["Budget"]), "BudgetName": name},
            NotificationsWithSubscribers=request.properties.get("NotificationsWithSubscribers", []),
        )
        return Physical(name)


def _with_text_amounts(value: Any) -> Any:
    """Templates write amounts as numbers, the API as text."""
    if not isinstance(value, dict):
        return value
    return {
        key: str(item) if key == "Amount" else _with_text_amounts(item)
        for key, item in value.items()
    }
