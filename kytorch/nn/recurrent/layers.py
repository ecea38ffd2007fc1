"""Stacks of recurrent layers in one or two directions: their weights, and how a sequence goes through them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kytorch.nn import init
from kytorch.nn.checks import check_numbers, check_positive
from kytorch.nn.dropout import dropout
from kytorch.nn.module import Module
from kytorch.nn.recurrent.checks import check_dtype, check_state
from kytorch.ops.join import cat
from kytorch.ops.permute import transpose
from kytorch.ops.shape import squeeze, unsqueeze
from kytorch.ops.where import masked
from kytorch.tensor.core import CONSTANT, Tensor, TrainableWeight, make
from kytorch.tensor.dims import whole
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array, Shape

Lengths: TypeAlias = Sequence[int] | Tensor | Array
"""How many steps each sequence of a batch has."""


class RNNBase(Module):
    """What RNN, LSTM and GRU share: `num_layers` layers of hidden_size features, each on the outputs of the one before.

    The input has shape (time, batch, input_size), with `batch_first` (batch, time, input_size), or without a batch
    (time, input_size). The output is alike, with the hidden states of the last layer as features; with `bidirectional`
    those of a second pass, which begins at the end, stand behind those of the first. States, zero unless given, have
    shape (layers, batch, features), or (layers, features), where the two directions of a layer are counted as two.

    `lengths` gives the steps of each sequence of a padded batch. What follows them, whatever it is, has no influence on
    anything, the output is 0 there, and the last states are those after each sequence's own last step; the reverse
    direction begins at that step. Instead of them, a `mask` of bool, of the input's shape without its features, says
    which steps there are, wherever they stand; at the others the states stay as they are.

    In training, `dropout` is the probability with which an output of a layer but the last is zeroed. The weights are
    drawn as in PyTorch, from U(-k, k) with k = 1 / sqrt(hidden_size), and named as there: weight_ih_l0, weight_hh_l0,
    bias_ih_l0, bias_hh_l0 and weight_hr_l0 of the first layer, with _reverse behind of the other direction.
    """

    weight_ih_l0: TrainableWeight
    weight_hh_l0: TrainableWeight

    def __init__(
        self,
        gates: int,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        dtype: npt.DTypeLike,
        generator: np.random.Generator | None,
    ) -> None:
        name = type(self).__name__
        check_positive(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        whole(name, "proj_size", proj_size)
        if not 0 <= proj_size < hidden_size:
            raise ValueError(f"{name}: proj_size is to be less than hidden_size {hidden_size}, or 0, not {proj_size}")
        check_numbers(name, dropout=dropout)
        if not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout is a probability, in [0, 1], not {dropout}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.generator = generator
        output_size = proj_size or hidden_size
        directions = ("", "_reverse") if bidirectional else ("",)
        self._names: list[tuple[str, ...]] = []
        for layer in range(num_layers):
            features = len(directions) * output_size if layer else input_size
            for direction in directions:
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (gates * hidden_size, features),
                    "weight_hh": (gates * hidden_size, output_size),
                }
                if bias:
                    shapes["bias_ih"] = shapes["bias_hh"] = (gates * hidden_size,)
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                self._names.append(tuple([f"{kind}_l{layer}{direction}" for kind in shapes]))
                for path, shape in zip(self._names[-1], shapes.values()):
                    setattr(self, path, recurrent_weight(shape, hidden_size, dtype, generator))

    def flatten_parameters(self) -> None:
        """Nothing: models written for PyTorch call it, for its GPUs."""

    def _states(
        self, x: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor], reverse: bool, held: Array | None
    ) -> Tensor:
        """The hidden states (T + 1, batch, features) of one layer in one direction, and last cells behind them."""
        raise NotImplementedError(f"{type(self).__name__} has no states")

    def _run(
        self,
        input: Tensor,
        hx: Sequence[Tensor] | None,
        lengths: Lengths | None,
        mask: Tensor | Array | None,
        kinds: int = 1,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The output, and for each of the `kinds` of states the last ones of all layers."""
        if type(input) is not Tensor:
            raise not_tensors(type(self).__name__, input)
        self._check_input(input)
        x = input
        batched = x.ndim == 3
        if not batched:
            x = unsqueeze(x, 1)
        elif self.batch_first:
            x = transpose(x, 0, 1)
        steps, batch, _ = x.shape
        given = None if hx is None else self._given(hx, batch, batched, kinds)
        if mask is not None and lengths is not None:
            raise ValueError(f"{type(self).__name__}: lengths and a mask say the same; pass one of them")
        real = None if lengths is None else self._real_steps(lengths, steps, batch, batched)
        if mask is not None:
            real = self._masked_steps(mask, input.shape[:-1])
        held = None
        if real is not None:
            held = ~real
            x = masked(x, real)
        sizes = self._state_sizes(kinds)
        zero = [make(np.zeros((batch, size), x.dtype), CONSTANT) for size in sizes] if given is None else []
        last: list[list[Tensor]] = [[] for _ in sizes]
        directions = 2 if self.bidirectional else 1
        for layer in range(self.num_layers):
            if layer and self.training and self.dropout:
                x = dropout(x, self.dropout, True, generator=self.generator)
            outputs: list[Tensor] = []
            for i in range(layer * directions, (layer + 1) * directions):
                reverse = i % directions == 1
                weights = [getattr(self, path).tensor() for path in self._names[i]]
                y = self._states(x, zero if given is None else [s[i] for s in given], weights, reverse, held)
                narrow = y[..., : self.proj_size] if self.proj_size else y
                outputs.append(narrow[:steps] if reverse else narrow[1 : steps + 1])
                last[0].append(narrow[:1] if reverse else narrow[steps : steps + 1])
                if kinds > 1:
                    last[1].append(y[steps + 1 :])
            x = outputs[0] if directions == 1 else cat(outputs, 2)
            if real is not None:
                x = masked(x, real)
        finals = [each[0] if len(each) == 1 else cat(each) for each in last]
        if not batched:
            return squeeze(x, 1), tuple([squeeze(s, 1) for s in finals])
        return transpose(x, 0, 1) if self.batch_first else x, tuple(finals)

    def _state_sizes(self, kinds: int) -> list[int]:
        """The number of features of each kind of states."""
        return [self.proj_size or self.hidden_size, self.hidden_size][:kinds]

    def _check_input(self, input: Tensor) -> None:
        name, shape = type(self).__name__, input.shape
        if len(shape) not in (2, 3) or shape[-1] != self.input_size:
            order = "(batch, time, " if self.batch_first else "(time, batch, "
            raise ValueError(
                f"{name}: expected an input of shape {order}{self.input_size}), or (time, {self.input_size}) without "
                f"a batch, not {shape}"
            )
        if not shape[1 if self.batch_first and len(shape) == 3 else 0]:
            raise ValueError(f"{name}: a sequence has at least one step, and the input has shape {shape}")
        check_dtype(name, "an input", input, self.weight_ih_l0.dtype)

    def _given(self, hx: Sequence[Tensor], batch: int, batched: bool, kinds: int) -> list[Tensor]:
        """The states to begin with, (layers, batch, features)."""
        name = type(self).__name__
        if not isinstance(hx, (tuple, list)) or len(hx) != kinds:
            raise TypeError(f"{name}: the state to begin with is a tuple of two Tensors, the hidden states and cells")
        layers = len(self._names)
        for which, state, size in zip(("hidden", "cell"), hx, self._state_sizes(kinds)):
            expected = (layers, batch, size) if batched else (layers, size)
            check_state(name, which, state, expected, self.weight_ih_l0.dtype)
        return list(hx) if batched else [unsqueeze(state, 1) for state in hx]

    def _real_steps(self, lengths: Lengths, steps: int, batch: int, batched: bool) -> Array | None:
        """Whether each step is within its sequence, (time, batch, 1); None if all are."""
        name = type(self).__name__
        n = np.asarray(lengths._data if type(lengths) is Tensor else lengths)
        if not batched or n.shape != (batch,):
            shape = f"({batch},)" if batched else "() and no others: an input without a batch has its own length"
            raise ValueError(f"{name}: expected lengths of shape {shape}, not {n.shape}")
        if n.size and n.dtype.kind not in "iu":
            raise TypeError(f"{name}: lengths are integers, not {n.dtype}")
        if n.size and (n.min() < 1 or n.max() > steps):
            wrong = n[(n < 1) | (n > steps)][0]
            raise ValueError(f"{name}: a length is between 1 and the {steps} steps of the input, not {wrong}")
        if not n.size or n.min() == steps:
            return None
        real: Array = np.arange(steps).reshape(steps, 1, 1) < n.reshape(1, batch, 1)
        return real

    def _masked_steps(self, mask: Tensor | Array, expected: Shape) -> Array:
        """The mask as (time, batch, 1)."""
        name = type(self).__name__
        real = array_of(name, mask)
        if real.dtype.kind != "b":
            raise TypeError(f"{name}: a mask is of bool, True where there is a step, not of {real.dtype}")
        if real.shape != expected:
            raise ValueError(f"{name}: expected a mask of shape {expected}, not {real.shape}")
        if real.ndim == 1:
            return real[:, None, None]
        return (real.T if self.batch_first else real)[:, :, None]

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        matrices = sum([weight.size for weight in self.weights() if weight.ndim == 2])
        return inputs[0].size // self.input_size * matrices

    def extra_repr(self) -> str:
        shown = [f"{self.input_size}, {self.hidden_size}"]
        for name, usual in (
            ("proj_size", 0),
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0),
            ("bidirectional", False),
        ):
            if (value := getattr(self, name)) != usual:
                shown.append(f"{name}={value}")
        return ", ".join(shown)


def recurrent_weight(
    shape: tuple[int, ...], hidden_size: int, dtype: npt.DTypeLike, generator: np.random.Generator | None
) -> TrainableWeight:
    """A new weight of U(-k, k), k = 1 / sqrt(hidden_size), a matrix by columns in memory, as products like it best."""
    return init.uniform_weight(shape, 1 / math.sqrt(hidden_size), dtype, generator, order="F")
