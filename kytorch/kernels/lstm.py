"""A layer of long short-term memory on arrays, in the terms of `kytorch.kernels.recurrent`.

A sigmoid is 0.5 tanh(x / 2) + 0.5, so that one pass over all gates makes them: scale, tanh, scale, shift.
"""

from __future__ import annotations

import numpy as np

from kytorch.kernels.recurrent import Array, blocks, product_by, weight_gradient


def forward(gates: Array, states: Array, cells: Array, w_hh: Array, w_hr: Array | None, held: Array | None) -> None:
    """Turn `gates`, the inputs' part of i, f, g and o, into their values, and fill `states` and `cells`.

    The first of both are given; `gates` is (T, batch, 4 hidden) and `cells` (T + 1, batch, hidden).
    """
    _, batch, width = gates.shape
    n = width // 4
    scale = np.full((1, width), 0.5, gates.dtype)
    scale[:, 2 * n : 3 * n] = 1
    shift = 1 - scale
    buffer = np.empty((batch, width), gates.dtype)
    work = np.empty((batch, n), gates.dtype)
    multiply = product_by(w_hh.T, batch, len(gates))
    by_gate = gates.reshape(len(gates), batch, 4, n)
    i, f, g, o = by_gate[:, :, 0], by_gate[:, :, 1], by_gate[:, :, 2], by_gate[:, :, 3]
    steps = zip(gates, i, f, g, o, states, states[1:], cells, cells[1:])
    for k, (all_k, i_k, f_k, g_k, o_k, h, h_next, c, c_next) in enumerate(steps):
        multiply(h, buffer)
        np.add(buffer, all_k, buffer)
        np.multiply(buffer, scale, buffer)
        np.tanh(buffer, buffer)
        np.multiply(buffer, scale, buffer)
        np.add(buffer, shift, all_k)
        np.multiply(i_k, g_k, work)
        np.multiply(f_k, c, c_next)
        np.add(c_next, work, c_next)
        np.tanh(c_next, work)
        if w_hr is None:
            np.multiply(work, o_k, h_next)
        else:
            np.multiply(work, o_k, work)
            h_next[...] = np.dot(work, w_hr.T)
        if held is not None:
            np.copyto(c_next, c, where=held[k])
            np.copyto(h_next, h, where=held[k])


def backward(
    g: Array, g_c: Array, gates: Array, cells: Array, w_hh: Array, w_hr: Array | None, held: Array | None
) -> tuple[Array, Array, Array, Array | None]:
    """From the gradients of the states, and of the last cells, those of what the gates' nonlinearities took, of the
    first state, of the first cells and of w_hr.
    """
    d = np.empty_like(gates)
    steps, batch, width = d.shape
    n = width // 4
    by_gate, d_by_gate = gates.reshape(steps, batch, 4, n), d.reshape(steps, batch, 4, n)
    d_ifg, d_o = d_by_gate[:, :, :3], d_by_gate[:, :, 3]
    f = by_gate[:, :, 1]
    slope = np.ones((1, 1, width), d.dtype)  # of a gate a it is (slope - a) a + level
    slope[..., 2 * n : 3 * n] = 0
    level = 1 - slope
    multiply = product_by(w_hh, batch, steps)
    g_h, g_c = np.array(g[-1], order="C"), np.array(g_c, order="C")
    g_c_beside = g_c[:, None]
    work = np.empty_like(g_c)
    outputs = g_outputs = None
    if w_hr is not None:
        outputs, g_outputs = np.empty_like(cells[1:]), np.empty((steps, *g_h.shape), d.dtype)
    for block in blocks(d):
        a, part = gates[block], d[block]
        np.subtract(slope, a, part)
        part *= a
        part += level
        i_b, g_b, o_b = (by_gate[block, :, gate] for gate in (0, 2, 3))
        part_i, part_f, part_g, part_o = (d_by_gate[block, :, gate] for gate in range(4))
        tanh_c = np.tanh(cells[1:][block])
        part_i *= g_b
        part_f *= cells[:-1][block]
        part_g *= i_b
        part_o *= tanh_c
        if outputs is not None:
            np.multiply(o_b, tanh_c, outputs[block])
        to_c = np.multiply(tanh_c, tanh_c, tanh_c)
        np.subtract(1, to_c, to_c)
        to_c *= o_b
        for k in range(block.stop - 1, block.start - 1, -1):
            kept = None if held is None else (g_h * held[k], g_c * held[k])
            if held is not None:
                np.copyto(g_h, 0, where=held[k])
                np.copyto(g_c, 0, where=held[k])
            g_output = g_h
            if w_hr is not None and g_outputs is not None:
                g_outputs[k] = g_h
                g_output = np.dot(g_h, w_hr)
            np.multiply(g_output, to_c[k - block.start], work)
            np.add(g_c, work, g_c)
            part = d_o[k]
            np.multiply(part, g_output, part)
            part = d_ifg[k]
            np.multiply(part, g_c_beside, part)
            np.multiply(g_c, f[k], g_c)
            multiply(d[k], g_h)
            np.add(g_h, g[k], g_h)
            if kept is not None:
                g_h += kept[0]
                g_c += kept[1]
    g_w_hr = None if outputs is None or g_outputs is None else weight_gradient(g_outputs, outputs)
    return d, g_h, g_c, g_w_hr
