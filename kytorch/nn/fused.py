"""Operations recorded as one node, for speed, whose meaning is a composition of others."""

from __future__ import annotations

from kytorch.func.vjp import vjp
from kytorch.tensor.core import CONSTANT, A, Tensor, View
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array


class FusedGradFn(NaryGradFn):
    """y = composition(inputs), made by a kernel, with gradients made by another.

    Gradients that are to be differentiated again are the composition's own.
    """

    __slots__ = ("_arrays",)
    _arrays: tuple[Array, ...]

    def composition(self, *inputs: Tensor) -> Tensor:
        """What the operation computes, in operations with rules of their own."""
        raise NotImplementedError(f"{self.name} has no composition")

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        """The gradient with respect to each input, or None for a constant (see `needs`)."""
        raise NotImplementedError(f"{self.name} has no gradients")

    def needs(self, i: int) -> bool:
        """Whether input `i` is to get a gradient."""
        return self._inputs[i] is not CONSTANT

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        if not isinstance(g, Tensor):
            return self.gradients(g, *self._arrays)
        return self.of_composition(g, [view(array, grad_fn) for array, grad_fn in zip(self._arrays, self._inputs)])

    def of_composition(self, g: Tensor, inputs: list[Tensor]) -> tuple[Tensor | None, ...]:
        """The composition's gradients at `inputs`."""
        live = [i for i in range(len(inputs)) if self.needs(i)]

        def of_live(*xs: Tensor) -> Tensor:
            every = list(inputs)
            for i, x in zip(live, xs):
                every[i] = x
            return self.composition(*every)

        _, pullback = vjp(of_live, *[inputs[i] for i in live])
        found = dict(zip(live, pullback(g)))
        return tuple([found.get(i) for i in range(len(inputs))])

    def record(self, y: Array, *inputs: Tensor) -> Tensor:
        tensor = NaryGradFn.record(self, y, *inputs)
        if tensor._grad_fn is self:
            self._arrays = (*[x._data for x in inputs],)
        return tensor
