"""The Tensor as a value: what it is made of, that nothing changes it, and how it is shown."""

from __future__ import annotations

import copy
import inspect
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, from_numpy
from kytorch.tensor.methods.registry import METHODS

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]

# Construction


@pytest.mark.parametrize(
    "data, dtype",
    [
        (2.0, "float32"),
        (2, "int64"),
        (True, "bool"),
        ([1.5, 2.5], "float32"),
        ([1, 2], "int64"),
        ([True, False], "bool"),
        ([1, 2.5], "float32"),
        ([True, 2], "int64"),
        (((1.0,), (2.0,)), "float32"),
        (range(3), "int64"),
        ([], "float32"),
        ([[], []], "float32"),
        (np.float64(2.0), "float64"),
        (np.float16(2.0), "float16"),
        (np.int32(2), "int32"),
        (np.array([1.0]), "float64"),
        (np.array([1.0], np.float32), "float32"),
        (np.array([1.0], np.float16), "float16"),
        (np.array([1], np.int8), "int8"),
        (np.array([1], np.uint8), "uint8"),
        (np.array([True]), "bool"),
        (np.array([1.0], ">f4"), "float32"),
        ([np.float64(1.0), np.float64(2.0)], "float64"),
        (np.zeros((0, 3)), "float64"),
    ],
)
def test_the_dtype_of_data(data: Any, dtype: str) -> None:
    tensor = Tensor(data)
    assert tensor.dtype == np.dtype(dtype)
    assert tensor.dtype.isnative
    assert np.array_equal(tensor.numpy(), np.asarray(data))
    assert tensor.shape == np.shape(data)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.uint8, np.bool_])
def test_a_dtype_that_is_asked_for_is_given(dtype: Any) -> None:
    assert Tensor([0.0, 1.0], dtype).dtype == dtype
    assert Tensor([0.0, 1.0], dtype=np.dtype(dtype).name).tolist() == [0, 1]


def test_a_tensor_of_a_tensor_or_a_weight_is_a_constant_with_its_values() -> None:
    weight = TrainableWeight(np.array([1.0, 2.0]))
    for source in (weight, weight.tensor()):
        tensor = Tensor(source)
        assert tensor.dtype == np.float64
        assert tensor.tolist() == [1.0, 2.0]
        assert not tensor.requires_grad


@pytest.mark.parametrize("held", [Tensor([1.0]), TrainableWeight([1.0]), TrainableWeight([1.0]).tensor()])
def test_a_list_of_tensors_is_not_detached_in_silence(held: Tensor | TrainableWeight) -> None:
    with pytest.raises(TypeError, match=r"stack\(\)"):
        Tensor([held, held])  # type: ignore[list-item]


def test_what_a_tensor_is() -> None:
    tensor = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert (tensor.shape, tensor.ndim, tensor.size, tensor.dtype) == ((2, 3), 2, 6, np.float32)
    assert (Tensor(1.0).shape, Tensor(1.0).ndim, Tensor(1.0).size) == ((), 0, 1)


def test_size_is_the_number_of_elements_and_called_the_shape_as_in_pytorch():
    x = Tensor(np.zeros((2, 3), np.float32))
    assert isinstance(x.size, int)
    assert (x.size, x.size(), x.size(0), x.size(-1), x.view(x.size(1), -1).shape) == (6, (2, 3), 2, 3, (3, 2))
    assert TrainableWeight([1.0]).size(0) == 1
    with pytest.raises(IndexError, match="size: dim 2 is out of range for 2 dimensions"):
        x.size(2)
    assert pickle.loads(pickle.dumps(x.size)) == copy.deepcopy(x.size) == 6
    assert type(pickle.loads(pickle.dumps(x.size))) is int


