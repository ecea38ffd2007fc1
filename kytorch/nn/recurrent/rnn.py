"""The simple recurrent layer (Elman 1990)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from kytorch.kernels import recurrent as shared
from kytorch.kernels import rnn as kernels
from kytorch.kernels.blas import one_thread
from kytorch.kernels.recurrent_gradients import Done
from kytorch.nn.recurrent.layers import Lengths, RNNBase
from kytorch.nn.recurrent.sequence import SequenceGradFn, affine
from kytorch.ops.activation import relu
from kytorch.ops.hyperbolic import tanh
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array

Nonlinearity: TypeAlias = Literal["tanh", "relu"]


class RNNGradFn(SequenceGradFn):
    """h' = f(x w_ih^T + b_ih + h w_hh^T + b_hh), f being tanh or relu"""

    __slots__ = ("_relu", "_y")

    def __init__(self, reverse: bool, bias: bool, held: Array | None, relu: bool) -> None:
        SequenceGradFn.__init__(self, reverse, bias, held)
        self._relu = relu

    def step(self, x: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor]) -> list[Tensor]:
        b_ih, b_hh = weights[2:] if self._bias else (None, None)
        a = affine(x, weights[0], b_ih) + affine(states[0], weights[1], b_hh)
        return [relu(a) if self._relu else tanh(a)]

    def forward(self, x: Tensor, h: Tensor, *weights: Tensor) -> Tensor:
        """The hidden states."""
        w_ih, w_hh, *biases = [weight._data for weight in weights]
        a = shared.projected(x._data, w_ih, biases[0] + biases[1] if biases else None, 1)[0]
        y = np.empty((len(a) + 1, *h.shape), a.dtype)
        states = self.in_order(y)
        states[0] = h._data
        with one_thread():
            kernels.forward(self.in_order(a), states, w_hh, self._relu, self.held)
        self._y = y
        return self.record(y, x, h, *weights)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        w_hh = inputs[3]
        g = g.astype(w_hh.dtype, copy=False)
        d = np.empty_like(self._y[1:])

        def back(done: Done) -> Array:
            y, of_steps = self.in_order(self._y), self.in_order(d)
            return kernels.backward(self.in_order(g), y, w_hh, self._relu, self.held, of_steps, done)

        of_steps = [d]
        g_h, g_x, of_weights = self.gradients_beside(back, of_steps, of_steps, self._y, *inputs)
        return (g_x, g_h, *of_weights)


def rnn_states(
    x: Tensor,
    states: Sequence[Tensor],
    weights: Sequence[Tensor],
    bias: bool,
    nonlinearity: Nonlinearity,
    reverse: bool = False,
    held: Array | None = None,
) -> Tensor:
    """The hidden states before, between and after the steps of x, (T + 1, batch, hidden)."""
    return RNNGradFn(reverse, bias, held, nonlinearity == "relu").forward(x, *states, *weights)


def check_nonlinearity(name: str, nonlinearity: str) -> None:
    """Raises ValueError unless it is tanh or relu."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{name}: nonlinearity is to be 'tanh' or 'relu', not {nonlinearity!r}")


class RNN(RNNBase):
    """A stack of simple recurrent layers, h' = tanh(x w_ih^T + b_ih + h w_hh^T + b_hh), or with relu.

    For its inputs, its weights and its other options see `RNNBase`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Nonlinearity = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_nonlinearity("RNN", nonlinearity)
        self.nonlinearity: Nonlinearity = nonlinearity
        RNNBase.__init__(
            self, 1, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, dtype, generator
        )

    def forward(
        self,
        input: Tensor,
        hx: Tensor | None = None,
        *,
        lengths: Lengths | None = None,
        mask: Tensor | Array | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The last layer's hidden states of each step, and those of all layers after the last step."""
        output, (h,) = self._run(input, None if hx is None else (hx,), lengths, mask)
        return output, h

    def _states(
        self, x: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor], reverse: bool, held: Array | None
    ) -> Tensor:
        return rnn_states(x, states, weights, self.bias, self.nonlinearity, reverse, held)
