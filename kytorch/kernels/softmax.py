"""Softmax, its logarithm and log of a sum of exponentials: without overflow, in blocks that fit the cache."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce

Array = npt.NDArray[Any]

# From this size on, one NumPy call on short rows takes longer than turning them into columns.
_FEW = 256
# A line of so many elements takes less time one by one.
_LINE = 16
# Elements that a pass over several steps takes at once: few calls, whose data stay in the cache.
_BLOCK = 1 << 17
# Of each dtype, how far from 0 exponents may be so that no sum of their powers of e overflows or vanishes.
_SAFE = {"f": 60.0, "d": 600.0}


def softmax(x: Array, dim: int) -> Array:
    """e^x over its sum along `dim`."""
    if _is_a_short_line(x, dim):
        powers = [math.exp(d) for d in _less_greatest(x)]
        total = math.fsum(powers)
        return np.array([power / total for power in powers], x.dtype).reshape(x.shape)
    return _blocked(_softmax, dim, x)


def softmax_vjp(g: Array, y: Array, dim: int) -> Array:
    """y (g - sum of g y along `dim`)."""
    return _blocked(_softmax_vjp, dim, g, y)


def log_softmax(x: Array, dim: int) -> Array:
    """x - log of the sum of e^x along `dim`."""
    if _is_a_short_line(x, dim):
        less = _less_greatest(x)
        log = math.log(math.fsum([math.exp(d) for d in less]))
        return np.array([d - log for d in less], x.dtype).reshape(x.shape)
    return _blocked(_log_softmax, dim, x)


def log_softmax_vjp(g: Array, y: Array, dim: int) -> Array:
    """g - e^y times the sum of g along `dim`."""
    return _blocked(_log_softmax_vjp, dim, g, y)


def _is_a_short_line(x: Array, dim: int) -> bool:
    few = type(x) is np.ndarray and 0 < x.size <= _LINE and x.ndim > 0
    return few and x.dtype.char in _SAFE and x.size == x.shape[dim]


def _less_greatest(x: Array) -> list[float]:
    values = x.ravel().tolist()
    greatest = max(values)
    return [value - greatest for value in values]


def _is_safe(x: Array) -> bool:
    """Whether the greatest element need not be subtracted, which for many elements is quicker to ask than to do."""
    if x.size < 4 * _FEW or x.dtype.char not in _SAFE:
        return False
    limit = _SAFE[x.dtype.char]
    return bool(np.maximum.reduce(x, None) <= limit) and bool(np.minimum.reduce(x, None) >= -limit)


@np.errstate(invalid="ignore")  # inf - inf
def _softmax(x: Array, out: Array, axis: int) -> None:
    if _is_safe(x):
        np.exp(x, out)
    else:
        np.subtract(x, np.maximum.reduce(x, axis, keepdims=True), out)
        np.exp(out, out)
    out /= reduce.sum(out, (axis,), True)


def _softmax_vjp(g: Array, y: Array, out: Array, axis: int) -> None:
    if axis == y.ndim - 1 and y.size > 4 * _FEW:
        total = np.vecdot(g, y)[..., None]
    else:
        total = reduce.sum(np.multiply(g, y, out=out), (axis,), True)
    np.subtract(g, total, out=out)
    out *= y


@np.errstate(invalid="ignore")  # inf - inf
def _log_softmax(x: Array, out: Array, axis: int) -> None:
    if _is_safe(x):
        np.exp(x, out=out)
        np.subtract(x, np.log(reduce.sum(out, (axis,), True)), out=out)
        return
    np.subtract(x, np.maximum.reduce(x, axis, keepdims=True), out=out)
    out -= np.log(reduce.sum(np.exp(out), (axis,), True))


def _log_softmax_vjp(g: Array, y: Array, out: Array, axis: int) -> None:
    total = reduce.sum(g, (axis,), True)
    np.exp(y, out=out)
    out *= total
    np.subtract(g, out, out=out)


def _blocked(step: Callable[..., None], dim: int, *inputs: Array) -> Array:
    """What `step` writes for `inputs`, which have one shape; float16 goes through float32."""
    shape, dtype = inputs[0].shape, inputs[0].dtype
    out: Array
    if inputs[-1].dtype is dtype and dtype.char in _SAFE and shape and 0 < inputs[0].size < _FEW:
        out = np.empty_like(inputs[0], None, "C")
        step(*inputs, out, dim)
        return out
    if inputs[-1].dtype != dtype:
        dtype = np.result_type(*inputs)
    if not inputs[0].size:
        return np.empty_like(inputs[0], dtype)
    if dtype.char == "e":
        return _blocked(step, dim, *[x.astype(np.float32) for x in inputs]).astype(dtype)
    out = np.empty_like(inputs[0], dtype, "C", shape=shape or (1,))
    if not shape:
        inputs = tuple([x.reshape(1) for x in inputs])
    n: int = out.shape[dim]
    inner = math.prod(out.shape[dim + 1 :])
    if inner == 1 and n <= reduce.SHORT and out.size >= _FEW:
        _by_columns(step, n, out.reshape(-1, n), *[x.reshape(-1, n) for x in inputs])
    elif out.size <= _BLOCK:
        step(*inputs, out, dim)
    else:
        _by_parts(step, [x.reshape(-1, n, inner) for x in (*inputs, out)])
    return out if shape else out.reshape(())


def _by_columns(step: Callable[..., None], n: int, out: Array, *inputs: Array) -> None:
    rows = _BLOCK // n
    for i in range(0, len(out), rows):
        parts = [np.ascontiguousarray(x[i : i + rows].T) for x in inputs]
        result = np.empty_like(parts[0])
        step(*parts, result, 0)
        out[i : i + rows] = result.T


def _by_parts(step: Callable[..., None], arrays: list[Array]) -> None:
    outer, n, inner = arrays[0].shape
    if n * inner <= _BLOCK or inner == 1:
        several = max(1, _BLOCK // (n * inner))
        for i in range(0, outer, several):
            parts = [x[i : i + several] for x in arrays]
            if inner == 1:
                step(*[x.reshape(-1, n) for x in parts], 1)
            else:
                step(*parts, 1)
        return
    columns = max(2048, _BLOCK // n)
    for k in range(outer):
        for i in range(0, inner, columns):
            step(*[x[k, :, i : i + columns] for x in arrays], 0)


def logsumexp(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    """log of the sum of e^x over `dims`; of nothing, -inf."""
    if x.dtype.char == "e":
        return logsumexp(x.astype(np.float32), dims, keepdim).astype(x.dtype)
    if x.size > _FEW and dims == (x.ndim - 1,) and x.shape[-1] <= reduce.SHORT:
        return logsumexp(reduce.columns_of(x), (0,), False).reshape(x.shape[:-1] + (1,) * keepdim)
    if x.size and dims == (x.ndim - 1,) and x.size > _BLOCK:
        rows = x.reshape(-1, x.shape[-1])
        several = max(1, _BLOCK // rows.shape[1])
        y = np.concatenate([_logsumexp(rows[i : i + several], (1,)) for i in range(0, len(rows), several)])
    else:
        y = _logsumexp(x, dims)
    return y.reshape([1 if i in dims else n for i, n in enumerate(x.shape) if keepdim or i not in dims])


def _logsumexp(x: Array, dims: tuple[int, ...]) -> Array:
    if _is_safe(x):
        log: Array = np.log(reduce.sum(np.exp(x), dims, True))
        return log
    greatest: Array = np.maximum.reduce(x, dims, keepdims=True, initial=-math.inf)
    with np.errstate(divide="ignore", over="ignore"):  # log 0; what overflows beside an infinity
        greatest = np.where(np.isfinite(greatest), greatest, np.zeros_like(greatest))
        e = np.subtract(x, greatest)
        e = np.exp(e, out=e if e.ndim else None)
        y: Array = np.log(reduce.sum(e, dims, True))
    return y + greatest


def logsumexp_vjp(g: Array, x: Array, y: Array) -> Array:
    """g e^(x - y), with the reduced dimensions kept in g and y."""
    e: Array = np.subtract(x, y)
    e = np.exp(e, out=e if e.ndim else None)
    return np.multiply(g, e, out=e if e.ndim else None)
