"""A recurrent layer in one direction over a whole sequence, as one recorded operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from kytorch.kernels.recurrent_gradients import Done, Products
from kytorch.nn.fused import FusedGradFn
from kytorch.ops.join import cat
from kytorch.ops.products import product
from kytorch.ops.shape import unsqueeze
from kytorch.ops.where import where
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array, lock

T = TypeVar("T")


class SequenceGradFn(FusedGradFn):
    """y = (s_0, ..., s_T), the hidden states before, between and after the steps,  s_k = step(x_k, s_{k-1})

    The inputs are x, (T, batch, features), the initial states, and the weights: w_ih, w_hh and, if there are biases,
    b_ih and b_hh. In reverse the last step is taken first, and y is s_T, ..., s_0. Where `held`, (T, batch, 1), is
    true, a step leaves a state as it is.
    """

    __slots__ = ("_bias", "_held", "_reverse")
    _states: int = 1
    """How many states there are."""

    def __init__(self, reverse: bool, bias: bool, held: Array | None) -> None:
        if held is not None:
            lock(held)
        self._reverse = reverse
        self._bias = bias
        self._held = held

    def step(self, x: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor]) -> list[Tensor]:
        """The states after a step."""
        raise NotImplementedError(f"{self.name} has no step")

    def composition(self, *inputs: Tensor) -> Tensor:
        x, states, weights = inputs[0], list(inputs[1 : 1 + self._states]), inputs[1 + self._states :]
        every = [states[0]]
        for t in reversed(range(len(x))) if self._reverse else range(len(x)):
            after = self.step(x[t], states, weights)
            if self._held is not None:
                after = [where(self._held[t], old, new) for old, new in zip(states, after)]
            states = after
            every.append(states[0])
        if self._reverse:
            every.reverse()
        return cat([unsqueeze(s, 0) for s in [*every, *states[1:]]])

    def in_order(self, array: Array) -> Array:
        """What there is for each step, in the order of processing."""
        return array[::-1] if self._reverse else array

    def of_gates(self, array: Array) -> Array:
        """The same of what there is for each gate and step."""
        return array[:, ::-1] if self._reverse else array

    @property
    def held(self) -> Array | None:
        """Which states each step leaves as they are, in the order of processing."""
        return None if self._held is None else self.in_order(self._held)

    def gradients_beside(
        self,
        back: Callable[[Done], T],
        of_x: Sequence[Array],
        of_h: Sequence[Array],
        y: Array,
        *inputs: Array,
    ) -> tuple[T, Array | None, list[Array | None]]:
        """What `back` gives, which goes back through the steps, and the gradients with respect to x and to w_ih, w_hh
        and the biases, from those with respect to x w_ih^T and h w_hh^T, in the order of time.

        `y` has the hidden states.
        """
        x, w_ih, w_hh = inputs[0], inputs[1 + self._states], inputs[2 + self._states]
        steps, batch, _ = x.shape
        products = Products(steps, batch * (w_ih.size + w_hh.size) * steps)
        given = x if self.needs(1 + self._states) else None
        states = (y[1 : steps + 1] if self._reverse else y[:steps]) if self.needs(2 + self._states) else None
        if of_x is of_h:
            of_both = products.weights(of_x, (given, states), self._bias)
        else:
            of_w_ih, of_w_hh = (
                products.weights(of_x, (given,), self._bias),
                products.weights(of_h, (states,), self._bias),
            )
        g_x = products.input(of_x, w_ih) if self.needs(0) else None
        found = products.beside(back, self._reverse)
        if of_x is of_h:
            g_w_ih, g_w_hh, g_b_ih = of_both()
            g_b_hh = g_b_ih
        else:
            (g_w_ih, g_b_ih), (g_w_hh, g_b_hh) = of_w_ih(), of_w_hh()
        return found, g_x, [g_w_ih, g_w_hh, g_b_ih, g_b_hh][: 4 if self._bias else 2]


def affine(x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
    """x w^T + b."""
    y = product(x, w.T)
    return y if b is None else y + b
