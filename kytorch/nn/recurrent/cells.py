"""One step of each kind of recurrent layer, for loops of one's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.nn.checks import check_positive
from kytorch.nn.module import Module
from kytorch.nn.recurrent.checks import check_dtype, check_state
from kytorch.nn.recurrent.gru import gru_states
from kytorch.nn.recurrent.layers import recurrent_weight
from kytorch.nn.recurrent.lstm import lstm_states
from kytorch.nn.recurrent.rnn import Nonlinearity, check_nonlinearity, rnn_states
from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors


class RNNCellBase(Module):
    """What the cells share: inputs of shape (batch, input_size) or (input_size,), states of hidden_size features alike,
    zero unless given, and the weights, drawn as in PyTorch from U(-k, k) with k = 1 / sqrt(hidden_size).
    """

    def __init__(
        self,
        gates: int,
        input_size: int,
        hidden_size: int,
        bias: bool,
        dtype: npt.DTypeLike,
        generator: np.random.Generator | None,
    ) -> None:
        check_positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = gates * hidden_size
        self.weight_ih = recurrent_weight((rows, input_size), hidden_size, dtype, generator)
        self.weight_hh = recurrent_weight((rows, hidden_size), hidden_size, dtype, generator)
        self.bias_ih = recurrent_weight((rows,), hidden_size, dtype, generator) if bias else None
        self.bias_hh = recurrent_weight((rows,), hidden_size, dtype, generator) if bias else None

    def _weights(self) -> list[Tensor]:
        weights = [self.weight_ih.tensor(), self.weight_hh.tensor()]
        if self.bias_ih is not None and self.bias_hh is not None:
            weights += [self.bias_ih.tensor(), self.bias_hh.tensor()]
        return weights

    def _given(self, input: Tensor, hx: Sequence[Tensor] | None, kinds: int = 1) -> tuple[Tensor, Sequence[Tensor]]:
        """The input as a sequence of one step, and the states to begin with, (batch, hidden)."""
        name = type(self).__name__
        if type(input) is not Tensor:
            raise not_tensors(name, input)
        shape, dtype = input.shape, self.weight_ih.dtype
        if len(shape) not in (1, 2) or shape[-1] != self.input_size:
            n = self.input_size
            raise ValueError(f"{name}: expected an input of shape (batch, {n}) or ({n},), not {shape}")
        check_dtype(name, "an input", input, dtype)
        expected = (*shape[:-1], self.hidden_size)
        batched = len(shape) == 2
        if hx is None:
            zero = make(np.zeros(expected if batched else (1, *expected), dtype), CONSTANT)
            states: Sequence[Tensor] = [zero] * kinds
        else:
            if not isinstance(hx, (tuple, list)) or len(hx) != kinds:
                raise TypeError(f"{name}: the state to begin with is a tuple of two Tensors, hidden and cell")
            for which, state in zip(("hidden", "cell"), hx):
                check_state(name, which, state, expected, dtype)
            states = hx if batched else [unsqueeze(state, 0) for state in hx]
        return input.reshape(1, *shape) if batched else input.reshape(1, 1, *shape), states

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        return inputs[0].size // self.input_size * (self.weight_ih.size + self.weight_hh.size)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")


class RNNCell(RNNCellBase):
    """h' = tanh(x w_ih^T + b_ih + h w_hh^T + b_hh), or with relu."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Nonlinearity = "tanh",
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_nonlinearity("RNNCell", nonlinearity)
        RNNCellBase.__init__(self, 1, input_size, hidden_size, bias, dtype, generator)
        self.nonlinearity: Nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        x, states = self._given(input, None if hx is None else (hx,))
        y = rnn_states(x, states, self._weights(), self.bias, self.nonlinearity)
        return y[1] if input.ndim == 2 else y[1, 0]

    def extra_repr(self) -> str:
        shown = RNNCellBase.extra_repr(self)
        return shown if self.nonlinearity == "tanh" else f"{shown}, nonlinearity={self.nonlinearity}"


class LSTMCell(RNNCellBase):
    """One step of long short-term memory, from (h, c) to (h', c'); see `LSTM`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        RNNCellBase.__init__(self, 4, input_size, hidden_size, bias, dtype, generator)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        x, states = self._given(input, hx, 2)
        y = lstm_states(x, states, self._weights(), self.bias)
        return (y[1], y[2]) if input.ndim == 2 else (y[1, 0], y[2, 0])


class GRUCell(RNNCellBase):
    """One step of gated recurrent units; see `GRU`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        RNNCellBase.__init__(self, 3, input_size, hidden_size, bias, dtype, generator)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        x, states = self._given(input, None if hx is None else (hx,))
        y = gru_states(x, states, self._weights(), self.bias)
        return y[1] if input.ndim == 2 else y[1, 0]
