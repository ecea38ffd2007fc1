"""Reductions over dimensions, on arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.kernels.blocks import share, slices

Array = npt.NDArray[Any]

# In what each dtype is summed where NumPy would add one element after the other, and its errors with them.
_WIDER = {"e": np.float32, "f": np.float64}
# Of each dtype, how much of their mean equal numbers may seem to deviate from it.
_ROUNDINGS = {char: 8 * float(np.finfo(char).eps) for char in "fd"}
_FEW = 1024
# So few float32 take less time one by one, in float64, in which nothing is lost.
_LINE = 16
# With what products sum; of each dtype, as making it takes as long as a product.
_ONES = {char: np.ones(_FEW, char) for char in "fd"}
# Up to this many elements NumPy's pairwise sum of all is quicker than products.
_PAIRWISE = 1 << 15
# Rows up to this length are reduced column by column, where NumPy is several times faster.
SHORT = 64
# Elements that a pass over several steps takes at once, so that they stay in the cache.
BLOCK = 1 << 15
_GROUP = 64
# So many products a dot product of float32 adds up with few roundings' error, even if all are equal; BLAS shares more
# among threads.
_DOT = 9 * _FEW
# Elements from which on threads share a sum, and those that one sums at once.
_MANY, _PIECE = 1 << 22, 1 << 21


def sum(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    """The sum of `x` over `dims`; integers and bool are summed as int64.

    NumPy adds pairwise only along the last dimensions of a contiguous array; elsewhere many elements are summed in a
    wider dtype. A product with ones reads several times faster than a reduction, and adds few at a time.
    """
    dtype: npt.DTypeLike | None = None
    char = x.dtype.char
    if char in "fde":
        if x.size > _FEW:
            if char != "e" and (quick := _by_products(x, dims)) is not None:
                return quick.reshape([1 if i in dims else n for i, n in enumerate(x.shape)]) if keepdim else quick
            n = math.prod([x.shape[i] for i in dims])
            if char in _WIDER and (n > SHORT or char == "e") and not (x.flags.c_contiguous and _trailing(x, dims)):
                dtype = _WIDER[char]
    elif x.dtype.kind in "bu":
        dtype = np.int64
    total: Array = np.add.reduce(x, dims, dtype, None, keepdim)  # type: ignore[call-overload]  # a bool is one of its Literals
    return total if dtype is None or x.dtype.kind != "f" else total.astype(x.dtype)


def _trailing(x: Array, dims: tuple[int, ...]) -> bool:
    return sorted(dims) == list(range(x.ndim - len(dims), x.ndim))


def _by_products(x: Array, dims: tuple[int, ...]) -> Array | None:
    """The sum of many elements over `dims`, which are dropped, by products with ones; None where that is not faster."""
    if x.size <= _DOT:
        return _summed(x, dims)
    with one_thread():
        return _summed(x, dims)


def _summed(x: Array, dims: tuple[int, ...]) -> Array | None:
    many = len(dims)
    if many == x.ndim:
        if x.flags.c_contiguous or x.flags.f_contiguous:
            return _sum_of_all(x.reshape(-1, order="A"))
        return None
    if not many or not x.flags.c_contiguous:
        return None
    last = x.shape[x.ndim - many :]
    if _trailing(x, dims):
        n = math.prod(last)
        return _row_sums(x.reshape(-1, n)).reshape(x.shape[: x.ndim - many]) if 0 < n <= _FEW else None
    if sorted(dims) == list(range(many)):
        rest = x.shape[many:]
        return _sum_of_rows(x.reshape(-1, math.prod(rest))).astype(x.dtype, copy=False).reshape(rest)
    return None


def _sum_of_all(x: Array) -> Array:
    whole = x.size // _FEW * _FEW if x.size > _PAIRWISE else 0
    if not whole:
        few: Array = np.add.reduce(x)
        return few
    total: Array = np.add.reduce(_row_sums(x[:whole].reshape(-1, _FEW)))
    return total if whole == x.size else total + np.add.reduce(x[whole:])


def _row_sums(x: Array) -> Array:
    """The sum of each row, of up to `_FEW` elements."""
    rows, n = x.shape
    ones = _ONES[x.dtype.char][:n]
    total: Array
    if x.size < _MANY:
        total = x @ ones
        return total
    total = np.empty_like(x, shape=(rows,))
    return _shared(lambda part: np.matmul(x[part], ones, out=total[part]), total, x.size)


def _shared(multiply: Callable[[slice], object], total: Array, elements: int) -> Array:
    """`total`, when `multiply` has made all of it, part by part."""

    def work(parts: Iterator[slice]) -> None:
        for part in parts:
            multiply(part)

    share(work, slices(len(total), max(1, _PIECE * len(total) // elements)), elements)
    return total


def _sum_of_rows(x: Array) -> Array:
    """The rows' sum: 64 rows at a time in their dtype, several beside each other if they are short, then in float64."""
    rows, columns = x.shape
    ones = _ONES[x.dtype.char][:_GROUP]
    if rows < 4 * _GROUP or not columns:
        few: Array = ones[:rows] @ x[:_GROUP]
        for start in range(_GROUP, rows, _GROUP):
            few += ones[: rows - start] @ x[start : start + _GROUP]
        return few
    beside = max(1, min(_FEW // columns, rows // _GROUP))
    groups = rows // (_GROUP * beside)
    whole = groups * _GROUP * beside
    several = x[:whole].reshape(groups, _GROUP, beside * columns)
    total: Array
    if x.size < _MANY:
        total = ones @ several
    else:
        total = np.empty_like(x, shape=(groups, beside * columns))
        _shared(lambda part: np.matmul(ones, several[part], out=total[part]), total, x.size)
    total = np.add.reduce(total, 0, np.float64).reshape(beside, columns)
    total = np.add.reduce(total, 0)
    return total if whole == rows else total + _sum_of_rows(x[whole:])


def mean(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    """The mean of `x` over `dims`; of float16 through float32, since a sum may not fit where the mean does."""
    n = x.size if len(dims) == x.ndim else math.prod([x.shape[i] for i in dims])
    wide = x.astype(np.float32) if x.dtype.char == "e" else x
    if not n:
        return np.full_like(sum(wide, dims, keepdim), math.nan, dtype=np.result_type(x, np.float16))
    average: Array = sum(wide, dims, keepdim) / n
    return average.astype(x.dtype) if wide is not x else average


def sum_of_squares(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    """The sum of x^2 over `dims`."""
    if x.size > _FEW and x.flags.c_contiguous and _trailing(x, dims):
        n = math.prod(x.shape[x.ndim - len(dims) :])
        left = x.shape[: x.ndim - len(dims)] + (1,) * (len(dims) * keepdim)
        if len(dims) == x.ndim:
            return _sum_of_all_squares(x.reshape(-1)).reshape(left)
        if _GROUP // 4 <= n <= _DOT:
            rows = x.reshape(-1, n)
            y: Array = np.vecdot(rows, rows)
            return y.reshape(left)
    return sum(x * x, dims, keepdim)


def _sum_of_all_squares(x: Array) -> Array:
    if x.size <= _DOT:
        return np.asarray(x @ x)
    whole = x.size // _FEW * _FEW
    rows, rest = x[:whole].reshape(-1, _FEW), x[whole:]
    return np.asarray(np.add.reduce(np.vecdot(rows, rows)) + rest @ rest)


def _sum_of_numbers(numbers: list[Any]) -> float:
    total: float = np.add.reduce(np.array(numbers, np.float64)).item()
    return total


def _parts(flat: Array, size: int = BLOCK // 4) -> list[Array]:
    return [flat[i : i + size] for i in range(0, flat.size, size)]


def variance(x: Array, dims: tuple[int, ...], correction: float, keepdim: bool, root: bool) -> tuple[Array, Array]:
    """The sum of squared deviations over n - correction, or its root, and the mean, in which the dimensions are kept.

    Where n - correction is not positive, it is infinite, or NaN if nothing deviates.
    """
    if type(x) is np.ndarray and x.dtype.char == "f" and 0 < x.size <= _LINE and len(dims) == x.ndim:
        spread, middle = _variance_one_by_one(x.ravel().tolist(), correction, root)
        ones = (1,) * x.ndim
        return np.array(spread, x.dtype).reshape(ones if keepdim else ()), np.array(middle, x.dtype).reshape(ones)
    n = math.prod([x.shape[i] for i in dims])
    wide = x.astype(np.float32) if x.dtype.char == "e" else x
    average = mean(wide, dims, True)
    squares = _squared_deviations(wide, average, dims, keepdim)
    if n and _seem_equal(squares, average, n):
        # All are equal, or nearly: the mean from the first one on is exact, and nothing deviates where nothing differs.
        first = wide[tuple([slice(0, 1) if i in dims else slice(None) for i in range(wide.ndim)])]
        average = first + mean(wide - first, dims, True)
        squares = _squared_deviations(wide, average, dims, keepdim)
    freedom = n - correction
    y = squares / freedom if freedom > 0 else np.where(squares > 0, math.inf, np.full_like(squares, math.nan))
    y = np.sqrt(y) if root else y
    return (y, average) if wide is x else (y.astype(x.dtype), average.astype(x.dtype))


def _variance_one_by_one(values: list[float], correction: float, root: bool) -> tuple[float, float]:
    n = len(values)
    total = squares = 0.0
    for value in values:
        total += value
    average = total / n
    for value in values:
        squares += (value - average) * (value - average)
    freedom = n - correction
    y = squares / freedom if freedom > 0 else math.inf if squares > 0 else math.nan
    return math.sqrt(y) if root else y, average


def _seem_equal(squares: Array, average: Array, n: int) -> bool:
    """Whether n elements somewhere deviate no more from their mean than roundings do."""
    rounding = _ROUNDINGS[average.dtype.char]
    if average.size == 1:  # the same, but quicker
        size = rounding * average.item()
        return bool(squares.item() <= n * size * size)
    return bool((squares.reshape(average.shape) <= n * (rounding * average) ** 2).any())


def _squared_deviations(x: Array, average: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    if x.size > BLOCK and x.flags.c_contiguous:
        if len(dims) == x.ndim:
            middle = average.reshape(())
            total = _sum_of_numbers([(d := part - middle) @ d for part in _parts(x.reshape(-1))])
            return np.full_like(x, total, shape=[1] * x.ndim if keepdim else [])
        if dims == (x.ndim - 1,) and x.shape[-1] <= SHORT:
            d = columns_of(x) - average.reshape(-1)
            d *= d
            return sum(d, (0,), False).reshape(average.shape if keepdim else average.shape[:-1])
    d = x - average
    d = np.multiply(d, d, out=d if d.ndim else None)
    return sum(d, dims, keepdim)


def columns_of(x: Array) -> Array:
    """The last dimension's elements first, and contiguous: (n, all the others)."""
    return np.ascontiguousarray(x.reshape(-1, x.shape[-1]).T)


def extreme(function: np.ufunc, x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    """The greatest or least of `x` over `dims`, or the like, by `function`: np.maximum, np.minimum or another."""
    y: Array
    if x.size > _FEW and dims == (x.ndim - 1,) and x.shape[-1] <= SHORT:
        y = function.reduce(columns_of(x), 0)
        return y.reshape(x.shape[:-1] + (1,) * keepdim)
    y = function.reduce(x, dims, keepdims=keepdim)
    return y


def placed(mask: Array, share: Array) -> Array:
    """`share`, broadcast to the shape of `mask`, where that is true, and 0 elsewhere."""
    y = np.zeros_like(share, order="C", shape=mask.shape)
    if share.size == 1 and mask.size > _FEW:
        y.reshape(-1)[np.flatnonzero(mask)] = share.reshape(())
    else:
        np.copyto(y, share, where=mask)
    return y