def test_makers_make_the_shape_and_dtype_that_was_asked_for() -> None:
    assert kytorch.tensor([1.0, 2.0], kytorch.float64).dtype == np.float64
    assert kytorch.zeros(2, 3).tolist() == [[0.0] * 3] * 2
    assert kytorch.ones((2,), dtype=np.int64).tolist() == [1, 1]
    assert kytorch.zeros(()).shape == kytorch.zeros().shape == ()
    assert kytorch.zeros(0, 3).shape == (0, 3)
    assert kytorch.full((2, 2), 1.5).dtype == np.float32
    assert kytorch.full((2,), 3).tolist() == [3, 3]
    assert kytorch.full((2,), 3).dtype == np.int64
    assert kytorch.arange(3).tolist() == [0, 1, 2]
    assert kytorch.arange(3).dtype == np.int64
    assert kytorch.arange(np.int64(3)).dtype == np.int64
    assert kytorch.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert kytorch.arange(3, 0, -1).tolist() == [3, 2, 1]
    assert kytorch.arange(0.0, 1.0, 0.25).dtype == np.float32
    assert kytorch.arange(2, 2).tolist() == []


@pytest.mark.parametrize("draw", [kytorch.rand, kytorch.randn])
def test_random_numbers_repeat_for_a_seed(draw: Callable[..., Tensor]) -> None:
    kytorch.manual_seed(3)
    first = draw(4, 5)
    second = draw(4, 5)
    kytorch.manual_seed(3)
    assert draw(4, 5).numpy().tobytes() == first.numpy().tobytes() != second.numpy().tobytes()
    mine = [draw(3, generator=np.random.default_rng(1)).tolist() for _ in range(2)]
    assert mine[0] == mine[1]
    for dtype in (np.float16, np.float32, np.float64):
        assert draw((2, 3), dtype=dtype).dtype == dtype
        assert draw(dtype=dtype).shape == ()


def test_rand_lies_in_0_to_1_and_randn_is_normal() -> None:
    kytorch.manual_seed(0)
    uniform = kytorch.rand(10000).numpy()
    assert uniform.min() >= 0
    assert uniform.max() < 1
    normal = kytorch.randn(10000).numpy()
    assert abs(normal.mean()) < 0.05
    assert abs(normal.std() - 1) < 0.05


# Immutability


def test_an_assignment_to_an_index_raises_and_names_at() -> None:
    x = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=r"immutable.*at\["):
        x[0] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        x[0] += 1  # type: ignore[index]
    with pytest.raises((TypeError, AttributeError)):
        del x[0]  # type: ignore[attr-defined]
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "name", ["data", "shape", "dtype", "ndim", "size", "grad_fn", "requires_grad", "T", "at", "new"]
)
def test_an_attribute_cannot_be_set(name: str) -> None:
    x = Tensor([1.0, 2.0])
    with pytest.raises(AttributeError):
        setattr(x, name, 3)


def test_a_second_init_changes_nothing() -> None:
    x = Tensor([1.0, 2.0])
    try:
        x.__init__([9.0, 9.0])  # type: ignore[misc]
    except TypeError:
        pass
    assert x.tolist() == [1.0, 2.0]


def test_an_augmented_assignment_rebinds() -> None:
    x = y = Tensor([1.0, 2.0])
    x += 1
    x *= 2
    assert y.tolist() == [1.0, 2.0]
    assert x.tolist() == [4.0, 6.0]


