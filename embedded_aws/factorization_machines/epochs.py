"""Epochs by several threads, over arrays that are made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embedded_aws.factorization_machines.parameters import Parameters
from embedded_aws.factorization_machines.samples import Samples
from embedded_aws.factorization_machines.settings import TrainingSettings


class EpochRunner:
    """Runs `kernels.train_epoch`; a context manager, because it has threads.

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
        from embedded_aws.factorization_machines.kernels import train_epoch
        from embedded_aws.factorization_machines.processors import new_gate

        features = samples.features
        batch_size = settings.mini_batch_size
        self._train_epoch = train_epoch
        self._n_batches = -(-len(samples.labels) // batch_size)
        self._n_workers = n_workers
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
            batch_size,
            settings.is_classifier,
        )
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
        running = [self._pool.submit(self._work, n, scores) for n in range(self._n_workers)]
        for future in running:
            future.result()
        self._n_steps += self._n_batches

    def _work(self, worker: int, scores: NDArray[np.float32]) -> None:
        self._train_epoch(
            worker,
            self._n_workers,
            self._gate,
            *self._data,
            self._n_steps,
            *self._optimizer,
            *self._memory,
            scores,
        )


def _optimizer_arrays(settings: TrainingSettings) -> tuple[NDArray[Any], ...]:
    """Give learning rates and decays of bias, linear weights and factors, and the constants."""
    groups = (settings.bias, settings.linear, settings.factors)
    return (
        np.array([g.learning_rate if g.used else 0.0 for g in groups], np.float32),
        np.array([g.decay for g in groups], np.float32),
        np.array([settings.rescale_grad, settings.clip_gradient, settings.eps], np.float32),
    )
