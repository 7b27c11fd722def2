"""The training loop, compiled: forward, gradient and lazy Adam over mini-batches.

Model: Rendle, "Factorization Machines" (2010), equations 1 and 5. Updates: those of MXNet's sparse
``adam_update``, on which SageMaker's algorithm runs:

* the step size is ``lr * sqrt(1 - b2**t) / (1 - b1**t)``, with one count ``t`` of mini-batches for
  all parameters;
* only the features that occur in a mini-batch are updated (lazily), moments included;
* weight decay is a part of the gradient, ``g = rescale_grad * g + wd * w``, which is clipped after
  that;
* the gradient of the squared loss is ``score - label``, without the factor 2 (the algorithm's
  output is called "out" with the label "out_label", as MXNet's LinearRegressionOutput is); that of
  the log loss is ``sigmoid(score) - label``.

Several workers share each mini-batch: first its samples, whose scores do not depend on each other,
then its features, each of which one worker updates from all of its samples in their order. So the
result is the same, to the last bit, whatever the number of workers. On another processor it may
differ in the last bits, because a sum is taken in as many parts as its vectors are wide.

The time goes into fetching parameters from memory, hence their layout (a feature's values and
moments side by side) and the prefetching.

There is one specialisation, compiled once and kept in NUMBA_CACHE_DIR (beside this file where the
variable is not set). It holds no lock of Python, so signals and other threads are served.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from embedded_aws.factorization_machines.processors import prefetch, wait_for_all

BETA1 = 0.9
BETA2 = 0.999

# How far ahead parameters are fetched: entries of samples, groups of features.
_ENTRIES_AHEAD = 16
_GROUPS_AHEAD = 4
_FLOATS_PER_CACHE_LINE = 16

_SIGNATURE = (
    "void(int64, int64, int64[::1],"  # workers
    "int64[::1], int32[::1], float32[::1], float32[::1],"  # samples
    "int64[::1], int32[::1], int64[::1], int32[::1], float32[::1],"  # groups
    "float32[::1], float32[:, ::1], float32[:, :, ::1],"  # parameters
    "int64, int64, int64, boolean, int64, float32[::1], float32[::1], float32[::1],"  # settings
    "float32[::1], float32[:, ::1], float32[::1])"  # results
)


@numba.njit(  # type: ignore[untyped-decorator]
    "int64(int64[::1], int64, int64, int64)", cache=True, nogil=True, no_cfunc_wrapper=True
)
def _first_from(
    sorted_numbers: np.ndarray, start: int, end: int, number: int
) -> int:  # pragma: no cover - runs as machine code
    """Find the first place from `start` whose number is not below `number`, or `end`."""
    while start < end:
        middle = (start + end) // 2
        if sorted_numbers[middle] < number:
            start = middle + 1
        else:
            end = middle
    return start


@numba.njit(  # type: ignore[untyped-decorator]
    "void(float32[::1], float32, float32, float32, float32, float32, float32)",
    cache=True,
    nogil=True,
    no_cfunc_wrapper=True,
    error_model="numpy",
)
def _update(
    parameter: np.ndarray,
    gradient: float,
    rate: float,
    decay: float,
    rescale: float,
    clip: float,
    eps: float,
) -> None:  # pragma: no cover - runs as machine code
    """Do Adam's step on one parameter: value, first moment, second moment."""
    g = rescale * gradient + decay * parameter[0]
    if clip >= 0:
        g = min(max(g, -clip), clip)
    parameter[1] = np.float32(BETA1) * parameter[1] + np.float32(1 - BETA1) * g
    parameter[2] = np.float32(BETA2) * parameter[2] + np.float32(1 - BETA2) * g * g
    parameter[0] -= rate * parameter[1] / (np.sqrt(parameter[2]) + eps)