TENSORS: dict[str, Callable[[], Tensor]] = {
    "a list": lambda: Tensor([1.0, 2.0, 3.0]),
    "an array": lambda: Tensor(np.array([1.0, 2.0, 3.0])),
    "a scalar": lambda: Tensor(1.0),
    "bool": lambda: Tensor([True, False]),
    "float16": lambda: Tensor(np.ones(2, np.float16)),
    "nothing": lambda: Tensor(np.zeros((0, 3))),
    "two dimensions": lambda: Tensor(np.ones((2, 3))).T,
    "an operation": lambda: Tensor([1.0, 2.0]) + 1,
    "a reduction": lambda: Tensor([1.0, 2.0]).sum(),
    "an index": lambda: Tensor([1.0, 2.0])[0],
    "a slice": lambda: Tensor([1.0, 2.0])[1:],
    "an edit": lambda: Tensor([1.0, 2.0]).at[0].set(3.0),
    "expand": lambda: Tensor([1.0]).expand(3),
    "reshape": lambda: Tensor([1.0, 2.0]).reshape(2, 1),
    "a weight": lambda: TrainableWeight([1.0, 2.0]).tensor(),
    "a gradient": lambda: (TrainableWeight([1.0, 2.0]).tensor() * 3).sum().backward()[0][0],
    "a maximum": lambda: Tensor([1.0, 2.0]).max(0).values,
    "zeros": lambda: kytorch.zeros(3),
    "arange": lambda: kytorch.arange(3),
    "rand": lambda: kytorch.rand(3),
    "pickle": lambda: pickle.loads(pickle.dumps(Tensor([1.0, 2.0]))),
    "deepcopy": lambda: copy.deepcopy(Tensor([1.0, 2.0])),
}
every_tensor = pytest.mark.parametrize("make", TENSORS.values(), ids=TENSORS)
VIEWS: dict[str, Callable[[Any], Any]] = {
    "data": lambda x: x.data,
    "numpy()": lambda x: x.numpy(),
    "asarray": np.asarray,
    "asanyarray": np.asanyarray,
    "array(copy=False)": lambda x: np.array(x, copy=False),
    "__array__": lambda x: x.__array__(),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@every_tensor
def test_a_view_of_the_data_cannot_be_written_to(make: Callable[[], Tensor], view: Callable[[Any], Any]) -> None:
    x = make()
    before = x.tolist()
    data = view(x)
    assert not data.flags.writeable
    with pytest.raises(ValueError):
        data[...] = 0
    with pytest.raises(ValueError):
        data.setflags(write=True)
    with pytest.raises(ValueError):
        data.flags.writeable = True
    for other in (data.view(), data.reshape(-1), data.T, data[...]):
        if np.shares_memory(other, data):
            with pytest.raises(ValueError):
                other.setflags(write=True)
    assert x.tolist() == before


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@every_tensor
def test_no_base_of_the_data_can_be_made_writable(make: Callable[[], Tensor], view: Callable[[Any], Any]) -> None:
    x = make()
    before = x.tolist()
    part = view(x)
    while isinstance(part, (np.ndarray, memoryview)):
        if isinstance(part, memoryview):  # through which NumPy reads from Python 3.12 on
            assert part.readonly
            part = part.obj
            continue
        with pytest.raises(ValueError):
            part.setflags(write=True)
        with pytest.raises(ValueError):
            part[...] = 0
        part = part.base
    for name in dir(part):
        assert name.startswith("_") or not isinstance(getattr(part, name), np.ndarray)
    assert x.tolist() == before


@every_tensor
def test_what_pickle_is_given_cannot_be_written_to(make: Callable[[], Tensor]) -> None:
    for argument in make().__reduce__()[1]:
        if isinstance(argument, np.ndarray):
            with pytest.raises(ValueError):
                argument.setflags(write=True)


def test_the_views_of_a_weight_cannot_be_written_to() -> None:
    weight = TrainableWeight([1.0, 2.0])
    for view in (weight.data, np.asarray(weight)):
        with pytest.raises(ValueError):
            view[0] = 9
        with pytest.raises(ValueError):
            view.setflags(write=True)


def test_numpy_cannot_write_into_a_tensor() -> None:
    x = Tensor([1.0, 2.0])
    for write in (
        lambda: np.add(1, 2, out=x),  # type: ignore[call-overload]
        lambda: np.copyto(x, 5.0),  # type: ignore[arg-type]
        lambda: np.put(x, [0], 5.0),  # type: ignore[arg-type]
        lambda: x.numpy().sort(),
        lambda: x.numpy().fill(5.0),
    ):
        with pytest.raises((TypeError, ValueError)):
            write()
    assert x.tolist() == [1.0, 2.0]


def test_a_copy_of_the_data_is_ones_own() -> None:
    x = Tensor([1.0, 2.0])
    for mine in (x.numpy().copy(), np.array(x), np.asarray(x, np.float64), x.__array__(copy=True)):
        mine[0] = 9
    assert x.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="copy"):
        np.array(x, np.float64, copy=False)


def test_changing_the_source_changes_no_tensor_and_no_weight() -> None:
    source = np.array([1.0, 2.0])
    tensor, weight, made = Tensor(source), TrainableWeight(source), kytorch.tensor(source)
    updated = TrainableWeight(np.zeros(2))
    updated.update(source)
    source[:] = 9
    assert tensor.tolist() == weight.data.tolist() == made.tolist() == updated.data.tolist() == [1.0, 2.0]


def test_changing_the_base_of_a_source_view_changes_no_tensor() -> None:
    base = np.arange(6.0)
    tensor = Tensor(base[::2])
    base[:] = 9
    assert tensor.tolist() == [0.0, 2.0, 4.0]


