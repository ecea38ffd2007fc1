"""Taking and putting beside PyTorch's: ties, NaN, odd shapes, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside
from operations.table import Array

import kytorch
from kytorch import Tensor, TrainableWeight

torch = pytest.importorskip("torch")

INDEX = np.array([0, 0, 1, 1, 1, 3])
TIED_X = np.array([2.0, 1.0, 5.0, 4.0])
TIED = np.array([2.0, 2.0, 3.0, 3.0, 1.0, 0.0])
WITH_NAN = np.array([np.nan, 2.0, 3.0, 3.0, 1.0, 0.0])
WITH_ZEROS = np.array([0.0, 2.0, 0.0, 0.0, 1.0, 7.0])


def _reduced(x: Any, src: Any, reduce: Any, include_self: bool) -> Any:
    index = INDEX if isinstance(x, Tensor) else torch.from_numpy(INDEX)
    return x.scatter_reduce(0, index, src, reduce, include_self=include_self)


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", ["sum", "mean", "amax", "amin", "prod"])
def test_ties_are_shared_as_in_pytorch(reduce: str, include_self: bool) -> None:
    def function(x: Any, src: Any) -> Any:
        return _reduced(x, src, reduce, include_self)

    # PyTorch counts x's own element among the equal ones even where it is left out.
    x = TIED_X if include_self else TIED_X + 0.5
    beside(function, function, (x, TIED), CLOSE[np.float64])
    second_beside(function, function, (x, TIED))


@pytest.mark.parametrize("reduce", ["amax", "amin"])
def test_what_is_left_out_takes_no_share_of_a_tie(reduce: str) -> None:
    x, src = TrainableWeight([3.0, 1.0]), TrainableWeight([3.0, 3.0])
    y = x.tensor().scatter_reduce(0, np.array([0, 0]), src.tensor(), reduce, include_self=False)
    assert {weight: g.tolist() for g, weight in y.sum().backward()} == {x: [0.0, 1.0], src: [0.5, 0.5]}


@pytest.mark.parametrize("include_self", [True, False])
def test_a_product_with_zeros_has_pytorchs_gradient(include_self: bool) -> None:
    def function(x: Any, src: Any) -> Any:
        return _reduced(x, src, "prod", include_self)

    beside(function, function, (TIED_X, WITH_ZEROS), CLOSE[np.float64])


@pytest.mark.parametrize("reduce", ["sum", "mean", "amax", "amin", "prod"])
def test_nan_is_passed_on_as_in_pytorch(reduce: str) -> None:
    ours = _reduced(Tensor(TIED_X), Tensor(WITH_NAN), reduce, True)
    theirs = _reduced(torch.tensor(TIED_X), torch.tensor(WITH_NAN), reduce, True)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


X = np.arange(12.0).reshape(3, 4)
ALONG: dict[str, tuple[str, Array, tuple[Any, ...]]] = {
    "gather nothing": ("gather", X, (0, np.zeros(0, np.int64))),
    "gather nothing of a greater size": ("gather", X, (0, np.zeros((0, 7), np.int64))),
    "gather more than there are": ("gather", X, (1, np.array([[0, 1, 3, 3, 3]]))),
    "gather of a scalar by a vector": ("gather", np.array(3.0), (0, np.array([0, 0]))),
    "gather of a vector by a scalar": ("gather", np.array([3.0, 4.0]), (0, np.array(1))),
    "index_select by a scalar": ("index_select", X, (0, np.array(1))),
    "index_select by int32": ("index_select", X, (1, np.array([1, 1], np.int32))),
    "index_select of a scalar": ("index_select", np.array(3.0), (0, np.array([0]))),
    "index_fill from the end": ("index_fill", X, (0, np.array([-1]), 9.0)),
    "take from the end": ("take", X, (np.array([[0, 1], [2, -12]]),)),
    "take_along_dim from the end": ("take_along_dim", X, (np.array([[0, 2]]), 1)),
    "take_along_dim of all": ("take_along_dim", X, (np.array([[5, 11]]),)),
    "masked_select of a scalar": ("masked_select", np.array(2.0), (np.array(True),)),
    "masked_select by a larger mask": ("masked_select", np.ones(2), (np.array([[True, False], [True, True]]),)),
    "masked_fill by a larger mask": ("masked_fill", np.ones(2), (np.ones((3, 2), bool), 5.0)),
    "scatter a number": ("scatter", X, (0, np.array([[0, 2]]), 9.0)),
    "scatter nothing": ("scatter", X, (0, np.zeros((0, 4), np.int64), 9.0)),
}


@pytest.mark.parametrize("name, x, arguments", ALONG.values(), ids=ALONG)
def test_odd_shapes_are_as_in_pytorch(name: str, x: Array, arguments: tuple[Any, ...]) -> None:
    theirs = [torch.from_numpy(np.array(a)) if isinstance(a, np.ndarray) else a for a in arguments]
    beside(lambda x: getattr(x, name)(*arguments), lambda x: getattr(x, name)(*theirs), (x,), CLOSE[np.float64])


REFUSED: dict[str, Callable[[Any, Callable[[Any], Any]], Any]] = {
    "gather from the end": lambda x, t: x.gather(0, t([[-1]])),
    "gather out of range": lambda x, t: x.gather(0, t([[3]])),
    "gather by fewer dims": lambda x, t: x.gather(0, t([0])),
    "gather by a larger index": lambda x, t: x.gather(0, t([[0, 1, 1, 1, 1]])),
    "index_select from the end": lambda x, t: x.index_select(0, t([-1])),
    "index_select by a matrix": lambda x, t: x.index_select(0, t([[0]])),
    "index_fill out of range": lambda x, t: x.index_fill(0, t([3]), 1.0),
    "index_add from the end": lambda x, t: x.index_add(0, t([-1]), x[:1]),
    "index_add of another size": lambda x, t: x.index_add(0, t([0, 1]), x[:1]),
    "index_copy from the end": lambda x, t: x.index_copy(0, t([-1]), x[:1]),
    "take out of range": lambda x, t: x.take(t([12])),
    "take_along_dim by fewer dims": lambda x, t: x.take_along_dim(t([1]), 1),
    "scatter of a smaller src": lambda x, t: x.scatter(0, t([[0, 1], [1, 1]]), x[:1, :1]),
    "scatter out of range": lambda x, t: x.scatter(0, t([[0, -2]]), 9.0),
    "scatter by another reduction": lambda x, t: x.scatter(0, t([[0]]), 9.0, reduce="max"),
    "masked_fill by numbers": lambda x, t: x.masked_fill(t([1, 0, 1, 1]), 1.0),
    "masked_fill with a vector": lambda x, t: x.masked_fill(x > 0, x[0]),
    "masked_select by numbers": lambda x, t: x.masked_select(t([1, 0, 1, 1])),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_pytorch_refuses_is_refused(call: Callable[[Any, Callable[[Any], Any]], Any]) -> None:
    with pytest.raises((RuntimeError, IndexError)):
        call(torch.tensor(X), torch.tensor)
    with pytest.raises((ValueError, IndexError, TypeError)):
        call(Tensor(X), Tensor)


def test_where_elements_are_not_0() -> None:
    for x in (X, X * np.nan, np.array(1.0), np.array(0.0), np.zeros((0, 3)), np.array([True, False])):
        ours, theirs = Tensor(x), torch.from_numpy(np.array(x))
        for name in ("nonzero", "argwhere"):
            found, expected = getattr(ours, name)(), getattr(theirs, name)()
            assert (found.shape, found.tolist()) == (tuple(expected.shape), expected.tolist())
            assert found.dtype == np.int64
        found, expected = ours.nonzero(as_tuple=True), theirs.nonzero(as_tuple=True)
        assert [i.tolist() for i in found] == [i.tolist() for i in expected]


def test_one_hot_rows_are_pytorchs() -> None:
    for x, n in [([0, 2], -1), ([[0, 2], [1, 1]], 4), (2, -1), (np.zeros((0, 2), np.int64), 3)]:
        expected = torch.nn.functional.one_hot(torch.as_tensor(x), n)
        found = kytorch.nn.functional.one_hot(Tensor(x), n)
        assert (found.dtype, found.shape, found.tolist()) == (np.int64, tuple(expected.shape), expected.tolist())
