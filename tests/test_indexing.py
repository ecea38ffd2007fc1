"""Indices of every kind, in NumPy's combinations, and what a graph keeps of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from operations.table import Array

import kytorch
from kytorch import Tensor, TrainableWeight, from_numpy
from kytorch.kernels import scatter
from kytorch.kernels.scatter import Places

SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)


@st.composite
def basic(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    shape = draw(SHAPES)
    return shape, draw(arrays.basic_indices(shape, allow_newaxis=True))


@st.composite
def mixed(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    """Integers, slices, None, one Ellipsis, integer arrays that broadcast and masks, in one tuple."""
    shape = draw(arrays.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    together = draw(arrays.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=3))
    parts: list[Any] = []
    dim = 0
    while dim < len(shape):
        kind = draw(st.sampled_from(["array", "list", "int", "slice", "none", "mask", "rest"]))
        n = shape[dim]
        if kind == "none":
            parts.append(None)
            continue
        if kind == "rest":
            parts.append(...)
            break
        if kind in ("array", "list"):
            whole = draw(st.sampled_from([together, together[-1:], (1,)]))
            index = draw(arrays.arrays(draw(st.sampled_from([np.int64, np.int32, np.intp])), whole,
                                       elements=st.integers(-n, n - 1)))  # fmt: skip
            parts.append(index.tolist() if kind == "list" else index)
        elif kind == "mask":
            mask = np.zeros(n, bool)
            mask[draw(st.integers(0, n - 1))] = True  # names one place, which broadcasts
            parts.append(mask)
        else:
            parts.append(draw(st.integers(-n, n - 1) if kind == "int" else st.slices(n)))
        dim += 1
    return shape, tuple(parts)


@st.composite
def alone(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    shape = draw(arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    masks = st.integers(1, len(shape)).flatmap(lambda n: arrays.arrays(bool, shape[:n]))
    return shape, draw(masks | arrays.integer_array_indices(shape, result_shape=arrays.array_shapes(max_dims=2)))


def numbered(shape: tuple[int, ...]) -> Array:
    return np.arange(1.0, 1.0 + np.prod(shape, dtype=int)).reshape(shape)


def as_tensors(index: Any) -> Any:
    """The index with its arrays as Tensors."""
    if isinstance(index, tuple):
        return tuple([as_tensors(part) for part in index])
    return Tensor(index) if isinstance(index, np.ndarray) else index


@settings(max_examples=150, deadline=None)
@given(basic() | mixed() | alone())
def test_any_index_gives_what_numpy_gives_and_a_gradient_of_every_time_an_element_is_named(case: Any) -> None:
    shape, index = case
    x = numbered(shape)
    expected = np.array(x[index])
    weight = TrainableWeight(x)
    g = np.random.default_rng(3).standard_normal(expected.shape)
    total = np.zeros(shape)
    np.add.at(total, index, g)
    for own in (index, as_tensors(index)):
        y = weight.tensor()[own]
        assert y.shape == expected.shape
        assert np.array_equal(y.numpy(), expected)
        for create_graph in (False, True):
            [(gradient, _)] = y.backward(Tensor(g), create_graph=create_graph)
            np.testing.assert_allclose(gradient.numpy(), total, rtol=1e-14, atol=1e-14)


@settings(max_examples=100, deadline=None)
@given(basic() | mixed() | alone())
def test_an_edit_at_any_index_does_what_numpy_does_element_after_element(case: Any) -> None:
    shape, index = case
    x, v = numbered(shape), np.random.default_rng(3).uniform(0.0, 30.0, np.shape(numbered(shape)[index]))
    for name, function in [("add", np.add), ("mul", np.multiply), ("min", np.minimum), ("max", np.maximum)]:
        y = x.copy()
        function.at(y, index, v)
        np.testing.assert_allclose(getattr(Tensor(x).at[index], name)(Tensor(v)).numpy(), y, rtol=1e-12)
    x[index] = v
    assert np.array_equal(Tensor(numbered(shape)).at[index].set(Tensor(v)).numpy(), x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize(
    "shape, count", [((1000, 64), 5000), ((7, 33), 500), ((300, 4, 16), 900), ((50,), 400), ((3, 40), 17)]
)
def test_many_rows_that_repeat_are_summed(shape: tuple[int, ...], count: int, dtype: Any) -> None:
    generator = np.random.default_rng(4)
    few = generator.integers(-shape[0], shape[0], count) // generator.integers(1, 9, count)  # some are named often
    for index in (few, few * 0 - 1, few[::-1], (few,), Places(few % shape[0])):
        values = np.round(8 * generator.standard_normal((count, *(shape[1:] if type(index) is not Places else ()))))
        y = np.ones(shape, dtype)
        scatter.add(y, index, values.astype(dtype))
        expected = np.ones(shape)
        if type(index) is Places:
            np.add.at(expected.reshape(-1), index.flat, values)
        else:
            np.add.at(expected, index, values)
        np.testing.assert_allclose(y, expected, rtol=1e-3 if dtype is np.float16 else 0)


def test_a_sum_of_rows_into_an_array_that_is_not_contiguous() -> None:
    y, index, values = np.zeros((4, 3)).T, np.array([0, 0, 2]), np.ones((3, 4))
    scatter.add(y, index, values)
    assert y.tolist() == [[2.0] * 4, [0.0] * 4, [1.0] * 4]


def test_a_graph_keeps_the_index_that_it_was_given() -> None:
    for make in (lambda i: i, lambda i: (i, slice(None)), lambda i: (slice(0, 1), i)):
        index = np.array([0, 0, 1])
        weight = TrainableWeight(np.ones((2, 2)))
        edited = [weight.tensor()[make(index)], *[
            getattr(weight.tensor().at[make(index)], name)(2.0) for name in ("set", "add", "mul", "min", "max")
        ]]  # fmt: skip
        before = [y.sum().backward()[0][0].tolist() for y in edited]
        index[:] = 1
        assert [y.sum().backward()[0][0].tolist() for y in edited] == before


def test_operations_along_a_dim_keep_their_index() -> None:
    calls: list[Callable[[Tensor, Array], Tensor]] = [
        lambda x, i: x.gather(0, i[:, None]),
        lambda x, i: x.scatter(0, i[:, None], 2.0),
        lambda x, i: x.scatter_add(0, i[:, None], x[i[:, None], :1][:, 0]),
        lambda x, i: x.index_select(0, i),
        lambda x, i: x.index_add(0, i, x[[0, 0, 1]]),
        lambda x, i: x.index_fill(0, i, 0.0),
        lambda x, i: x.take(i),
        lambda x, i: x.take_along_dim(i[:, None], 0),
        lambda x, i: x.masked_fill(i[:2] > 0, 0.0),
        lambda x, i: x.masked_select(i[:2] > 0),
    ]
    for call in calls:
        index = np.array([0, 1, 1])
        weight = TrainableWeight(np.ones((2, 2)))
        y = call(weight.tensor(), index)
        before = y.sum().backward()[0][0].tolist()
        index[:] = 0
        assert y.sum().backward()[0][0].tolist() == before


def test_a_mask_is_kept_as_it_was() -> None:
    mask = np.array([True, False])
    weight = TrainableWeight([1.0, 2.0])
    made = [weight.tensor()[mask], weight.tensor().masked_select(mask), weight.tensor().masked_fill(mask, 0.0)]
    mask[:] = False
    assert [y.sum().backward()[0][0].tolist() for y in made] == [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]


def test_a_slice_keeps_its_bounds() -> None:
    stop = np.array(2)
    weight = TrainableWeight([1.0, 2.0, 3.0])
    y = weight.tensor()[:stop]
    stop[...] = 3
    assert y.sum().backward()[0][0].tolist() == [1.0, 1.0, 0.0]
    assert weight.tensor()[: Tensor(2)].tolist() == [1.0, 2.0]


def test_tensors_of_shape_nothing_index_like_integers() -> None:
    x = Tensor(np.arange(12.0).reshape(3, 4))
    assert x[Tensor(1)].tolist() == x[1].tolist()
    assert x[Tensor(-1), Tensor(2)].shape == ()
    assert x[:, Tensor(1)].tolist() == [1.0, 5.0, 9.0]
    assert x[Tensor([0, 2]), Tensor(1)].tolist() == [1.0, 9.0]
    assert x.at[Tensor(1)].set(0.0)[1].tolist() == [0.0] * 4


def test_an_edit_with_itself_counts_both_uses() -> None:
    weight = TrainableWeight([1.0, 2.0, 3.0])
    x = weight.tensor()
    [(gradient, _)] = x.at[np.array([0, 0, 2])].add(x).sum().backward()
    assert gradient.tolist() == [2.0, 2.0, 2.0]


def test_of_values_that_are_put_over_one_another_the_last_has_the_gradient() -> None:
    x, v = TrainableWeight(np.zeros(3)), TrainableWeight(np.ones(3))
    y = x.tensor().at[np.array([1, 1, 2])].set(v.tensor())
    found = {weight: gradient.tolist() for gradient, weight in y.sum().backward()}
    assert found == {x: [1.0, 0.0, 0.0], v: [0.0, 1.0, 1.0]}


@pytest.mark.parametrize("name", ["min", "max"])
def test_equal_extrema_share_the_gradient(name: str) -> None:
    x, v = TrainableWeight([1.0, 5.0, 2.0]), TrainableWeight([5.0, 5.0, 2.0, 9.0, 0.0])
    y = getattr(x.tensor().at[np.array([1, 1, 2, 0, 0])], name)(v.tensor())
    assert y.tolist() == ([0.0, 5.0, 2.0] if name == "min" else [9.0, 5.0, 2.0])
    found = {weight: gradient.numpy() for gradient, weight in y.sum().backward()}
    third = 1 / 3
    np.testing.assert_allclose(found[x], [0.0, third, 0.5], rtol=1e-6)
    won = [0.0, 1.0] if name == "min" else [1.0, 0.0]
    np.testing.assert_allclose(found[v], [third, third, 0.5, *won], rtol=1e-6)


# Parts of one Tensor, whose gradients the walk adds in place


def test_parts_that_overlap_give_the_sum_of_their_gradients() -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((5, 4))
    weight = TrainableWeight(x)
    indices = [0, slice(1, 4), (slice(None), 2), np.array([1, 1, 3]), x > 0, (..., None), (np.array([0, 0]), 1)]
    for live in (weight.tensor(), weight.tensor() * 1.0):
        parts = [live[index] for index in indices]
        loss = live.sum()
        for part in parts:
            loss = loss + (part**2).sum()
        [(gradient, _)] = loss.backward()
        [(recorded, _)] = loss.backward(create_graph=True)
        expected = np.ones(x.shape)
        for index in indices:
            np.add.at(expected, index, 2 * x[index])
        np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-14)
        np.testing.assert_allclose(recorded.numpy(), expected, rtol=1e-14)


def test_adding_in_place_writes_into_no_gradient_that_another_node_has() -> None:
    weight, other = TrainableWeight(np.ones(3)), TrainableWeight(np.ones(3))
    x = weight.tensor() * 1.0
    y = x + other.tensor()  # hands one array to both
    given = Tensor(np.ones(3))
    for loss in ((y * 1.0).sum() + x[0] + x[0], x[0] + x[0] + (y * 1.0).sum()):
        found = {w: g.tolist() for g, w in loss.backward()}
        assert found == {weight: [3.0, 1.0, 1.0], other: [1.0, 1.0, 1.0]}
    found = {w: g.tolist() for g, w in (y + x[:] + x[:]).backward(given)}
    assert found == {weight: [3.0] * 3, other: [1.0] * 3}
    assert given.tolist() == [1.0] * 3


def test_parts_of_a_scalar_and_of_nothing() -> None:
    for shape in ((), (0, 3)):
        weight = TrainableWeight(np.ones(shape))
        x = weight.tensor()
        y = x[...] + x[()] + x[...] + x
        [(gradient, _)] = y.sum().backward()
        assert gradient.tolist() == np.full(shape, 4.0).tolist()


def test_parts_in_another_dtype_keep_the_weights() -> None:
    weight = TrainableWeight(np.ones(3, np.float32))
    x = weight.tensor()
    [(gradient, _)] = (x[0] + x[1].to(np.float64) + x[2] + x[0]).backward()
    assert (gradient.dtype, gradient.tolist()) == (np.float32, [2.0, 1.0, 1.0])


def test_a_gradient_of_all_rows_one_by_one_takes_no_square_of_their_number() -> None:
    def arrays_made(n: int) -> int:
        weight = TrainableWeight(np.ones((n, 64)))
        loss = Tensor(0.0)
        for row in weight.tensor() * 1.0:
            loss = loss + row[0]
        made = []
        zeros = np.zeros_like

        def counted(*arguments: Any, **options: Any) -> Any:
            made.append(1)
            return zeros(*arguments, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(np, "zeros_like", counted)
            loss.backward()
        return sum(made)

    assert arrays_made(40) - arrays_made(20) == 20  # one for the element of each row, none as large as all rows


# Wrong calls

x23, x3 = Tensor(np.ones((2, 3))), Tensor(np.ones(3))
ints = np.array([[0, 1]])
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "an index of float": (lambda: x3[1.0], IndexError, r"index.*\(3,\)"),
    "an index of a float array": (lambda: x3[np.array([1.0])], IndexError, "integers or bool.*float64"),
    "a float in a tuple": (lambda: x23[0, 1.5], IndexError, r"\(2, 3\)"),
    "a Tensor of floats in a tuple": (lambda: x23[0, Tensor([1.0])], IndexError, "float"),
    "an object": (lambda: x3[object()], IndexError, r"\(3,\)"),
    "a slice of floats": (lambda: x3[:1.5], IndexError, r"slice.*\(3,\)"),
    "too many indices": (lambda: x23[0, 0, 0], IndexError, r"too many.*\(2, 3\)"),
    "two Ellipses": (lambda: x23[..., ...], IndexError, "ellipsis"),
    "arrays that do not broadcast": (lambda: x23[[0, 1], [0, 1, 2]], IndexError, "broadcast"),
    "a mask of another length": (lambda: x3[[True, False]], IndexError, r"boolean.*\(3,\)"),
    "out of range": (lambda: x23[:, 3], IndexError, r"3.*\(2, 3\)"),
    "an array out of range": (lambda: x23[np.array([0, -3])], IndexError, r"-3.*\(2, 3\)"),
    "min of a value of another shape": (lambda: x3.at[:2].min(x3), ValueError, r"min.*\(3,\).*\(2,\)"),
    "max of a float in integers": (lambda: Tensor([1, 2]).at[0].max(0.5), TypeError, "max.*int64"),
    "gather of a number": (lambda: x23.gather(0, 1), TypeError, "gather.*int"),
    "gather by floats": (lambda: x23.gather(0, x23), IndexError, "gather.*float64"),
    "gather by bool": (lambda: x23.gather(0, x23 > 0), IndexError, "gather.*bool"),
    "gather from the end": (lambda: x23.gather(0, np.array([[-1]])), IndexError, "gather.*-1.*0 to 1"),
    "gather out of range": (lambda: x23.gather(0, np.array([[2]])), IndexError, "gather.*2.*0 to 1"),
    "gather along no such dim": (lambda: x23.gather(2, ints), IndexError, "gather.*dim 2"),
    "gather by a vector": (lambda: x23.gather(0, ints[0]), ValueError, r"gather.*\(2,\).*\(2, 3\).*dimensions"),
    "gather by a larger index": (lambda: x23.gather(0, np.zeros((1, 4), int)), ValueError, r"\(1, 4\).*\(2, 3\)"),
    "scatter of nothing": (lambda: x23.scatter(0, ints), TypeError, "scatter.*src or value"),
    "scatter of both": (lambda: x23.scatter(0, ints, x23, value=1.0), TypeError, "scatter.*one"),
    "scatter by another reduction": (lambda: x23.scatter(0, ints, 1.0, reduce="max"), ValueError, "'max'"),
    "scatter of a smaller src": (lambda: x23.scatter(0, ints, x23[:, :1]), ValueError, r"\(2, 1\).*\(1, 2\)"),
    "scatter of a scalar": (lambda: x23.scatter(0, ints, Tensor(1.0)), ValueError, r"scatter.*\(1, 2\)"),
    "scatter of a list": (lambda: x23.scatter(0, ints, [[1.0, 2.0]]), TypeError, "scatter.*list"),
    "scatter out of range": (lambda: x23.scatter(0, ints + 1, 1.0), IndexError, "scatter.*2.*0 to 1"),
    "scatter of floats in integers": (lambda: Tensor([1]).scatter_add(0, ints[0], x3), (TypeError, IndexError), "."),
    "scatter_reduce by no such": (lambda: x23.scatter_reduce(0, ints, x23, "max"), ValueError, "'amax'.*'max'"),
    "index_select by a matrix": (lambda: x23.index_select(0, ints), IndexError, r"index_select.*vector.*\(1, 2\)"),
    "index_select from the end": (lambda: x23.index_select(0, np.array([-1])), IndexError, "index_select.*-1"),
    "index_select of a scalar": (lambda: Tensor(1.0).index_select(0, ints[0] * 0), ValueError, "scalar.*2"),
    "index_add of another shape": (lambda: x23.index_add(0, ints[0], x3), ValueError, r"\(3,\).*\(2, 3\)"),
    "index_copy of a number": (lambda: x23.index_copy(0, ints[0], 1.0), TypeError, "index_copy.*float"),
    "index_fill of a vector": (lambda: x23.index_fill(0, ints[0], x3), ValueError, r"index_fill.*\(3,\)"),
    "index_fill out of range": (lambda: x23.index_fill(0, np.array([-3]), 1.0), IndexError, "index_fill.*-3.*-2 to 1"),
    "take out of range": (lambda: x23.take(np.array([6])), IndexError, "take.*6.*-6 to 5"),
    "take_along_dim by a vector": (lambda: x23.take_along_dim(ints[0], 1), ValueError, r"take_along_dim.*\(2,\)"),
    "take_along_dim that does not broadcast": (
        lambda: x23.take_along_dim(np.zeros((3, 1), int), 1), ValueError, r"\(3, 1\).*\(2, 3\).*broadcast"
    ),
    "masked_fill by numbers": (lambda: x23.masked_fill(x23, 1.0), TypeError, "masked_fill.*float64.*bool"),
    "masked_fill by a list": (lambda: x3.masked_fill([True], 1.0), TypeError, "masked_fill.*list"),
    "masked_fill of another shape": (lambda: x23.masked_fill(np.ones(2, bool), 1.0), ValueError, r"\(2,\).*\(2, 3\)"),
    "masked_fill with a vector": (lambda: x23.masked_fill(x23 > 0, x3), ValueError, r"masked_fill.*\(3,\)"),
    "masked_fill with a string": (lambda: x23.masked_fill(x23 > 0, "a"), TypeError, "masked_fill.*str"),
    "masked_fill of integers with a half": (lambda: Tensor([1]).masked_fill(np.ones(1, bool), 0.5), TypeError, "int64"),
    "masked_select of another shape": (lambda: x3.masked_select(np.ones(2, bool)), ValueError, r"\(2,\).*\(3,\)"),
    "one_hot of floats": (lambda: kytorch.one_hot(x3), IndexError, "one_hot.*float64"),
    "one_hot of a negative class": (lambda: kytorch.one_hot(Tensor([0, -2])), IndexError, "one_hot.*-2.*from 0"),
    "one_hot of too great a class": (lambda: kytorch.one_hot(Tensor([0, 3]), 3), IndexError, "one_hot.*3.*0 to 2"),
    "one_hot of nothing": (lambda: kytorch.one_hot(Tensor(np.zeros(0, int))), ValueError, "one_hot.*num_classes"),
    "a weight as an index": (lambda: x3[TrainableWeight([0.0])], IndexError, "float"),
    "a weight put": (lambda: x3.scatter(0, ints[0], TrainableWeight(np.ones(2))), TypeError, "TrainableWeight"),
}  # fmt: skip


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_integers_are_reduced_as_integers() -> None:
    x = Tensor([7, 1, 2])
    index = np.array([0, 0, 1])
    src = Tensor([-1, 4, 5])
    expected = {"sum": [10, 6, 2], "prod": [-28, 5, 2], "amax": [7, 5, 2], "amin": [-1, 1, 2], "mean": [3, 3, 2]}
    for reduce, values in expected.items():
        y = x.scatter_reduce(0, index, src, reduce)  # type: ignore[arg-type]  # one of the five
        assert (y.dtype, y.tolist()) == (np.int64, values), reduce
    alone = x.scatter_reduce(0, index, src, "amax", include_self=False)
    assert alone.tolist() == [4, 5, 2]


def test_an_index_that_shares_memory_is_read_as_it_is() -> None:
    index = np.array([0, 1])
    assert from_numpy(np.arange(3.0))[from_numpy(index)].tolist() == [0.0, 1.0]
