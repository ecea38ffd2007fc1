"""Operations that repeat elements, and their transpose."""

from __future__ import annotations

from collections.abc import Sequence

from kytorch.kernels import broadcast
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import sizes
from kytorch.tensor.methods.registry import method


class ExpandGradFn(UnaryGradFn):
    """y = x repeated; the walk sums the gradient to x's shape"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g


@method
def expand(x: A, *shape: int | Sequence[int]) -> A:
    """`x` repeated along new leading dimensions and those of size 1, without copying; -1 leaves a size as it is."""
    target = sizes("expand", shape)
    lead = len(target) - x.ndim
    grown = any(n != m and n != -1 and (m != 1 or n < 0) for n, m in zip(target[lead:], x.shape))
    if lead < 0 or grown or any(n < 0 for n in target[:lead]):
        raise ValueError(f"expand: shape {x.shape} does not expand to {target}; only a size of 1 can grow")
    target = target[:lead] + tuple([m if n == -1 else n for n, m in zip(target[lead:], x.shape)])
    if isinstance(x, Tensor):
        return ExpandGradFn().record(broadcast.expand(x._data, target), x)
    return broadcast.expand(x, target)


class SumToSizeGradFn(UnaryGradFn):
    """y = x summed over what broadcasting repeats, the transpose of expand"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return expand(g, self._shapes[0])


@method
def sum_to_size(x: A, *shape: int | Sequence[int]) -> A:
    """`x` summed over the dimensions along which `shape` broadcasts to its own. Raises ValueError if it does not."""
    target = sizes("sum_to_size", shape)
    if isinstance(x, Tensor):
        return SumToSizeGradFn().record(broadcast.sum_to_size(x._data, target), x)
    return broadcast.sum_to_size(x, target)
