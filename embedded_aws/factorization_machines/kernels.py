"""The training loop, compiled: forward, gradient and lazy Adam over one epoch.

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

There is one specialisation, compiled once and kept in NUMBA_CACHE_DIR (beside this file where the
variable is not set). It holds no lock of Python, so signals and other threads are served.
"""

from __future__ import annotations

import math

import numba
import numpy as np

BETA1 = 0.9
BETA2 = 0.999

_SIGNATURE = (
    "void(int64[::1], int32[::1], float32[::1], float32[::1],"  # samples
    "int64, int64, boolean,"  # batches
    "float32[::1], float32[:, ::1], float32[:, ::1], float32[:, ::1],"  # parameters
    "float32[::1], float32[::1], float32[::1],"  # settings
    "float32[::1], int64[::1])"  # results
)


@numba.njit(  # type: ignore[untyped-decorator]
    _SIGNATURE, cache=True, nogil=True, error_model="numpy", fastmath={"reassoc"}
)
def train_epoch(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    max_touched: int,
    is_classifier: bool,
    bias: np.ndarray,
    weights: np.ndarray,
    means: np.ndarray,
    variances: np.ndarray,
    learning_rates: np.ndarray,
    decays: np.ndarray,
    constants: np.ndarray,
    scores: np.ndarray,
    step: np.ndarray,
) -> None:  # pragma: no cover - runs as machine code
    """Go once over the samples in their order, and change the parameters in place.

    Parameters
    ----------
    indptr, indices, values : int64, int32 and float32 arrays
        The samples' features as a CSR matrix of shape (n_samples, feature_dim).
    labels : float32 array, shape (n_samples,)
        0 or 1 for a classifier.
    batch_size, max_touched : int
        Samples in a mini-batch, and a bound of how many features may occur in one.
    is_classifier : bool
        Log loss of the score's sigmoid instead of squared loss.
    bias : float32 array, shape (3,)
        Value, first moment and second moment of the bias.
    weights, means, variances : float32 arrays, shape (feature_dim, 1 + num_factors)
        Parameters of each feature and their moments; column 0 is the linear weight.
    learning_rates, decays : float32 arrays, shape (2 + num_factors,)
        Of the columns of `weights`; the last entry is the bias's.
    constants : float32 array, shape (3,)
        ``rescale_grad``, ``clip_gradient`` (negative: no clipping) and ``eps``.
    scores : float32 array, shape (n_batches * batch_size,)
        Receives each sample's score before the update that the sample is a part of. Beyond
        n_samples the last mini-batch is filled with samples from the start.
    step : int64 array, shape (1,)
        How many mini-batches have been seen; goes on counting over the epochs.
    """
    n_samples = labels.shape[0]
    n_columns = weights.shape[1]
    rescale, clip, eps = constants[0], constants[1], constants[2]
    slots = np.full(weights.shape[0], -1, np.int32)  # feature -> its row in `gradients`
    touched = np.empty(max_touched, np.int32)  # the inverse
    gradients = np.empty((max_touched, n_columns), np.float32)
    sums = np.empty(n_columns, np.float32)

    for batch in range(scores.shape[0] // batch_size):
        n_touched = 0
        bias_gradient = np.float32(0.0)
        for position in range(batch * batch_size, (batch + 1) * batch_size):
            sample = position % n_samples
            start, end = indptr[sample], indptr[sample + 1]

            # Score: the pairwise term in linear time (Rendle 2010, equation 5).
            score = bias[0]
            squares = np.float32(0.0)
            sums[:] = np.float32(0.0)
            for entry in range(start, end):
                x = values[entry]
                weight = weights[indices[entry]]
                score += weight[0] * x
                for column in range(1, n_columns):
                    product = weight[column] * x
                    sums[column] += product
                    squares += product * product
            pairs = np.float32(0.0)
            for column in range(1, n_columns):
                pairs += sums[column] * sums[column]
            score += np.float32(0.5) * (pairs - squares)
            scores[position] = score

            # Gradient, summed over the mini-batch.
            prediction = score
            if is_classifier:
                prediction = np.float32(1.0) / (np.float32(1.0) + math.exp(-score))
            residual = np.float32(prediction - labels[sample])
            bias_gradient += residual
            for entry in range(start, end):
                x = values[entry]
                feature = indices[entry]
                slot = slots[feature]
                if slot < 0:
                    slot = n_touched
                    slots[feature] = slot
                    touched[slot] = feature
                    gradients[slot, :] = np.float32(0.0)
                    n_touched += 1
                weight = weights[feature]
                gradient = gradients[slot]
                scale = residual * x
                gradient[0] += scale
                for column in range(1, n_columns):
                    gradient[column] += scale * (sums[column] - x * weight[column])

        # Adam, on the features that occurred.
        step[0] += 1
        correction = np.float32(math.sqrt(1.0 - BETA2 ** step[0]) / (1.0 - BETA1 ** step[0]))
        for slot in range(n_touched):
            feature = touched[slot]
            slots[feature] = -1
            weight, mean, variance = weights[feature], means[feature], variances[feature]
            for column in range(n_columns):
                g = rescale * gradients[slot, column] + decays[column] * weight[column]
                if clip >= 0:
                    g = min(max(g, -clip), clip)
                mean[column] = np.float32(BETA1) * mean[column] + np.float32(1 - BETA1) * g
                variance[column] = (
                    np.float32(BETA2) * variance[column] + np.float32(1 - BETA2) * g * g
                )
                change = correction * mean[column] / (np.sqrt(variance[column]) + eps)
                weight[column] -= learning_rates[column] * change

        g = rescale * bias_gradient + decays[n_columns] * bias[0]
        if clip >= 0:
            g = min(max(g, -clip), clip)
        bias[1] = np.float32(BETA1) * bias[1] + np.float32(1 - BETA1) * g
        bias[2] = np.float32(BETA2) * bias[2] + np.float32(1 - BETA2) * g * g
        change = correction * bias[1] / (np.sqrt(bias[2]) + eps)
        bias[0] -= learning_rates[n_columns] * change
