"""Kernels whose blocks threads share: the same numbers, bit for bit, on any number of threads and at any size."""

import threading

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, nn
from kytorch.kernels import attention as attention_kernels
from kytorch.kernels import blocks, reduce, softmax
from kytorch.kernels.attention import Terms
from kytorch.nn import functional

MANY = blocks.MANY
LARGE = (3, MANY // 2 + 37)  # more than is shared, and the last block is short
MATRIX = (MANY // 256 + 3, 257)
SHORT_ROWS = (MANY // 16 + 5, 17)
SUMMED = (MANY // 64 + 3, 513)  # threads share sums of still more
IMAGES = (5, 61, MANY // 256 + 1)

OPERATIONS = {
    "gelu": (functional.gelu, LARGE),
    "gelu_tanh": (lambda x: functional.gelu(x, "tanh"), LARGE),
    "silu": (functional.silu, LARGE),
    "mish": (functional.mish, LARGE),
    "relu": (functional.relu, LARGE),
    "sigmoid": (functional.sigmoid, LARGE),
    "leaky_relu": (lambda x: functional.leaky_relu(x, 0.1), LARGE),
    "elu": (functional.elu, LARGE),
    "hardswish": (functional.hardswish, LARGE),
    "softplus": (functional.softplus, LARGE),
    "erf": (kytorch.erf, LARGE),
    "glu": (lambda x: functional.glu(x, 1), (MATRIX[0], 514)),
    "softmax": (lambda x: functional.softmax(x, 1), MATRIX),
    "softmax_of_short_rows": (lambda x: functional.softmax(x, 1), SHORT_ROWS),
    "softmax_of_columns": (lambda x: functional.softmax(x, 0), MATRIX),
    "softmax_of_channels": (lambda x: functional.softmax(x, 1), IMAGES),
    "log_softmax": (lambda x: functional.log_softmax(x, 1), MATRIX),
    "logsumexp": (lambda x: kytorch.logsumexp(x, 1), MATRIX),
    "layer_norm": (lambda x: functional.layer_norm(x, (x.shape[1],)), MATRIX),
    "layer_norm_of_short_rows": (lambda x: functional.layer_norm(x, (x.shape[1],)), SHORT_ROWS),
    "rms_norm": (lambda x: functional.rms_norm(x, (x.shape[1],)), MATRIX),
    "batch_norm": (lambda x: functional.batch_norm(x, None, None, training=True), IMAGES),
    "batch_norm_of_running_statistics": (nn.BatchNorm1d(61).eval(), IMAGES),
    "group_norm": (lambda x: functional.group_norm(x, 2), (9, 62, MANY // 256 + 1)),
    "instance_norm": (functional.instance_norm, IMAGES),
    "dropout": (lambda x: functional.dropout(x, 0.3, generator=np.random.default_rng(5)), LARGE),
    "sum": (kytorch.sum, SUMMED),
    "sum_of_rows": (lambda x: x.sum(1), SUMMED),
    "sum_of_columns": (lambda x: x.sum(0), SUMMED),
    "mean": (lambda x: x.mean(0), (SUMMED[0] * 27, 19)),
}


def on_threads(monkeypatch, answer):
    """What `answer` gives on 1, 2 and 3 threads, in bytes."""
    found = []
    for threads in "123":
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
        found.append([np.asarray(x).tobytes() for x in answer()])
    return found


def drawn(shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("name", OPERATIONS)
def test_large_arrays_give_the_same_bits_on_any_number_of_threads(name, monkeypatch):
    function, shape = OPERATIONS[name]
    x = drawn(shape)

    def answer():
        weight = TrainableWeight(x)
        y = function(weight.tensor())
        return y, *[g for g, _ in y.backward(Tensor(drawn(y.shape, seed=1)))]

    one, two, three = on_threads(monkeypatch, answer)
    assert one == two == three


def test_the_weights_of_a_norm_get_the_same_bits_on_any_number_of_threads(monkeypatch):
    x, g = drawn(MATRIX), drawn(MATRIX, seed=1)

    def answer():
        layer = nn.LayerNorm(MATRIX[1])
        return [gradient for gradient, _ in layer(Tensor(x)).backward(Tensor(g))]

    one, two, three = on_threads(monkeypatch, answer)
    assert len(one) == 2 and one == two == three


ATTENTIONS = {
    "short": ((6, 4, 128, 32), {}),
    "causal": ((16, 4, 128, 32), {"is_causal": True}),
    "long_and_causal": ((1, 3, 517, 16), {"is_causal": True}),
    "long": ((2, 3, 450, 16), {}),
    "dropout": ((6, 4, 128, 32), {"dropout_p": 0.2}),
    "mask": ((6, 4, 128, 32), {"attn_mask": Tensor(drawn((128, 128), seed=7))}),
    "great_scores": ((6, 4, 128, 32), {"scale": 30.0}),
}


@pytest.mark.parametrize("name", ATTENTIONS)
def test_attention_gives_the_same_bits_on_any_number_of_threads(name, monkeypatch):
    shape, options = ATTENTIONS[name]
    arrays = [drawn(shape, seed=i) for i in range(4)]

    def answer():
        weights = [TrainableWeight(x) for x in arrays[:3]]
        generator = np.random.default_rng(3)
        y = functional.scaled_dot_product_attention(*[w.tensor() for w in weights], generator=generator, **options)
        return y, *[g for g, _ in y.backward(Tensor(arrays[3]))]

    one, two, three = on_threads(monkeypatch, answer)
    assert len(one) == 4 and one == two == three


def test_the_gradient_of_a_mask_that_heads_share_has_the_same_bits_on_any_number_of_threads(monkeypatch):
    q, k, v, g = [drawn((6, 4, 128, 32), seed=i) for i in range(4)]

    def answer():
        mask = TrainableWeight(drawn((128, 128), seed=7))
        y = functional.scaled_dot_product_attention(Tensor(q), Tensor(k), Tensor(v), mask.tensor())
        return [gradient for gradient, _ in y.backward(Tensor(g))]

    one, two, three = on_threads(monkeypatch, answer)
    assert one == two == three


# Who computes


def test_pieces_of_large_arrays_are_computed_by_two_threads_at_once(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    meeting, seen = threading.Barrier(2), set()

    def work(pieces):
        for piece in pieces:
            meeting.wait(20)  # which one thread alone would not leave
            seen.add((piece, threading.get_ident()))

    blocks.share(work, [0, 1], MANY)
    assert {piece for piece, _ in seen} == {0, 1} and len({thread for _, thread in seen}) == 2


@pytest.mark.parametrize(("pieces", "elements"), [([0, 1, 2], MANY - 1), ([0], MANY), ([], MANY)])
def test_few_elements_and_one_piece_stay_in_the_calling_thread(pieces, elements, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    calls = []
    blocks.share(lambda waiting: calls.append((threading.get_ident(), list(waiting))), pieces, elements)
    assert calls == [(threading.get_ident(), pieces)]


def test_an_error_in_a_shared_kernel_reaches_the_caller(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")

    def step(x, y):
        raise FloatingPointError("told")

    with pytest.raises(FloatingPointError, match="told"):
        blocks.by_blocks(step, 0, np.ones(LARGE, np.float32))


# Awkward sizes, and numbers far from 0


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_tanh_slope(x):
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x * x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1, 7, blocks.BLOCK - 1, blocks.BLOCK + 1, 2 * blocks.BLOCK, MANY, 1_048_583])
def test_gelu_of_any_number_of_elements_is_its_formula(size, dtype, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    x, g = drawn(size, dtype) * dtype(3), drawn(size, dtype, 1)
    weight = TrainableWeight(x)
    y = functional.gelu(weight.tensor(), "tanh")
    ((gradient, _),) = y.backward(Tensor(g))
    wide = x.astype(np.float64)
    assert y.dtype == gradient.dtype == dtype
    few = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(y.numpy(), gelu_tanh(wide), rtol=few, atol=few)
    np.testing.assert_allclose(gradient.numpy(), g.astype(np.float64) * gelu_tanh_slope(wide), rtol=few, atol=8 * few)


def exact_softmax(x):
    wide = x.astype(np.float64)
    e = np.exp(wide - wide.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize("width", [1, 2, 64, 65, 257, 1031])
@pytest.mark.parametrize("centre", [0.0, 39.0, -39.0, 87.0, -87.0, 300.0, -300.0])
def test_softmax_far_from_zero_is_its_formula(width, centre):
    x = drawn((2048 // width + 1031, width)) + np.float32(centre)
    np.testing.assert_allclose(softmax.softmax(x, 1), exact_softmax(x), rtol=2e-6)
    expected = np.log(exact_softmax(x))
    np.testing.assert_allclose(softmax.log_softmax(x, 1), expected, rtol=1e-6, atol=4e-7 * (abs(centre) + 10))
    total = np.log(np.exp(x.astype(np.float64)).sum(1))
    np.testing.assert_allclose(softmax.logsumexp(x, (1,), False), total, rtol=1e-6, atol=1e-5)


def test_softmax_of_rows_that_differ_far_and_of_infinities_is_its_formula():
    x = drawn((2000, 80)) * np.float32(40)
    x[::7] = -np.inf
    x[::7, 3] = 2
    x[1] = np.linspace(-85, 85, 80)
    np.testing.assert_allclose(softmax.softmax(x, 1), exact_softmax(x), rtol=1e-5, atol=1e-37)
    x[5, 5] = np.nan
    x[6] = -np.inf
    y = softmax.softmax(x, 1)
    assert np.isnan(y[5:7]).all() and np.isfinite(y[7:]).all() and np.isfinite(y[:5]).all()


def test_log_softmax_beyond_float16_is_minus_infinity():
    x = np.array([[6e4, -6e4, 5.99e4]] * 200, np.float16)
    np.testing.assert_array_equal(softmax.log_softmax(x, 1), [[0, -np.inf, -96]] * 200)


@pytest.mark.parametrize("dims", [(0,), (1,), (0, 1)])
def test_sums_that_threads_share_are_those_of_float64(dims, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    x = drawn(SUMMED)
    np.testing.assert_allclose(reduce.sum(x, dims, False), x.sum(dims, np.float64), rtol=1e-5, atol=1e-3)


def exact_attention(q, k, v, scale, causal):
    scores = scale * q.astype(np.float64) @ k.astype(np.float64).swapaxes(-1, -2)
    if causal:
        scores += np.triu(np.full(scores.shape[-2:], -np.inf), 1)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True) @ v


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scale", [0.2, 5.0, 100.0])
@pytest.mark.parametrize("shape", [(3, 65, 16), (2, 3, 67, 33), (1, 131, 8), (7, 300, 4), (4, 129, 64)])
def test_attention_that_keeps_its_powers_or_not_is_its_formula(shape, scale, causal):
    q, k, v, g = [drawn(shape, seed=i) for i in range(4)]
    terms = Terms(scale, causal, None, None, 1.0)
    found = []
    for keep in (False, True):
        y, normaliser = attention_kernels.attention(q, k, v, terms, keep)
        np.testing.assert_allclose(y, exact_attention(q, k, v, scale, causal), atol=3e-6 * (1 + 10 * scale))
        gradients = attention_kernels.attention_vjp(g, q, k, v, y, terms, normaliser, (True, True, True, False))
        found.append([y, *gradients[:3]])
        assert (normaliser.powers is not None) == (keep and shape[-2] <= 4 * shape[-1])
    for first, second in zip(*found):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-5 * scale)


@pytest.mark.parametrize("scale", [0.2, 20.0])
def test_attention_of_heads_in_another_order_in_memory_is_its_formula(scale):
    q, k, v, g = [np.moveaxis(drawn((60, 16, 3, 5), seed=i), (2, 3), (1, 0)) for i in range(4)]
    terms = Terms(scale, False, None, None, 1.0)
    y, normaliser = attention_kernels.attention(q, k, v, terms, True)
    np.testing.assert_allclose(y, exact_attention(q, k, v, scale, False), atol=1e-4)
    found = attention_kernels.attention_vjp(g, q, k, v, y, terms, normaliser, (True, True, True, False))
    q, k, v, g = [np.ascontiguousarray(x) for x in (q, k, v, g)]
    y, normaliser = attention_kernels.attention(q, k, v, terms)
    expected = attention_kernels.attention_vjp(g, q, k, v, y, terms, normaliser, (True, True, True, False))
    for first, second in zip(found[:3], expected):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-4 * scale)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_gradients_of_attention_are_those_of_its_composition(name, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    shape, options = ATTENTIONS[name]
    weights = [TrainableWeight(drawn(shape, seed=i)) for i in range(3)]
    g = Tensor(drawn(shape, seed=3))
    y = functional.scaled_dot_product_attention(
        *[w.tensor() for w in weights], generator=np.random.default_rng(3), **options
    )
    expected = {w: x for x, w in y.backward(g, create_graph=True)}
    for x, w in y.backward(g):
        few = 2e-5 * float(np.abs(expected[w].numpy()).max())
        np.testing.assert_allclose(x.numpy(), expected[w].numpy(), rtol=1e-5, atol=few)


def test_great_values_beside_great_scores_do_not_overflow():
    q = np.full((4, 128, 32), 1, np.float32)
    v = np.full((4, 128, 32), 1e27, np.float32)
    y, _ = attention_kernels.attention(q, q, v, Terms(1.0, False, None, None, 1.0), True)
    np.testing.assert_allclose(y, v, rtol=1e-5)


def test_attention_without_gradients_keeps_no_powers(monkeypatch):
    kept = []
    original = attention_kernels.attention
    monkeypatch.setattr(
        attention_kernels, "attention", lambda q, k, v, terms, keep: kept.append(keep) or original(q, k, v, terms, keep)
    )
    x = drawn((4, 128, 32))
    functional.scaled_dot_product_attention(Tensor(x), Tensor(x), Tensor(x))
    weight = TrainableWeight(x)
    functional.scaled_dot_product_attention(weight.tensor(), Tensor(x), Tensor(x))
    assert kept == [False, True]
