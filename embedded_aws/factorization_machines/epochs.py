"""Epochs by several threads, over arrays that are made once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embedded_aws.factorization_machines.parameters import Parameters
from embedded_aws.factorization_machines.samples import Samples
from embedded_aws.factorization_machines.settings import TrainingSettings
from embedded_aws.factorization_machines.worker_choice import WorkerChoice


class EpochRunner:
    """Runs `kernels.train_batches`; a context manager, because it has threads.

    Parameters
    ----------
    settings : TrainingSettings
    samples : Samples
    parameters : Parameters
        Changed in place by each epoch.
    n_workers : int
    """

    def __init__(
        self,
        settings: TrainingSettings,
        samples: Samples,
        parameters: Parameters,
        n_workers: int,
    ) -> None:
        # Only here, as this loads the compiler, which takes a moment.
        from embedded_aws.factorization_machines.feature_groups import FeatureGroups
        from embedded_aws.factorization_machines.kernels import train_batches
        from embedded_aws.factorization_machines.processors import new_gate

        features = samples.features
        batch_size = settings.mini_batch_size
        self._train_batches = train_batches
        self._n_batches = -(-len(samples.labels) // batch_size)
        self._choice = WorkerChoice(n_workers)
        self._pool = ThreadPoolExecutor(n_workers)
        self._n_steps = 0
        self._gate = new_gate()
        groups = FeatureGroups.of(features, n_batches=self._n_batches, batch_size=batch_size)
        self._data = (
            np.ascontiguousarray(features.indptr, np.int64),
            np.ascontiguousarray(features.indices, np.int32),
            np.ascontiguousarray(features.data, np.float32),
            np.ascontiguousarray(samples.labels, np.float32),
            *groups.arrays,
            parameters.bias,
            parameters.linear,
            parameters.factors,
        )
        self._task = (batch_size, settings.is_classifier)
        self._optimizer = _optimizer_arrays(settings)
        self._memory = (
            np.empty(batch_size, np.float32),
            np.empty((batch_size, settings.num_factors), np.float32),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def __call__(self, scores: NDArray[np.float32]) -> None:
        """Run one epoch.

        Parameters
        ----------
        scores : float32 array, shape (n_batches * mini_batch_size,)
            Receives each sample's score before the update that the sample is a part of.
        """
        first = 0
        while first < self._n_batches:
            last = min(self._n_batches, first + self._choice.n_batches)
            started_at = time.perf_counter()
            self._train(first, last, scores)
            self._choice.record(last - first, time.perf_counter() - started_at)
            first = last

    def _train(self, first: int, last: int, scores: NDArray[np.float32]) -> None:
        n_workers = self._choice.n_workers

        def work(worker: int) -> None:
            self._train_batches(
                worker,
                n_workers,
                self._gate,
                *self._data,
                first,
                last,
                *self._task,
                self._n_steps,
                *self._optimizer,
                *self._memory,
                scores,
            )

        for _ in self._pool.map(work, range(n_workers)):
            pass
        self._n_steps += last - first


def _optimizer_arrays(settings: TrainingSettings) -> tuple[NDArray[Any], ...]:
    """Give learning rates and decays of bias, linear weights and factors, and the constants."""
    groups = (settings.bias, settings.linear, settings.factors)
    return (
        np.array([g.learning_rate if g.used else 0.0 for g in groups], np.float32),
        np.array([g.decay for g in groups], np.float32),
        np.array([settings.rescale_grad, settings.clip_gradient, settings.eps], np.float32),
    )
