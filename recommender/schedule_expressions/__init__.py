"""When a schedule fires: the expressions of Amazon EventBridge, read and computed.

Pure, so that what checks a schedule at synthesis and what fires it on a laptop agree.
"""

from recommender.schedule_expressions.cron import Cron
from recommender.schedule_expressions.errors import ScheduleExpressionError
from recommender.schedule_expressions.expression import At, Expression, Rate, parse
from recommender.schedule_expressions.time_zones import parse_time_zone

__all__ = [
    "At",
    "Cron",
    "Expression",
    "Rate",
    "ScheduleExpressionError",
    "parse",
    "parse_time_zone",
]
