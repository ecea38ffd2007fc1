"""Losses on arrays, without overflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Rows up to this length are reduced column by column, where NumPy is several times faster.
_SHORT = 64


def clamped_log(x: Array) -> Array:
    """log x, but at least -100, so that a loss is finite at 0."""
    y = np.full_like(x, -100)
    np.log(x, out=y, where=x > 0)
    return np.maximum(y, -100, out=y)


def binary_cross_entropy(p: Array, t: Array, inside: bool) -> Array:
    """-(t log p + (1 - t) log(1 - p)), each logarithm at least -100; `inside` says that they all are."""
    log = np.log if inside else clamped_log
    loss: Array = (t - 1) * log(1 - p) - t * log(p)
    return loss


def binary_cross_entropy_with_logits(x: Array, t: Array) -> Array:
    """The same at p = sigmoid(x): max(x, 0) - x t + log(1 + e^-|x|)."""
    loss: Array = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
    return loss


def cross_entropy(x: Array, labels: Array) -> tuple[Array, Array]:
    """For logits (n, classes) the loss of each row, (n,), and softmax(x), transposed if rows are short."""
    short = x.shape[1] <= _SHORT
    e = np.ascontiguousarray(x.T) if short else x
    dim = 0 if short else 1
    e = e - np.maximum.reduce(e, dim, keepdims=True)
    rows = np.arange(len(x))
    chosen = e[labels, rows] if short else e[rows, labels]
    np.exp(e, out=e)
    total = np.add.reduce(e, dim, keepdims=True)
    e /= total
    return np.log(total.reshape(-1)) - chosen, e.T if short else e


def cross_entropy_vjp(softmax: Array, labels: Array, g: Array) -> Array:
    """The gradient with respect to the logits: softmax(x) - one-hot(label), times `g`, () or (n, 1)."""
    g_x = softmax * g
    g_x[np.arange(len(g_x)), labels] -= g.reshape(-1)
    return g_x
