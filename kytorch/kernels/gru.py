"""A layer of gated recurrent units on arrays, in the terms of `kytorch.kernels.recurrent`."""

from __future__ import annotations

import numpy as np

from kytorch.kernels.recurrent import Array, blocks, product_by


def forward(gates: Array, states: Array, w_hh: Array, b_hn: Array | None, held: Array | None) -> Array:
    """Turn `gates`, the inputs' part of r, z and n, into their values, and fill `states`, the first of which is given.

    `gates` is (T, batch, 3 hidden). Returns the states' part of n before r multiplies it, (T, batch, hidden).
    """
    steps, batch, width = gates.shape
    m = width // 3
    hidden = np.empty((steps, batch, m), gates.dtype)
    buffer = np.empty((batch, width), gates.dtype)
    buffer_rz, buffer_n = buffer[:, : 2 * m], buffer[:, 2 * m :]
    bias = np.zeros((1, m), gates.dtype) if b_hn is None else b_hn.reshape(1, m)
    work = np.empty((batch, m), gates.dtype)
    half = np.full((1, 2 * m), 0.5, gates.dtype)  # a number would take NumPy longer
    multiply = product_by(w_hh.T, batch, len(gates))
    parts = gates[:, :, : 2 * m], gates[:, :, :m], gates[:, :, m : 2 * m], gates[:, :, 2 * m :]
    for k, (rz, r, z, n, hidden_n, h, h_next) in enumerate(zip(*parts, hidden, states, states[1:])):
        multiply(h, buffer)
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
    g: Array, gates: Array, hidden: Array, states: Array, w_hh: Array, held: Array | None
) -> tuple[Array, Array]:
    """From the gradients of `states` those of n, r, z and of the states' part of n, and of the first state.

    The first are (T, batch, 4 hidden), of what the nonlinearities took: without the last they are the inputs', with
    w_ih in the order n, r, z; without the first they are the states', in the order of w_hh.
    """
    steps, batch, m = hidden.shape
    d = np.empty((steps, batch, 4 * m), gates.dtype)
    d_n, d_r, d_z, d_hidden = (d[:, :, i * m : (i + 1) * m] for i in range(4))
    d_states = d[:, :, m:]
    r, z, n = (gates[:, :, i * m : (i + 1) * m] for i in range(3))
    multiply = product_by(w_hh, batch, steps)
    g_h = np.array(g[-1], order="C")
    straight = np.empty_like(g_h)
    for block in blocks(d):
        z_b, n_b, part_z, part_n, part_r = z[block], n[block], d_z[block], d_n[block], d_r[block]
        rest = 1 - z_b
        np.multiply(n_b, n_b, part_n)
        np.subtract(1, part_n, part_n)
        part_n *= rest
        np.subtract(states[:-1][block], n_b, part_z)
        part_z *= z_b
        part_z *= rest
        np.subtract(1, r[block], part_r)
        part_r *= r[block]
        part_r *= hidden[block]
        d_hidden[block] = r[block]
        for k in range(block.stop - 1, block.start - 1, -1):
            kept = None if held is None else g_h * held[k]
            if held is not None:
                np.copyto(g_h, 0, where=held[k])
            part = d_n[k]
            np.multiply(part, g_h, part)
            for factor in (d_r[k], d_hidden[k]):
                np.multiply(factor, part, factor)
            part = d_z[k]
            np.multiply(part, g_h, part)
            np.multiply(g_h, z[k], straight)
            multiply(d_states[k], g_h)
            np.add(g_h, straight, g_h)
            np.add(g_h, g[k], g_h)
            if kept is not None:
                g_h += kept
    return d, g_h
