"""Smooth activations on arrays, without overflow: forward, and the incoming gradient times the slope.

Steps write `y` and scratch arrays in place; NumPy's tanh is its quickest transcendental function, so sigmoids are made
of it where float32's rounding of 1 is exact enough.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blocks import by_blocks, filled
from kytorch.kernels.erf import erf
from kytorch.kernels.kinks import put

Array = npt.NDArray[Any]

_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)
_CUBIC = 0.044715  # Hendrycks and Gimpel 2016, equation of the approximation
_FAR = 40.0  # from here on tanh(softplus x) is 1, in float64 too

# atanh(erf(x / sqrt 2)) / x in x^2, descending, fitted so that the normal distribution function is right to 3e-8.
_NORMAL = [
    1.7562766851361507e-09, -1.3226625470013085e-07, 3.964772885167259e-06, -5.530631550899846e-05,
    -3.259474710149732e-05, 0.03633308441063073, 0.7978849414895218,
]  # fmt: skip


# GELU (Hendrycks and Gimpel 2016): x times the normal distribution function, or that approximated by tanh


def gelu(x: Array) -> Array:
    """x Phi(x) = x (1 + erf(x / sqrt 2)) / 2."""
    return by_blocks(_gelu, 1, x)


def gelu_vjp(g: Array, x: Array, y: Array) -> Array:
    """g (Phi(x) + x phi(x)), with Phi(x) = y / x."""
    return by_blocks(_gelu_vjp, 1, g, x, y)


def _gelu(x: Array, y: Array, h: Array) -> None:
    if x.dtype.char == "f":
        np.multiply(x, x, out=h)
        np.multiply(h, _NORMAL[0], out=y)
        for c in _NORMAL[1:-1]:
            np.add(y, c, out=y)
            np.multiply(y, h, out=y)
        np.add(y, _NORMAL[-1], out=y)
        np.multiply(y, x, out=y)
        np.tanh(y, out=y)
    else:
        y[...] = erf(np.multiply(x, _ROOT_HALF, out=h))
    np.multiply(x, 0.5, out=h)
    np.multiply(y, h, out=y)
    np.add(y, h, out=y)


def _gelu_vjp(g: Array, x: Array, y: Array, out: Array, t: Array) -> None:
    np.multiply(x, x, out=out)
    np.multiply(out, -0.5, out=out)
    np.exp(out, out=out)
    np.multiply(out, 0.5 * _ROOT_TWO_OVER_PI, out=out)
    np.multiply(out, x, out=out)
    np.divide(y, x, out=t)
    zero = np.equal(x, 0)
    if zero.any():
        t[zero] = 0.5
    np.add(out, t, out=out)
    np.multiply(out, g, out=out)


def gelu_tanh(x: Array) -> Array:
    """x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    return by_blocks(_gelu_tanh, 1, x)


def gelu_tanh_vjp(g: Array, x: Array) -> Array:
    """g (1 + tanh u + x (1 - tanh(u)^2) u') / 2."""
    return by_blocks(_gelu_tanh_vjp, 2, g, x)


def _gelu_tanh(x: Array, y: Array, h: Array) -> None:
    np.multiply(x, x, out=y)
    np.multiply(y, _ROOT_TWO_OVER_PI * _CUBIC, out=y)
    np.add(y, _ROOT_TWO_OVER_PI, out=y)
    np.multiply(y, x, out=y)
    np.tanh(y, out=y)
    np.multiply(x, 0.5, out=h)
    np.multiply(y, h, out=y)
    np.add(y, h, out=y)


