"""Who prepares the ratings: functions, or Spark where the ratings outgrow them."""

from __future__ import annotations

from lambdas.resolve_run.events import PreparationRoute
from lambdas.resolve_run.execution_input import Preparation


def choose_route(
    wanted: Preparation, estimated_rows: int, *, spark_min_rows: int
) -> PreparationRoute:
    """Decide, and say why.

    Parameters
    ----------
    wanted : str
        ``preparation`` of the execution input.
    estimated_rows : int
    spark_min_rows : int
        From so many ratings on Spark is taken, unless the input decides.
    """
    found = f"about {estimated_rows:,} ratings"
    if wanted != "auto":
        return PreparationRoute(route=wanted, reason=f"the input says so, for {found}")
    if estimated_rows >= spark_min_rows:
        return PreparationRoute(
            route="glue", reason=f"{found}: Spark takes {spark_min_rows:,} and more"
        )
    return PreparationRoute(
        route="lambda", reason=f"{found}: functions take fewer than {spark_min_rows:,}"
    )
