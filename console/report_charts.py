"""Which charts the report has, made of what a run left."""

from __future__ import annotations

import math
from collections.abc import Sequence

from console.charts import Cells, Columns, Curve, Plot, equality
from console.training_log import EpochMetric
from recommender.prediction_quality import N_BINS, ErrorOfGroup, PredictionQuality
from recommender.rating_profile import RatingDistribution

MAX_EPOCHS = 200
_BEFORE = "before"


def rating_charts(before: RatingDistribution | None, kept: RatingDistribution | None) -> list[Plot]:
    """Show how all ratings that were understood are distributed, and those that were kept."""
    known = [
        (name, found)
        for name, found in ((_BEFORE, before), ("kept", kept))
        if found is not None and found.n_ratings
    ]
    return [_values(known), _long_tail(known)] if known else []


def _values(known: Sequence[tuple[str, RatingDistribution]]) -> Plot:
    slots = sorted({value for _, found in known for value, _ in found.values})
    counts = {name: dict(found.values) for name, found in known}
    return Plot(
        title="Ratings",
        summary=" ".join(_values_sentence(name, found) for name, found in known),
        x_label="rating",
        y_label="ratings",
        header=("rating", *(word for name, _ in known for word in (name, "share"))),
        rows=[
            (
                f"{value:.4g}",
                *(
                    text
                    for name, found in known
                    for text in _count_and_share(counts[name].get(value, 0), found.n_ratings)
                ),
            )
            for value in slots
        ],
        layers=[
            Columns([float(counts[name].get(value, 0)) for value in slots],
                    outlined=name == _BEFORE, label=name)
            for name, _ in known
        ],
        names=[f"{value:.3g}" for value in slots],
    )  # fmt: skip


def _values_sentence(name: str, found: RatingDistribution) -> str:
    most = max(found.values, key=lambda pair: pair[1])
    return (
        f"{name.capitalize()}: {found.n_ratings:,} ratings from {found.low:g} to {found.high:g}, "
        f"mean {found.mean:.2f}; the most frequent, {most[0]:.4g}, is "
        f"{most[1] / found.n_ratings:.1%}."
    )


def _count_and_share(count: int, total: int) -> tuple[str, str]:
    return f"{count:,}", f"{count / total:.2%}"


def _long_tail(known: Sequence[tuple[str, RatingDistribution]]) -> Plot:
    curves = {
        name: [(n / found.n_videos, ratings / found.n_ratings) for n, ratings in found.tail]
        for name, found in known
    }
    sentences = [
        f"{name.capitalize()}: of {found.n_videos:,} videos the most rated {_fifth(curves[name])}."
        for name, found in known
    ]
    return Plot(
        title="The long tail",
        summary=" ".join([*sentences, "The dashed line would be equal popularity."]),
        x_label="share of the videos, most rated first",
        y_label="share of the ratings",
        header=("of those", "videos", "ratings", "share of the ratings"),
        rows=[
            (name, f"{videos:,}", f"{ratings:,}", f"{ratings / found.n_ratings:.1%}")
            for name, found in known
            for videos, ratings in found.tail
        ],
        layers=[
            equality(0.0, 1.0),
            *(
                Curve(points, "dim" if name == _BEFORE else "accent", label=name)
                for name, points in curves.items()
            ),
        ],
        x_range=(0.0, 1.0),
        y_range=(0.0, 1.0),
    )


def _fifth(points: Sequence[tuple[float, float]]) -> str:
    videos, ratings = next(point for point in points if point[0] >= 0.2)
    return f"{videos:.0%} have {ratings:.0%} of the ratings"


def learning_charts(metrics: Sequence[EpochMetric]) -> list[Plot]:
    """Draw each metric of a training over its epochs; one epoch alone is no curve."""
    names = dict.fromkeys(metric.name for metric in metrics)
    found = []
    for name in names:
        drawn = [m for m in metrics if m.name == name and math.isfinite(m.value)]
        if len(drawn) > 1:
            found.append(_learning_curve(drawn))
    return found


def _learning_curve(measured: Sequence[EpochMetric]) -> Plot:
    every = math.ceil(len(measured) / MAX_EPOCHS)
    drawn = [*measured[:-1:every], measured[-1]]
    points = [(float(metric.epoch + 1), metric.value) for metric in drawn]
    low, high = min(m.value for m in measured), max(m.value for m in measured)
    return Plot(
        title=f"{drawn[0].label} per epoch",
        summary=f"{points[0][1]:.4f} after the first epoch, {points[-1][1]:.4f} after "
        f"{points[-1][0]:.0f}; best {low:.4f}, worst {high:.4f}."
        + (f" Every {every}th epoch is shown." if every > 1 else ""),
        x_label="epoch",
        y_label=drawn[0].label,
        header=("epoch", drawn[0].label),
        rows=[(f"{epoch:.0f}", f"{value:.4f}") for epoch, value in points],
        layers=[Curve(points)],
        x_range=(points[0][0], points[-1][0]),
        x_is_whole=True,
    )