def _gelu_tanh_vjp(g: Array, x: Array, y: Array, t: Array, h: Array) -> None:
    # g (1 + t) (1/2 + (1 - t) h), t = tanh u, h = x u' / 2
    np.multiply(x, x, out=t)
    np.multiply(t, 1.5 * _ROOT_TWO_OVER_PI * _CUBIC, out=h)
    np.add(h, 0.5 * _ROOT_TWO_OVER_PI, out=h)
    np.multiply(h, x, out=h)
    np.multiply(t, _ROOT_TWO_OVER_PI * _CUBIC, out=t)
    np.add(t, _ROOT_TWO_OVER_PI, out=t)
    np.multiply(t, x, out=t)
    np.tanh(t, out=t)
    np.subtract(1.0, t, out=y)
    np.multiply(y, h, out=y)
    np.add(y, 0.5, out=y)
    np.add(t, 1.0, out=t)
    np.multiply(y, t, out=y)
    np.multiply(y, g, out=y)


# Of the sigmoid


def sigmoid_vjp(g: Array, y: Array) -> Array:
    """g y (1 - y)."""
    return by_blocks(_sigmoid_vjp, 0, g, y)


def _sigmoid_vjp(g: Array, y: Array, out: Array) -> None:
    np.subtract(1.0, y, out=out)
    np.multiply(out, y, out=out)
    np.multiply(out, g, out=out)


def silu(x: Array) -> Array:
    """x sigmoid(x) = h tanh h + h, h = x / 2."""
    return by_blocks(_silu, 1, x)


def silu_vjp(g: Array, x: Array) -> Array:
    """g (1 + t + h (1 - t^2)) / 2, t = tanh h."""
    return by_blocks(_silu_vjp, 2, g, x)


def _silu(x: Array, y: Array, h: Array) -> None:
    np.multiply(x, 0.5, out=h)
    np.tanh(h, out=y)
    np.multiply(y, h, out=y)
    np.add(y, h, out=y)


def _silu_vjp(g: Array, x: Array, y: Array, h: Array, t: Array) -> None:
    np.multiply(x, 0.5, out=h)
    np.tanh(h, out=t)
    np.multiply(t, t, out=y)
    np.subtract(1.0, y, out=y)
    np.multiply(y, h, out=y)
    np.add(y, t, out=y)
    np.add(y, 1.0, out=y)
    np.multiply(y, 0.5, out=y)
    np.multiply(y, g, out=y)


def mish(x: Array) -> Array:
    """x tanh(softplus x) = x n / (n + 2), n = e (e + 2), e = e^x."""
    return by_blocks(_mish, 1, x)


def mish_vjp(g: Array, x: Array) -> Array:
    """g e (e + 2 + 4 x (1 + e) / (n + 2)) / (n + 2)."""
    return by_blocks(_mish_vjp, 3, g, x)


def _mish(x: Array, y: Array, t: Array) -> None:
    np.minimum(x, filled(_FAR, x.dtype.char)[: x.size], out=t)
    np.exp(t, out=t)
    np.add(t, 2.0, out=y)
    np.multiply(y, t, out=y)
    np.add(y, 2.0, out=t)
    np.divide(y, t, out=y)
    np.multiply(y, x, out=y)


def _mish_vjp(g: Array, x: Array, y: Array, e: Array, n: Array, t: Array) -> None:
    np.minimum(x, filled(_FAR, x.dtype.char)[: x.size], out=t)
    np.exp(t, out=e)
    np.add(e, 1.0, out=y)
    np.multiply(y, t, out=y)
    np.multiply(y, 4.0, out=y)
    np.add(e, 2.0, out=t)
    np.multiply(t, e, out=n)
    np.add(n, 2.0, out=n)
    np.divide(y, n, out=y)
    np.add(y, t, out=y)
    np.multiply(y, e, out=y)
    np.divide(y, n, out=y)
    np.multiply(y, g, out=y)


def softplus(x: Array, beta: float, threshold: float) -> Array:
    """log(1 + e^(beta x)) / beta, and x itself where beta x > threshold."""

    def step(x: Array, y: Array, t: Array) -> None:
        z = x if beta == 1 else np.multiply(x, beta, out=t)
        np.abs(z, out=y)
        np.negative(y, out=y)
        np.exp(y, out=y)
        np.log1p(y, out=y)
        np.maximum(z, filled(0.0, x.dtype.char)[: x.size], out=t)
        np.add(y, t, out=y)
        if beta != 1:
            np.divide(y, beta, out=y)
        # From 20 on the two are equal but in float64.
        if threshold < 20 or y.dtype.char == "d":
            np.copyto(y, x, where=(x if beta == 1 else x * beta) > threshold)

    return by_blocks(step, 1, x if x.dtype.kind == "f" else x.astype(np.float64))


