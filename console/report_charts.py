"""Which charts the report has, made of what a run left."""

from __future__ import annotations

import math
from collections.abc import Sequence

from console.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Dot,
    Plot,
    Rect,
    across,
    columns,
    curve,
    diagonal,
    upwards,
)
from console.run_details import RunDetails
from console.training_log import EpochMetric
from console.tuning_trials import Trial, best_trial
from recommender.prediction_quality import N_BINS, ErrorOfGroup, PredictionQuality
from recommender.rating_profile import RatingProfile, long_tail


def rating_charts(profile: RatingProfile | None) -> list[Plot]:
    """Show how the ratings that were kept are distributed."""
    if profile is None or not profile.n:
        return []
    return [_distribution(profile), _long_tail(profile)]


def _distribution(profile: RatingProfile) -> Plot:
    values = profile.values
    most = max(values, key=lambda pair: pair[1])
    mean = sum(value * count for value, count in values) / profile.n
    plot = Plot(
        title="Ratings that were kept",
        summary=f"{profile.n:,} ratings from {profile.low:g} to {profile.high:g}, mean {mean:.2f}; "
        f"the most frequent, {most[0]:g}, is {most[1] / profile.n:.1%} of them.",
        x_label="rating",
        y_label="ratings",
        header=("rating", "ratings", "share"),
        rows=[(f"{v:g}", f"{count:,}", f"{count / profile.n:.2%}") for v, count in values],
    )
    labels = [f"{value:.3g}" for value, _ in values]
    every = max(1, math.ceil(len(values) / 10))
    return columns(plot, labels, [float(count) for _, count in values], every=every)


def _long_tail(profile: RatingProfile) -> Plot:
    points = long_tail(profile.per_item)
    fifth = next(share for members, share in points if members >= 0.2)
    plot = Plot(
        title="The long tail",
        summary=f"The most rated fifth of {len(profile.per_item):,} videos has {fifth:.0%} of the "
        "ratings; the straight line would be equal popularity.",
        x_label="share of the videos, most rated first",
        y_label="share of the ratings",
        header=("videos", "ratings"),
        rows=[(f"{members:.1%}", f"{share:.1%}") for members, share in points],
    )
    x, y = across(0.0, 1.0), upwards(0.0, 1.0)
    return diagonal(curve(plot, points, x=x, y=y), x, y)


def learning_charts(metrics: Sequence[EpochMetric]) -> list[Plot]:
    """Draw each metric of a training over its epochs; one epoch alone is no curve."""
    names = dict.fromkeys(metric.name for metric in metrics)
    found = []
    for name in names:
        drawn = [m for m in metrics if m.name == name and math.isfinite(m.value)]
        if len(drawn) > 1:
            found.append(_learning_curve(drawn))
    return found


def _learning_curve(drawn: Sequence[EpochMetric]) -> Plot:
    points = [(float(metric.epoch + 1), metric.value) for metric in drawn]
    low, high = min(value for _, value in points), max(value for _, value in points)
    plot = Plot(
        title=f"{drawn[0].label} per epoch",
        summary=f"{points[0][1]:.4f} after the first epoch, {points[-1][1]:.4f} after "
        f"{points[-1][0]:.0f}; best {low:.4f}, worst {high:.4f}.",
        x_label="epoch",
        y_label=drawn[0].label,
        header=("epoch", drawn[0].label),
        rows=[(f"{epoch:.0f}", f"{value:.4f}") for epoch, value in points],
    )
    margin = 0.05 * (high - low) or 0.01
    y = upwards(low - margin, high + margin)
    return curve(plot, points, x=across(points[0][0], points[-1][0]), y=y)


def trial_chart(trials: Sequence[Trial]) -> Plot | None:
    """Show the objective of each trial, in the order they were made; the best is marked."""
    scored = [(trial, trial.objective) for trial in trials if trial.objective is not None]
    best = best_trial(trials)
    if best is None or len(scored) < 2:
        return None
    values = [value for _, value in scored]
    margin = 0.05 * (max(values) - min(values)) or 0.01
    x = across(0.5, len(trials) + 0.5)
    y = upwards(min(values) - margin, max(values) + margin)
    return Plot(
        title="Objective of each trial",
        summary=f"{len(scored)} of {len(trials)} trials have an objective, {min(values):.4f} to "
        f"{max(values):.4f}; trial {best.number} is the best.",
        x_label="trial",
        y_label=best.metric_name,
        header=("trial", best.metric_name),
        rows=[(str(trial.number), f"{value:.4f}") for trial, value in scored],
        dots=[
            Dot(x(trial.number), y(value), "best" if trial.name == best.name else "dot")
            for trial, value in scored
        ],
        x_ticks=[tick for tick in x.ticks() if float(tick.label.replace(",", "")).is_integer()],
        y_ticks=y.ticks(),
    )


