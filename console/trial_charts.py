"""The tuning trials as charts: each objective, and each parameter against it."""

from __future__ import annotations

from collections.abc import Sequence

from console.charts import Dots, Layer, Plot
from console.result import short_number
from console.tuning_trials import Trial, best_trial

# So that the page stays readable; the table has them all.
MAX_PARAMETERS = 12
# From this ratio on, values are told apart on a logarithmic axis only.
_WIDE = 20.0


def trial_charts(trials: Sequence[Trial]) -> list[Plot]:
    """Show the objective of each trial in their order, then each tuned number against it.

    Of one trial alone nothing can be seen. Parameters that are words, or the same in every trial,
    have no chart.

    Parameters
    ----------
    trials : sequence of Trial
    """
    scored = [(trial, trial.objective) for trial in trials if trial.objective is not None]
    best = best_trial(trials)
    if best is None or len(scored) < 2:
        return []
    names = sorted({name for trial, _ in scored for name in trial.hyperparameters})
    found = [_objectives(trials, scored, best)]
    for name in names:
        points = [
            (number, objective, trial)
            for trial, objective in scored
            if (number := _number(trial.hyperparameters.get(name))) is not None
        ]
        if len({number for number, *_ in points}) > 1:
            found.append(_parameter(name, points, best))
    return found[: 1 + MAX_PARAMETERS]


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _marked(points: Sequence[tuple[float, float, Trial]], best: Trial) -> list[Layer]:
    others = [(x, y) for x, y, trial in points if trial.name != best.name]
    own = [(x, y) for x, y, trial in points if trial.name == best.name]
    layers: list[Layer] = [Dots(others)] if others else []
    return [*layers, Dots(own, "good", large=True, label="best")] if own else layers


def _objectives(
    trials: Sequence[Trial], scored: Sequence[tuple[Trial, float]], best: Trial
) -> Plot:
    values = [value for _, value in scored]
    return Plot(
        title="Objective of each trial",
        summary=f"{len(scored)} of {len(trials)} trials have an objective, {min(values):.4f} to "
        f"{max(values):.4f}; trial {best.number} is the best.",
        x_label="trial",
        y_label=best.metric_name,
        header=("trial", best.metric_name),
        rows=[(str(trial.number), f"{value:.4f}") for trial, value in scored],
        layers=_marked([(float(trial.number), value, trial) for trial, value in scored], best),
        x_range=(0.5, len(trials) + 0.5),
        x_is_whole=True,
    )


def _parameter(name: str, points: Sequence[tuple[float, float, Trial]], best: Trial) -> Plot:
    numbers = [number for number, *_ in points]
    low, high = min(numbers), max(numbers)
    own = short_number(str(best.hyperparameters.get(name, "unknown")))
    return Plot(
        title=f"{name} and the objective",
        summary=f"{len(points)} trials with {name} from {low:.4g} to {high:.4g}; the best has "
        f"{own}.",
        x_label=name,
        y_label=best.metric_name,
        header=("trial", name, best.metric_name),
        rows=[
            (str(trial.number), f"{number:.4g}", f"{objective:.4f}")
            for number, objective, trial in sorted(points, key=lambda point: point[0])
        ],
        layers=_marked(points, best),
        x_is_log=low > 0 and high > _WIDE * low,
    )