def logsigmoid(x: Array) -> Array:
    """min(x, 0) - log(1 + e^-|x|)."""
    return by_blocks(_logsigmoid, 1, x)


def _logsigmoid(x: Array, y: Array, t: Array) -> None:
    np.abs(x, out=t)
    np.negative(t, out=t)
    np.exp(t, out=t)
    np.log1p(t, out=t)
    np.minimum(x, filled(0.0, x.dtype.char)[: x.size], out=y)
    np.subtract(y, t, out=y)


def sigmoid_times(g: Array, x: Array, rate: float) -> Array:
    """g sigmoid(rate x) = g / (1 + e^(-rate x)), exact where it is nearly 0 too."""

    def step(g: Array, x: Array, y: Array) -> None:
        np.multiply(x, -rate, out=y)
        np.exp(y, out=y)
        np.add(y, 1.0, out=y)
        np.divide(g, y, out=y)

    return by_blocks(step, 0, g, x)


# Of the exponential function


def elu(x: Array, scale: float, alpha: float, rate: float) -> Array:
    """scale x where x > 0, else scale alpha (e^(rate x) - 1)."""

    def step(x: Array, y: Array, t: Array) -> None:
        zeros = filled(0.0, x.dtype.char)[: x.size]
        np.minimum(x, zeros, out=t)
        if rate != 1:
            np.multiply(t, rate, out=t)
        np.expm1(t, out=t)
        if alpha != 1:
            np.multiply(t, alpha, out=t)
        np.maximum(x, zeros, out=y)
        np.add(y, t, out=y)
        if scale != 1:
            np.multiply(y, scale, out=y)

    return by_blocks(step, 1, x)


def elu_vjp(g: Array, x: Array, scale: float, alpha: float, rate: float) -> Array:
    """g scale where x > 0, else g scale alpha rate e^(rate x)."""
    start = scale * alpha * rate

    def step(g: Array, x: Array, y: Array, t: Array) -> None:
        np.minimum(x, filled(0.0, x.dtype.char)[: x.size], out=t)
        if rate != 1:
            np.multiply(t, rate, out=t)
        np.exp(t, out=t)
        if start != 1:
            np.multiply(t, start, out=t)
        if start != scale:
            put(y, t, np.greater(x, 0), scale, t)
            t = y
        np.multiply(t, g, out=y)

    return by_blocks(step, 1, g, x)


# Of the absolute value, and of tanh


def softsign(x: Array) -> Array:
    """x / (1 + |x|)."""
    return by_blocks(_softsign, 0, x)


def softsign_vjp(g: Array, x: Array) -> Array:
    """g / (1 + |x|)^2."""
    return by_blocks(_softsign_vjp, 0, g, x)


def _softsign(x: Array, y: Array) -> None:
    np.abs(x, out=y)
    np.add(y, 1.0, out=y)
    np.divide(x, y, out=y)


def _softsign_vjp(g: Array, x: Array, y: Array) -> None:
    np.abs(x, out=y)
    np.add(y, 1.0, out=y)
    np.multiply(y, y, out=y)
    np.divide(g, y, out=y)


def tanhshrink(x: Array) -> Array:
    """x - tanh x."""
    return by_blocks(_tanhshrink, 0, x)


def tanhshrink_vjp(g: Array, x: Array) -> Array:
    """g tanh(x)^2."""
    return by_blocks(_tanhshrink_vjp, 0, g, x)


def _tanhshrink(x: Array, y: Array) -> None:
    np.tanh(x, out=y)
    np.subtract(x, y, out=y)


def _tanhshrink_vjp(g: Array, x: Array, y: Array) -> None:
    np.tanh(x, out=y)
    np.multiply(y, y, out=y)
    np.multiply(y, g, out=y)
