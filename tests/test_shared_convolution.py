"""Convolutions and pooling of many elements: the same bits on any number of threads, and what the plain sums give."""

import numpy as np
import pytest

from kytorch import TrainableWeight, nn
from kytorch.kernels import convolution as kernels
from kytorch.kernels import max_pooling, mean_pooling, pooling_lines
from kytorch.kernels.blas import one_thread
from kytorch.kernels.columns import Geometry

F = nn.functional


def normal(*shape, dtype=np.float32, seed=5):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def innermost(x):
    """`x` with its first dimension innermost in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0)


def geometry(size, kernel, stride=1, low=0, dilation=1, groups=1):
    out = tuple((n + 2 * low - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(size, kernel))
    each = len(size)
    return Geometry(size, kernel, out, (stride,) * each, (dilation,) * each, (low,) * each, groups)


# Of each: the batch, the channels of x and of its convolution, and the geometry.
SHARED = {
    "batch innermost": (64, 32, 64, geometry((12, 12), (5, 5))),
    "one channel": (64, 1, 32, geometry((28, 28), (5, 5))),
    "padded, 31 images": (31, 16, 33, geometry((19, 17), (3, 3), low=1)),
    "few images": (4, 16, 48, geometry((41, 40), (3, 3), low=1)),
    "by a stride of 2": (41, 32, 40, geometry((23, 21), (3, 3), 2, 1)),
    "dilated": (16, 16, 32, geometry((22, 22), (3, 3), dilation=2)),
    "groups": (16, 32, 64, geometry((20, 20), (3, 3), low=1, groups=2)),
    "many groups": (16, 12, 12, geometry((85, 84), (3, 3), low=1, groups=12)),
    "1x1, few images": (3, 96, 97, geometry((37, 37), (1, 1))),
    "1x1, many images": (40, 96, 97, geometry((11, 11), (1, 1))),
    "many weights": (5, 384, 384, geometry((5, 5), (3, 3), low=1)),
    "one dimension": (17, 48, 40, geometry((1201,), (3,), low=1)),
    "three dimensions": (8, 8, 16, geometry((13, 12, 11), (3, 3, 3), low=1)),
}


def drawn(name, dtype=np.float32):
    n, inputs, outputs, where = SHARED[name]
    x = normal(n, inputs, *where.size, dtype=dtype)
    w = normal(outputs, inputs // where.groups, *where.kernel, dtype=dtype, seed=6)
    return x, w, normal(outputs, dtype=dtype, seed=7), normal(n, outputs, *where.out, dtype=dtype, seed=8), where


def all_three(x, w, b, g, where):
    b_x = normal(x.shape[1], dtype=x.dtype)
    return (
        kernels.convolution(x, w, b, where),
        kernels.weight_gradient(x, g, where),
        kernels.transposed(g, w, b_x, where),
    )


def by_taps(x, w, b, g, where):
    """The same by the definition, tap by tap."""
    with one_thread():
        return summed(x, w, b, g, where)


def summed(x, w, b, g, where):
    dims = len(where.size)
    ends = [(k - 1) * d + n * s for n, k, s, d in zip(where.out, where.kernel, where.stride, where.dilation)]
    pads = [(low, max(0, end - low - n)) for low, end, n in zip(where.low, ends, where.size)]
    padded = np.pad(x, [(0, 0), (0, 0), *pads])
    groups = where.groups
    y, g_w, g_padded = np.zeros_like(g), np.zeros_like(w), np.zeros_like(padded)
    of_groups = [a.reshape(len(a), groups, -1, *a.shape[2:]) for a in (y, g, padded, g_padded)]
    y_parts, g_parts, x_parts, g_x_parts = [np.moveaxis(a, (1, 2), (0, 1)) for a in of_groups]
    weights, g_weights = (a.reshape(groups, -1, *a.shape[1:]) for a in (w, g_w))
    for k in np.ndindex(where.kernel):
        at = tuple(slice(a * d, a * d + n * s, s) for a, d, n, s in zip(k, where.dilation, where.out, where.stride))
        at, tap = (slice(None), slice(None), *at), (slice(None), slice(None), *k)
        for group in range(groups):
            xs, gs, ws = x_parts[group][at], g_parts[group], weights[group][tap]
            y_parts[group] += np.tensordot(ws, xs, (1, 0))
            g_weights[group][tap] += np.tensordot(gs, xs, (tuple(range(1, dims + 2)),) * 2)
            g_x_parts[group][at] += np.tensordot(ws, gs, (0, 0))
    y += b.reshape(-1, *[1] * dims)
    inside = tuple(slice(low, low + n) for low, n in zip(where.low, where.size))
    return y, g_w, g_padded[:, :, *inside] + normal(x.shape[1], dtype=x.dtype).reshape(-1, *[1] * dims)


def on_threads(monkeypatch, answer):
    found = []
    for threads in "123":
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
        found.append([np.ascontiguousarray(x).tobytes() for x in answer()])
    return found


@pytest.mark.parametrize("name", SHARED)
def test_a_convolution_is_the_same_bit_for_bit_on_any_number_of_threads(monkeypatch, name):
    inputs = drawn(name)
    pieces = []
    each = kernels.each
    monkeypatch.setattr(kernels, "each", lambda do, parts, n: (pieces.append(len(parts)), each(do, parts, n)))
    one, two, three = on_threads(monkeypatch, lambda: all_three(*inputs))
    assert one == two == three
    assert max(pieces, default=1) > 1 or name in {"1x1, many images", "many weights"}


@pytest.mark.parametrize("layout", [np.ascontiguousarray, innermost])
@pytest.mark.parametrize("name", SHARED)
def test_a_convolution_in_pieces_is_the_sum_over_its_taps(name, layout):
    x, w, b, g, where = drawn(name, np.float64)
    for found, expected in zip(all_three(layout(x), w, b, layout(g), where), by_taps(x, w, b, g, where)):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_fewer_rows_than_pieces_are_convolved(monkeypatch, rows):
    monkeypatch.setattr(kernels, "_PIECES", ((0, 4),))
    where = geometry((rows + 2, 30), (3, 3))
    x, w, g = normal(18, 3, rows + 2, 30), normal(20, 3, 3, 3), normal(18, 20, rows, 28)
    inputs = [a.astype(np.float64) for a in (x, w, np.zeros(20), g)]
    for found, expected in zip(all_three(*inputs, where), by_taps(*inputs, where)):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("low", [0, 2])
def test_rows_of_the_transpose_that_some_taps_or_none_reach(stride, low):
    # One more element than the windows reach, and kernels shorter and longer than the stride.
    for kernel in (2, 5):
        where = geometry((14, 15), (kernel, 3), stride, low)
        g, w = normal(64, 6, *where.out, dtype=np.float64), normal(6, 8, kernel, 3, dtype=np.float64)
        x = normal(64, 8, 14, 15, dtype=np.float64)
        expected = by_taps(x, w, np.zeros(6), g, where)[2]
        np.testing.assert_allclose(
            kernels.transposed(innermost(g), w, normal(8, dtype=np.float64), where), expected, rtol=1e-11, atol=1e-11
        )


POOLS = {
    "max": lambda x: F.max_pool2d(x, 2),
    "max of overlapping windows": lambda x: F.max_pool2d(x, 3, 2, 1),
    "average": lambda x: F.avg_pool2d(x, 2),
    "average of overlapping windows": lambda x: F.avg_pool2d(x, 3, 2, 1),
}


@pytest.mark.parametrize("layout", [np.ascontiguousarray, innermost])
@pytest.mark.parametrize("name", POOLS)
def test_pooling_is_the_same_bit_for_bit_on_any_number_of_threads(monkeypatch, name, layout):
    x = TrainableWeight(layout(np.maximum(normal(37, 16, 26, 25), 0)))

    def answer():
        y = POOLS[name](x.tensor())
        return y.numpy(), (y * y).sum().backward()[0][0].numpy()

    one, two, three = on_threads(monkeypatch, answer)
    assert one == two == three


@pytest.mark.parametrize(("kernel", "stride"), [((2, 2), (2, 2)), ((3, 2), (3, 2)), ((2, 1), (3, 2)), ((1, 4), (1, 5))])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_of_equal_elements_the_first_gets_the_gradient_in_any_layout(kernel, stride, dtype):
    size = (17, 19)
    counts = [(n - k) // s + 1 for n, k, s in zip(size, kernel, stride)]
    lines = tuple(pooling_lines.strided(n, k, s, 0, 1, m) for n, k, s, m in zip(size, kernel, stride, counts))
    x = np.random.default_rng(3).integers(-2, 2, (48, 5, *size)).astype(dtype)  # many are equal
    g = normal(48, 5, *counts).astype(dtype)
    g[0, 0, 0, :2] = np.inf, np.nan
    expected = np.zeros_like(x)
    for i, j in np.ndindex(*counts):
        of_window = np.s_[:, :, i * stride[0] : i * stride[0] + kernel[0], j * stride[1] : j * stride[1] + kernel[1]]
        window = x[of_window].reshape(48, 5, -1)
        shares = np.zeros_like(window)
        np.put_along_axis(shares, window.argmax(-1)[..., None], g[:, :, i, j, None], -1)
        expected[of_window] = shares.reshape(48, 5, *kernel)
    for layout in (np.ascontiguousarray, innermost):
        y, made = max_pooling.max_pool(layout(x), lines)
        assert not made  # too many elements to be kept
        np.testing.assert_array_equal(max_pooling.max_pool_vjp(layout(g), layout(x), y, made, lines), expected)


def test_an_average_in_parts_is_that_of_the_whole(monkeypatch):
    x = innermost(normal(32, 24, 20, 20, dtype=np.float64))
    lines = tuple(pooling_lines.strided(20, 3, 2, 1, 1, 10) for _ in range(2))
    y = mean_pooling.mean_pool(x, lines, 9.0)
    g_x = mean_pooling.mean_pool_vjp(y, lines, 9.0)
    monkeypatch.setattr(pooling_lines, "_BLOCK", 1 << 30)
    np.testing.assert_array_equal(y, mean_pooling.mean_pool(x, lines, 9.0))
    np.testing.assert_array_equal(g_x, mean_pooling.mean_pool_vjp(y, lines, 9.0))
