"""Metric math, as far as the embedded AWS goes: arithmetic, numbers and ``FILL``.

Source: CloudWatch user guide, "Using math expressions with CloudWatch metrics".
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

from embedded_aws.errors import EmbeddedAwsError

Series = list[float | None]
"""A value for each period, oldest first; None where there is no data."""

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class UnsupportedMetricMathError(EmbeddedAwsError):
    """CloudWatch evaluates such an expression, the embedded AWS does not."""


def check(expression: str, ids: Sequence[str]) -> None:
    """Refuse an expression that cannot be evaluated here.

    Raises
    ------
    UnsupportedMetricMathError
        Names the part.
    """
    evaluate(expression, {name: [1.0] for name in ids}, length=1)


def evaluate(expression: str, metrics: Mapping[str, Series], *, length: int) -> Series:
    """Evaluate an expression for each period.

    Parameters
    ----------
    expression : str
    metrics : mapping of str to Series
        By the id of their query, each of `length` values.
    length : int
        Number of periods.

    Returns
    -------
    Series
        None where an operand has no data, or the divisor is 0: CloudWatch gives no data there.

    Raises
    ------
    UnsupportedMetricMathError
        If the expression uses anything but ``+ - * /``, parentheses, numbers, ids and
        ``FILL(metric, number)``.
    """
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        raise _unsupported(expression, expression) from None
    return _value(tree, metrics, expression, length)


def _value(node: ast.expr, metrics: Mapping[str, Series], expression: str, length: int) -> Series:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return [float(number)] * length
        case ast.Name(id=name) if name in metrics:
            return metrics[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return [None if v is None else -v for v in _value(operand, metrics, expression, length)]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            pairs = zip(
                _value(left, metrics, expression, length),
                _value(right, metrics, expression, length),
                strict=True,
            )
            return [_combine(_OPERATORS[type(op)], a, b) for a, b in pairs]
        case ast.Call(func=ast.Name(id="FILL"), args=[series, filler], keywords=[]):
            (filling,) = set(_value(filler, {}, expression, 1))
            found = _value(series, metrics, expression, length)
            return [filling if value is None else value for value in found]
    raise _unsupported(ast.unparse(node), expression)


def _combine(
    operate: Callable[[float, float], float], left: float | None, right: float | None
) -> float | None:
    if left is None or right is None:
        return None
    try:
        return operate(left, right)
    except ZeroDivisionError:
        return None


def _unsupported(part: str, expression: str) -> UnsupportedMetricMathError:
    return UnsupportedMetricMathError(
        f"the embedded AWS does not evaluate {part!r} in the metric math expression "
        f"{expression!r}; it knows + - * /, parentheses, numbers, ids of metrics and "
        "FILL(metric, number)"
    )
