"""What activations share: functions of each element as one node, checks of arguments, and how options are shown."""

from __future__ import annotations

from kytorch.kernels.kinks import passed
from kytorch.nn.module import Module
from kytorch.ops.where import masked
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.rules import InputGradFn
from kytorch.tensor.values import Array


class ActivationGradFn(InputGradFn):
    """y = f(x),  dy = f'(x) dx, by a kernel, or by a formula where the gradient is to be differentiated again."""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        """f'(x)."""
        raise NotImplementedError(f"{self.name} has no slope")

    def kernel(self, g: Array, x: Array) -> Array:
        """g f'(x)."""
        raise NotImplementedError(f"{self.name} has no kernel")

    def vjp(self, g: A, x: A) -> A:
        if isinstance(g, Tensor):
            return g * self.slope(x)
        return self.kernel(g, x)


class StraightGradFn(InputGradFn):
    """y = f(x), which is constant or of one slope,  dy = [passes(x)] slope dx"""

    __slots__ = ()
    _steepness = 1.0

    def passes(self, x: Array) -> Array:
        """Where f is not constant."""
        raise NotImplementedError(f"{self.name} does not say where it is not constant")

    def vjp(self, g: A, x: A) -> A:
        if isinstance(g, Tensor):
            y: Tensor = masked(g, self.passes(x._data))
            return y if self._steepness == 1 else y * self._steepness
        return passed(g, x, self.passes, self._steepness)


def floats(name: str, x: Tensor) -> Array:
    """The array of `x`. Raises TypeError unless that is a Tensor of floats."""
    if type(x) is not Tensor:
        raise not_tensors(name, x)
    if x._data.dtype.kind != "f":
        raise TypeError(f"{name}: expected a Tensor of floats, not of {x.dtype}; convert it with to(np.float32)")
    return x._data


class Activation(Module):
    """The base of what PyTorch can compute in place. Tensors are immutable: `inplace` changes nothing."""

    def __init__(self, inplace: bool = False) -> None:
        if not isinstance(inplace, bool):
            raise TypeError(f"{type(self).__name__}: inplace is to be a bool, not {type(inplace).__name__}")
        self.inplace = inplace

    def options(self) -> str:
        """What `repr` shows of the options but for `inplace`."""
        return ""

    def extra_repr(self) -> str:
        options = self.options()
        return f"{options}{', ' if options else ''}inplace=True" if self.inplace else options
