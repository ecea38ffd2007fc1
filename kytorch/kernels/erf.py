"""The error function and its complement, exact to the dtype.

In float64 the rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error function",
Mathematics of Computation 23 (1969). In float32 polynomials fitted to mpmath's values, weighted to be minimax in the
relative error of the answer: atanh(erf x) / x in x^2 (error 1e-8), and e^(x^2) erfc x in (x - 3) / (x + 3) (1.4e-9).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blocks import share, slices

Array = npt.NDArray[Any]
_Kernel = Callable[[Array, Array], None]

# So many elements take less time one by one.
_FEW = 48

# Elements of float32 whose intermediate results stay in a core's cache.
_BLOCK = 1 << 15

# atanh(erf x) / x up to where erf x rounds to 1. Ascending; the first is given less 1, so that x is added exactly.
_ERF_END = np.float32(4.1)
_ERF = [np.float32(c) for c in (
    0.128379179, 0.102772152, -0.000206584681, -0.00059544082, 6.94397929e-05, 1.27105418e-06,
    -1.27475136e-06, 1.54161754e-07, -8.32662532e-09, 1.74740314e-10,
)]  # fmt: skip
# e^(x^2) erfc x in (x - 3) / (x + 3), 0 <= x <= 10.2. Ascending.
_ERFC_END = np.float32(10.2)
_ERFC_ENDS = np.full(_BLOCK, _ERFC_END, np.float64)  # NumPy's minimum is several times quicker beside an array
_ERFC = [np.float32(c) for c in (
    0.179001151, -0.326233564, 0.245603798, -0.150115782, 0.0716658644, -0.0243942312, 0.00426887514,
    0.000715729171, -0.000594568722, 2.8883213e-05, 5.59172326e-05,
)]  # fmt: skip

# Cody's three ranges: numerators and denominators, descending.
_NEAR = 0.46875
_NEAR_OVER = [1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
              3.20937758913846947e3]  # fmt: skip
_NEAR_UNDER = [1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3]
_FAR = 4.0
_MIDDLE_OVER = [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
                2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
                1.23033935479799725e3]  # fmt: skip
_MIDDLE_UNDER = [1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
                 1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
                 1.23033935480374942e3]  # fmt: skip
_FAR_OVER = [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
             1.60837851487422766e-2, 6.58749161529837803e-4]  # fmt: skip
_FAR_UNDER = [1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
              2.33520497626869185e-3]  # fmt: skip
_ZERO_FROM = 30.0  # where erfc is 0 in float64


def erf(x: Array) -> Array:
    """2/sqrt(pi) times the integral of e^(-t^2) from 0 to x."""
    return _blocked(x, math.erf, _erf_single, _erf_double)


def erfc(x: Array) -> Array:
    """1 - erf x, with its digits where that is small."""
    return _blocked(x, math.erfc, _erfc_single, _erfc_double)


def _blocked(x: Array, number: Callable[[float], float], single: _Kernel, double: _Kernel) -> Array:
    """`single` or `double` of x, a block at a time, or of few elements `number`, one at a time.

    float16 goes through float32, and integers become float64.
    """
    kind = x.dtype.char
    if kind not in "efd":
        x = x.astype(np.float64)
    if x.size <= _FEW:
        return np.array([number(v) for v in x.ravel().tolist()], x.dtype).reshape(x.shape)
    if kind == "e":
        return _blocked(x.astype(np.float32), number, single, double).astype(np.float16)
    y = np.empty(x.shape, x.dtype)
    source, target = x.reshape(-1), y.reshape(-1)
    function, length = (single, _BLOCK) if kind == "f" else (double, _BLOCK // 2)

    def work(blocks: Iterator[slice]) -> None:
        for block in blocks:
            function(source[block], target[block])

    share(work, slices(x.size, length), x.size)
    return y


def _erf_single(x: Array, y: Array) -> None:
    a = np.minimum(np.maximum(x, -_ERF_END), _ERF_END)
    z = a * a
    _horner(_ERF, z, y)
    np.multiply(y, a, out=y)
    np.add(y, a, out=y)
    np.tanh(y, out=y)


def _erfc_single(x: Array, y: Array) -> None:
    a = x.astype(np.float64)
    np.abs(a, out=a)
    np.minimum(a, _ERFC_ENDS[: a.size], out=a)
    e = a + 3.0
    t = a - 3.0
    t /= e
    _horner(_ERFC[2:], t.astype(np.float32), y)
    # The rest in float64, in which e^(-x^2) and the last steps keep a float32's digits.
    np.copyto(e, y)
    e *= t
    e += _ERFC[1]
    e *= t
    e += _ERFC[0]
    np.multiply(a, a, out=a)
    np.negative(a, out=a)
    e *= np.exp(a, out=a)
    y[:] = _reflected(e, x)


def _reflected(e: Array, x: Array) -> Array:
    """erfc x, given e = erfc |x|, which it overwrites: 2 - e where x is negative."""
    two = np.less(x, 0).astype(e.dtype)
    two *= 2.0
    np.subtract(two, e, out=e)
    return np.abs(e, out=e)  # where x is positive, 0 - e


def _horner(coefficients: list[np.float32], t: Array, y: Array) -> None:
    """The polynomial with ascending `coefficients` of t, into y."""
    np.multiply(t, coefficients[-1], out=y)
    for c in coefficients[-2:0:-1]:
        np.add(y, c, out=y)
        np.multiply(y, t, out=y)
    np.add(y, coefficients[0], out=y)


def _erf_double(x: Array, y: Array) -> None:
    a = np.abs(x)
    _choose(a, lambda: _near(a), lambda: 1.0 - _tail(a), y)
    np.copysign(y, x, out=y)


def _erfc_double(x: Array, y: Array) -> None:
    a = np.abs(x)
    _choose(a, lambda: 1.0 - np.copysign(_near(a), x), lambda: _reflected(_tail(a), x), y)


def _choose(a: Array, near: Callable[[], Array], away: Callable[[], Array], y: Array) -> None:
    """near() up to where Cody's first range ends, away() beyond, into y. Finite, so that products can choose."""
    is_near = a <= _NEAR
    if is_near.all():
        y[:] = near()
        return
    np.copyto(y, away())
    if is_near.any():
        y *= ~is_near
        y += near() * is_near


