"""Lists and dicts of modules and of weights."""

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
        self.heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.ReLU()})
        self.scales = nn.ParameterList([TrainableWeight([1.0]), TrainableWeight([2.0])])
        self.shifts = nn.ParameterDict({"x": TrainableWeight([3.0])})

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.heads["a"](x) * self.scales[1].tensor() + self.shifts["x"].tensor()


def test_parts_are_named_as_in_pytorch_and_train():
    model = Deep()
    assert list(model.state_dict()) == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "layers.2.weight", "layers.2.bias",
        "heads.a.weight", "heads.a.bias", "scales.0", "scales.1", "shifts.x",
    ]  # fmt: skip
    assert len(model(Tensor([[1.0, 2.0]])).sum().backward()) == 10


def test_a_list_is_changed_as_pythons():
    layers = [nn.ReLU() for _ in range(4)]
    parts = nn.ModuleList(layers[:2])
    assert parts.append(layers[2]) is parts
    parts.insert(0, layers[3])
    assert list(parts) == [layers[3], *layers[:3]]
    assert parts[-1] is layers[2]
    assert list(parts[1:3]) == layers[:2]
    assert isinstance(parts[1:3], nn.ModuleList)
    parts[0] = layers[2]
    assert parts.pop() is layers[2]
    del parts[1]
    assert list(parts) == [layers[2], layers[1]]
    assert [name for name, _ in parts.named_children()] == ["0", "1"]
    assert list(parts.extend(layers)) == [layers[2], layers[1], *layers]
    del parts[1:]
    assert list(parts) == [layers[2]]
    with pytest.raises(IndexError, match="ModuleList: index 3 is out of range for 1 layers"):
        parts[3]
    with pytest.raises(TypeError, match="ModuleList: layer 1 is to be a Module, not ufunc"):
        parts.append(np.tanh)
    with pytest.raises(TypeError, match="ModuleList: layer 0 is to be a Module, not int"):
        parts.insert(0, 1)
    assert list(parts) == [layers[2]]
    with pytest.raises(TypeError, match="ParameterList: weight 0 is to be a TrainableWeight, not ReLU"):
        nn.ParameterList([nn.ReLU()])


def test_a_sequential_grows():
    model = nn.Sequential(nn.ReLU())
    model.append(nn.Linear(2, 1)).extend([nn.Tanh()])
    model.insert(0, nn.Linear(2, 2))
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert model(Tensor([1.0, 2.0])).shape == (1,)


def test_a_dict_is_changed_as_pythons():
    parts = nn.ModuleDict([("a", nn.ReLU())])
    parts["b"] = tanh = nn.Tanh()
    parts.update({"c": nn.Sin()})
    assert list(parts) == list(parts.keys()) == ["a", "b", "c"]
    assert "b" in parts
    assert len(parts) == 3
    assert parts.pop("b") is tanh
    del parts["a"]
    assert [(name, type(part)) for name, part in parts.items()] == [("c", nn.Sin)]
    assert [type(part) for part in parts.values()] == [nn.Sin]
    with pytest.raises(KeyError, match="ModuleDict has no 'b'; its names are c"):
        parts["b"]
    with pytest.raises(ValueError, match=r"'a.b' is no name"):
        parts["a.b"] = tanh
    with pytest.raises(TypeError, match="a name is to be a str, not int"):
        parts.update({1: tanh})
    parts.clear()
    assert not len(parts)


def test_equal_layers_of_a_list_are_shown_together():
    parts = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()])
    assert repr(parts) == (
        "ModuleList(\n  (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)\n  (2): ReLU()\n)"
    )


def test_a_part_is_an_attribute_too_as_in_pytorch():
    parts = nn.ModuleDict({"head": nn.ReLU()})
    assert parts.head is parts["head"]
    with pytest.raises(AttributeError, match="'ModuleDict' object has no attribute 'tail'"):
        _ = parts.tail
    assert getattr(nn.Sequential(layer := nn.Tanh()), "0") is layer


def test_a_module_added_by_name_is_called_too():
    model = nn.Sequential()
    model.add_module("first", nn.Linear(2, 3))
    model.last = nn.Linear(3, 1)
    x = Tensor([[1.0, 2.0]])
    assert [name for name, _ in model.named_children()] == ["first", "last"]
    np.testing.assert_array_equal(model(x).numpy(), model[1](model[0](x)).numpy())
    model.add_module("last", nn.Linear(3, 4))  # in the other's place
    setattr(model, "first", nn.Linear(2, 3, bias=False))  # noqa: B010  # as PyTorch's users do with numbers
    assert model(x).shape == (1, 4)
    assert list(model.state_dict()) == ["first.weight", "last.weight", "last.bias"]
    del model.last
    assert model(x).shape == (1, 3)
    with pytest.raises(TypeError, match="Sequential: layer first cannot be None"):
        model.first = None
    parts = nn.ModuleDict()
    parts.add_module("a", nn.ReLU())
    assert "a" in parts
    weights = nn.ParameterList()
    weights.register_parameter("0", TrainableWeight([1.0]))
    assert len(weights) == 1


def test_lists_are_added_as_pythons():
    first, second, third = nn.ReLU(), nn.Tanh(), nn.Sin()
    parts = nn.ModuleList([first])
    assert list(parts + [second]) == [first, second]
    assert list(parts) == [first]
    whole = parts
    whole += [second, third]
    assert whole is parts
    assert list(parts) == [first, second, third]
    model = nn.Sequential({"a": first}) + nn.Sequential({"a": second})
    assert isinstance(model, nn.Sequential)
    assert [(name, layer) for name, layer in model.named_children()] == [("0", first), ("1", second)]


def test_what_is_appended_to_a_slice_takes_no_other_layers_name():
    layers = [nn.ReLU(), nn.Tanh(), nn.Sin(), nn.Sigmoid()]
    model = nn.Sequential(*layers[:3])[1:]
    assert list(model.append(layers[3])) == layers[1:]
    assert [name for name, _ in model.named_children()] == ["1", "2", "3"]


def test_the_weights_of_a_list_are_shown_by_their_shapes():
    assert repr(nn.ParameterList([TrainableWeight([1.0])])) == (
        "ParameterList(\n  (0): TrainableWeight of float32, shape (1,)\n)"
    )


def test_a_list_of_modules_cannot_be_called():
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        nn.ModuleList([nn.ReLU()])(Tensor([1.0]))
