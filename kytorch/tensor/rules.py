"""Kinds of recorded operations, by what their rules read; those of the operators are in `core`."""

from __future__ import annotations

from kytorch.tensor.core import (
    CONSTANT,
    A,
    GradFn,
    OneInputGradFn,
    Tensor,
    TwoInputGradFn,
    UnaryGradFn,
    View,
    make,
)
from kytorch.tensor.values import Array


class InputGradFn(OneInputGradFn):
    """y = f(x), with a rule that reads x."""

    __slots__ = ("_x",)
    _x: Array

    def vjp(self, g: A, x: A) -> A:
        """The gradient with respect to x."""
        raise NotImplementedError(f"{self.name} has no rule")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (self.vjp(g, view(self._x, self._inputs[0])),)

    def record(self, y: Array, x: Tensor) -> Tensor:
        self._x = x._data if self._is_ours else x.data
        return OneInputGradFn.record(self, y, x)


class OutputGradFn(OneInputGradFn):
    """y = f(x), with a rule that reads y."""

    __slots__ = ("_y",)
    _y: Array

    def vjp(self, g: A, y: A) -> A:
        """The gradient with respect to x."""
        raise NotImplementedError(f"{self.name} has no rule")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (self.vjp(g, view(self._y, self)),)

    def record(self, y: Array, x: Tensor) -> Tensor:
        tensor = OneInputGradFn.record(self, y, x)
        self._y = tensor._data if self._is_ours else tensor.data
        return tensor


class InputOutputGradFn(OneInputGradFn):
    """y = f(x), with a rule that reads both."""

    __slots__ = ("_x", "_y")
    _x: Array
    _y: Array

    def vjp(self, g: A, x: A, y: A) -> A:
        """The gradient with respect to x."""
        raise NotImplementedError(f"{self.name} has no rule")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (self.vjp(g, view(self._x, self._inputs[0]), view(self._y, self)),)

    def record(self, y: Array, x: Tensor) -> Tensor:
        tensor = OneInputGradFn.record(self, y, x)
        self._x, self._y = (x._data, tensor._data) if self._is_ours else (x.data, tensor.data)
        return tensor


class BinaryGradFn(TwoInputGradFn):
    """y = f(a, b), with rules that read both."""

    __slots__ = ("_a", "_b")
    _a: Array
    _b: Array

    def vjp_a(self, g: A, a: A, b: A) -> A:
        """The gradient with respect to a."""
        raise NotImplementedError(f"{self.name} has no rule for a")

    def vjp_b(self, g: A, a: A, b: A) -> A:
        """The gradient with respect to b."""
        raise NotImplementedError(f"{self.name} has no rule for b")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        a, b = view(self._a, a_fn), view(self._b, b_fn)
        return (
            None if a_fn is CONSTANT else self.vjp_a(g, a, b),
            None if b_fn is CONSTANT else self.vjp_b(g, a, b),
        )

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        self._a, self._b = (a._data, b._data) if self._is_ours else (a.data, b.data)
        return TwoInputGradFn.record(self, y, a, b)


class NaryGradFn(GradFn):
    """An operation on any number of Tensors; its `vjps` is its rule."""

    __slots__ = ()

    def record(self, y: Array, *inputs: Tensor) -> Tensor:
        """The Tensor of `y`, a fresh array, as made from `inputs` by this operation."""
        if not self._is_ours:
            y = self._taken(y)
        self._inputs = (*[x._grad_fn for x in inputs],)
        if self._inputs.count(CONSTANT) == len(inputs):
            return make(y, CONSTANT)
        self._shapes = (*[x._data.shape for x in inputs],)
        return make(y, self)


class PartGradFn(UnaryGradFn):
    """y = a part of x. So that many parts of one x cost no more than x, the gradient can be added to that of others.

    Its `vjp` makes an array of its own, of x's shape and g's dtype.
    """

    __slots__ = ()

    def add_to(self, total: Array, g: Array) -> None:
        """Add the gradient with respect to x to `total`, in place."""
        raise NotImplementedError(f"{self.name} has no rule")
