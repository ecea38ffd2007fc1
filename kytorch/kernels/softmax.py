"""Softmax, its logarithm and log of a sum of exponentials: without overflow, in blocks that fit the cache.

Threads share the blocks of large arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce
from kytorch.kernels.blas import one_thread
from kytorch.kernels.blocks import share

Array = npt.NDArray[Any]

# From this size on, one NumPy call on short rows takes longer than turning them into columns.
_FEW = 256
# A line of so many elements takes less time one by one.
_LINE = 16
# Elements that a pass over several steps takes at once: few calls, whose data stay in the cache.
_BLOCK = 1 << 17
# Of each dtype, how great squares of sums of powers of e may be, so that none has overflowed; and how great those of
# their inverses, so that no power has vanished which counts.
_SAFE = {"f": math.exp(80.0), "d": math.exp(600.0)}
_SAFE_INVERSE = math.exp(20.0)


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


def _is_safe(total: Array) -> bool:
    """Whether these sums of e^x are right, without the greatest x subtracted; to ask is quicker than to find those."""
    total = total.reshape(-1)
    if not total.dot(total) <= _SAFE[total.dtype.char]:
        return False
    inverse = np.reciprocal(total)
    return bool(inverse.dot(inverse) <= _SAFE_INVERSE)


def _is_large(x: Array) -> bool:
    return x.size >= 4 * _FEW and x.dtype.char in _SAFE


@np.errstate(invalid="ignore", over="ignore", divide="ignore")  # inf - inf, e^x, 1 / 0
def _softmax(x: Array, out: Array, axis: int) -> None:
    if _is_large(x):
        total = reduce.sum(np.exp(x, out), (axis,), True)
        if _is_safe(total):
            np.divide(out, total, out)
            return
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


@np.errstate(invalid="ignore", over="ignore", divide="ignore")  # inf - inf, e^x, 1 / 0
def _log_softmax(x: Array, out: Array, axis: int) -> None:
    if _is_large(x):
        total = reduce.sum(np.exp(x, out), (axis,), True)
        if _is_safe(total):
            np.subtract(x, np.log(total), out)
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
        out = _blocked(step, dim, *[x.astype(np.float32) for x in inputs])
        with np.errstate(over="ignore"):  # a logarithm that is beyond float16
            return out.astype(dtype)
    out = np.empty_like(inputs[0], dtype, "C", shape=shape or (1,))
    if not shape:
        inputs = tuple([x.reshape(1) for x in inputs])
    n: int = out.shape[dim]
    inner = math.prod(out.shape[dim + 1 :])
    if inner == 1 and n <= reduce.SHORT and out.size >= _FEW:
        step = partial(_by_columns, step, n)
    if out.size <= _BLOCK:
        step(*inputs, out, dim)
    elif inner == 1:
        _share(lambda rows: step(*rows, 1), _rows(n, [x.reshape(-1, n) for x in (*inputs, out)]), out.size)
    else:
        _share(lambda part: step(*part, 1), _parts([x.reshape(-1, n, inner) for x in (*inputs, out)]), out.size)
    return out if shape else out.reshape(())


def _share(do: Callable[[list[Array]], None], parts: Iterator[list[Array]], size: int) -> None:
    def work(waiting: Iterator[list[Array]]) -> None:
        for part in waiting:
            do(part)

    with one_thread():
        share(work, list(parts), size)


def _rows(n: int, arrays: list[Array]) -> Iterator[list[Array]]:
    """Some rows of n elements of each of the arrays."""
    several = max(1, _BLOCK // n)
    return ([x[i : i + several] for x in arrays] for i in range(0, len(arrays[0]), several))


def _parts(arrays: list[Array]) -> Iterator[list[Array]]:
    """Of arrays (outer, n, inner) some of the outer or some of the inner elements."""
    outer, n, inner = arrays[0].shape
    several = max(1, _BLOCK // (n * inner))
    columns = inner if n * inner <= _BLOCK else max(2048, _BLOCK // n)
    for k in range(0, outer, several):
        for i in range(0, inner, columns):
            yield [x[k : k + several, :, i : i + columns] for x in arrays]


def _by_columns(step: Callable[..., None], n: int, *arguments: Any) -> None:
    """What `step` writes for short rows, of n elements each, made from their columns."""
    *inputs, out, _ = arguments
    columns = [np.ascontiguousarray(x.reshape(-1, n).T) for x in inputs]
    result = np.empty_like(columns[0], out.dtype)
    step(*columns, result, 0)
    out.reshape(-1, n)[...] = result.T


def logsumexp(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    """log of the sum of e^x over `dims`; of nothing, -inf."""
    if x.dtype.char == "e":
        return logsumexp(x.astype(np.float32), dims, keepdim).astype(x.dtype)
    if x.size > _FEW and dims == (x.ndim - 1,) and x.shape[-1] <= reduce.SHORT:
        return logsumexp(reduce.columns_of(x), (0,), False).reshape(x.shape[:-1] + (1,) * keepdim)
    if x.size and dims == (x.ndim - 1,) and x.size > _BLOCK:
        rows = x.reshape(-1, x.shape[-1])
        y = np.empty_like(rows, shape=(len(rows), 1))

        def write(part: list[Array]) -> None:
            part[1][...] = _logsumexp(part[0], (1,))

        _share(write, _rows(rows.shape[1], [rows, y]), x.size)
    else:
        y = _logsumexp(x, dims)
    return y.reshape([1 if i in dims else n for i, n in enumerate(x.shape) if keepdim or i not in dims])


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # e^x, what overflows beside an infinity, log 0
def _logsumexp(x: Array, dims: tuple[int, ...]) -> Array:
    if _is_large(x):
        total = reduce.sum(np.exp(x), dims, True)
        if _is_safe(total):
            log: Array = np.log(total)
            return log
    greatest: Array = np.maximum.reduce(x, dims, keepdims=True, initial=-math.inf)
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
