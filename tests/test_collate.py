"""default_collate: how items become a batch."""

from typing import NamedTuple

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight
from kytorch.data import DataLoader, default_collate


@pytest.mark.parametrize(
    ("items", "dtype"),
    [
        ([1.5, 2.5], np.float32),
        ([1.5, 2], np.float32),
        ([1, 2], np.int64),
        ([True, False], np.bool_),
        ([np.float64(1), np.float64(2)], np.float64),
        ([np.int8(1), np.int8(2)], np.int8),
        ([np.array(1, np.float16), np.array(2, np.float16)], np.float16),
        ([np.ones(3), np.zeros(3)], np.float64),
        ([np.ones((2, 3), np.uint8)] * 2, np.uint8),
        ([Tensor([1.0]), Tensor([2.0])], np.float32),
        ([Tensor(1), Tensor(2)], np.int64),
    ],
)
def test_numbers_arrays_and_tensors_are_stacked(items, dtype):
    batch = default_collate(items)
    assert isinstance(batch, Tensor) and batch.dtype == dtype
    np.testing.assert_array_equal(batch.numpy(), np.stack([np.asarray(x) for x in items]))


def test_a_stacked_array_is_a_copy_in_native_byte_order():
    array = np.arange(3, dtype=">f4")
    batch = default_collate([array])
    array[:] = 7
    assert batch.tolist() == [[0.0, 1.0, 2.0]] and batch.dtype.isnative


class Example(NamedTuple):
    x: Tensor
    label: int


def test_tuples_lists_and_dicts_become_such():
    pairs = default_collate([(Tensor([1.0]), 1), (Tensor([2.0]), 2)])
    assert type(pairs) is tuple and [x.tolist() for x in pairs] == [[[1.0], [2.0]], [1, 2]]
    lists = default_collate([[1, 2.0], [3, 4.0]])
    assert type(lists) is list and [x.tolist() for x in lists] == [[1, 3], [2.0, 4.0]]
    dicts = default_collate([{"x": 1, "y": [2]}, {"y": [4], "x": 3}])
    assert list(dicts) == ["x", "y"] and dicts["x"].tolist() == [1, 3] and dicts["y"][0].tolist() == [2, 4]
    named = default_collate([Example(Tensor([1.0]), 1), Example(Tensor([2.0]), 2)])
    assert type(named) is Example and named.x.shape == (2, 1) and named.label.tolist() == [1, 2]


def test_strings_are_listed():
    assert default_collate(["a", "bc"]) == ["a", "bc"]
    assert default_collate([b"a", b""]) == [b"a", b""]
    _, names = default_collate([(1, "one"), (2, "two")])
    assert names == ["one", "two"]


def test_a_recorded_tensor_stays_recorded():
    weight = TrainableWeight([1.0, 2.0])
    ((g, _),) = (default_collate([weight.tensor(), weight.tensor()]) * Tensor([[1.0], [3.0]])).sum().backward()
    assert g.tolist() == [4.0, 4.0]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "at least one item"),
        ([Tensor([1.0]), Tensor([1.0, 2.0])], r"the shape of item 1 is \(2,\), of item 0 \(1,\)"),
        ([(np.ones(2),), (np.ones(2),), (np.ones(3),)], r"the shape of item 2\[0\] is \(3,\), of item 0\[0\] \(2,\)"),
        ([(1, 2), (1,)], "the length of item 1 is 1, of item 0 2"),
        ([{"x": 1}, {"y": 1}], "the keys of item 1 is 'y', of item 0 'x'"),
        ([{"x": (1, [2])}, {"x": (1, [2, 3])}], r"the length of item 1\['x'\]\[1\] is 2"),
    ],
)
def test_items_that_do_not_fit_together_are_named(items, message):
    with pytest.raises(ValueError, match=f"default_collate: .*{message}"):
        default_collate(items)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([None], "item 0 is a NoneType; expected"),
        ([(1, object())], r"item 0\[1\] is a object"),
        ([TrainableWeight([1.0])], "item 0 is a TrainableWeight"),
        ([Tensor(1.0), 1.0], "item 1 is a float, item 0 a Tensor"),
        ([1.0, "a"], "item 1 is a str, item 0 a float"),
        (["a", b"a"], "item 1 is a bytes, item 0 a str"),
        ([(1,), [1], 3], "item 2 is a int, item 0 a tuple"),
        ([np.ones(2), None], "item 1 is a NoneType, item 0 a ndarray"),
        ([np.ones(2), Tensor([1.0, 2.0])], "item 1 is a Tensor, item 0 a ndarray"),
        ([np.ones(2), TrainableWeight([1.0, 2.0])], "item 1 is a TrainableWeight, item 0 a ndarray"),
        ([np.ones(2, complex)], "complex128"),
        ("ab", "expected a list of items, not str"),
        (3, "expected a list of items, not int"),
    ],
)
def test_kinds_that_do_not_stack_are_named(items, message):
    with pytest.raises(TypeError, match=f"default_collate: .*{message}"):
        default_collate(items)


def test_numbers_that_no_tensor_holds_are_refused():
    with pytest.raises(TypeError, match="Tensor"):
        default_collate([1 << 70])


def test_the_loader_collates_by_default():
    items = [{"x": np.full(2, i, np.float32), "name": str(i)} for i in range(3)]
    first, last = DataLoader(items, 2)
    assert first["x"].tolist() == [[0.0, 0.0], [1.0, 1.0]] and first["name"] == ["0", "1"]
    assert last["x"].shape == (1, 2) and last["name"] == ["2"]