def _near(a: Array) -> Array:
    """erf of a <= 0.46875, and something finite beyond."""
    a = np.minimum(a, 1.0)
    y = _ratio(_NEAR_OVER, _NEAR_UNDER, a * a)
    y *= a
    return y


def _tail(a: Array) -> Array:
    """erfc of a > 0.46875, and something finite below."""
    a = np.minimum(a, _ZERO_FROM)
    # e^(-a^2) of a head whose square is exact, and of the small rest.
    head = np.trunc(a * 16.0)
    head *= 0.0625
    rest = head - a
    rest *= head + a
    head *= -head
    y: Array = np.exp(head, out=head)
    y *= np.exp(rest, out=rest)
    far = a > _FAR
    if not far.any():
        y *= _ratio(_MIDDLE_OVER, _MIDDLE_UNDER, a)
        return y
    y[~far] *= _ratio(_MIDDLE_OVER, _MIDDLE_UNDER, a[~far])
    a = a[far]
    z = 1.0 / (a * a)
    y[far] *= (1.0 / math.sqrt(math.pi) - z * _ratio(_FAR_OVER, _FAR_UNDER, z)) / a
    return y


def _ratio(over: list[float], under: list[float], t: Array) -> Array:
    """One polynomial of t over another, both with descending coefficients."""
    p, q = t * over[0], t * under[0]
    p += over[1]
    q += under[1]
    for a, b in zip(over[2:], under[2:]):
        p *= t
        p += a
        q *= t
        q += b
    p /= q
    return p
