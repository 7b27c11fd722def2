"""What trainings took and achieved: raw, as `benchmarks.results` keeps costs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.measuring import Spread


@dataclass(frozen=True, slots=True)
class Training:
    """One training, in a process of its own.

    Attributes
    ----------
    epoch_seconds : list of float
        Of each epoch over the training rows (libFM, myFM: iteration), without reading and
        evaluation.
    wall_seconds, cpu_seconds, peak_mib : float
        Of the whole process: reading, learning, evaluation and, where there is one, the model's
        file.
    rmse : float
        Of the test rows.
    """

    epoch_seconds: list[float]
    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    rmse: float

    @property
    def epoch(self) -> float:
        """Median seconds of an epoch."""
        return statistics.median(self.epoch_seconds)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A contestant on some data.

    Attributes
    ----------
    part : str
        Of the benchmark.
    data : str
    n_rows : int
        To train on.
    contestant : str
        Where only this project takes part, its settings.
    num_factors, cores : int
    trainings : list of Training
        In the order of the turns: the n-th of all contestants belong together.
    """

    part: str
    data: str
    n_rows: int
    contestant: str
    num_factors: int
    cores: int
    trainings: list[Training]

    def spread(self, number: Callable[[Training], float]) -> Spread:
        """Sum up a number over the turns."""
        return Spread.of([number(training) for training in self.trainings])

    @property
    def seconds(self) -> Spread:
        """Of an epoch."""
        return self.spread(lambda training: training.epoch)

    @property
    def rmse(self) -> Spread:
        """Of the test rows."""
        return self.spread(lambda training: training.rmse)


def epoch_ratio(ones: Measurement, others: Measurement) -> Spread:
    """Divide seconds of an epoch, turn by turn."""
    pairs = zip(ones.trainings, others.trainings, strict=True)
    return Spread.of([one.epoch / other.epoch for one, other in pairs])


@dataclass
class Results:
    """Everything that was measured.

    Attributes
    ----------
    machine : dict
        As `machine.describe` gives it.
    limits : dict
        By data, the test RMSE of the model that the ratings were planted with.
    measurements : list of Measurement
    """

    machine: dict[str, str] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    measurements: list[Measurement] = field(default_factory=list)

    def replace(self, found: Sequence[Measurement]) -> None:
        """Keep measurements instead of those of the same part, data and number of factors."""
        groups = {(one.part, one.data, one.num_factors) for one in found}
        self.measurements = [
            one for one in self.measurements if (one.part, one.data, one.num_factors) not in groups
        ] + list(found)

    def groups(self, part: str) -> Iterator[list[Measurement]]:
        """Give a part's measurements, those together that were made in turn."""
        ours = [one for one in self.measurements if one.part == part]
        keys = dict.fromkeys((one.n_rows, one.data, one.num_factors) for one in ours)
        for key in sorted(keys):
            yield [one for one in ours if (one.n_rows, one.data, one.num_factors) == key]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        measurements = [
            Measurement(**{**one, "trainings": [Training(**each) for each in one["trainings"]]})
            for one in content["measurements"]
        ]
        return cls(content["machine"], content["limits"], measurements)

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
