"""The gated linear unit (Dauphin et al. 2017)."""

from __future__ import annotations

from kytorch.kernels import glu as kernels
from kytorch.nn.activations.elementwise import floats
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.module import Module
from kytorch.ops.activation import sigmoid
from kytorch.ops.join import narrow
from kytorch.tensor.core import Tensor
from kytorch.tensor.dims import one_dim
from kytorch.tensor.values import Array


class GluGradFn(FusedGradFn):
    """y = a sigmoid(b) of the halves of x along a dim,  dy = s da + a s (1 - s) db, s = sigmoid(b)"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def composition(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        n = x.shape[self._dim] // 2
        return narrow(x, self._dim, 0, n) * sigmoid(narrow(x, self._dim, n, n))

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        return (kernels.glu_vjp(g, inputs[0], self._dim),)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a sigmoid(b), of the halves a and b of the input along `dim`. Raises ValueError for an odd size."""
    x = floats("glu", input)
    at = one_dim("glu", dim, x.ndim)
    if not x.ndim or x.shape[at] % 2:
        raise ValueError(f"glu: an input of shape {x.shape} has no halves along dim {dim}; that size is to be even")
    return GluGradFn(at).record(kernels.glu(x, at), input)


class GLU(Module):
    """a sigmoid(b), of the halves a and b of the input along `dim`."""

    def __init__(self, dim: int = -1) -> None:
        if not isinstance(dim, int):
            raise TypeError(f"GLU: dim is to be an int, not {type(dim).__name__}")
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
