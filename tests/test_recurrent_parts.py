"""Recurrent kernels: products beside the way back on threads, how gates lie in memory, awkward sizes."""

import threading
import time

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.kernels import recurrent as kernels
from kytorch.kernels import recurrent_gradients

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]


def normal(*shape, seed=0, dtype=np.float32):
    return Tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def flat(outputs):
    return [outputs] if isinstance(outputs, Tensor) else [y for part in outputs for y in flat(part)]


def learned(layer, x, create_graph=False, **options):
    """All outputs of a layer, and the gradients of a loss of them all, by weight."""
    outputs = flat(layer(x.tensor(), **options))
    terms = [(y * normal(*y.shape, seed=i, dtype=y.dtype)).sum() for i, y in enumerate(outputs)]
    found = sum(terms[1:], terms[0]).backward(create_graph=create_graph)
    return [y.numpy() for y in outputs], {weight: g.numpy() for g, weight in found}


def bits(outputs, gradients):
    return [y.tobytes() for y in outputs], [g.tobytes() for g in gradients.values()]


def share_all(monkeypatch):
    """Small layers are to share their products too."""
    monkeypatch.setattr(recurrent_gradients, "_SHARED", 0)


OPTIONS = [{}, {"bidirectional": True, "num_layers": 2}, {"bias": False}]


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", [24, 160])
def test_results_are_the_same_bit_for_bit_on_any_number_of_threads(kind, options, dtype, hidden, monkeypatch):
    share_all(monkeypatch)
    layer = kind(40, hidden, **options, dtype=dtype, generator=np.random.default_rng(1))
    x = TrainableWeight(normal(6, 48, 40, dtype=dtype))
    answers = []
    for number in (1, 2, 3):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(number))
        answers.append(bits(*learned(layer, x)))
    assert all(answer == answers[0] for answer in answers)


def test_projections_and_padding_are_the_same_bit_for_bit_on_threads(monkeypatch):
    share_all(monkeypatch)
    layer = nn.LSTM(16, 256, proj_size=64, bidirectional=True, generator=np.random.default_rng(1))
    x, lengths = TrainableWeight(normal(15, 64, 16)), np.random.default_rng(2).integers(1, 16, 64)
    answers = []
    for number in ("1", "2"):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", number)
        answers.append(bits(*learned(layer, x, lengths=lengths)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(("dtype", "near"), [(np.float32, 5e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize(
    ("steps", "batch", "features", "hidden"),
    [(1, 1, 1, 1), (1, 17, 3, 33), (5, 1, 65, 33), (7, 17, 5, 1), (6, 32, 9, 130), (4, 48, 7, 160), (3, 2, 1, 64)],
)
def test_awkward_sizes_give_what_the_definition_gives(
    shared, kind, dtype, near, steps, batch, features, hidden, monkeypatch
):
    if shared:
        share_all(monkeypatch)
    layer = kind(features, hidden, dtype=dtype, generator=np.random.default_rng(1))
    x = TrainableWeight(normal(steps, batch, features, dtype=dtype))
    y = layer(x.tensor())[0]
    node = next(node for node in nodes(y._grad_fn) if hasattr(node, "composition"))
    plain = node.composition(*[Tensor(array) for array in node._arrays]).numpy()[1 : steps + 1]
    np.testing.assert_allclose(y.numpy(), plain, rtol=0, atol=near)
    _, found = learned(layer, x)
    _, expected = learned(layer, x, create_graph=True)
    assert set(found) == set(expected)
    for weight, g in found.items():
        assert g.dtype == dtype
        scale = max(1.0, np.abs(expected[weight]).max())
        np.testing.assert_allclose(g, expected[weight], rtol=0, atol=near * scale)


def nodes(grad_fn):
    yield grad_fn
    for child in grad_fn._inputs:
        yield from nodes(child)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_of_frozen_weights_are_not_made(shared, kind, monkeypatch):
    if shared:
        share_all(monkeypatch)
    layer = kind(3, 4, generator=np.random.default_rng(1))
    x = TrainableWeight(normal(5, 2, 3))
    _, every = learned(layer, x)
    for frozen in (
        ["weight_ih_l0"],
        ["weight_hh_l0"],
        ["bias_ih_l0"],
        ["bias_hh_l0"],
        ["weight_ih_l0", "weight_hh_l0"],
    ):
        weights = [getattr(layer, path).requires_grad_(False) for path in frozen]
        _, found = learned(layer, x)
        for weight in weights:
            weight.requires_grad_(True)
        assert set(every) - set(found) == set(weights)
        for other, g in found.items():
            np.testing.assert_allclose(g, every[other], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("rows", "k", "n"), [(16, 256, 256), (16, 512, 160), (48, 100, 33), (64, 512, 64)])
@pytest.mark.parametrize("by_columns", [False, True])
@pytest.mark.parametrize("steps", [1, 9])
def test_products_of_gates_are_those_of_numpy(rows, k, n, by_columns, steps):
    generator = np.random.default_rng(1)
    x, matrices = generator.standard_normal((2, rows, k)), generator.standard_normal((2, 4, k, n))
    expected = (x[:, None] @ matrices).sum(0)
    if by_columns:
        matrices = np.ascontiguousarray(matrices.swapaxes(2, 3)).swapaxes(2, 3)
    out = np.empty((4, rows, n))
    kernels.products_by(matrices, rows, steps)(x, out)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("batch", "n"), [(1, 3), (4, 5), (2, 2048), (64, 160), (0, 4)])
def test_what_products_take_are_the_gates_themselves(batch, n):
    gates = kernels.empty((3, 5, batch, n), np.float32)
    gates[...] = np.arange(3.0).reshape(3, 1, 1, 1)
    for step in kernels.by_step(gates):
        step *= 2
    matrices = kernels.side_by_side(gates)
    assert len(matrices) == (3 if kernels.apart(batch, n) else 1)
    for matrix in matrices:
        matrix += 1
    np.testing.assert_array_equal(gates, np.broadcast_to(1 + 2 * np.arange(3.0).reshape(3, 1, 1, 1), gates.shape))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("number", ["1", "3"])
def test_products_are_made_of_steps_that_are_done(reverse, number, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", number)
    share_all(monkeypatch)
    steps = 10
    d, x = np.full((steps, 1, 2), np.nan), np.ones((steps, 1, 3))
    products = recurrent_gradients.Products(steps, 1)
    found, g_x = products.weights([d], (x, None), True), products.input([d], np.eye(2))

    def back(done):
        for k in reversed(range(steps)):
            d[steps - 1 - k if reverse else k] = k
            done(k)
            time.sleep(0.001)
        return "what it gives"

    assert products.beside(back, reverse) == "what it gives"
    g_w, nothing, g_b = found()
    assert nothing is None
    np.testing.assert_array_equal(g_w, np.full((2, 3), 45.0))
    np.testing.assert_array_equal(g_b, [45.0, 45.0])
    np.testing.assert_array_equal(g_x, d)


@pytest.mark.parametrize("number", ["1", "2"])
def test_an_error_on_the_way_back_is_raised_and_no_thread_waits_on(number, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", number)
    share_all(monkeypatch)
    products = recurrent_gradients.Products(4, 1)
    made = []
    products._pieces = [[lambda: made.append(threading.get_ident())] for _ in products._parts]

    def back(done):
        done(2)
        raise FloatingPointError("on the way")

    with pytest.raises(FloatingPointError, match="on the way"):
        products.beside(back)
    assert len(made) <= 2
    assert recurrent_gradients.Products(4, 1).beside(lambda done: 3) == 3
