"""Gated recurrent units (Cho et al. 2014)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.kernels import gru as kernels
from kytorch.kernels import recurrent as shared
from kytorch.kernels.blas import one_thread
from kytorch.kernels.recurrent_gradients import Done
from kytorch.nn.recurrent.layers import Lengths, RNNBase
from kytorch.nn.recurrent.sequence import SequenceGradFn, affine
from kytorch.ops.activation import sigmoid
from kytorch.ops.hyperbolic import tanh
from kytorch.ops.join import chunk
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array, lock


class GRUGradFn(SequenceGradFn):
    """h' = (1 - z) n + z h, with a = x w_ih^T + b_ih, b = h w_hh^T + b_hh, each of three parts, and
    r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r b_n)
    """

    __slots__ = ("_gates", "_hidden", "_y")

    def step(self, x: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor]) -> list[Tensor]:
        (h,) = states
        b_ih, b_hh = weights[2:] if self._bias else (None, None)
        a_r, a_z, a_n = chunk(affine(x, weights[0], b_ih), 3, 1)
        b_r, b_z, b_n = chunk(affine(h, weights[1], b_hh), 3, 1)
        z = sigmoid(a_z + b_z)
        n = tanh(a_n + sigmoid(a_r + b_r) * b_n)
        return [n + z * (h - n)]

    def forward(self, x: Tensor, h: Tensor, *weights: Tensor) -> Tensor:
        """The hidden states."""
        w_ih, w_hh, *biases = [weight._data for weight in weights]
        bias = b_hn = None
        if biases:
            rz = 2 * h.shape[1]
            bias, b_hn = biases[0].copy(), biases[1][rz:]
            bias[:rz] += biases[1][:rz]
        gates = shared.projected(x._data, w_ih, bias, kernels.GATES)
        y = np.empty((len(x) + 1, *h.shape), gates.dtype)
        states = self.in_order(y)
        states[0] = h._data
        with one_thread():
            hidden = kernels.forward(self.of_gates(gates), states, w_hh, b_hn, self.held)
        lock(gates)
        lock(hidden)
        self._gates, self._hidden, self._y = gates, hidden, y
        return self.record(y, x, h, *weights)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        w_hh = inputs[3]
        g = g.astype(w_hh.dtype, copy=False)
        d = shared.empty((kernels.GATES + 1, *self._hidden.shape), w_hh.dtype)

        def back(done: Done) -> Array:
            return kernels.backward(
                self.in_order(g),
                self.of_gates(self._gates),
                self._hidden,
                self.in_order(self._y),
                w_hh,
                self.held,
                self.of_gates(d),
                done,
            )

        of_x, of_h = [*shared.side_by_side(d[1:3]), *shared.side_by_side(d[:1])], shared.side_by_side(d[1:])
        g_h, g_x, of_weights = self.gradients_beside(back, of_x, of_h, self._y, *inputs)
        return (g_x, g_h, *of_weights)


def gru_states(
    x: Tensor,
    states: Sequence[Tensor],
    weights: Sequence[Tensor],
    bias: bool,
    reverse: bool = False,
    held: Array | None = None,
) -> Tensor:
    """The hidden states before, between and after the steps of x, (T + 1, batch, hidden)."""
    return GRUGradFn(reverse, bias, held).forward(x, *states, *weights)


class GRU(RNNBase):
    """A stack of layers of gated recurrent units.

    h' = (1 - z) n + z h, with n = tanh(x w_in^T + b_in + r (h w_hn^T + b_hn)), and r and z the sigmoids of
    x w_ir^T + b_ir + h w_hr^T + b_hr and so on; the weights hold the parts r, z, n in this order. For its inputs, its
    weights and its options see `RNNBase`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        RNNBase.__init__(
            self, 3, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, dtype, generator
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
        return gru_states(x, states, weights, self.bias, reverse, held)
