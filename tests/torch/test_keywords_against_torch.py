"""PyTorch's names of parameters: the same call, of either library, gives the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor

torch = pytest.importorskip("torch")

M = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
V = np.array([1.0, 2.0, 3.0])
N = np.array([-7, 8, 9])
CALLS: dict[str, tuple[Any, ...]] = {
    "mm": (lambda k, x: k.mm(x, mat2=x), M),
    "x.mm": (lambda k, x: x.mm(mat2=x), M),
    "full": (lambda k: k.full(size=(2,), fill_value=1.5),),
    "full_like": (lambda k, x: k.full_like(x, fill_value=2.0), M),
    "zeros": (lambda k: k.zeros(size=(2, 3)),),
    "zeros of several": (lambda k: k.zeros(2, 3),),
    "zeros of nothing": (lambda k: k.zeros(()),),
    "ones": (lambda k: k.ones(size=(2, 3)),),
    "broadcast_to": (lambda k, x: k.broadcast_to(x, size=(2, 3)), V),
    "x.broadcast_to": (lambda k, x: x.broadcast_to(size=(2, 3)), V),
    "flip": (lambda k, x: k.flip(x, dims=(0, 1)), M),
    "flip by position": (lambda k, x: k.flip(x, (0,)), M),
    "x.flip": (lambda k, x: x.flip(dims=(0,)), M),
    "x.flip of several": (lambda k, x: x.flip(0, 1), M),
    "permute": (lambda k, x: k.permute(x, dims=(1, 0)), M),
    "x.permute": (lambda k, x: x.permute(dims=(1, 0)), M),
    "x.permute of several": (lambda k, x: x.permute(1, 0), M),
    "tile": (lambda k, x: k.tile(x, dims=(2, 1)), M),
    "x.tile": (lambda k, x: x.tile(dims=(2, 1)), M),
    "x.tile of several": (lambda k, x: x.tile(2, 1), M),
    "reshape": (lambda k, x: k.reshape(x, shape=(9,)), M),
    "x.reshape": (lambda k, x: x.reshape(shape=(9,)), M),
    "x.view": (lambda k, x: x.view(size=(9,)), M),
    "x.expand": (lambda k, x: x.expand(size=(2, 3)), V),
    "x.sum_to_size": (lambda k, x: x.sum_to_size(size=(1, 3)), M),
    "x.repeat": (lambda k, x: x.repeat(repeats=(2, 1)), M),
    "split": (lambda k, x: k.split(x, split_size_or_sections=2), M),
    "x.split": (lambda k, x: x.split(split_size=2), M),
    "searchsorted": (lambda k, x: k.searchsorted(sorted_sequence=x, input=x), V),
    "where": (lambda k, x: k.where(x > 2, input=x, other=x * 2), V),
    "where of a condition alone": (lambda k, x: k.where(x > 2), M),
    "x.where": (lambda k, x: x.where(condition=x > 2, other=x * 2), V),
    "max": (lambda k, x: k.max(x, other=3 - x), V),
    "min": (lambda k, x: k.min(x, other=3 - x), V),
    "x.max": (lambda k, x: x.max(other=3 - x), V),
    "cumsum": (lambda k, x: k.cumsum(x, dim=0, dtype=k.float32), M),
    "x.cumprod": (lambda k, x: x.cumprod(dim=0, dtype=k.float32), M),
    "div toward 0": (lambda k, x: k.div(x, other=2, rounding_mode="trunc"), -M),
    "div down": (lambda k, x: k.div(x, 2, rounding_mode="floor"), -M),
    "x.div": (lambda k, x: x.div(2, rounding_mode=None), -M),
    "div of integers toward 0": (lambda k, x: k.div(x, x + 5, rounding_mode="trunc"), N),
    "div of integers by one": (lambda k, x: k.div(x, 2, rounding_mode="trunc"), N),
    "div of integers down": (lambda k, x: k.div(x, 2, rounding_mode="floor"), N),
    "meshgrid": (lambda k, x: k.meshgrid([x, x], indexing="ij"), V),
    "einsum": (lambda k, x: k.einsum("i,i->i", [x, x]), V),
    "linalg.solve": (lambda k, x, y: k.linalg.solve(A=x, B=y), M, V),
    "linalg.solve_triangular": (lambda k, x: k.linalg.solve_triangular(x, B=x, upper=True), M),
    "linalg.lstsq": (lambda k, x: k.linalg.lstsq(x, x)[0], M),
    "linalg.inv": (lambda k, x: k.linalg.inv(A=x), M),
    "linalg.det": (lambda k, x: k.linalg.det(A=x), M),
    "linalg.slogdet": (lambda k, x: k.linalg.slogdet(A=x)[1], M),
    "linalg.svdvals": (lambda k, x: k.linalg.svdvals(A=x), M),
    "linalg.qr": (lambda k, x: k.linalg.qr(A=x)[1].abs(), M),
    "linalg.vector_norm": (lambda k, x: k.linalg.vector_norm(x=x, dtype=k.float64), M),
    "linalg.matrix_norm": (lambda k, x: k.linalg.matrix_norm(x, dtype=k.float64), M.astype(np.float32)),
    "linalg.norm": (lambda k, x: k.linalg.norm(x, dtype=k.float64), M.astype(np.float32)),
    "linalg.cross": (lambda k, x: k.linalg.cross(input=x, other=x + 1), V),
    "linalg.vecdot": (lambda k, x: k.linalg.vecdot(x=x, y=x), V),
    "linalg.multi_dot": (lambda k, x: k.linalg.multi_dot(tensors=[x, x]), M),
    "x.clone": (lambda k, x: x.clone(), M),
    "x.contiguous": (lambda k, x: x.contiguous(), M),
}


@pytest.mark.parametrize("call, arrays", [(call, x) for call, *x in CALLS.values()], ids=CALLS)
def test_a_call_by_pytorchs_names_gives_what_pytorch_gives(call: Callable[..., Any], arrays: Any) -> None:
    ours, theirs = call(kytorch, *map(Tensor, arrays)), call(torch, *map(torch.tensor, arrays))
    pairs = [(ours, theirs)] if isinstance(ours, Tensor) else list(zip(ours, theirs, strict=True))
    for y, expected in pairs:
        assert (y.shape, str(y.dtype)) == (tuple(expected.shape), str(expected.dtype).removeprefix("torch."))
        np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda k: k.rand(size=(2, 3)),
        lambda k: k.randn(size=(2, 3)),
        lambda k: k.empty(size=(2, 3)),
        lambda k: k.randint(10, size=(2, 3)),
        lambda k: k.randint(high=10, size=(2, 3)),
        lambda k: k.randint(3, high=10, size=(2, 3)),
        lambda k: k.randint(low=3, high=10, size=(2, 3)),
    ],
)
def test_a_size_may_be_named(call: Callable[..., Any]) -> None:
    assert call(kytorch).shape == tuple(call(torch).shape) == (2, 3)