@numba.njit(  # type: ignore[untyped-decorator]
    _SIGNATURE,
    cache=True,
    nogil=True,
    no_cfunc_wrapper=True,
    error_model="numpy",
    fastmath={"reassoc", "contract"},
)
def train_batches(
    worker: int,
    n_workers: int,
    gate: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    labels: np.ndarray,
    first_group: np.ndarray,
    group_feature: np.ndarray,
    first_entry: np.ndarray,
    entry_position: np.ndarray,
    entry_value: np.ndarray,
    bias: np.ndarray,
    linear: np.ndarray,
    factors: np.ndarray,
    first_batch: int,
    last_batch: int,
    batch_size: int,
    is_classifier: bool,
    step: int,
    learning_rates: np.ndarray,
    decays: np.ndarray,
    constants: np.ndarray,
    residuals: np.ndarray,
    sums: np.ndarray,
    scores: np.ndarray,
) -> None:  # pragma: no cover - runs as machine code
    """Go over some mini-batches in their order, and change the parameters in place.

    To be called by all workers at the same time, with the same arrays.

    Parameters
    ----------
    worker, n_workers : int
        Which one of how many this is, from 0.
    gate : int64 array
        `processors.new_gate`.
    indptr, indices, values : int64, int32 and float32 arrays
        The samples' features as a CSR matrix of shape (n_samples, feature_dim).
    labels : float32 array, shape (n_samples,)
        0 or 1 for a classifier.
    first_group, group_feature, first_entry, entry_position, entry_value : arrays
        The same by mini-batch and feature: `feature_groups.FeatureGroups`.
    bias : float32 array, shape (3,)
        Value, first moment and second moment.
    linear : float32 array, shape (feature_dim, 3)
    factors : float32 array, shape (feature_dim, 3, num_factors)
    first_batch, last_batch : int
        Which mini-batches; the last one does not belong to them.
    batch_size : int
        Samples in a mini-batch. The last one is filled with samples from the start.
    is_classifier : bool
        Log loss of the score's sigmoid instead of squared loss.
    step : int
        Mini-batches seen before, in this epoch and in earlier ones.
    learning_rates, decays : float32 arrays, shape (3,)
        Of bias, linear weights and factors.
    constants : float32 array, shape (3,)
        ``rescale_grad``, ``clip_gradient`` (negative: no clipping) and ``eps``.
    residuals : float32 array, shape (batch_size,)
        Working memory.
    sums : float32 array, shape (batch_size, num_factors)
        Working memory.
    scores : float32 array, shape (n_batches * batch_size,)
        Receives each sample's score before the update that the sample is a part of.
    """
    n_samples = len(labels)
    num_factors = factors.shape[2]
    rescale, clip, eps = constants[0], constants[1], constants[2]
    beta1, beta2 = np.float32(BETA1), np.float32(BETA2)
    gamma1, gamma2 = np.float32(1 - BETA1), np.float32(1 - BETA2)
    gradient = np.empty(num_factors, np.float32)
    begin = worker * batch_size // n_workers
    end = (worker + 1) * batch_size // n_workers

    for batch in range(first_batch, last_batch):
        for position in range(begin, end):
            place = batch * batch_size + position
            sample = place % n_samples
            # Score: the pairwise term in linear time (Rendle 2010, equation 5).
            score = bias[0]
            squares = np.float32(0.0)
            total = sums[position]
            total[:] = np.float32(0.0)
            for entry in range(indptr[sample], indptr[sample + 1]):
                if entry + _ENTRIES_AHEAD < len(indices):
                    ahead = np.int64(indices[entry + _ENTRIES_AHEAD])
                    prefetch(linear, 3 * ahead)
                    for column in range(0, num_factors, _FLOATS_PER_CACHE_LINE):
                        prefetch(factors, 3 * num_factors * ahead + column)
                x = values[entry]
                score += linear[indices[entry], 0] * x
                weight = factors[indices[entry], 0]
                for column in range(num_factors):
                    product = weight[column] * x
                    total[column] += product
                    squares += product * product
            pairs = np.float32(0.0)
            for column in range(num_factors):
                pairs += total[column] * total[column]
            score += np.float32(0.5) * (pairs - squares)
            scores[place] = score
            prediction = score
            if is_classifier:
                prediction = np.float32(1.0) / (np.float32(1.0) + math.exp(-score))
            residuals[position] = np.float32(prediction - labels[sample])
        wait_for_all(gate, n_workers)

        # Each worker gets features with as many entries as the others'.
        step += 1
        correction = np.float32(math.sqrt(1.0 - BETA2**step) / (1.0 - BETA1**step))
        first, last = first_group[batch], first_group[batch + 1]
        start = first_entry[first]
        n_entries = first_entry[last] - start
        begin_entry = start + n_entries * worker // n_workers
        end_entry = start + n_entries * (worker + 1) // n_workers
        begin_group = _first_from(first_entry, first, last, begin_entry)
        end_group = _first_from(first_entry, first, last, end_entry)
        for group in range(begin_group, end_group):
            if group + _GROUPS_AHEAD < len(group_feature):
                ahead = 3 * num_factors * np.int64(group_feature[group + _GROUPS_AHEAD])
                for column in range(num_factors, 3 * num_factors, _FLOATS_PER_CACHE_LINE):
                    prefetch(factors, ahead + column)
            # With respect to a factor: the residual times x times what the other features sum up
            # to, which is the sum over all features less the feature's own part.
            feature = group_feature[group]
            linear_gradient, own_part = np.float32(0.0), np.float32(0.0)
            gradient[:] = np.float32(0.0)
            for entry in range(first_entry[group], first_entry[group + 1]):
                x = entry_value[entry]
                scale = residuals[entry_position[entry]] * x
                linear_gradient += scale
                own_part += scale * x
                total = sums[entry_position[entry]]
                for column in range(num_factors):
                    gradient[column] += scale * total[column]
            rate = learning_rates[2] * correction
            weight, mean, variance = factors[feature, 0], factors[feature, 1], factors[feature, 2]
            for column in range(num_factors):
                g = gradient[column] - own_part * weight[column]
                g = rescale * g + decays[2] * weight[column]
                if clip >= 0:
                    g = min(max(g, -clip), clip)
                mean[column] = beta1 * mean[column] + gamma1 * g
                variance[column] = beta2 * variance[column] + gamma2 * g * g
                weight[column] -= rate * mean[column] / (np.sqrt(variance[column]) + eps)
            rate = learning_rates[1] * correction
            _update(linear[feature], linear_gradient, rate, decays[1], rescale, clip, eps)
        if worker == 0:
            bias_gradient = np.float32(0.0)
            for position in range(batch_size):
                bias_gradient += residuals[position]
            rate = learning_rates[0] * correction
            _update(bias, bias_gradient, rate, decays[0], rescale, clip, eps)
        wait_for_all(gate, n_workers)