def quality_charts(quality: PredictionQuality | None) -> list[Plot]:
    """Show where predictions are good and where they are not."""
    if quality is None or not quality.n:
        return []
    return [
        _predicted_and_actual(quality),
        _residuals(quality),
        _calibration(quality),
        _by_group("customer activity", "customer's", quality.by_customer_activity, quality),
        _by_group("video popularity", "video's", quality.by_video_popularity, quality),
    ]


def _bounds(place: int, low: float, span: float) -> str:
    return f"{low + span * place / N_BINS:.2f} to {low + span * (place + 1) / N_BINS:.2f}"


def _predicted_and_actual(quality: PredictionQuality) -> Plot:
    span = quality.high - quality.low
    cells = [
        (int(actual), int(predicted), int(quality.joint[actual, predicted]))
        for actual, predicted in zip(*quality.joint.nonzero(), strict=True)
    ]
    within = float(quality.joint.trace() / quality.n)
    return Plot(
        title="Predicted against actual",
        summary=f"{quality.n:,} test ratings; darker is more of them, on the line a prediction is "
        f"exact. {within:.0%} are less than a bin ({span / N_BINS:.2g}) off.",
        x_label="actual",
        y_label="predicted",
        header=("actual", "predicted", "test ratings"),
        rows=[
            (_bounds(actual, quality.low, span), _bounds(predicted, quality.low, span), f"{n:,}")
            for actual, predicted, n in cells
        ],
        layers=[
            Cells(quality.low, quality.high, N_BINS, cells),
            equality(quality.low, quality.high),
        ],
        x_range=(quality.low, quality.high),
        y_range=(quality.low, quality.high),
    )


def _residuals(quality: PredictionQuality) -> Plot:
    span = quality.high - quality.low
    counts = [int(count) for count in quality.residuals]
    return Plot(
        title="Residuals",
        summary=f"Predicted minus actual: mean {quality.bias:+.4f}, root mean square "
        f"{quality.rmse:.4f}.",
        x_label="predicted minus actual",
        y_label="test ratings",
        header=("predicted minus actual", "test ratings"),
        rows=[(_bounds(n, -span, 2 * span), f"{c:,}") for n, c in enumerate(counts) if c],
        layers=[Columns([float(count) for count in counts])],
        x_range=(-span, span),
    )


def _calibration(quality: PredictionQuality) -> Plot:
    bins = quality.calibration
    worst = max(bins, key=lambda found: abs(found.predicted - found.actual))
    # Predictions may lie beyond every rating.
    low = min(quality.low, bins[0].predicted)
    high = max(quality.high, bins[-1].predicted)
    return Plot(
        title="Calibration",
        summary="What test ratings are on average where the model predicts so much; on the line "
        f"it is right on average. Farthest off: {worst.actual:.3f} where it predicts "
        f"{worst.predicted:.3f} ({worst.n:,} ratings).",
        x_label="mean prediction",
        y_label="mean rating",
        header=("mean prediction", "mean actual", "test ratings"),
        rows=[(f"{b.predicted:.4f}", f"{b.actual:.4f}", f"{b.n:,}") for b in bins],
        layers=[
            equality(low, high),
            Curve([(found.predicted, found.actual) for found in bins], dots=True),
        ],
        x_range=(low, high),
        y_range=(low, high),
    )


def _by_group(
    title: str, whose: str, groups: Sequence[ErrorOfGroup], quality: PredictionQuality
) -> Plot:
    labels = [_group_label(group) for group in groups]
    worst = max(groups, key=lambda group: group.rmse)
    return Plot(
        title=f"Error by {title}",
        summary=f"RMSE by the {whose} number of training ratings; largest {worst.rmse:.4f} with "
        f"{_group_label(worst)} of them, {quality.rmse:.4f} over all.",
        x_label=f"{whose} training ratings",
        y_label="RMSE",
        header=("training ratings", "test ratings", "RMSE", "MAE"),
        rows=[
            (label, f"{group.n:,}", f"{group.rmse:.4f}", f"{group.mae:.4f}")
            for label, group in zip(labels, groups, strict=True)
        ],
        layers=[Columns([group.rmse for group in groups])],
        names=labels,
    )


def _group_label(group: ErrorOfGroup) -> str:
    if group.high < 0:
        return f"{group.low}+"
    return f"{group.low}" if group.low == group.high else f"{group.low}-{group.high}"
