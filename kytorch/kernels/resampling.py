"""Linear maps along one dimension of few taps each, and their transposes, on arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.matmul import dot, matmul, multiply

Array = npt.NDArray[Any]

# Outputs of one matrix: so many make good matrix products, and few more multiplications than the taps need.
_BLOCK = 64


class Line:
    """y[i] = sum over k of weights[i, k] x[places[i, k]]: how a dimension of n elements becomes one of m.

    Without `weights` each output is a copy. Equal lines are one object.
    """

    __slots__ = ("_blocks", "is_identity", "m", "n", "places", "times", "weights")

    def __init__(self, n: int, places: Array, weights: Array | None) -> None:
        self.n = n
        self.m = len(places)
        self.places = places
        self.weights = weights
        first = places[:, 0]
        self.is_identity = self.m == n and _is_identity(places, weights)
        # How often each element is repeated, if all are as often.
        times = self.m // n
        repeated = weights is None and times * n == self.m and bool((first == np.arange(n).repeat(times)).all())
        self.times = times if repeated else 0
        self._blocks: dict[str, list[tuple[slice, slice, Array]]] = {}

    def blocks(self, dtype: np.dtype[Any]) -> list[tuple[slice, slice, Array]]:
        """The matrix of the map by bands: which outputs, which elements, and the matrix from these to those."""
        found = self._blocks.get(dtype.char)
        if found is None:
            found = self._blocks[dtype.char] = self._made(dtype, _BLOCK)
        return found

    def _made(self, dtype: np.dtype[Any], size: int) -> list[tuple[slice, slice, Array]]:
        blocks = []
        for start in range(0, self.m, size):
            stop = min(start + size, self.m)
            places = self.places[start:stop]
            low, high = int(places.min()), int(places.max()) + 1
            matrix = np.zeros((stop - start, high - low))
            weights = 1.0 if self.weights is None else self.weights[start:stop]
            np.add.at(matrix, (np.arange(stop - start)[:, None], places - low), weights)
            blocks.append((slice(start, stop), slice(low, high), matrix.astype(dtype)))
        return blocks


def _is_identity(places: Array, weights: Array | None) -> bool:
    own = places == np.arange(len(places))[:, None]
    if weights is None:
        return bool(own.all())
    return not weights[~own].any() and bool((np.where(own, weights, 0).sum(1) == 1).all())


Lines = tuple[tuple[int, Line], ...]


def resampled(x: Array, lines: Lines, transposed: bool) -> Array:
    """`x` with each of its dimensions in `lines` mapped, or mapped by the transpose. The order in memory stays."""
    if _is_copy(lines, transposed):
        return _resampled(x, lines, transposed, True)
    if x.dtype.char == "e":
        wide: Array = resampled(x.astype(np.float32), lines, transposed)
        return wide.astype(x.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        y = _resampled(x, lines, transposed, True)
        if _is_finite(y):
            return y
        # 0 times what is not finite is NaN, so that matrix products spread it.
        return _resampled(x, lines, transposed, False)


def _is_copy(lines: Lines, transposed: bool) -> bool:
    return not transposed and not any(line.weights is not None for _, line in lines)


def _is_finite(y: Array) -> bool:
    flat = y.reshape(-1) if y.flags.c_contiguous else y.ravel("K")
    return math.isfinite(flat.dot(flat))


def _resampled(x: Array, lines: Lines, transposed: bool, by_products: bool) -> Array:
    order = sorted(range(x.ndim), key=lambda i: -abs(x.strides[i])) if not x.flags.c_contiguous else range(x.ndim)
    z: Array = np.ascontiguousarray(x.transpose(order))
    # What shrinks comes first; of dimensions that grow the last in memory, along whose rows BLAS is fastest.
    ranked = sorted([(line.n / line.m if transposed else line.m / line.n, -order.index(i), line) for i, line in lines])
    for _, at, line in ranked:
        shape, dim = z.shape, -at
        target = line.n if transposed else line.m
        z = z.reshape(math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :]))
        z = _mapped(z, line, target, transposed, by_products).reshape(*shape[:dim], target, *shape[dim + 1 :])
    back = [0] * x.ndim
    for i, j in enumerate(order):
        back[j] = i
    return z.transpose(back)


def _mapped(x: Array, line: Line, target: int, transposed: bool, by_products: bool) -> Array:
    """`x` with its middle dimension, of three, mapped to `target` elements."""
    if line.weights is None:
        if line.times:
            return _runs_summed(x, line.times) if transposed else _repeated(x, line.times)
        if not transposed:
            return x.take(line.places[:, 0], 1)
    y: Array = np.empty_like(x, shape=(x.shape[0], target, x.shape[2]))
    if not by_products:
        _by_taps(x, line, y, transposed)
        return y
    blocks = line.blocks(x.dtype)
    flat = x.shape[2] == 1
    if not transposed:
        for outputs, elements, matrix in blocks:
            if flat:
                multiply(x[:, elements, 0], matrix.T, y[:, outputs, 0])
            else:
                multiply(matrix, x[:, elements], y[:, outputs])
        return y
    if len(blocks) == 1 and blocks[0][1] == slice(0, target):
        multiply(x[:, :, 0], blocks[0][2], y[:, :, 0]) if flat else multiply(blocks[0][2].T, x, y)
        return y
    y.fill(0)
    for outputs, elements, matrix in blocks:
        if flat:
            y[:, elements, 0] += dot(x[:, outputs, 0], matrix)
        else:
            y[:, elements] += matmul(matrix.T, x[:, outputs])
    return y


def _by_taps(x: Array, line: Line, y: Array, transposed: bool) -> None:
    """Into `y` the map of `x`, tap by tap."""
    y.fill(0)
    for k in range(line.places.shape[1]):
        places = line.places[:, k]
        weights = None if line.weights is None else line.weights[:, k, None].astype(x.dtype)
        if not transposed:
            y += x[:, places] if weights is None else x[:, places] * weights
        else:
            np.add.at(y.swapaxes(0, 1), places, (x if weights is None else x * weights).swapaxes(0, 1))


def _repeated(x: Array, times: int) -> Array:
    outer, n, inner = x.shape
    y: Array = np.empty_like(x, shape=(outer, n, times, inner))
    if inner == 1:
        for k in range(times):
            y[:, :, k] = x
    else:
        y[...] = x[:, :, None]
    return y.reshape(outer, n * times, inner)


def _runs_summed(g: Array, times: int) -> Array:
    outer, m, inner = g.shape
    runs = g.reshape(outer, m // times, times, inner)
    if times > 8:
        total: Array = runs.sum(2)
        return total
    y: Array = runs[:, :, 0].copy() if times == 1 else runs[:, :, 0] + runs[:, :, 1]
    for k in range(2, times):
        y += runs[:, :, k]
    return y


def shuffled(x: Array, r: int) -> Array:
    """y[c, h r + i, w r + j] = x[(c r + i) r + j, h, w]."""
    *batch, channels, height, width = x.shape
    y: Array = np.empty_like(x, order="C", shape=(*batch, channels // r**2, height * r, width * r))
    for i in range(r):
        for j in range(r):
            y[..., i::r, j::r] = x[..., i * r + j :: r**2, :, :]
    return y


def unshuffled(x: Array, r: int) -> Array:
    """y[(c r + i) r + j, h, w] = x[c, h r + i, w r + j], the inverse of `shuffled`."""
    *batch, channels, height, width = x.shape
    y: Array = np.empty_like(x, order="C", shape=(*batch, channels * r**2, height // r, width // r))
    for i in range(r):
        for j in range(r):
            y[..., i * r + j :: r**2, :, :] = x[..., i::r, j::r]
    return y
