"""The same bad call raises the same kind of error here and in PyTorch, whose RuntimeError is a ValueError here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch

torch = pytest.importorskip("torch")

Call = Callable[..., Any]

# Of a library and its tensors x (2, 3), v (4,), s (), m (2, 2) and whole numbers i (2,).
BAD: dict[str, Call] = {
    "add": lambda lib, x, v, s, m, i: x + v,
    "sub": lambda lib, x, v, s, m, i: x - v,
    "mul": lambda lib, x, v, s, m, i: lib.mul(x, v),
    "div": lambda lib, x, v, s, m, i: lib.div(x, v),
    "pow": lambda lib, x, v, s, m, i: x**v,
    "atan2": lambda lib, x, v, s, m, i: lib.atan2(x, v),
    "hypot": lambda lib, x, v, s, m, i: lib.hypot(x, v),
    "fmod": lambda lib, x, v, s, m, i: lib.fmod(x, v),
    "lerp": lambda lib, x, v, s, m, i: lib.lerp(x, v, 0.5),
    "xlogy": lambda lib, x, v, s, m, i: lib.xlogy(x, v),
    "maximum": lambda lib, x, v, s, m, i: lib.maximum(x, v),
    "where": lambda lib, x, v, s, m, i: lib.where(x > 0, v, v),
    "eq": lambda lib, x, v, s, m, i: lib.eq(x, v),
    "logical_and": lambda lib, x, v, s, m, i: lib.logical_and(x, v),
    "bitwise_and of floats": lambda lib, x, v, s, m, i: lib.bitwise_and(x, x),
    "bitwise_not of floats": lambda lib, x, v, s, m, i: lib.bitwise_not(x),
    "clamp without limits": lambda lib, x, v, s, m, i: lib.clamp(x),
    "sin of a string": lambda lib, x, v, s, m, i: lib.sin("a"),
    "sin of a number": lambda lib, x, v, s, m, i: lib.sin(1.0),
    "exp of a list": lambda lib, x, v, s, m, i: lib.exp([1.0]),
    "sum dim": lambda lib, x, v, s, m, i: lib.sum(x, 2),
    "sum dim twice": lambda lib, x, v, s, m, i: lib.sum(x, (0, 0)),
    "mean dim": lambda lib, x, v, s, m, i: lib.mean(x, -3),
    "var dim": lambda lib, x, v, s, m, i: lib.var(x, 5),
    "std dim": lambda lib, x, v, s, m, i: lib.std(x, 5),
    "prod dim": lambda lib, x, v, s, m, i: lib.prod(x, 2),
    "amax dim": lambda lib, x, v, s, m, i: lib.amax(x, 2),
    "amax of nothing": lambda lib, x, v, s, m, i: lib.amax(lib.zeros(0, 3), 0),
    "max of nothing": lambda lib, x, v, s, m, i: lib.max(lib.zeros(0)),
    "max dim": lambda lib, x, v, s, m, i: lib.max(x, 2),
    "argmax of nothing": lambda lib, x, v, s, m, i: lib.argmax(lib.zeros(0)),
    "argmax dim": lambda lib, x, v, s, m, i: lib.argmax(x, 2),
    "all dim": lambda lib, x, v, s, m, i: lib.all(x > 0, 2),
    "softmax dim": lambda lib, x, v, s, m, i: lib.softmax(x, 2),
    "log_softmax dim": lambda lib, x, v, s, m, i: lib.log_softmax(x, -3),
    "logsumexp dim": lambda lib, x, v, s, m, i: lib.logsumexp(x, 2),
    "cumsum dim": lambda lib, x, v, s, m, i: lib.cumsum(x, 2),
    "cumprod dim": lambda lib, x, v, s, m, i: lib.cumprod(x, 2),
    "sort dim": lambda lib, x, v, s, m, i: lib.sort(x, 2),
    "topk of too many": lambda lib, x, v, s, m, i: lib.topk(x, 4),
    "kthvalue": lambda lib, x, v, s, m, i: lib.kthvalue(x, 4),
    "median dim": lambda lib, x, v, s, m, i: lib.median(x, 2),
    "quantile above 1": lambda lib, x, v, s, m, i: lib.quantile(x, 1.5),
    "quantile by another method": lambda lib, x, v, s, m, i: lib.quantile(x, 0.5, interpolation="cubic"),
    "bincount of negatives": lambda lib, x, v, s, m, i: lib.bincount(-i - 1),
    "bincount of a matrix": lambda lib, x, v, s, m, i: lib.bincount((x * 10).to(lib.int64)),
    "searchsorted in other shapes": lambda lib, x, v, s, m, i: lib.searchsorted(x, lib.zeros(3, 2)),
    "reshape": lambda lib, x, v, s, m, i: lib.reshape(x, (4, 2)),
    "reshape with two -1": lambda lib, x, v, s, m, i: x.reshape(-1, -1),
    "flatten": lambda lib, x, v, s, m, i: lib.flatten(x, 1, 0),
    "unflatten": lambda lib, x, v, s, m, i: lib.unflatten(x, 1, (2, 2)),
    "squeeze dim": lambda lib, x, v, s, m, i: lib.squeeze(x, 2),
    "unsqueeze dim": lambda lib, x, v, s, m, i: lib.unsqueeze(x, 4),
    "transpose dim": lambda lib, x, v, s, m, i: lib.transpose(x, 0, 2),
    "moveaxis dim": lambda lib, x, v, s, m, i: lib.moveaxis(x, 0, 2),
    "moveaxis of other lengths": lambda lib, x, v, s, m, i: lib.moveaxis(x, (0, 1), (0,)),
    "permute twice": lambda lib, x, v, s, m, i: lib.permute(x, (0, 0)),
    "permute too few": lambda lib, x, v, s, m, i: lib.permute(x, (0,)),
    "expand": lambda lib, x, v, s, m, i: x.expand(2, 4),
    "broadcast_to": lambda lib, x, v, s, m, i: lib.broadcast_to(x, (3, 3)),
    "repeat too few": lambda lib, x, v, s, m, i: x.repeat(2),
    "repeat_interleave of a negative": lambda lib, x, v, s, m, i: lib.repeat_interleave(x, -1, 0),
    "flip dim": lambda lib, x, v, s, m, i: lib.flip(x, (2,)),
    "flip twice": lambda lib, x, v, s, m, i: lib.flip(x, (0, 0)),
    "roll of other lengths": lambda lib, x, v, s, m, i: lib.roll(x, (1, 2), (0,)),
    "rot90 in one dim": lambda lib, x, v, s, m, i: lib.rot90(x, 1, (0, 0)),
    "pad of odd length": lambda lib, x, v, s, m, i: lib.nn.functional.pad(x, (1,)),
    "pad by reflection too far": lambda lib, x, v, s, m, i: lib.nn.functional.pad(x, (3, 0), "reflect"),
    "pad in another mode": lambda lib, x, v, s, m, i: lib.nn.functional.pad(x, (1, 0), "mirror"),
    "cat of other sizes": lambda lib, x, v, s, m, i: lib.cat([x, m]),
    "cat of nothing": lambda lib, x, v, s, m, i: lib.cat([]),
    "cat dim": lambda lib, x, v, s, m, i: lib.cat([x, x], 2),
    "cat of scalars": lambda lib, x, v, s, m, i: lib.cat([s, s]),
    "stack of other shapes": lambda lib, x, v, s, m, i: lib.stack([x, m]),
    "stack of nothing": lambda lib, x, v, s, m, i: lib.stack([]),
    "split of other sizes": lambda lib, x, v, s, m, i: lib.split(x, [1, 3], 1),
    "split into negatives": lambda lib, x, v, s, m, i: lib.split(x, -1),
    "chunk into none": lambda lib, x, v, s, m, i: lib.chunk(x, 0),
    "unbind dim": lambda lib, x, v, s, m, i: lib.unbind(x, 2),
    "diagonal of one dim": lambda lib, x, v, s, m, i: lib.diagonal(v),
    "diagonal of one dim twice": lambda lib, x, v, s, m, i: lib.diagonal(x, 0, 0, 0),
    "diag of three dims": lambda lib, x, v, s, m, i: lib.diag(lib.zeros(2, 2, 2)),
    "tril of a vector": lambda lib, x, v, s, m, i: lib.tril(v),
    "trace of a vector": lambda lib, x, v, s, m, i: lib.trace(v),
    "meshgrid by another indexing": lambda lib, x, v, s, m, i: lib.meshgrid(v, v, indexing="yx"),
    "an index out of range": lambda lib, x, v, s, m, i: x[2],
    "too many indices": lambda lib, x, v, s, m, i: x[0, 0, 0],
    "an index of floats": lambda lib, x, v, s, m, i: x[x],
    "a mask of another shape": lambda lib, x, v, s, m, i: x[v > 0],
    "len of a scalar": lambda lib, x, v, s, m, i: len(s),
    "iteration over a scalar": lambda lib, x, v, s, m, i: list(s),
    "gather out of range": lambda lib, x, v, s, m, i: lib.gather(x, 1, lib.full((2, 1), 3)),
    "gather by floats": lambda lib, x, v, s, m, i: lib.gather(x, 1, x),
    "gather by fewer dims": lambda lib, x, v, s, m, i: lib.gather(x, 1, i),
    "scatter_add out of range": lambda lib, x, v, s, m, i: lib.scatter_add(x, 1, lib.full((2, 1), 3), x),
    "index_select out of range": lambda lib, x, v, s, m, i: lib.index_select(x, 0, i + 5),
    "index_select by floats": lambda lib, x, v, s, m, i: lib.index_select(x, 0, v),
    "index_select by a matrix": lambda lib, x, v, s, m, i: lib.index_select(x, 0, lib.full((2, 1), 0)),
    "index_add of other sizes": lambda lib, x, v, s, m, i: lib.index_add(x, 0, i, lib.zeros(3, 3)),
    "take_along_dim by floats": lambda lib, x, v, s, m, i: lib.take_along_dim(x, x, 1),
    "masked_fill by numbers": lambda lib, x, v, s, m, i: x.masked_fill(x, 1.0),
    "masked_select of other shapes": lambda lib, x, v, s, m, i: lib.masked_select(x, v > 0),
    "one_hot of floats": lambda lib, x, v, s, m, i: lib.nn.functional.one_hot(v),
    "one_hot of negatives": lambda lib, x, v, s, m, i: lib.nn.functional.one_hot(i - 5),
    "one_hot of too few": lambda lib, x, v, s, m, i: lib.nn.functional.one_hot(i + 4, 2),
    "matmul": lambda lib, x, v, s, m, i: x @ x,
    "matmul of a scalar": lambda lib, x, v, s, m, i: x @ s,
    "mm of a vector": lambda lib, x, v, s, m, i: lib.mm(x, v),
    "mv of other sizes": lambda lib, x, v, s, m, i: lib.mv(x, v),
    "dot of other sizes": lambda lib, x, v, s, m, i: lib.dot(v, v[:2]),
    "dot of matrices": lambda lib, x, v, s, m, i: lib.dot(x, x),
    "outer of matrices": lambda lib, x, v, s, m, i: lib.outer(x, x),
    "bmm of matrices": lambda lib, x, v, s, m, i: lib.bmm(x, x),
    "einsum of other sizes": lambda lib, x, v, s, m, i: lib.einsum("ij,jk->ik", x, x),
    "einsum of too many letters": lambda lib, x, v, s, m, i: lib.einsum("ijk->i", x),
    "einsum of another letter": lambda lib, x, v, s, m, i: lib.einsum("ij->k", x),
    "einsum of too few operands": lambda lib, x, v, s, m, i: lib.einsum("ij,jk->ik", x),
    "tensordot of other sizes": lambda lib, x, v, s, m, i: lib.tensordot(x, x, 1),
    "det of no square": lambda lib, x, v, s, m, i: lib.linalg.det(x),
    "inv of no square": lambda lib, x, v, s, m, i: lib.linalg.inv(x),
    "inv of a singular matrix": lambda lib, x, v, s, m, i: lib.linalg.inv(lib.zeros(2, 2)),
    "solve of other sizes": lambda lib, x, v, s, m, i: lib.linalg.solve(m, v),
    "cholesky of an indefinite matrix": lambda lib, x, v, s, m, i: lib.linalg.cholesky(-lib.eye(2)),
    "cholesky of a vector": lambda lib, x, v, s, m, i: lib.linalg.cholesky(v),
    "svd of a vector": lambda lib, x, v, s, m, i: lib.linalg.svd(v),
    "eigh of no square": lambda lib, x, v, s, m, i: lib.linalg.eigh(x),
    "qr of another mode": lambda lib, x, v, s, m, i: lib.linalg.qr(x, mode="full"),
    "matrix_exp of no square": lambda lib, x, v, s, m, i: lib.linalg.matrix_exp(x),
    "matrix_norm of a vector": lambda lib, x, v, s, m, i: lib.linalg.matrix_norm(v),
    "zeros of a negative size": lambda lib, x, v, s, m, i: lib.zeros(-1),
    "eye of a negative size": lambda lib, x, v, s, m, i: lib.eye(-1),
    "linspace of negative steps": lambda lib, x, v, s, m, i: lib.linspace(0, 1, -1),
    "arange without steps": lambda lib, x, v, s, m, i: lib.arange(0, 3, 0),
    "randint of nothing": lambda lib, x, v, s, m, i: lib.randint(3, 3, (2,)),
    "bernoulli above 1": lambda lib, x, v, s, m, i: lib.bernoulli(lib.full((2,), 1.5)),
    "multinomial of negatives": lambda lib, x, v, s, m, i: lib.multinomial(lib.full((2,), -1.0), 1),
    "multinomial of too many": lambda lib, x, v, s, m, i: lib.multinomial(lib.full((2,), 1.0), 3),
    "randperm of a negative": lambda lib, x, v, s, m, i: lib.randperm(-1),
    "item of several": lambda lib, x, v, s, m, i: x.item(),
    "the truth of several": lambda lib, x, v, s, m, i: bool(x),
    "backward from several": lambda lib, x, v, s, m, i: (x * 2).backward(),
    "an assignment": lambda lib, x, v, s, m, i: setattr(x, "shape", (3, 2)),
}  # fmt: skip


def raised(library: Any, call: Call) -> BaseException | None:
    generator = np.random.default_rng(0)
    values = [generator.uniform(0.5, 1.0, shape) for shape in ((2, 3), (4,), (), (2, 2))]
    tensors = [library.tensor(np.asarray(x)) for x in values]
    try:
        call(library, *tensors, library.tensor(np.array([0, 1])))
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_a_bad_call_raises_what_it_raises_in_pytorch(call: Call) -> None:
    ours, theirs = raised(kytorch, call), raised(torch, call)
    assert theirs is not None, "PyTorch takes this"
    assert ours is not None, f"PyTorch raises {theirs!r}"
    kinds = {
        RuntimeError: (ValueError, IndexError, TypeError),  # PyTorch's for whatever its own checks do not name
        torch.linalg.LinAlgError: (np.linalg.LinAlgError,),
        NotImplementedError: (TypeError, ValueError),
        AttributeError: (AttributeError, TypeError),
    }
    allowed = kinds.get(type(theirs), (type(theirs),))
    assert isinstance(ours, allowed), f"{ours!r} where PyTorch raises {theirs!r}"
    assert len(str(ours)) > 20
