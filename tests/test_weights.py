"""Choosing, counting, freezing and converting a model's weights."""

import copy
import pickle

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn, no_grad
from kytorch.func import functional_call


def model():
    return nn.Sequential({"body": nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3)), "head": nn.Linear(3, 1)})


X = Tensor([[1.0, 2.0], [3.0, 4.0]])


def names_with_gradients(whole):
    named = {weight: name for name, weight in whole.named_weights()}
    return {named[weight] for _, weight in whole(X).sum().backward()}


# Freezing


def test_a_frozen_weight_is_read_as_a_constant_until_it_is_unfrozen():
    weight = TrainableWeight([1.0, 2.0])
    assert weight.requires_grad
    assert weight.requires_grad_(False) is weight
    assert not weight.requires_grad
    assert not weight.tensor().requires_grad
    assert repr(weight) == "TrainableWeight(tensor([1., 2.]), requires_grad=False)"
    weight.requires_grad_()
    assert weight.tensor().requires_grad
    assert not TrainableWeight([1.0], requires_grad=False).tensor().requires_grad


def test_what_was_recorded_before_the_freezing_still_gets_its_gradient():
    weight = TrainableWeight([1.0, 2.0])
    y = weight.tensor().sum()
    weight.requires_grad_(False)
    assert [w for _, w in y.backward()] == [weight]


def test_freezing_by_path_leaves_the_other_weights_alone():
    whole = model()
    nn.freeze(whole, "body", "head.bias")
    assert names_with_gradients(whole) == {"head.weight"}
    nn.unfreeze(whole, "body.2.*")
    assert names_with_gradients(whole) == {"head.weight", "body.2.weight", "body.2.bias"}
    nn.unfreeze(whole)
    nn.freeze(whole.get_submodule("body"))
    assert names_with_gradients(whole) == {"head.weight", "head.bias"}
    assert len(names_with_gradients(whole.requires_grad_())) == 6


def test_copies_stay_frozen():
    weight = TrainableWeight([1.0], requires_grad=False)
    for copied in (copy.deepcopy(weight), pickle.loads(pickle.dumps(weight))):
        assert not copied.requires_grad
    assert pickle.loads(pickle.dumps(TrainableWeight([1.0]))).requires_grad


def test_a_frozen_model_depends_on_no_weight():
    whole = model().requires_grad_(False)
    assert not whole(X).requires_grad
    with no_grad():
        assert not whole(X).requires_grad
    live = TrainableWeight(np.ones((1, 3), np.float32)).tensor()
    assert functional_call(whole, {"head.weight": live}, X).requires_grad


# Choosing and counting


def test_weights_are_chosen_by_patterns_and_by_their_modules():
    whole = model()
    assert list(nn.select_weights(whole)) == [name for name, _ in whole.named_weights()]
    assert list(nn.select_weights(whole, "*.bias")) == ["body.0.bias", "body.2.bias", "head.bias"]
    assert list(nn.select_weights(whole, "head", "body.0")) == [
        "body.0.weight", "body.0.bias", "head.weight", "head.bias",
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"'encoder.\*' matches no weight; their paths are body.0.weight, "):
        nn.select_weights(whole, "encoder.*")
    assert nn.select_weights(nn.ReLU()) == {}


def test_weights_are_counted_by_elements():
    whole = model()
    assert nn.count_weights(whole) == 6 + 3 + 9 + 3 + 3 + 1
    assert nn.count_weights(whole, "head") == 4
    nn.freeze(whole, "body")
    assert nn.count_weights(whole, trainable=True) == 4
    tied = nn.Sequential(layer := nn.Linear(2, 2), layer)
    assert nn.count_weights(tied) == 6


def test_each_weight_is_in_the_first_group_that_matches():
    whole = model()
    grouped = nn.group_weights(whole, {"no decay": ["*.bias", "head"], "decay": "*"})
    assert list(grouped["no decay"]) == ["body.0.bias", "body.2.bias", "head.weight", "head.bias"]
    assert list(grouped["decay"]) == ["body.0.weight", "body.2.weight"]
    with pytest.raises(ValueError, match=r"body.0.weight is in no group"):
        nn.group_weights(whole, {"no decay": "*.bias"})


# Kinds of numbers


def test_a_model_is_turned_into_another_dtype_as_a_whole():
    whole = model()
    whole.add_module("counter", nn.Identity())
    whole.get_submodule("counter").register_buffer("mean", np.zeros(2, np.float32))
    whole.get_submodule("counter").register_buffer("count", np.zeros(2, np.int64))
    before = whole.state_dict()
    assert whole.double() is whole
    assert {str(array.dtype) for array in whole.state_dict().values()} == {"float64", "int64"}
    for name, array in whole.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    assert whole(X.to(np.float64)).dtype == np.float64
    assert next(whole.half().weights()).dtype == np.float16
    assert next(whole.float().weights()).dtype == np.float32
    with pytest.raises(TypeError, match="to: weights are of floats, not int32"):
        whole.to(np.int32)


# PyTorch's names


def test_pytorchs_names_of_state_are_there():
    whole = model()
    assert [*whole.parameters()] == [*whole.weights()]
    assert [*whole.named_parameters()] == [*whole.named_weights()]
    assert [*whole.children()] == [whole[0], whole[1]]
    assert next(whole.modules()) is whole
    assert whole.get_submodule("") is whole
    assert whole.get_submodule("body.2") is whole[0][2]
    with pytest.raises(AttributeError, match=r"Sequential has no module 'body.7'"):
        whole.get_submodule("body.7")
    visited = []
    assert whole.apply(visited.append) is whole
    assert visited[-1] is whole
    assert len(visited) == 6
    assert nn.Parameter is TrainableWeight


def test_state_is_registered_under_names():
    module = nn.Module()
    module.register_buffer("mean", [1.0, 2.0])
    module.register_buffer("seen", [3.0], persistent=False)
    module.register_buffer("none", None)
    module.register_parameter("weight", TrainableWeight([1.0]))
    module.register_parameter("bias", None)
    module.add_module("layer", nn.Linear(1, 1, bias=False))
    assert list(module.state_dict()) == ["weight", "mean", "layer.weight"]
    assert [name for name, _ in module.named_buffers()] == ["mean", "seen"]
    assert module.none is module.bias is None
    for name, error in (("a.b", ValueError), ("", ValueError), ("weight", ValueError), ("training", ValueError)):
        with pytest.raises(error):
            module.register_buffer(name, [1.0])
    with pytest.raises(TypeError):
        module.register_buffer(1, [1.0])
    module.register_buffer("none", [1.0])
    assert module.none.shape == (1,)


def test_without_strict_what_is_missing_stays_and_what_is_unexpected_is_left_out():
    whole = model()
    before = whole.state_dict()
    whole.load_state_dict({"head.bias": np.array([5.0], np.float32), "tail": np.zeros(1)}, strict=False)
    after = whole.state_dict()
    assert after["head.bias"].tolist() == [5.0]
    np.testing.assert_array_equal(after["head.weight"], before["head.weight"])
    with pytest.raises(ValueError, match=r"head.bias has shape \(2,\), expected \(1,\)"):
        whole.load_state_dict({"head.bias": np.zeros(2, np.float32)}, strict=False)