def test_from_numpy_shares_memory_and_leaves_the_array_writable() -> None:
    source = np.array([1.0, 2.0])
    tensor = from_numpy(source)
    source[0] = 9
    assert tensor.tolist() == [9.0, 2.0]
    with pytest.raises(ValueError):
        tensor.numpy()[0] = 1


def _answers(y: Tensor) -> list[list[float]]:
    return [gradient.tolist() for gradient, _ in y.sum().backward()]


@pytest.mark.parametrize("function", [*ARITHMETIC, kytorch.maximum, operator.matmul], ids=lambda f: f.__name__)
def test_changing_an_operand_array_changes_no_answer(function: Any) -> None:
    operand = np.array([2.0, 3.0])
    weight = TrainableWeight(np.array([1.5, 2.5]))
    ys = [function(weight.tensor(), operand)]
    if function is not kytorch.maximum:
        ys.append(function(operand, weight.tensor()))
    before = [(y.tolist(), _answers(y)) for y in ys]
    operand[:] = 7
    assert [(y.tolist(), _answers(y)) for y in ys] == before


def test_changing_a_condition_or_an_index_changes_no_answer() -> None:
    weight = TrainableWeight(np.array([1.5, 2.5, 3.5]))
    condition = np.array([True, False, True])
    places = np.array([0, 2, 2])
    listed = [0, 1]
    x = weight.tensor()
    ys = [
        kytorch.where(condition, x, 0.0),
        x[condition],
        x[places],
        x[listed],
        x[places,],
        x.at[places].set(x),
        x.at[places].add(x),
        x.at[places].mul(x),
        x.at[condition].set(x[1:]),
    ]
    before = [(y.tolist(), _answers(y)) for y in ys]
    condition[:] = [False, True, True]
    places[:] = 1
    listed[:] = [2, 2]
    assert [(y.tolist(), _answers(y)) for y in ys] == before


def test_changing_a_value_that_was_set_changes_no_answer() -> None:
    value = np.array([7.0, 8.0])
    x = TrainableWeight(np.zeros(2)).tensor()
    ys = [x.at[...].set(value), x.at[...].add(value), (x + 1).at[...].mul(value)]
    before = [(y.tolist(), _answers(y)) for y in ys if y.requires_grad]
    value[:] = 0
    assert [(y.tolist(), _answers(y)) for y in ys if y.requires_grad] == before


def test_a_graph_offers_nothing_to_write_to() -> None:
    weight = TrainableWeight(np.array([1.0, 2.0]))
    condition = np.array([True, False])
    for y in (kytorch.where(condition, weight.tensor(), 0.0), weight.tensor()[np.array([1, 0])], weight.tensor().max()):
        node = y.grad_fn
        arrays = [getattr(node, name) for name in dir(node) if not name.startswith("_")]
        assert not any(array.flags.writeable for array in arrays if isinstance(array, np.ndarray)), node


# Copies and pickles


def test_pickling_and_deep_copying_keep_the_data_and_leave_the_graph() -> None:
    x = TrainableWeight(np.array([[1.0, 2.0]])).tensor() * 2
    for other in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert isinstance(other, Tensor)
        assert other.dtype == np.float64
        assert other.tolist() == [[2.0, 4.0]]
        assert not other.requires_grad
    assert copy.copy(x) is x


def test_a_pickled_weight_is_a_weight() -> None:
    weight = TrainableWeight(np.array([1.0, 2.0], np.float16))
    for other in (pickle.loads(pickle.dumps(weight)), copy.deepcopy(weight)):
        assert isinstance(other, TrainableWeight)
        assert other is not weight
        assert other.data.tolist() == [1.0, 2.0]
        assert other.dtype == np.float16
        other.update(np.zeros(2, np.float16))
    assert weight.data.tolist() == [1.0, 2.0]


def test_a_deep_copy_keeps_one_weight_that_two_share() -> None:
    weight = TrainableWeight([1.0])
    first, second = copy.deepcopy([weight, weight])
    assert first is second


