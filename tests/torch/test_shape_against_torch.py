"""Shapes, parts, padding and diagonals beside PyTorch's, where its conventions are not NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside

import kytorch
from kytorch import Tensor

torch = pytest.importorskip("torch")

NORMAL = np.random.default_rng(2).standard_normal

PADS = {
    "reflect": [(-1, 2), (-4, 4), (2, -3), (-5, 4), (-1, -1), (3, 4), (0, 0), (-2, 1, 1, -1), (2, 4, 1, 0)],
    "replicate": [(-1, 2), (-4, 4), (-6, 4), (2, -3), (7, 9), (-1, 2, 3, -2)],
    "circular": [(-1, 2), (5, 5), (2, -3), (-1, -2), (1, -1, -1, 1)],
    "constant": [(-1, 2), (-5, 4), (2, -3), (7, 0), (-1, 2, 3, -2), (0, 0, 1, 1, -1, 1)],
}


@pytest.mark.parametrize("mode, pad", [(mode, pad) for mode, pads in PADS.items() for pad in pads])
def test_padding_and_cropping_at_once_are_pytorchs(mode: Any, pad: tuple[int, ...]) -> None:
    x = NORMAL((2, 4, 3, 5))[0] if len(pad) == 2 else NORMAL((2, 4, 3, 5))
    for dtype, close in CLOSE.items():
        beside(
            lambda x: kytorch.pad(x, pad, mode), lambda x: torch.nn.functional.pad(x, pad, mode), (x.astype(dtype),),
            close,
        )  # fmt: skip
    second_beside(lambda x: kytorch.pad(x, pad, mode), lambda x: torch.nn.functional.pad(x, pad, mode), (x,))


REFUSED = [
    ((3,), "constant", (1,)),
    ((3,), "constant", (1, 1, 1, 1)),
    ((3,), "constant", (-2, -2)),
    ((3,), "constant", (-4, 5)),
    ((1, 5), "reflect", (5, 0)),
    ((1, 5), "reflect", (-6, 4, 1, 1)),
    ((1, 5), "circular", (6, 0)),
    ((1, 0), "circular", (1, 1)),
    ((1, 0), "replicate", (1, 1)),
]


@pytest.mark.parametrize("shape, mode, pad", REFUSED)
def test_what_pytorch_cannot_pad_is_refused(shape: tuple[int, ...], mode: Any, pad: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        kytorch.pad(kytorch.zeros(shape), pad, mode)
    with pytest.raises((RuntimeError, NotImplementedError)):
        torch.nn.functional.pad(torch.zeros(shape), pad, mode)


SHAPES: dict[str, Callable[..., Any]] = {
    "flatten ()": lambda x, m: m.flatten(x(())),
    "squeeze ()": lambda x, m: m.squeeze(x(()), 0),
    "unflatten nothing": lambda x, m: m.unflatten(x((0, 6)), 0, (2, -1)),
    "movedim": lambda x, m: m.movedim(x((2, 3, 4, 5)), (1, -1), (0, 1)),
    "movedim to the end": lambda x, m: m.movedim(x((2, 3, 4, 5)), (0, 1), (-1, -2)),
    "diagonal far off": lambda x, m: m.diagonal(x((2, 3)), 5),
    "diagonal far below": lambda x, m: m.diagonal(x((2, 3, 4)), -9, 0, -1),
    "diag_embed in front": lambda x, m: m.diag_embed(x((2, 3)), 1, 0, 2),
    "diag_embed backwards": lambda x, m: m.diag_embed(x((2, 3)), -2, 2, 0),
    "broadcast to nothing": lambda x, m: m.broadcast_to(x((1, 3)), (0, 3)),
    "tile by less": lambda x, m: m.tile(x((2, 3, 4)), (2,)),
    "tile by nothing": lambda x, m: m.tile(x((2, 3)), ()),
    "roll of nothing": lambda x, m: m.roll(x((0, 2)), 1, 0),
    "roll of a scalar": lambda x, m: m.roll(x(()), 3),
    "windows of no size": lambda x, m: x((10,)).unfold(0, 0, 1),
    "windows in the middle": lambda x, m: x((2, 7, 3)).unfold(1, 3, 2),
    "hstack of scalars and vectors": lambda x, m: m.hstack([x(()), x((3,))]),
    "dstack of a vector": lambda x, m: m.dstack([x((3,)), x((1, 3, 2))]),
    "trace of nothing": lambda x, m: m.trace(x((0, 3))),
    "tril of no rows": lambda x, m: m.tril(x((2, 0, 3)), 1),
    "select of a matrix": lambda x, m: m.select(x((2, 3, 4)), -2, 1),
    "narrow from the end": lambda x, m: m.narrow(x((5, 2)), 0, -2, 2),
    "reshape nothing": lambda x, m: m.reshape(x((0, 3)), (3, 0, 2)),
}


@pytest.mark.parametrize("function", SHAPES.values(), ids=SHAPES)
def test_shapes_at_the_edges_are_pytorchs(function: Any) -> None:
    def numbers(shape: tuple[int, ...]) -> Any:
        return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)

    ours = function(lambda shape: Tensor(numbers(shape)), kytorch)
    theirs = function(lambda shape: torch.tensor(numbers(shape)), torch)
    assert ours.shape == tuple(theirs.shape)
    assert ours.dtype == theirs.numpy().dtype
    assert ours.tolist() == theirs.tolist()


PARTS: dict[str, Callable[..., Any]] = {
    "chunk": lambda x, m: [part for n in (1, 2, 3, 4, 5, 9) for part in m.chunk(x((5, 2)), n)],
    "chunk of nothing": lambda x, m: m.chunk(x((0, 3)), 3),
    "split of nothing": lambda x, m: m.split(x((0, 3)), 0),
    "split with nothing": lambda x, m: m.split(x((5,)), [0, 5, 0]),
    "tensor_split": lambda x, m: [part for n in (1, 2, 3, 4, 7) for part in m.tensor_split(x((5, 2)), n)],
    "tensor_split at indices": lambda x, m: m.tensor_split(x((5,)), (4, 2, -1, 9)),
    "unbind nothing": lambda x, m: m.unbind(x((2, 0, 3)), 1),
    "meshgrid": lambda x, m: m.meshgrid(x((2,)), x(()), x((3,)), indexing="ij"),
    "meshgrid xy": lambda x, m: m.meshgrid(x((2,)), x((3,)), x((4,)), indexing="xy"),
    "broadcast_tensors": lambda x, m: m.broadcast_tensors(x((2, 1)), x((3,)), x(())),
}


@pytest.mark.parametrize("function", PARTS.values(), ids=PARTS)
def test_parts_at_the_edges_are_pytorchs(function: Any) -> None:
    def numbers(shape: tuple[int, ...]) -> Any:
        return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)

    ours = function(lambda shape: Tensor(numbers(shape)), kytorch)
    theirs = function(lambda shape: torch.tensor(numbers(shape)), torch)
    assert [part.shape for part in ours] == [tuple(part.shape) for part in theirs]
    assert [part.tolist() for part in ours] == [part.tolist() for part in theirs]


def test_a_loop_over_parts_has_pytorchs_gradients_to_second_order() -> None:
    def loop(x: Any) -> Any:
        state = 0.0
        for part in x.unbind():
            gate, value = part.chunk(2)
            state = (gate * state + value).tanh()
        return state

    x = NORMAL((6, 4))
    beside(loop, loop, (x,), CLOSE[np.float64])
    second_beside(loop, loop, (x,))
