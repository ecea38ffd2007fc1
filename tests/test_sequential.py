"""Sequential: layers one behind the other, by number, slice and name."""

import numpy as np
import pytest

from kytorch import Tensor, nn


def mlp():
    return nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(4, 2)), nn.Sigmoid())


def test_a_sequential_calls_its_layers_in_order():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sin(), nn.Sigmoid())
    x = Tensor([[0.5, -1.0]])
    np.testing.assert_array_equal(model(x).numpy(), model[2](model[1](model[0](x))).numpy())
    assert nn.Sequential()(x) is x


def test_an_index_gives_a_layer_and_a_slice_a_sequential_of_the_same_layers():
    layers = [nn.Linear(1, 1), nn.Sin(), nn.ReLU(), nn.Tanh()]
    model = nn.Sequential(*layers)
    assert model[0] is layers[0]
    assert model[-1] is layers[3]
    assert model[-4] is layers[0]
    for part in (slice(1, 3), slice(None, -1), slice(None, None, 2), slice(None, None, -1), slice(9, None)):
        assert isinstance(model[part], nn.Sequential)
        assert list(model[part]) == layers[part]


def test_the_layers_of_a_slice_keep_their_names():
    model = mlp()
    assert list(model[1:].state_dict()) == ["1.1.weight", "1.1.bias"]
    assert [path for path, _ in model[::-1].named_children()] == ["2", "1", "0"]
    assert [path for path, _ in model[1:][-1:].named_children()] == ["2"]


def test_the_keys_of_a_dict_name_the_layers():
    model = nn.Sequential({"in": nn.Linear(2, 3), "wave": nn.Sin(), "out": nn.Linear(3, 1)})
    assert list(model.state_dict()) == ["in.weight", "in.bias", "out.weight", "out.bias"]
    assert isinstance(model[1], nn.Sin)
    assert len(model) == 3
    assert model(Tensor([1.0, 2.0])).shape == (1,)
    assert repr(model[1:2]) == "Sequential(\n  (wave): Sin()\n)"
    with pytest.raises(TypeError, match="Sequential: layer wave is to be a Module, not ufunc"):
        nn.Sequential({"in": nn.Sin(), "wave": np.sin})


def test_a_sequential_has_a_length_and_iterates():
    model = mlp()
    assert len(model) == 3
    assert [type(layer) for layer in model] == [nn.Linear, nn.Sequential, nn.Sigmoid]
    assert len(nn.Sequential()) == 0
    assert model[1] in model


@pytest.mark.parametrize("index", [3, -4, 100])
def test_an_index_out_of_range_is_refused_with_the_number_of_layers(index):
    with pytest.raises(IndexError, match=f"Sequential: index {index} is out of range for 3 layers"):
        mlp()[index]


@pytest.mark.parametrize("wrong", [np.tanh, None, [nn.Sin()], nn.Sin])
def test_a_sequential_refuses_what_is_no_module(wrong):
    with pytest.raises(TypeError, match=r"Sequential: .* 1 is to be a Module"):
        nn.Sequential(nn.Sin(), wrong)