# Showing


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda: Tensor(2.0), "tensor(2.)"),
        (lambda: Tensor(2), "tensor(2, dtype=int64)"),
        (lambda: Tensor([True]), "tensor([ True], dtype=bool)"),
        (lambda: Tensor([1.5, 2.25]), "tensor([1.50, 2.25])"),
        (lambda: Tensor([[1.0, 2.0], [3.0, 4.0]]), "tensor([[1., 2.],\n        [3., 4.]])"),
        (lambda: Tensor(np.array([1.0])), "tensor([1.], dtype=float64)"),
        (lambda: Tensor(np.zeros((0, 3), np.float32)), "tensor([], shape=(0, 3))"),
        (lambda: Tensor(1 / 3), "tensor(0.3333)"),
        (lambda: TrainableWeight([1.0]).tensor(), "tensor([1.], grad_fn=<LeafGradFn>)"),
        (lambda: TrainableWeight([1.0]).tensor().sum(), "tensor(1., grad_fn=<SumGradFn>)"),
        (
            lambda: TrainableWeight(np.array([1.0])).tensor().tanh() * 0,
            "tensor([0.], dtype=float64, grad_fn=<MulGradFn>)",
        ),
        (lambda: TrainableWeight([1.0]), "TrainableWeight(tensor([1.]))"),
    ],
)
def test_repr_is_the_expected_text(make: Callable[[], Any], text: str) -> None:
    assert repr(make()) == str(make()) == text


def test_the_repr_of_many_elements_is_short() -> None:
    assert len(repr(kytorch.zeros(1000, 1000))) < 1000


def test_the_repr_of_a_deep_graph_is_short() -> None:
    x = TrainableWeight([1.0]).tensor()
    for _ in range(1000):
        x = x + 1
    assert len(repr(x)) < 100
    assert repr(x.grad_fn) == "<AddGradFn>"


def test_a_format_is_that_of_the_one_number() -> None:
    assert f"{Tensor(0.12345):.2f}" == "0.12"
    assert f"{Tensor(7):d}" == "7"
    assert f"{Tensor([1.0])}" == "tensor([1.])"
    assert f"{Tensor(1.5)}" in ("tensor(1.5)", "1.5")


# Python's numbers


def test_one_element_is_a_python_number() -> None:
    assert (Tensor(2.5).item(), type(Tensor(2.5).item())) == (2.5, float)
    assert (Tensor([[3]]).item(), type(Tensor(3).item())) == (3, int)
    assert (Tensor(True).item(), type(Tensor(True).item())) == (True, bool)
    assert (float(Tensor([1.5])), int(Tensor(2.7)), bool(Tensor(0.0)), bool(Tensor([[1]]))) == (1.5, 2, False, True)
    assert [10, 20, 30][Tensor(1).item()] == 20


@pytest.mark.parametrize("number", [Tensor.item, bool, int, float])
@pytest.mark.parametrize("data", [[1.0, 2.0], []])
def test_many_elements_or_none_are_no_number(number: Any, data: list[float]) -> None:
    with pytest.raises(ValueError, match=r"shape \(\d,\)"):
        number(Tensor(data))


def test_tolist_len_and_iteration() -> None:
    x = Tensor([[1, 2], [3, 4]])
    assert x.tolist() == [[1, 2], [3, 4]]
    assert Tensor(1.5).tolist() == 1.5
    assert len(x) == 2
    assert [row.tolist() for row in x] == [[1, 2], [3, 4]]
    first, second = TrainableWeight([1.0, 2.0]).tensor()
    [(gradient, _)] = (first * second).backward()
    assert gradient.tolist() == [2.0, 1.0]
    with pytest.raises(TypeError, match=r"shape \(\)"):
        len(Tensor(1.0))
    with pytest.raises(TypeError, match=r"shape \(\)"):
        iter(Tensor(1.0))


def test_a_tensor_is_hashed_by_identity_and_compared_by_elements() -> None:
    x, y = Tensor([1.0]), Tensor([1.0])
    assert len({x, y}) == 2
    assert (x == y).tolist() == [True]
    assert (x != y).tolist() == [False]
    assert (x == None) is False  # noqa: E711
    assert (x != "a") is True


def test_detach_keeps_the_values_and_leaves_the_graph() -> None:
    x = TrainableWeight([1.0, 2.0]).tensor() * 2
    assert x.requires_grad
    assert not x.detach().requires_grad
    assert x.detach().tolist() == x.tolist()


