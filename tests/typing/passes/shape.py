"""Shapes, parts and padding have precise types."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch as kt
from kytorch import Tensor, nn

x = Tensor([[1.0, 2.0], [3.0, 4.0]])
array: npt.NDArray[Any] = np.ones((2, 2))

assert_type(x.view(4).view((2, 2)), Tensor)
assert_type(x.view_as(x).reshape_as(x).expand_as(x), Tensor)
assert_type(x.ravel().unflatten(0, (2, 2)), Tensor)
assert_type(x.swapaxes(0, 1).t().movedim(0, 1).moveaxis((0, 1), [1, 0]), Tensor)
assert_type(x.repeat(2, 3).tile((2,)).repeat_interleave(2), Tensor)
assert_type(x.repeat_interleave(array, 0), Tensor)
assert_type(x.repeat_interleave(x, dim=1), Tensor)
assert_type(x.split(1), tuple[Tensor, ...])
assert_type(x.split([1, 1], dim=1), tuple[Tensor, ...])
assert_type(x.chunk(2), tuple[Tensor, ...])
assert_type(x.tensor_split([1]), tuple[Tensor, ...])
assert_type(kt.unbind(x), tuple[Tensor, ...])
assert_type(kt.unbind(array), tuple[npt.NDArray[Any], ...])
assert_type(kt.meshgrid(x, x, indexing="xy"), tuple[Tensor, ...])
assert_type(kt.broadcast_tensors(x, x), tuple[Tensor, ...])
assert_type(x.narrow(0, 0, 1).select(0, 0).unfold(0, 2, 1), Tensor)
assert_type(x.flip(0).flip((0, 1)).fliplr().flipud().rot90().roll(1).roll((1, 1), (0, 1)), Tensor)
assert_type(x.diagonal().diag().diag_embed(), Tensor)
assert_type(x.tril().triu(1).trace(), Tensor)
assert_type(kt.pad(x, (1, 1)), Tensor)
assert_type(kt.pad(array, [1, 1], "reflect"), npt.NDArray[Any])
assert_type(nn.functional.pad(x, (1, 1), mode="constant", value=2), Tensor)
assert_type(kt.hstack([x, x]), Tensor)
assert_type(kt.concat([array]), npt.NDArray[Any])
first, second = x.unbind()
assert_type(first, Tensor)
assert_type(x.reshape(shape=(4,)).view(size=(2, 2)).expand(size=(2, 2)), Tensor)
assert_type(kt.permute(x, dims=(1, 0)).flip(dims=(0,)).tile(dims=(2, 1)), Tensor)
assert_type(kt.meshgrid([x[0], x[1]])[0], Tensor)
assert_type(kt.broadcast_tensors([x, x[0]]), tuple[Tensor, ...])
assert_type(kt.einsum("ij,ij->i", [x, x]), Tensor)
assert_type(kt.split(x, split_size_or_sections=1), tuple[Tensor, ...])
assert_type(kt.where(x > 0), tuple[Tensor, ...])
assert_type(kt.where(x > 0, input=x, other=0.0), Tensor)
assert_type(kt.max(x, other=x), Tensor)
assert_type(x.div(2.0, rounding_mode="trunc"), Tensor)
assert_type(kt.linalg.solve(x, array), Tensor)
assert_type(kt.mm(x, mat2=array), Tensor)
assert_type(kt.randint(3, size=(2,)), Tensor)
assert_type(kt.randint(high=3, size=(2,)), Tensor)
assert_type(kt.zeros(size=(2, 3)), Tensor)
assert_type(x.clone().contiguous(), Tensor)
assert_type(x.dim() + x.numel(), int)
