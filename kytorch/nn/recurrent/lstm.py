"""Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.kernels import lstm as kernels
from kytorch.kernels import recurrent as shared
from kytorch.kernels.blas import one_thread
from kytorch.kernels.recurrent_gradients import Done
from kytorch.nn.recurrent.layers import Lengths, RNNBase
from kytorch.nn.recurrent.sequence import SequenceGradFn, affine
from kytorch.ops.activation import sigmoid
from kytorch.ops.create import zeros
from kytorch.ops.hyperbolic import tanh
from kytorch.ops.join import cat, chunk
from kytorch.ops.products import product
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array, lock


class LSTMGradFn(SequenceGradFn):
    """c' = f c + i g,  h' = o tanh c', with i, f, g, o the parts of x w_ih^T + b_ih + h w_hh^T + b_hh, of g the tanh
    and of the others the sigmoid; with a last weight, w_hr, h' = (o tanh c') w_hr^T

    Behind the hidden states y has the last cells. Those are never narrower, and hidden states that are have zeros
    behind them.
    """

    __slots__ = ("_cells", "_gates", "_y")
    _states = 2

    def step(self, x: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor]) -> list[Tensor]:
        c = states[1]
        h = states[0][:, : weights[1].shape[1]]
        b_ih, b_hh = weights[2:4] if self._bias else (None, None)
        i, f, g, o = chunk(affine(x, weights[0], b_ih) + affine(h, weights[1], b_hh), 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        if len(weights) % 2:
            h = product(h, weights[-1].T)
        return [_widened(h, c.shape[1]), c]

    def composition(self, *inputs: Tensor) -> Tensor:
        x, h, c, *weights = inputs
        return SequenceGradFn.composition(self, x, _widened(h, c.shape[1]), c, *weights)

    def forward(self, x: Tensor, h: Tensor, c: Tensor, *weights: Tensor) -> Tensor:
        """The hidden states, and the last cells."""
        w_ih, w_hh, *others = [weight._data for weight in weights]
        gates = shared.projected(x._data, w_ih, others[0] + others[1] if self._bias else None, kernels.GATES)
        steps, narrow = len(x), h.shape[1]
        w_hr = others[-1] if len(others) % 2 else None
        y = (np.empty if w_hr is None else np.zeros)((steps + 2, *c.shape), gates.dtype)
        cells = np.empty((steps + 1, *c.shape), gates.dtype)
        states = self._narrow(y, narrow)
        states[0], cells[0] = h._data, c._data
        with one_thread():
            kernels.forward(self.of_gates(gates), states, cells, w_hh, w_hr, self.held)
        y[-1] = cells[-1]
        lock(gates)
        lock(cells)
        self._gates, self._cells, self._y = gates, cells, y
        return self.record(y, x, h, c, *weights)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        x, h, _, _, w_hh, *others = inputs
        w_hr = others[-1] if len(others) % 2 else None
        g = g.astype(x.dtype, copy=False)
        d = shared.empty(self._gates.shape, x.dtype)

        def back(done: Done) -> tuple[Array, Array, Array | None]:
            return kernels.backward(
                self._narrow(g, h.shape[1]),
                g[-1],
                self.of_gates(self._gates),
                self._cells,
                w_hh,
                w_hr,
                self.held,
                self.of_gates(d),
                done,
            )

        of_gates, y = shared.side_by_side(d), self._y[:-1, :, : h.shape[1]]
        (g_h, g_c, g_w_hr), g_x, of_weights = self.gradients_beside(back, of_gates, of_gates, y, *inputs)
        return (g_x, g_h, g_c, *of_weights, *(() if w_hr is None else (g_w_hr,)))

    def _narrow(self, y: Array, width: int) -> Array:
        """The hidden states of `y`, in the order of processing."""
        return self.in_order(y[:-1, :, :width])


def _widened(h: Tensor, width: int) -> Tensor:
    rest = width - h.shape[1]
    return cat([h, zeros(h.shape[0], rest, dtype=h.dtype)], 1) if rest else h


def lstm_states(
    x: Tensor,
    states: Sequence[Tensor],
    weights: Sequence[Tensor],
    bias: bool,
    reverse: bool = False,
    held: Array | None = None,
) -> Tensor:
    """The hidden states before, between and after the steps of x, and the last cells, (T + 2, batch, hidden)."""
    return LSTMGradFn(reverse, bias, held).forward(x, *states, *weights)


class LSTM(RNNBase):
    """A stack of layers of long short-term memory, with hidden states h and cells c.

    c' = f c + i g and h' = o tanh c', with i, f, g, o the parts, in this order, of x w_ih^T + b_ih + h w_hh^T + b_hh,
    of g the tanh and of the others the sigmoid. With `proj_size` the hidden states are projected to that many features,
    h' = (o tanh c') w_hr^T (Sak et al. 2014). For its inputs, its weights and its options see `RNNBase`.
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
        proj_size: int = 0,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        RNNBase.__init__(
            self,
            4,
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            dtype,
            generator,
        )

    def forward(
        self,
        input: Tensor,
        hx: tuple[Tensor, Tensor] | None = None,
        *,
        lengths: Lengths | None = None,
        mask: Tensor | Array | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The last layer's hidden states of each step, and those and the cells of all layers after the last step."""
        output, (h, c) = self._run(input, hx, lengths, mask, 2)
        return output, (h, c)

    def _states(
        self, x: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor], reverse: bool, held: Array | None
    ) -> Tensor:
        return lstm_states(x, states, weights, self.bias, reverse, held)
