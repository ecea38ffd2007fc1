"""Laws of operations on shapes, dtypes and layouts that nobody thought of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes
from operations import ROWS
from operations.derivatives import directions, dot, gradient_arrays, incoming, moved, slope, value
from operations.table import BINARY, UNARY, Row, Shape

import kytorch
from kytorch import Tensor
from kytorch.testing import check_gradients

# Elementwise operations, which take any shape, and any two that broadcast.
ANY_SHAPE = {
    1: [row for row in ROWS if list(row.shapes) == UNARY],
    2: [row for row in ROWS if list(row.shapes) == BINARY],
}


def _check(row: Row, shapes: tuple[Shape, ...]) -> None:
    inputs = row.inputs(shapes)
    y = value(row, inputs)
    expected = row.expected(*inputs)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    if row.differentiable:
        g, along = incoming(y), directions(inputs, 3)
        numeric = slope(lambda h: float(np.sum(g * value(row, moved(inputs, h, along)))))
        np.testing.assert_allclose(dot(gradient_arrays(row, inputs, g), along), numeric, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("row", ANY_SHAPE[1], ids=lambda row: row.id)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(shape=array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
def test_an_operation_on_one_tensor_takes_any_shape(row: Row, shape: Shape) -> None:
    _check(row, (shape,))


@pytest.mark.parametrize("row", ANY_SHAPE[2], ids=lambda row: row.id)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=4))
def test_an_operation_on_two_tensors_takes_shapes_that_broadcast(row: Row, shapes: Any) -> None:
    _check(row, shapes.input_shapes)


def test_many_operations_are_tried_on_random_shapes() -> None:
    assert len({row.name for row in ANY_SHAPE[1]}) > 40
    assert len({row.name for row in ANY_SHAPE[2]}) > 15


REDUCTIONS = {
    "sum": np.sum,
    "mean": np.mean,
    "amax": np.max,
    "amin": np.min,
    "var": lambda x, axis, keepdims: np.var(x, axis=axis, ddof=1, keepdims=keepdims),
    "std": lambda x, axis, keepdims: np.std(x, axis=axis, ddof=1, keepdims=keepdims),
    "logsumexp": lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
}  # fmt: skip


@pytest.mark.parametrize("name", REDUCTIONS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_reduction_takes_any_dims_of_any_shape(name: str, data: st.DataObject) -> None:
    shape = data.draw(array_shapes(min_dims=1, max_dims=4, min_side=2, max_side=4))
    dims = data.draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True))
    signed = [d - len(shape) if data.draw(st.booleans()) else d for d in dims]
    keepdim = data.draw(st.booleans())
    x = np.random.default_rng(len(shape)).permutation(np.arange(np.prod(shape)) * 0.1).reshape(shape)
    found = getattr(kytorch, name)(Tensor(x), tuple(signed), keepdim=keepdim)
    expected = REDUCTIONS[name](x, axis=tuple(dims), keepdims=keepdim)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-11)
    check_gradients(lambda t: getattr(kytorch, name)(t, tuple(signed), keepdim=keepdim), Tensor(x), order=1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_product_of_matrices_takes_batches_that_broadcast(data: st.DataObject) -> None:
    batches = data.draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3)).input_shapes
    n, k, m = [data.draw(st.integers(0, 4)) for _ in range(3)]
    generator = np.random.default_rng(n + 5 * k + 25 * m)
    a, b = generator.standard_normal((*batches[0], n, k)), generator.standard_normal((*batches[1], k, m))
    np.testing.assert_allclose((Tensor(a) @ Tensor(b)).numpy(), a @ b, rtol=1e-12, atol=1e-14)
    check_gradients(lambda x, y: x @ y, Tensor(a), Tensor(b), order=1)
