"""Norms of vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from kytorch.kernels import norm as kernels
from kytorch.kernels import reduce
from kytorch.ops.broadcast import expand
from kytorch.ops.dtype import to
from kytorch.ops.power import pow
from kytorch.ops.reduce import as_floats, kept
from kytorch.ops.rounding import nothing
from kytorch.ops.sign import abs, sign
from kytorch.ops.where import where
from kytorch.tensor.core import A, Tensor, UnaryGradFn, View
from kytorch.tensor.dims import many_dims
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputGradFn, InputOutputGradFn
from kytorch.tensor.values import Array

_LEAST = {char: float(np.finfo(char).tiny) ** (1 / 3) for char in "efd"}


class NormGradFn(InputOutputGradFn):
    """y = (sum |x|^p)^(1/p),  dy = sum sign x (|x| / y)^(p-1) dx, and 0 where x or y is 0"""

    __slots__ = ("_dims", "_p")

    def __init__(self, p: float, dims: tuple[int, ...]) -> None:
        self._dims = dims
        self._p = p

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x, y = view(self._x, self._inputs[0]), view(self._y, self)
        shape = kept(x.shape, self._dims)
        return (self.vjp(g.reshape(shape), x, y.reshape(shape)),)

    def vjp(self, g: A, x: A, y: A) -> A:
        """The gradient with respect to x, given g and y with their dimensions kept."""
        flat = (self._x == 0) | (self._kept_y() == 0)
        ratio = abs(x) / where(y == 0, math.inf, y)
        slope: A = sign(where(flat, 0.0, x)) * pow(where(flat, 1.0, ratio), self._p - 1)
        return g * slope

    def _kept_y(self) -> Array:
        y: Array = self._y.reshape(kept(self._shapes[0], self._dims))
        return y


class EuclideanNormGradFn(NormGradFn):
    """y = sqrt(sum x^2),  dy = sum x dx / y, and 0 where y is 0"""

    __slots__ = ()

    def vjp(self, g: A, x: A, y: A) -> A:
        if self._is_plain():
            return g / y * x
        return g * (x / where(y == 0, math.inf, y))

    def _is_plain(self) -> bool:
        """Whether y is such that neither 1 / y nor, at the next orders, y^-2 and y^-3 overflow or underflow."""
        y = self._y
        least = _LEAST[y.dtype.char]
        return y.size > 0 and least < y.item(y.argmin()) and y.item(y.argmax()) < 1 / least


class ExtremeNormGradFn(NormGradFn):
    """y = max |x| or min |x|; those elements that are it share the gradient evenly, times their sign"""

    __slots__ = ()

    def vjp(self, g: A, x: A, y: A) -> A:
        here = np.abs(self._x) == self._kept_y()
        ties = reduce.sum(here, self._dims, True).astype(self._y.dtype)
        return where(here, g / ties * sign(x), 0.0)


class SumOfMagnitudesGradFn(InputGradFn):
    """y = sum |x|,  dy = sum sign x dx"""

    __slots__ = ("_dims",)

    def __init__(self, p: float, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A, x: A) -> A:
        return g.reshape(kept(x.shape, self._dims)) * sign(x)


class CountGradFn(UnaryGradFn):
    """y = how many x are not 0, flat everywhere"""

    __slots__ = ("_dims",)

    def __init__(self, p: float, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A) -> A:
        return expand(nothing(g.reshape(kept(self._shapes[0], self._dims))), self._shapes[0])


_RULES: dict[float, Callable[[float, tuple[int, ...]], NormGradFn | SumOfMagnitudesGradFn | CountGradFn]] = {
    0.0: CountGradFn,
    1.0: SumOfMagnitudesGradFn,
    2.0: EuclideanNormGradFn,
    math.inf: ExtremeNormGradFn,
    -math.inf: ExtremeNormGradFn,
}


@method
def norm(
    x: A,
    p: float | str = "fro",
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: npt.DTypeLike | None = None,
) -> A:
    """The p-norm of `x` over `dim`, or over all, as a vector: (sum |x|^p)^(1/p).

    "fro" is 2; of p = inf and -inf it is max |x| and min |x|, of 0 how many are not 0. Its derivative at 0 is 0.
    `dtype` converts `x` first. Raises ValueError for another name, and for what has no value of no elements.
    """
    array = array_of("norm", x)
    dims = many_dims("norm", dim, array.ndim)
    order = _order(p)
    if not array.size and (order < 0 or order == math.inf) and 0 in [array.shape[i] for i in dims]:
        raise ValueError(f"norm: the {order}-norm of no elements has no value, in shape {array.shape}")
    x = as_floats(x) if dtype is None else to(x, dtype)
    if isinstance(x, Tensor):
        rule = _RULES.get(order, NormGradFn)
        return rule(order, dims).record(kernels.norm(x._data, order, dims, keepdim), x)
    return kernels.norm(x, order, dims, keepdim)


def _order(p: float | str) -> float:
    if p == "fro":
        return 2.0
    if isinstance(p, str):
        raise ValueError(f'norm: expected a number, inf, -inf or "fro" for p, not {p!r}')
    if not isinstance(p, (int, float, np.number)):
        raise TypeError(f'norm: expected a number or "fro" for p, not {type(p).__name__}')
    if p != p:
        raise ValueError("norm: p is NaN")
    return float(p)
