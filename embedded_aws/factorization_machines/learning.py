"""Epochs over the samples, and what they achieve."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedded_aws.factorization_machines import job_log
from embedded_aws.factorization_machines.container import AlgorithmError, ClientError
from embedded_aws.factorization_machines.metrics import batch_metrics, running_mean
from embedded_aws.factorization_machines.parameters import Parameters
from embedded_aws.factorization_machines.samples import Samples
from embedded_aws.factorization_machines.settings import TrainingSettings
from recommender.model_artifact import FactorizationMachinesModel
from recommender.scoring import score

# Bounds the memory that scoring takes: a few times these rows by num_factors.
_ROWS_PER_CHUNK = 100_000


def train(
    settings: TrainingSettings, samples: Samples, rng: np.random.Generator, *, host: str
) -> FactorizationMachinesModel:
    """Train on samples in their order, writing the algorithm's log to stdout.

    Parameters
    ----------
    settings : TrainingSettings
    samples : Samples
        At least one.
    rng : numpy.random.Generator
        For the initial values.
    host : str
        Name in the log.

    Raises
    ------
    ClientError
        If the model does not fit into memory.
    AlgorithmError
        If scores are not finite in an epoch.
    ModelArtifactError
        If only the very last update leaves numbers that are not finite.
    """
    # Only here, as this loads the compiler, which takes a second.
    from embedded_aws.factorization_machines.kernels import train_epoch

    n_batches = -(-len(samples.labels) // settings.mini_batch_size)
    batches = (n_batches, settings.mini_batch_size)
    try:
        parameters = Parameters.initial(settings, rng)
        scores = np.empty(batches, np.float32)
    except (MemoryError, ValueError) as error:
        raise ClientError(
            f"feature_dim {settings.feature_dim}, num_factors {settings.num_factors} and "
            f"mini_batch_size {settings.mini_batch_size} need more memory than there is ({error})"
        ) from error
    labels = np.resize(samples.labels, batches)  # repeats the samples from the start
    arguments = _kernel_arguments(settings, samples, parameters)
    step = np.zeros(1, np.int64)
    for epoch in range(settings.epochs):
        started_at = time.time()
        train_epoch(*arguments, scores.reshape(-1), step)
        metrics = batch_metrics(scores, labels, is_classifier=settings.is_classifier)
        for batch in range(0, n_batches, settings.batch_metrics_publish_interval):
            where = f"epoch={epoch}, batch={batch} train"
            job_log.log_quality(host, where, running_mean(metrics, batch + 1))
        means = running_mean(metrics, n_batches)
        job_log.log_quality(host, f"epoch={epoch}, train", means)
        job_log.log_epoch_end(host, epoch, settings.epochs, scores.size, started_at)
        if not all(map(math.isfinite, means.values())):
            raise AlgorithmError(
                f"training diverged in epoch {epoch}: scores are no longer finite; lower bias_lr, "
                "linear_lr, factors_lr or the initial values"
            )
    job_log.log_quality(host, "train", means)
    return parameters.model()


def evaluate(
    settings: TrainingSettings, model: FactorizationMachinesModel, samples: Samples
) -> dict[str, float]:
    """Compute the metrics over all samples at once, under the names of the log."""
    starts = range(0, len(samples.labels), _ROWS_PER_CHUNK)
    scores = [score(model, samples.features[at : at + _ROWS_PER_CHUNK]) for at in starts]
    metrics = batch_metrics(
        np.concatenate(scores)[None, :],
        samples.labels[None, :],
        is_classifier=settings.is_classifier,
    )
    return running_mean(metrics, 1)


def _kernel_arguments(
    settings: TrainingSettings, samples: Samples, parameters: Parameters
) -> tuple[Any, ...]:
    """Return what `kernels.train_epoch` gets in each epoch, in its types."""
    features = samples.features
    longest = int(np.diff(features.indptr).max())
    return (
        np.ascontiguousarray(features.indptr, np.int64),
        np.ascontiguousarray(features.indices, np.int32),
        np.ascontiguousarray(features.data, np.float32),
        np.ascontiguousarray(samples.labels, np.float32),
        settings.mini_batch_size,
        max(1, min(settings.feature_dim, settings.mini_batch_size * longest)),
        settings.is_classifier,
        parameters.bias,
        parameters.weights,
        parameters.means,
        parameters.variances,
        *_optimizer_arrays(settings),
    )


def _optimizer_arrays(settings: TrainingSettings) -> list[NDArray[np.float32]]:
    """Return learning rates and decays per column and for the bias, and the constants."""
    groups = [settings.linear, *[settings.factors] * settings.num_factors, settings.bias]
    return [
        np.array([g.learning_rate if g.used else 0.0 for g in groups], np.float32),
        np.array([g.decay for g in groups], np.float32),
        np.array([settings.rescale_grad, settings.clip_gradient, settings.eps], np.float32),
    ]
