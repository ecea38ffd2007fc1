"""A layer of long short-term memory on arrays, in the terms of `kytorch.kernels.recurrent`.

A sigmoid is 0.5 tanh(x / 2) + 0.5, so that one pass over all gates makes them: scale, tanh, scale, shift.
"""

from __future__ import annotations

import numpy as np

from kytorch.kernels.recurrent import (
    Array,
    apart,
    blocks,
    by_gate,
    by_step,
    gates_product,
    product_by,
)
from kytorch.kernels.recurrent_gradients import Done

GATES = 4


def forward(gates: Array, states: Array, cells: Array, w_hh: Array, w_hr: Array | None, held: Array | None) -> None:
    """Turn `gates`, the inputs' part of i, f, g and o, into their values, and fill `states` and `cells`.

    The first of both are given; `gates` is (4, T, batch, hidden) and `cells` (T + 1, batch, hidden).
    """
    _, steps, batch, n = gates.shape
    scale = np.array([0.5, 0.5, 1, 0.5], gates.dtype)
    scale = scale.reshape(GATES, 1, 1) if apart(batch, n) else scale.repeat(n).reshape(1, GATES * n)
    shift = 1 - scale
    multiply = gates_product(by_gate(w_hh, GATES).swapaxes(1, 2)[None], batch, n, steps)
    project = None if w_hr is None else product_by(w_hr.T, batch, steps)
    i, f, g, o = gates
    of_steps = by_step(gates)
    buffer = np.empty_like(of_steps[0], order="C")
    work = np.empty_like(cells[0])
    narrow = np.empty_like(states[0], order="C")
    parts = zip(of_steps, i, f, g, o, states, states[1:], cells, cells[1:])
    for k, (all_k, i_k, f_k, g_k, o_k, h_k, h_next, c_k, c_next) in enumerate(parts):
        multiply(h_k, buffer)
        np.add(buffer, all_k, buffer)
        np.multiply(buffer, scale, buffer)
        np.tanh(buffer, buffer)
        np.multiply(buffer, scale, buffer)
        np.add(buffer, shift, all_k)
        np.multiply(i_k, g_k, work)
        np.multiply(f_k, c_k, c_next)
        np.add(c_next, work, c_next)
        np.tanh(c_next, work)
        if project is None:
            np.multiply(work, o_k, h_next)
        else:
            np.multiply(work, o_k, work)
            project(work, narrow)
            np.copyto(h_next, narrow)
        if held is not None:
            np.copyto(c_next, c_k, where=held[k])
            np.copyto(h_next, h_k, where=held[k])


def backward(
    g: Array,
    g_c: Array,
    gates: Array,
    cells: Array,
    w_hh: Array,
    w_hr: Array | None,
    held: Array | None,
    d: Array,
    done: Done,
) -> tuple[Array, Array, Array | None]:
    """From the gradients of the states, and of the last cells, those of the first state, of the first cells and of
    w_hr, and in `d` those of what the gates' nonlinearities took.
    """
    _, steps, batch, n = gates.shape
    one = np.array(1, d.dtype)  # a number would take NumPy longer
    slope = np.array([1, 1, 0, 1], d.dtype).reshape(GATES, 1, 1, 1)  # of a gate a it is (slope - a) a + level
    level = 1 - slope
    multiply = gates_product(by_gate(w_hh, GATES)[:, None], batch, n, steps)
    project = None if w_hr is None else product_by(w_hr, batch, steps)
    g_h, g_c = np.array(g[-1], order="C"), np.array(g_c, order="C")
    g_last = g_h[None] if apart(batch, n) else g_h
    i, f, g_, o = gates
    d_i, d_f, d_g, d_o = d
    of_cells, of_product = d[:3].swapaxes(0, 1), by_step(d)
    work = np.empty_like(g_c)
    outputs = g_outputs = None
    if w_hr is not None:
        outputs, g_outputs = np.empty_like(cells[1:]), np.empty((steps, *g_h.shape), d.dtype)
    for block in blocks(gates.swapaxes(0, 1)):
        a, d_block = gates[:, block], d[:, block]
        np.subtract(slope, a, d_block)
        np.multiply(d_block, a, d_block)
        np.add(d_block, level, d_block)
        tanh_c = np.tanh(cells[1:][block])
        for d_b, factor in ((d_i, g_[block]), (d_f, cells[:-1][block]), (d_g, i[block]), (d_o, tanh_c)):
            d_b[block] *= factor
        if outputs is not None:
            np.multiply(o[block], tanh_c, outputs[block])
        to_c = np.multiply(tanh_c, tanh_c, tanh_c)
        np.subtract(one, to_c, to_c)
        to_c *= o[block]
        for k in range(block.stop - 1, block.start - 1, -1):
            kept = None if held is None else (g_h * held[k], g_c * held[k])
            if held is not None:
                np.copyto(g_h, 0, where=held[k])
                np.copyto(g_c, 0, where=held[k])
            g_output = g_h
            if project is not None and g_outputs is not None:
                g_outputs[k] = g_h
                g_output = np.empty_like(g_c)
                project(g_h, g_output)
            np.multiply(g_output, to_c[k - block.start], work)
            np.add(g_c, work, g_c)
            d_k = d_o[k]
            np.multiply(d_k, g_output, d_k)
            d_k = of_cells[k]
            np.multiply(d_k, g_c, d_k)
            np.multiply(g_c, f[k], g_c)
            multiply(of_product[k], g_last)
            np.add(g_h, g[k], g_h)
            if kept is not None:
                g_h += kept[0]
                g_c += kept[1]
        done(block.start)
    g_w_hr = None
    if outputs is not None and g_outputs is not None:
        g_w_hr = np.dot(g_outputs.reshape(-1, w_hh.shape[1]).T, outputs.reshape(-1, n))
    return g_h, g_c, g_w_hr