def quality_charts(details: RunDetails) -> list[Plot]:
    """Show where predictions are good and where they are not."""
    quality = details.quality
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
    span, most = quality.high - quality.low, int(quality.joint.max())
    within = _share_in_own_bin(quality)
    plot = Plot(
        title="Predicted against actual",
        summary=f"{quality.n:,} test ratings; darker is more of them, on the line a prediction is "
        f"exact. {within:.0%} are less than a bin ({span / N_BINS:.2g}) off.",
        x_label="actual",
        y_label="predicted",
        header=("actual", "predicted", "test ratings"),
        rows=[],
    )
    x, y = across(quality.low, quality.high), upwards(quality.low, quality.high)
    width, height = (RIGHT - LEFT) / N_BINS, (BOTTOM - TOP) / N_BINS
    for actual, predicted in zip(*quality.joint.nonzero(), strict=True):
        count = int(quality.joint[actual, predicted])
        plot.rects.append(
            Rect(
                round(LEFT + width * actual, 2),
                round(BOTTOM - height * (predicted + 1), 2),
                width,
                round(height, 2),
                opacity=round(0.12 + 0.88 * math.sqrt(count / most), 2),
            )
        )
        plot.rows.append(
            (
                _bounds(actual, quality.low, span),
                _bounds(predicted, quality.low, span),
                f"{count:,}",
            )
        )
    plot.x_ticks, plot.y_ticks = x.ticks(), y.ticks()
    return diagonal(plot, x, y)


def _share_in_own_bin(quality: PredictionQuality) -> float:
    """Give the share of test ratings that are predicted into the bin where they are."""
    return float(quality.joint.trace() / quality.n)


def _residuals(quality: PredictionQuality) -> Plot:
    span = quality.high - quality.low
    counts = [int(count) for count in quality.residuals]
    plot = Plot(
        title="Residuals",
        summary=f"Predicted minus actual: mean {quality.bias:+.4f}, root mean square "
        f"{quality.rmse:.4f}.",
        x_label="predicted minus actual",
        y_label="test ratings",
        header=("predicted minus actual", "test ratings"),
        rows=[(_bounds(n, -span, 2 * span), f"{c:,}") for n, c in enumerate(counts) if c],
    )
    columns(plot, [""] * N_BINS, [float(count) for count in counts])
    plot.x_ticks = across(-span, span).ticks()
    return plot


def _calibration(quality: PredictionQuality) -> Plot:
    bins = quality.calibration
    worst = max(bins, key=lambda found: abs(found.predicted - found.actual))
    plot = Plot(
        title="Calibration",
        summary="What test ratings are on average where the model predicts so much; on the line "
        f"it is right on average. Farthest off: {worst.actual:.3f} where it predicts "
        f"{worst.predicted:.3f} ({worst.n:,} ratings).",
        x_label="mean prediction",
        y_label="mean rating",
        header=("mean prediction", "mean actual", "test ratings"),
        rows=[(f"{b.predicted:.4f}", f"{b.actual:.4f}", f"{b.n:,}") for b in bins],
    )
    # Predictions may lie beyond every rating.
    low = min(quality.low, bins[0].predicted)
    high = max(quality.high, bins[-1].predicted)
    x, y = across(low, high), upwards(low, high)
    points = [(found.predicted, found.actual) for found in bins]
    return diagonal(curve(plot, points, x=x, y=y, with_dots=True), x, y)


def _by_group(
    title: str, whose: str, groups: Sequence[ErrorOfGroup], quality: PredictionQuality
) -> Plot:
    labels = [_group_label(group) for group in groups]
    worst = max(groups, key=lambda group: group.rmse)
    plot = Plot(
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
    )
    return columns(plot, labels, [group.rmse for group in groups])


def _group_label(group: ErrorOfGroup) -> str:
    if group.high < 0:
        return f"{group.low}+"
    return f"{group.low}" if group.low == group.high else f"{group.low}-{group.high}"
