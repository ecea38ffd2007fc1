"""A layer of gated recurrent units on arrays, in the terms of `kytorch.kernels.recurrent`."""

from __future__ import annotations

import numpy as np

from kytorch.kernels.recurrent import Array, apart, blocks, by_gate, by_step, empty, gates_product
from kytorch.kernels.recurrent_gradients import Done

GATES = 3


def forward(gates: Array, states: Array, w_hh: Array, b_hn: Array | None, held: Array | None) -> Array:
    """Turn `gates`, the inputs' part of r, z and n, into their values, and fill `states`, the first of which is given.

    `gates` is (3, T, batch, hidden). Returns the states' part of n before r multiplies it, (T, batch, hidden).
    """
    _, steps, batch, m = gates.shape
    hidden = np.empty_like(gates, order="C", shape=(steps, batch, m))
    bias = np.zeros((1, m), gates.dtype) if b_hn is None else b_hn.reshape(1, m)
    half = np.array(0.5, gates.dtype)  # a number would take NumPy longer
    multiply = gates_product(by_gate(w_hh, GATES).swapaxes(1, 2)[None], batch, m, steps)
    buffer = empty((GATES, 1, batch, m), gates.dtype)
    product, buffer_rz, buffer_n = by_step(buffer)[0], by_step(buffer[:2])[0], buffer[2, 0]
    work = np.empty_like(hidden[0])
    parts = zip(by_step(gates[:2]), *gates, hidden, states, states[1:])
    for k, (rz, r, z, n, hidden_n, h, h_next) in enumerate(parts):
        multiply(h, product)
        np.add(rz, buffer_rz, rz)
        np.multiply(rz, half, rz)
        np.tanh(rz, rz)
        np.multiply(rz, half, rz)
        np.add(rz, half, rz)
        np.add(buffer_n, bias, hidden_n)
        np.multiply(r, hidden_n, work)
        np.add(n, work, n)
        np.tanh(n, n)
        np.subtract(h, n, h_next)
        np.multiply(h_next, z, h_next)
        np.add(h_next, n, h_next)
        if held is not None:
            np.copyto(h_next, h, where=held[k])
    return hidden


def backward(
    g: Array, gates: Array, hidden: Array, states: Array, w_hh: Array, held: Array | None, d: Array, done: Done
) -> Array:
    """From the gradients of `states` that of the first state, and in `d` those of n, r, z and of the states' part of n.

    The latter are (4, T, batch, hidden), of what the nonlinearities took: without the last they are the inputs';
    without the first they are the states', in the order of w_hh.
    """
    _, steps, batch, m = gates.shape
    multiply = gates_product(by_gate(w_hh, GATES)[:, None], batch, m, steps)
    g_h = np.array(g[-1], order="C")
    g_last = g_h[None] if apart(batch, m) else g_h
    r, z, n = gates
    d_n, d_r, d_z, d_hidden = d
    of_states = by_step(d[1:])
    one = np.array(1, d.dtype)  # a number would take NumPy longer
    straight = np.empty_like(g_h)
    for block in blocks(d.swapaxes(0, 1)):
        z_b, n_b, part_z, part_n, part_r = z[block], n[block], d_z[block], d_n[block], d_r[block]
        rest = one - z_b
        np.multiply(n_b, n_b, part_n)
        np.subtract(one, part_n, part_n)
        part_n *= rest
        np.subtract(states[:-1][block], n_b, part_z)
        part_z *= z_b
        part_z *= rest
        np.subtract(one, r[block], part_r)
        part_r *= r[block]
        part_r *= hidden[block]
        d_hidden[block] = r[block]
        for k in range(block.stop - 1, block.start - 1, -1):
            kept = None if held is None else g_h * held[k]
            if held is not None:
                np.copyto(g_h, 0, where=held[k])
            d_k = d_n[k]
            np.multiply(d_k, g_h, d_k)
            for factor in (d_r[k], d_hidden[k]):
                np.multiply(factor, d_k, factor)
            d_k = d_z[k]
            np.multiply(d_k, g_h, d_k)
            np.multiply(g_h, z[k], straight)
            multiply(of_states[k], g_last)
            np.add(g_h, straight, g_h)
            np.add(g_h, g[k], g_h)
            if kept is not None:
                g_h += kept
        done(block.start)
    return g_h