def test_unary_plus_is_the_tensor() -> None:
    x = Tensor([1.0])
    assert (+x).tolist() == [1.0]


def test_a_tensor_as_an_index() -> None:
    x = TrainableWeight(np.arange(6.0).reshape(3, 2)).tensor()
    assert x[Tensor([2, 0])].tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert x[x > 2.5].tolist() == [3.0, 4.0, 5.0]
    assert x[:, Tensor([True, False])].tolist() == [[0.0], [2.0], [4.0]]
    assert x.at[x > 2.5].set(0.0).tolist() == [[0.0, 1.0], [2.0, 0.0], [0.0, 0.0]]
    assert x[Tensor(1)].tolist() == [2.0, 3.0]


def test_edits_of_integers_and_bool() -> None:
    assert Tensor([1, 2, 3]).at[1].set(9).tolist() == [1, 9, 3]
    assert Tensor([1, 2, 3]).at[[0, 0]].add(5).tolist() == [11, 2, 3]
    assert Tensor([True, False]).at[1].set(True).tolist() == [True, True]


def test_an_edit_in_two_steps_of_indexing() -> None:
    x = Tensor([1.0, 2.0])
    assert x.at[0].set(5.0).at[1].mul(3.0).tolist() == [5.0, 6.0]
    assert x.tolist() == [1.0, 2.0]


# Weights


def test_a_weight_reads_its_value_now() -> None:
    weight = TrainableWeight([1.0, 2.0])
    before = weight.tensor()
    weight.update([3.0, 4.0])
    assert before.tolist() == [1.0, 2.0]
    assert weight.tensor().tolist() == [3.0, 4.0]
    assert (weight.shape, weight.ndim, weight.size, weight.dtype) == ((2,), 1, 2, np.float32)
    weight.update(weight.tensor() * 2)
    assert weight.data.tolist() == [6.0, 8.0]


@pytest.mark.parametrize(
    "value, error, words",
    [
        ([1.0], ValueError, r"update.*\(2,\).*\(1,\)"),
        (1.0, ValueError, r"update.*\(2,\).*\(\)"),
        (np.zeros(2), TypeError, r"update.*float32.*float64"),
        (Tensor(np.zeros(2)), TypeError, r"update.*float32.*float64"),
        (np.zeros(2, np.int64), TypeError, r"update.*float32.*int64"),
        ("ab", TypeError, "numbers"),
        (None, TypeError, "numbers"),
        ([[1.0], [2.0, 3.0]], ValueError, "one array"),
    ],
)
def test_a_wrong_update_raises_and_changes_nothing(value: Any, error: type[Exception], words: str) -> None:
    weight = TrainableWeight([1.0, 2.0])
    with pytest.raises(error, match=words):
        weight.update(value)
    assert weight.data.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("data", [1, [1, 2], True, np.zeros(2, np.int32), Tensor([1])])
def test_a_weight_of_integers_or_bool_raises(data: Any) -> None:
    with pytest.raises(TypeError, match=r"TrainableWeight.*(int|bool).*(float|dtype)"):
        TrainableWeight(data)
    assert TrainableWeight(data, dtype=np.float32).dtype == np.float32


def test_a_method_takes_what_the_function_of_its_name_takes() -> None:
    for name, function in METHODS.items():
        own = getattr(Tensor, name, None)
        if inspect.isfunction(own) and name != "backward":  # whose options are keywords only as a method
            _, *parameters = inspect.signature(function).parameters.values()
            _, *methods = inspect.signature(own).parameters.values()
            if name == "where":  # x.where(condition, other) is where(condition, x, other)
                assert [p.name for p in methods] == ["condition", "other"]
                continue
            if name == "split":  # as in PyTorch, where the function's parameter has another name
                assert (parameters[0].name, methods[0].name) == ("split_size_or_sections", "split_size")
                parameters[0] = parameters[0].replace(name="split_size")
            assert [(p.name, p.kind, p.default) for p in methods] == [
                (p.name, p.kind, p.default) for p in parameters
            ], name


@pytest.mark.parametrize("edit", ["set", "add", "mul"])
def test_an_edit_needs_exactly_one_index(edit: str) -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(AttributeError):
        getattr(x.at, edit)(5.0)
    with pytest.raises(TypeError):
        x.at[0][1]  # type: ignore[index]
