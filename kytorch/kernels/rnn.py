"""A simple recurrent layer on arrays, in the terms of `kytorch.kernels.recurrent`."""

from __future__ import annotations

import numpy as np

from kytorch.kernels.recurrent import Array, blocks, product_by
from kytorch.kernels.recurrent_gradients import Done


def forward(a: Array, states: Array, w_hh: Array, relu: bool, held: Array | None) -> None:
    """Fill `states`, the first of which is given, from the inputs' part `a` of each step, (T, batch, hidden)."""
    steps, batch, n = a.shape
    zero = np.zeros((1, n), a.dtype)  # a number would take NumPy longer
    multiply = product_by(w_hh.T, batch, steps)
    for k, (a_k, before, after) in enumerate(zip(a, states, states[1:])):
        multiply(before, after)
        np.add(after, a_k, after)
        if relu:
            np.maximum(after, zero, out=after)
        else:
            np.tanh(after, after)
        if held is not None:
            np.copyto(after, before, where=held[k])


def backward(g: Array, states: Array, w_hh: Array, relu: bool, held: Array | None, d: Array, done: Done) -> Array:
    """From the gradients of `states` that of the first, and in `d`, (T, batch, hidden), those of what the
    nonlinearity took.
    """
    steps, batch, _ = d.shape
    multiply = product_by(w_hh, batch, steps)
    g_h = np.array(g[-1], order="C")
    for block in blocks(d):
        y, part = states[1:][block], d[block]
        if relu:
            np.greater(y, 0, part)
        else:
            np.multiply(y, y, part)
            np.subtract(1, part, part)
        if held is not None:
            np.copyto(part, 0, where=held[block])
        for k in range(block.stop - 1, block.start - 1, -1):
            d_k = d[k]
            np.multiply(d_k, g_h, d_k)
            kept = None if held is None else g_h * held[k]
            multiply(d_k, g_h)
            np.add(g_h, g[k], g_h)
            if kept is not None:
                g_h += kept
        done(block.start)
    return g_h
