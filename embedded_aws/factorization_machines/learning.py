"""Epochs over the samples, and what they achieve."""

from __future__ import annotations

import math
import time

import numpy as np

from embedded_aws.factorization_machines import job_log
from embedded_aws.factorization_machines.container import AlgorithmError, ClientError
from embedded_aws.factorization_machines.epochs import EpochRunner
from embedded_aws.factorization_machines.metrics import batch_metrics, running_mean
from embedded_aws.factorization_machines.parameters import Parameters
from embedded_aws.factorization_machines.samples import Samples
from embedded_aws.factorization_machines.settings import TrainingSettings
from recommender.model_artifact import FactorizationMachinesModel
from recommender.scoring import score

# Bounds the memory that scoring takes: a few times these rows by num_factors.
_ROWS_PER_CHUNK = 100_000
# Entries times factors that a worker should have in a mini-batch; an entry's own cost in factors.
# Below that, waiting for each other takes longer than the work.
_MIN_WORK_PER_WORKER = 40_000
_OVERHEAD_IN_FACTORS = 16


def train(
    settings: TrainingSettings,
    samples: Samples,
    rng: np.random.Generator,
    *,
    host: str,
    n_workers: int = 1,
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
    n_workers : int
        Threads at most; fewer where mini-batches are too small to be shared. The model is the
        same for any number.

    Raises
    ------
    ClientError
        If the model does not fit into memory.
    AlgorithmError
        If scores are not finite in an epoch.
    ModelArtifactError
        If only the very last update leaves numbers that are not finite.
    """
    n_batches = -(-len(samples.labels) // settings.mini_batch_size)
    batches = (n_batches, settings.mini_batch_size)
    try:
        parameters = Parameters.initial(settings, rng)
        scores = np.empty(batches, np.float32)
        runner = EpochRunner(
            settings, samples, parameters, min(n_workers, _useful_workers(settings, samples))
        )
    except (MemoryError, ValueError) as error:
        raise ClientError(
            f"feature_dim {settings.feature_dim}, num_factors {settings.num_factors} and "
            f"mini_batch_size {settings.mini_batch_size} need more memory than there is ({error})"
        ) from error
    labels = np.resize(samples.labels, batches)  # repeats the samples from the start
    with runner as run_epoch:
        for epoch in range(settings.epochs):
            started_at = time.time()
            run_epoch(scores.reshape(-1))
            metrics = batch_metrics(scores, labels, is_classifier=settings.is_classifier)
            for batch in range(0, n_batches, settings.batch_metrics_publish_interval):
                where = f"epoch={epoch}, batch={batch} train"
                job_log.log_quality(host, where, running_mean(metrics, batch + 1))
            means = running_mean(metrics, n_batches)
            job_log.log_quality(host, f"epoch={epoch}, train", means)
            job_log.log_epoch_end(host, epoch, settings.epochs, scores.size, started_at)
            if not all(map(math.isfinite, means.values())):
                raise AlgorithmError(
                    f"training diverged in epoch {epoch}: scores are no longer finite; lower "
                    "bias_lr, linear_lr, factors_lr or the initial values"
                )
    job_log.log_quality(host, "train", means)
    return parameters.model()


def _useful_workers(settings: TrainingSettings, samples: Samples) -> int:
    """Count the threads to which a mini-batch gives enough to do between two waits."""
    entries_per_batch = samples.features.nnz / len(samples.labels) * settings.mini_batch_size
    work = entries_per_batch * (settings.num_factors + _OVERHEAD_IN_FACTORS)
    return max(1, int(work / _MIN_WORK_PER_WORKER))


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
