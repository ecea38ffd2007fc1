"""Shapes, parts, padding and diagonals: edge cases and wrong calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, nn

x23, x3, x0 = Tensor(np.arange(6.0).reshape(2, 3)), Tensor(np.arange(3.0)), Tensor(1.0)
x5 = Tensor(np.arange(5.0))
weight = TrainableWeight([1.0, 2.0, 3.0])

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "reshape to -2": (lambda: x23.reshape(-2, 3), ValueError, r"reshape.*6 elements.*\(-2, 3\)"),
    "reshape to a string": (lambda: x23.reshape("6"), TypeError, "reshape.*ints"),
    "reshape to floats in a tuple": (lambda: x23.reshape((2.0, 3.0)), TypeError, "reshape.*ints"),
    "view": (lambda: x23.view(4, 2), ValueError, r"\(4, 2\)"),
    "unflatten": (lambda: x23.unflatten(1, (2, 2)), ValueError, r"unflatten.*\(2, 2\).*3 of dim 1.*\(2, 3\)"),
    "unflatten with two -1": (lambda: x23.unflatten(1, (-1, -1)), ValueError, "unflatten"),
    "unflatten into nothing": (lambda: x23.unflatten(1, ()), ValueError, "unflatten"),
    "unflatten ()": (lambda: x0.unflatten(0, (1,)), IndexError, r"unflatten.*\(\)"),
    "transpose by a float": (lambda: x23.transpose(0.0, 1), TypeError, "transpose.*float"),
    "swapaxes": (lambda: x23.swapaxes(0, 2), IndexError, "dim 2"),
    "permute over no such dim": (lambda: x23.permute(0, 2), IndexError, "permute.*dim 2"),
    "permute by nothing": (x23.permute, ValueError, "permute.*once"),
    "permute by None": (lambda: x23.permute(None), TypeError, "permute"),
    "t of more than a matrix": (lambda: kytorch.zeros(1, 2, 3).t(), ValueError, r"t: .*\(1, 2, 3\).*mT"),
    "movedim of unequally many": (lambda: x23.movedim((0, 1), (0,)), ValueError, "movedim.*equally many"),
    "movedim of one twice": (lambda: x23.movedim((0, -2), (0, 1)), ValueError, "movedim.*twice"),
    "movedim over no such dim": (lambda: x23.movedim(2, 0), IndexError, "movedim.*dim 2"),
    "broadcast_tensors": (lambda: kytorch.broadcast_tensors(x23, x5), ValueError, r"\(2, 3\) and \(5,\).*broadcast"),
    "broadcast_tensors of a number": (lambda: kytorch.broadcast_tensors(x23, 1.0), TypeError, "Tensor.*float"),
    "repeat with too few": (lambda: x23.repeat(2), ValueError, r"repeat.*\(2,\).*\(2, 3\).*tile"),
    "repeat a negative number": (lambda: x23.repeat(-1, 2), ValueError, "repeat.*negative"),
    "tile by a float": (lambda: x23.tile(1.5), TypeError, "tile.*ints"),
    "repeat_interleave a negative number": (lambda: x3.repeat_interleave(-1), ValueError, "repeat_interleave.*-1"),
    "repeat_interleave a negative one": (lambda: x3.repeat_interleave([1, -1, 0]), ValueError, "-1"),
    "repeat_interleave too few": (lambda: x3.repeat_interleave([1, 2]), ValueError, r"\(2,\).*3 of dim 0"),
    "repeat_interleave floats": (lambda: x3.repeat_interleave(1.5), TypeError, "integers.*float64"),
    "repeat_interleave a matrix": (lambda: x23.repeat_interleave([[1, 2]], 0), ValueError, "repeat_interleave"),
    "meshgrid of a matrix": (lambda: kytorch.meshgrid(x23), ValueError, r"meshgrid.*vectors.*\(2, 3\)"),
    "meshgrid of nothing": (kytorch.meshgrid, ValueError, "meshgrid.*at least one"),
    "meshgrid by no such order": (lambda: kytorch.meshgrid(x3, indexing="yx"), ValueError, "'ij' or 'xy'.*'yx'"),
    "meshgrid of two dtypes": (lambda: kytorch.meshgrid(x3, kytorch.arange(2)), TypeError, "float64, int64.*equal"),
    "cat of a Tensor": (lambda: kytorch.cat(x23), TypeError, "cat.*list or tuple"),
    "cat along a float": (lambda: kytorch.cat([x3], 0.5), TypeError, "cat.*float"),
    "stack of a weight": (lambda: kytorch.stack([x3, weight]), TypeError, r"stack.*weight\.tensor\(\)"),
    "hstack of other ranks": (lambda: kytorch.hstack([x23, x3]), ValueError, r"\(2, 3\), \(3,\)"),
    "vstack of nothing": (lambda: kytorch.vstack([]), ValueError, "vstack.*at least one"),
    "dstack of a list": (lambda: kytorch.dstack([[1.0]]), TypeError, "dstack.*list"),
    "split into sizes of another sum": (lambda: x5.split([2, 2]), ValueError, r"split.*\(2, 2\).*5 of dim 0"),
    "split into negative sizes": (lambda: x5.split([6, -1]), ValueError, "split"),
    "split into zeros": (lambda: x5.split(0), ValueError, "split.*positive"),
    "split ()": (lambda: x0.split(1), IndexError, r"split.*\(\)"),
    "split over no such dim": (lambda: x5.split(1, 1), IndexError, "split.*dim 1"),
    "chunk into none": (lambda: x5.chunk(0), ValueError, "chunk.*0"),
    "tensor_split into none": (lambda: x5.tensor_split(0), ValueError, "tensor_split.*0"),
    "unbind ()": (x0.unbind, IndexError, r"unbind.*\(\)"),
    "narrow too far": (lambda: x5.narrow(0, 3, 3), ValueError, r"narrow.*3 elements from 3.*\(5,\)"),
    "narrow from outside": (lambda: x5.narrow(0, 6, 0), IndexError, "narrow.*start 6"),
    "narrow to less than none": (lambda: x5.narrow(0, 1, -1), ValueError, "narrow.*-1"),
    "select outside": (lambda: x5.select(0, 5), IndexError, r"select.*5.*\(5,\)"),
    "unfold windows too long": (lambda: x5.unfold(0, 6, 1), ValueError, r"unfold.*6.*\(5,\).*0 to 5"),
    "unfold without steps": (lambda: x5.unfold(0, 2, 0), ValueError, "unfold.*step of 1"),
    "flip a dim twice": (lambda: x23.flip(0, -2), ValueError, "flip.*twice"),
    "flip over no such dim": (lambda: x23.flip(2), IndexError, "flip.*dim 2"),
    "fliplr of a vector": (x3.fliplr, ValueError, r"fliplr.*\(3,\)"),
    "flipud of a scalar": (x0.flipud, ValueError, "flipud"),
    "roll along too few": (lambda: x23.roll((1, 2), 0), ValueError, r"roll.*\(1, 2\).*\(0,\).*equally many"),
    "roll twice along none": (lambda: x23.roll((1, 2)), ValueError, "roll.*dim each"),
    "roll by a float": (lambda: x23.roll(0.5), TypeError, "roll.*ints"),
    "rot90 of a vector": (x3.rot90, ValueError, "rot90"),
    "rot90 in one dim": (lambda: x23.rot90(1, (0, -2)), ValueError, "rot90.*two different"),
    "diagonal of one dim": (lambda: x23.diagonal(0, 1, -1), ValueError, "diagonal.*same dimension"),
    "diagonal of a vector": (x3.diagonal, IndexError, "diagonal.*dim 1"),
    "diag of a scalar": (x0.diag, ValueError, r"diag.*\(\)"),
    "diag of a cube": (lambda: kytorch.zeros(1, 1, 1).diag(), ValueError, "diag.*diag_embed or diagonal"),
    "diag_embed of a scalar": (x0.diag_embed, IndexError, "diag_embed"),
    "trace of a vector": (x3.trace, ValueError, r"trace.*\(3,\)"),
    "tril of a vector": (x3.tril, ValueError, "tril.*two dimensions"),
    "triu by a float": (lambda: x23.triu(0.5), TypeError, "triu.*ints"),
    "pad by an odd number": (lambda: kytorch.pad(x3, (1,)), ValueError, r"pad.*two numbers.*\(1,\)"),
    "pad more dims than there are": (lambda: kytorch.pad(x3, (1, 1, 1, 1)), ValueError, r"pad.*\(3,\)"),
    "pad by floats": (lambda: kytorch.pad(x3, (1.0, 2.0)), TypeError, "pad.*ints"),
    "pad as nothing known": (lambda: kytorch.pad(x3, (1, 1), "edge"), ValueError, "pad.*replicate.*'edge'"),
    "pad with a Tensor": (lambda: kytorch.pad(x3, (1, 1), value=x0), TypeError, "pad.*number.*Tensor"),
    "pad with a value and copies": (lambda: kytorch.pad(x3, (1, 1), "reflect", 1.0), ValueError, "no value"),
    "crop too much": (lambda: kytorch.pad(x3, (-2, -2)), ValueError, r"\(-2, -2\).*3 elements of dim 0"),
    "crop what padding brings": (lambda: kytorch.pad(x3, (-4, 5)), ValueError, r"\(-4, 5\)"),
    "reflect too far": (lambda: kytorch.pad(x23, (3, 0), "reflect"), ValueError, r"\(3, 0\).*dim 1.*at most 2"),
    "go round twice": (lambda: kytorch.pad(x23, (4, 0), "circular"), ValueError, "more than once"),
    "replicate nothing": (lambda: kytorch.pad(kytorch.zeros(2, 0), (1, 0), "replicate"), ValueError, "no element"),
}  # fmt: skip


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        call()


PARTS: dict[str, tuple[Callable[[Tensor], tuple[Tensor, ...]], list[int]]] = {
    "split": (lambda x: x.split(2), [2, 2, 1]),
    "split with an empty part": (lambda x: x.split([5, 0]), [5, 0]),
    "chunk": (lambda x: x.chunk(4), [2, 2, 1]),
    "chunk into more than there are": (lambda x: x.chunk(9), [1] * 5),
    "tensor_split": (lambda x: x.tensor_split(3), [2, 2, 1]),
    "tensor_split at indices that cross": (lambda x: x.tensor_split([1, 7, 3]), [1, 4, 0, 2]),
    "tensor_split from the end": (lambda x: x.tensor_split([1, -1]), [1, 3, 1]),
    "unbind": (lambda x: x.unsqueeze(0).unbind(1), [1] * 5),
}


@pytest.mark.parametrize("function, expected", PARTS.values(), ids=PARTS)
def test_the_sizes_of_parts(function: Any, expected: list[int]) -> None:
    parts = function(x5)
    assert isinstance(parts, tuple)
    assert [len(part) for part in parts] == expected


def test_parts_of_nothing_are_empty() -> None:
    empty = kytorch.zeros(0, 3)
    assert [part.shape for part in empty.chunk(3)] == [(0, 3)] * 3
    assert [part.shape for part in empty.split(2)] == [(0, 3)]
    assert [part.shape for part in empty.split(0)] == [(0, 3)]
    assert empty.unbind() == ()
    assert empty.roll(1, 0).shape == (0, 3)
    assert empty.repeat_interleave([], 0).shape == (0, 3)


def test_parts_share_memory_and_nobody_can_write_through_them() -> None:
    for part in (*x5.split(2), x5.narrow(0, 1, 2), x5.unfold(0, 2, 1), x5.flip(0), x5.unsqueeze(0).diagonal()):
        assert np.shares_memory(part.numpy(), x5.numpy())
        with pytest.raises(ValueError):
            part.numpy().setflags(write=True)


def test_the_gradients_of_all_parts_and_of_the_whole_add_up() -> None:
    w = TrainableWeight(np.arange(1.0, 6.0))
    x = w.tensor()
    first, _, last = x.split(2)
    loss = (first * 2).sum() + (last * 3).sum() + x.unbind()[0] * 10 + x.sum()
    for create_graph in (False, True):
        [(gradient, _)] = loss.backward(create_graph=create_graph)
        assert gradient.tolist() == [13.0, 3.0, 1.0, 1.0, 4.0]


ADDED: dict[str, tuple[Callable[[Tensor], Tensor], list[list[float]]]] = {
    "diagonals": (lambda x: x.diagonal().sum() + (2 * x.diagonal()).sum() + x.diagonal(1).sum(), [[3, 1], [0, 3]]),
    "windows": (lambda x: x.unfold(0, 1, 1).sum() + x.unfold(1, 2, 1).sum() + x.diagonal().sum(), [[3, 2], [2, 3]]),
    "parts": (lambda x: x.unbind(1)[0].sum() + x.split(1)[0].sum() + x.narrow(0, 0, 2).sum(), [[3, 2], [2, 1]]),
}


@pytest.mark.parametrize("function, expected", ADDED.values(), ids=ADDED)
def test_the_gradients_of_parts_that_overlap_add_up(function: Any, expected: list[list[float]]) -> None:
    w = TrainableWeight(np.ones((2, 2)))
    for create_graph in (False, True):
        [(gradient, _)] = function(w.tensor()).backward(create_graph=create_graph)
        assert gradient.tolist() == expected


def test_a_tensor_of_zeros_and_infinities_keeps_its_triangles_exact() -> None:
    x = np.array([[np.inf, np.nan], [-np.inf, -0.0]])
    for dtype in (np.float16, np.float32, np.float64):
        np.testing.assert_array_equal(Tensor(x.astype(dtype)).tril().numpy(), [[np.inf, 0.0], [-np.inf, 0.0]])
        np.testing.assert_array_equal(Tensor(x.astype(dtype)).triu(1).numpy(), [[0.0, np.nan], [0.0, 0.0]])
    for dtype in (np.int8, np.int64, np.bool_):
        ones = np.ones((3, 3), dtype)
        assert Tensor(ones).tril(-1).dtype == dtype
        assert Tensor(ones).tril(-1).tolist() == np.tril(ones, -1).tolist()


@pytest.mark.parametrize("shape", [(64, 64), (65, 64), (64, 65), (200, 3), (3, 200), (2, 129, 130), (0, 70), (70, 0)])
def test_triangles_of_all_sizes_and_offsets(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).standard_normal(shape)
    for k in (-300, -201, -65, -64, -1, 0, 1, 63, 64, 100, 300):
        np.testing.assert_array_equal(Tensor(x).tril(k).numpy(), np.tril(x, k))
        np.testing.assert_array_equal(Tensor(x).triu(k).numpy(), np.triu(x, k))


def test_integers_and_bool_keep_their_dtype() -> None:
    for dtype in (np.int32, np.bool_):
        x = Tensor(np.ones((2, 2), dtype))
        for y in (kytorch.pad(x, (1, 1)), x.roll(1), x.repeat(1, 2), x.diag(), x.unfold(0, 1, 1), kytorch.cat([x, x])):
            assert y.dtype == dtype
        assert x.trace().dtype == (np.int64 if dtype is np.bool_ else np.sum(x.numpy()).dtype)
        assert x.trace().item() == 2
    assert kytorch.pad(Tensor([1, 2]), (1, 1), value=1.5).tolist() == [1, 1, 2, 1]


def test_a_number_put_in_widens_nothing() -> None:
    assert kytorch.pad(Tensor(np.ones(2, np.float16)), (1, 1), value=0.5).dtype == np.float16


def test_cat_and_stack_mix_dtypes_as_numpy_does() -> None:
    a, b = Tensor(np.ones(2, np.float32)), Tensor(np.ones(2, np.float64))
    assert kytorch.cat([a, b]).dtype == kytorch.stack([a, b]).dtype == np.float64


def test_pad_is_where_pytorch_has_it() -> None:
    assert nn.functional.pad(x3, (1, 0)).tolist() == [0.0, 0.0, 1.0, 2.0]


def test_windows_longer_than_they_are_many_get_their_gradient_too() -> None:
    w = TrainableWeight(np.arange(10.0))
    [(gradient, _)] = w.tensor().unfold(0, 8, 1).sum().backward()
    assert gradient.tolist() == [1, 2, 3, 3, 3, 3, 3, 3, 2, 1]


def test_many_repetitions_get_their_sum() -> None:
    w = TrainableWeight(np.arange(4.0))
    counts = np.array([100, 0, 1, 30])
    y = w.tensor().repeat_interleave(counts)
    counts[:] = 7  # the graph has its own
    [(gradient, _)] = y.sum().backward()
    assert gradient.tolist() == [100.0, 0.0, 1.0, 30.0]


def test_the_scalar_shape_has_its_edge_cases() -> None:
    assert x0.transpose(0, -1).shape == x0.flip(0).shape == x0.roll(1).shape == x0.movedim(0, 0).shape == ()
    assert x0.ravel().shape == x0.repeat_interleave(1).shape == (1,)
    assert x0.tile(2).shape == x0.repeat(2).shape == (2,)
    assert kytorch.broadcast_tensors() == ()


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: kytorch.reshape(x, 3),
    "ravel": kytorch.ravel,
    "flatten": kytorch.flatten,
    "unflatten": lambda x: kytorch.unflatten(x, 0, (3, 1)),
    "squeeze": kytorch.squeeze,
    "unsqueeze": lambda x: kytorch.unsqueeze(x, 0),
    "permute": lambda x: kytorch.permute(x, 0),
    "transpose": lambda x: kytorch.transpose(x, 0, 0),
    "t": kytorch.t,
    "movedim": lambda x: kytorch.movedim(x, 0, 0),
    "expand": lambda x: kytorch.expand(x, 2, 3),
    "broadcast_tensors": kytorch.broadcast_tensors,
    "sum_to_size": lambda x: kytorch.sum_to_size(x, 1),
    "tile": lambda x: kytorch.tile(x, 2),
    "repeat_interleave": lambda x: kytorch.repeat_interleave(x, 2),
    "meshgrid": kytorch.meshgrid,
    "hstack": lambda x: kytorch.hstack([x]),
    "split": lambda x: kytorch.split(x, 1),
    "chunk": lambda x: kytorch.chunk(x, 1),
    "tensor_split": lambda x: kytorch.tensor_split(x, 1),
    "unbind": kytorch.unbind,
    "narrow": lambda x: kytorch.narrow(x, 0, 0, 1),
    "select": lambda x: kytorch.select(x, 0, 0),
    "flip": lambda x: kytorch.flip(x, 0),
    "fliplr": kytorch.fliplr,
    "flipud": kytorch.flipud,
    "roll": lambda x: kytorch.roll(x, 1),
    "rot90": kytorch.rot90,
    "diagonal": kytorch.diagonal,
    "diag": kytorch.diag,
    "diag_embed": kytorch.diag_embed,
    "trace": kytorch.trace,
    "tril": kytorch.tril,
    "triu": kytorch.triu,
    "pad": lambda x: kytorch.pad(x, (1, 1)),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_weight_or_a_list_is_no_tensor(operation: Any) -> None:
    with pytest.raises(TypeError, match=r"weight\.tensor\(\) reads it"):
        operation(weight)
    with pytest.raises(TypeError, match="list"):
        operation([1.0, 2.0])
