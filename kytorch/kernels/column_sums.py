"""The transpose of a convolution: the weights' products, whose columns are added where their elements came from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import columns
from kytorch.kernels.columns import Geometry
from kytorch.kernels.threads import each, number_of_threads

Array = npt.NDArray[Any]
Sizes = tuple[int, ...]

# Bytes of the product that is added, which are to stay in cache.
_CHUNK = 1 << 21
# The product of a row of x is to have so many rows and columns at least.
_PRODUCT = (8, 128)


def is_by_rows(g: Array, geometry: Geometry) -> bool:
    """Whether `g` has long rows, of which each of x is made by one product."""
    return len(geometry.kernel) > 1 and geometry.dilation[0] == 1 and math.prod(g.shape[2:]) >= _PRODUCT[1]


def add_columns(g: Array, w: Array, b: Array | None, x: Array, geometry: Geometry, axes: Sizes, pieces: int) -> None:
    """The transpose of `g` by `w` into `x`, plus `b`; threads share about so many pieces of `x`, where that can be."""
    inputs, outputs = w.shape[1], len(w) // geometry.groups
    by_rows = is_by_rows(g, geometry) and inputs * math.prod(geometry.kernel[1:]) >= _PRODUCT[0]
    for i in range(geometry.groups):
        mine, part = slice(i * outputs, (i + 1) * outputs), x[i * inputs : (i + 1) * inputs]
        added = None if b is None else b[i * inputs : (i + 1) * inputs].reshape(-1, *[1] * (x.ndim - 2))
        if by_rows:
            _add_by_rows(g[mine], w[mine], added, part, geometry, axes, pieces)
        else:
            _add_by_outputs(g[mine], w[mine], added, part, geometry, axes)


def _add_by_rows(g: Array, w: Array, b: Array | None, x: Array, geometry: Geometry, axes: Sizes, pieces: int) -> None:
    """Row by row of `x`: the product sums over the taps of the first dimension, those of the others are added."""
    outputs, rows = len(w), np.ascontiguousarray(g.swapaxes(0, 1))
    lines = rows.reshape(len(rows) * outputs, -1)
    kernel, stride, low = geometry.kernel[0], geometry.stride[0], geometry.low[0]
    across = columns.taps_of(geometry.kernel[1:])
    spans = [columns.spans_from(geometry, tap, 1) for tap in across]
    # (other taps and channels, taps of the first dimension and outputs): the later the tap, the earlier its row of g.
    turned = np.moveaxis(w, (0, 1, 2), (-1, -3, -2))[..., ::-1, :]
    matrices = [
        np.ascontiguousarray(turned[..., (kernel - 1 - r) % stride :: stride, :]).reshape(len(across) * w.shape[1], -1)
        for r in range(min(stride, kernel))
    ]

    def do(part: range) -> None:
        for i in part:
            target = x[:, i]
            target[...] = 0 if b is None else b
            last, r = divmod(i + low, stride)
            if r >= kernel:
                continue
            first = last + 1 - matrices[r].shape[1] // outputs
            start, stop = max(first, 0), min(last + 1, len(rows))
            if start >= stop:
                continue
            chosen = matrices[r][:, (start - first) * outputs : (stop - first) * outputs]
            product = (chosen @ lines[start * outputs : stop * outputs]).reshape(len(across), len(x), *rows.shape[2:])
            for source, where in zip(product, spans):
                columns.add(target, source, where, before)

    before = tuple([axis - 1 for axis in axes[1:]])
    step = -(-x.shape[1] // pieces)
    parts = [range(i, min(i + step, x.shape[1])) for i in range(0, x.shape[1], step)]
    each(do, parts, number_of_threads() if pieces > 1 else 1)


def _add_by_outputs(g: Array, w: Array, b: Array | None, x: Array, geometry: Geometry, axes: Sizes) -> None:
    """Some rows of `g` after the others: each tap's product is added."""
    x[...] = 0 if b is None else b[:, None]
    rows = g.reshape(len(g), g.shape[1], -1)
    matrix = columns.weight_matrix(w).T
    several = max(1, _CHUNK // (matrix.shape[0] * rows.shape[2] * x.itemsize))
    for first in range(0, g.shape[1], several):
        some = range(first, min(first + several, g.shape[1]))
        product = matrix @ rows[:, some.start : some.stop].reshape(len(g), -1)
        columns.add_columns(product, x, geometry, axes, some)
