"""The compiled loop against a slow, dense float64 implementation that shares no code with it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from embedded_aws.factorization_machines.feature_groups import FeatureGroups
from embedded_aws.factorization_machines.kernels import train_batches
from embedded_aws.factorization_machines.processors import new_gate

Array = np.ndarray[Any, Any]


class DenseReference:
    """Factorization Machines with lazy Adam, by the book and slowly."""

    def __init__(self, bias: float, linear: Array, factors: Array) -> None:
        self.parameters = [
            np.array([bias], float),
            linear.astype(float),
            factors.astype(float),
        ]
        self.means = [np.zeros_like(p) for p in self.parameters]
        self.variances = [np.zeros_like(p) for p in self.parameters]
        self.t = 0

    def score(self, x: Array) -> float:
        bias, linear, factors = self.parameters
        total = bias[0] + linear @ x
        for i in range(len(x)):
            for j in range(i + 1, len(x)):
                total += (factors[i] @ factors[j]) * x[i] * x[j]
        return float(total)

    def step(self, batch: Array, labels: Array, classify: bool, rates, decays, constants) -> Array:
        rescale, clip, eps = constants
        scores = np.array([self.score(x) for x in batch])
        predictions = 1 / (1 + np.exp(-scores)) if classify else scores
        factors = self.parameters[2]
        gradients = [np.zeros_like(p) for p in self.parameters]
        for x, residual in zip(batch, predictions - labels, strict=True):
            gradients[0] += residual
            gradients[1] += residual * x
            for i in range(len(x)):
                others = sum(factors[j] * x[j] for j in range(len(x)) if j != i)
                gradients[2][i] += residual * x[i] * others
        self.t += 1
        occurring = (batch != 0).any(axis=0)
        for p, m, v, g, lr, wd, rows in zip(
            self.parameters,
            self.means,
            self.variances,
            gradients,
            rates,
            decays,
            (np.array([True]), occurring, occurring),
            strict=True,
        ):
            g = rescale * g + wd * p
            if clip >= 0:
                g = np.clip(g, -clip, clip)
            m[rows] = 0.9 * m[rows] + 0.1 * g[rows]
            v[rows] = 0.999 * v[rows] + 0.001 * g[rows] ** 2
            size = lr * np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t)
            p[rows] -= size * m[rows] / (np.sqrt(v[rows]) + eps)
        return scores


class Kernel:
    """The compiled loop with its arrays, run by some workers."""

    def __init__(self, bias: float, linear: Array, factors: Array, n_workers: int = 1) -> None:
        self.bias = np.array([bias, 0, 0], np.float32)
        self.linear = np.zeros((len(linear), 3), np.float32)
        self.linear[:, 0] = linear
        self.factors = np.zeros((len(factors), 3, factors.shape[1]), np.float32)
        self.factors[:, 0] = factors
        self.n_workers = n_workers
        self.steps = 0

    @property
    def weights(self) -> Array:
        return np.column_stack([self.linear[:, 0], self.factors[:, 0]])

    def epoch(self, dense, labels, batch_size, classify, rates, decays, constants) -> Array:
        features = scipy.sparse.csr_matrix(dense.astype(np.float32))
        n_batches = -(-len(dense) // batch_size)
        groups = FeatureGroups.of(features, n_batches=n_batches, batch_size=batch_size)
        scores = np.empty(n_batches * batch_size, np.float32)
        gate = new_gate()
        arguments = (
            features.indptr.astype(np.int64),
            features.indices,
            features.data,
            labels.astype(np.float32),
            *groups.arrays,
            self.bias,
            self.linear,
            self.factors,
            0,
            n_batches,
            batch_size,
            classify,
            self.steps,
            np.array(rates, np.float32),
            np.array(decays, np.float32),
            np.array(constants, np.float32),
            np.empty(batch_size, np.float32),
            np.empty((batch_size, self.factors.shape[2]), np.float32),
            scores,
        )
        with ThreadPoolExecutor(self.n_workers) as pool:
            workers = range(self.n_workers)
            list(pool.map(lambda n: train_batches(n, self.n_workers, gate, *arguments), workers))
        self.steps += n_batches
        return scores


def random_problem(seed: int, classify: bool) -> tuple[Array, Array, tuple[float, Array, Array]]:
    """Several features per sample with any values, some samples empty, some features absent."""
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((23, 12)) < 0.3, rng.normal(size=(23, 12)), 0.0)
    dense[:, 7] = 0.0
    dense[4] = 0.0
    labels = rng.integers(2, size=23).astype(float) if classify else rng.normal(3, 1, size=23)
    start = (0.3, rng.normal(scale=0.5, size=12), rng.normal(scale=0.5, size=(12, 3)))
    return dense, labels, start


@pytest.mark.parametrize("classify", [False, True], ids=["regressor", "binary_classifier"])
@pytest.mark.parametrize("clip", [-1.0, 0.05], ids=["unclipped", "clipped"])
@pytest.mark.parametrize("batch_size", [5, 40], ids=["partial-batch", "batch-above-data"])
@pytest.mark.parametrize("n_workers", [1, 3])
def test_training_equals_the_dense_reference(classify, clip, batch_size, n_workers) -> None:
    dense, labels, start = random_problem(3, classify)
    rates, decays, constants = (0.05, 0.02, 0.01), (0.01, 0.02, 0.03), (1 / batch_size, clip, 1e-8)
    kernel, reference = Kernel(*start, n_workers), DenseReference(*start)
    n_batches = -(-len(dense) // batch_size)
    rows = np.arange(n_batches * batch_size) % len(dense)  # filled up from the start

    for _ in range(4):
        scores = kernel.epoch(dense, labels, batch_size, classify, rates, decays, constants)
        expected = [
            reference.step(dense[b], labels[b], classify, rates, decays, constants)
            for b in rows.reshape(n_batches, batch_size)
        ]
        np.testing.assert_allclose(scores, np.concatenate(expected), atol=1e-5, rtol=1e-5)

    bias, linear, factors = reference.parameters
    np.testing.assert_allclose(kernel.bias[0], bias[0], atol=1e-5)
    np.testing.assert_allclose(kernel.weights[:, 0], linear, atol=1e-5)
    np.testing.assert_allclose(kernel.weights[:, 1:], factors, atol=1e-5)


@pytest.mark.parametrize("classify", [False, True], ids=["regressor", "binary_classifier"])
def test_gradient_equals_finite_differences_of_the_loss(classify) -> None:
    dense, labels, (bias, linear, factors) = random_problem(5, classify)
    kernel = Kernel(bias, linear, factors)
    kernel.epoch(dense, labels, len(dense), classify, (0, 0, 0), (0, 0, 0), (1.0, -1.0, 1e-8))
    # After one step from nothing, the first moment is a tenth of the gradient.
    means = np.column_stack([kernel.linear[:, 1], kernel.factors[:, 1]])
    gradient = np.concatenate([kernel.bias[1:2], means.ravel()]) / 0.1

    def loss(flat: Array) -> float:
        model = DenseReference(flat[0], *_unflatten(flat[1:], factors.shape))
        scores = np.array([model.score(x) for x in dense])
        if classify:
            return float((np.logaddexp(0, scores) - labels * scores).sum())
        return float(((scores - labels) ** 2).sum() / 2)

    flat = np.concatenate([[bias], np.column_stack([linear, factors]).ravel()])
    step = 1e-5
    numeric = [
        (loss(flat + step * unit) - loss(flat - step * unit)) / (2 * step)
        for unit in np.eye(len(flat))
    ]
    np.testing.assert_allclose(gradient, numeric, atol=1e-3, rtol=1e-4)


def _unflatten(flat: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    table = flat.reshape(shape[0], shape[1] + 1)
    return table[:, 0], table[:, 1:]


def test_features_that_do_not_occur_stay_as_they_are() -> None:
    dense, labels, start = random_problem(9, classify=False)
    kernel = Kernel(*start)
    before = kernel.weights.copy()

    kernel.epoch(dense, labels, 5, False, (0.1,) * 3, (0.5,) * 3, (0.2, -1.0, 1e-8))

    np.testing.assert_array_equal(kernel.weights[7], before[7])  # no decay either
    assert (kernel.weights[[0, 1, 2]] != before[[0, 1, 2]]).all()


def test_a_rate_of_zero_freezes_one_group_only() -> None:
    dense, labels, start = random_problem(2, classify=False)
    kernel = Kernel(*start)
    before = kernel.weights.copy()

    kernel.epoch(dense, labels, 5, False, (0.1, 0.0, 0.1), (0.0,) * 3, (0.2, -1.0, 1e-8))

    np.testing.assert_array_equal(kernel.weights[:, 0], before[:, 0])
    assert (kernel.weights[0, 1:] != before[0, 1:]).all()


@pytest.mark.parametrize("classify", [False, True], ids=["regressor", "binary_classifier"])
def test_any_number_of_workers_gives_the_same_bits(classify) -> None:
    rng = np.random.default_rng(1)
    dense = np.where(rng.random((300, 50)) < 0.1, rng.normal(size=(300, 50)), 0.0)
    labels = rng.integers(2, size=300).astype(float)
    start = (0.3, rng.normal(size=50), rng.normal(scale=0.5, size=(50, 21)))
    rates, decays, constants = (0.05, 0.02, 0.01), (0.01, 0.02, 0.03), (1 / 64, -1.0, 1e-8)

    results = []
    for n_workers in (1, 2, 3, 8):
        kernel = Kernel(*start, n_workers)
        for _ in range(5):
            scores = kernel.epoch(dense, labels, 64, classify, rates, decays, constants)
        results.append([scores, kernel.bias, kernel.linear, kernel.factors])

    for result in results[1:]:
        for found, expected in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(found, expected)
