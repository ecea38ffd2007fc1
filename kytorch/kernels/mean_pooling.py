"""Average pooling and its transpose, on arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce
from kytorch.kernels.pooling_lines import Line, combined, is_of_all, place, plan_of, pooled_shape, swapped, with_axis

Array = npt.NDArray[Any]


def mean_pool(x: Array, lines: tuple[Line, ...], divisor: float | Array) -> Array:
    """The sum of each window of the last dimensions, divided; float16 is summed in float32."""
    dims = len(lines)
    if x.dtype.char == "e":
        return mean_pool(x.astype(np.float32), lines, divisor).astype(x.dtype)
    if x.size and all(map(is_of_all, lines)):
        y = reduce.sum(x, tuple(range(x.ndim - dims, x.ndim)), True)
    else:
        plan = plan_of(x, lines)
        laid = plan.laid(x)
        found: Array = np.empty_like(laid, order="C", shape=plan.windows)
        passes = sorted(plan.passes, key=place)  # what lies far apart first: its runs are longer

        def do(part: slice) -> None:
            summed = plan.block(laid[part])
            for i, (axis, line) in enumerate(passes):
                out = found[part] if i == dims - 1 and not plan.turn else None
                summed = combined(np.add, 0.0, summed, axis, line, out)
            if plan.turn:
                found[part] = summed.T

        plan.by_blocks(laid, do)
        y = plan.restored(found, pooled_shape(x.shape, lines))
    return _divided(y, divisor, y)


def mean_pool_vjp(g: Array, lines: tuple[Line, ...], divisor: float | Array) -> Array:
    """The transpose: each element of a window gets the window's `g`, divided, or their sum if it is in several."""
    dims = len(lines)
    if g.dtype.char == "e":
        return mean_pool_vjp(g.astype(np.float32), lines, divisor).astype(g.dtype)
    g = _divided(g, divisor, None)
    shape = g.shape[: g.ndim - dims] + tuple([line.size for line in lines])
    if all(map(is_of_all, lines)):
        return np.broadcast_to(g, shape)
    plan = plan_of(g, lines)
    laid = plan.laid(g)
    total: Array = np.empty_like(laid, order="C", shape=plan.sizes)
    passes = sorted(plan.passes, key=place, reverse=True)

    def do(part: slice) -> None:
        rest = plan.block(laid[part])
        for i, (axis, line) in enumerate(passes):
            rest = _spread(rest, axis, line, total[part] if i == dims - 1 and not plan.turn else None)
        if plan.turn:
            total[part] = rest.T

    plan.by_blocks(total, do)
    return plan.restored(total, shape)


def _divided(y: Array, divisor: float | Array, out: Array | None) -> Array:
    """y / divisor, and so also for a power of 2, but faster."""
    divided: Array
    if not isinstance(divisor, float):
        divided = np.divide(y, divisor.astype(y.dtype), np.empty_like(y) if out is None else out)
    elif divisor == 1:
        return y
    elif abs(math.frexp(divisor)[0]) == 0.5:
        divided = np.multiply(y, 1 / divisor, out)
    else:
        divided = np.divide(y, divisor, out)
    return divided


def _spread(g: Array, axis: int, line: Line, out: Array | None) -> Array:
    total: Array = np.empty_like(g, order="C", shape=swapped(g.shape, axis, line.size)) if out is None else out
    _add_shares(with_axis(g, axis), with_axis(total, axis), line)
    return total


def _add_shares(g: Array, sums: Array, line: Line) -> None:
    if line.is_apart and line.is_whole:
        for window, element in line.terms:
            sums[:, element] = g[:, window]
        return
    sums.fill(0)
    for window, element in [(slice(i, i + 1), run) for i, run in enumerate(line.runs)] or line.terms:
        into = sums[:, element]
        into += g[:, window]
