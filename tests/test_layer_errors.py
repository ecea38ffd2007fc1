"""The layer that an error comes from is noted on it."""

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn


class Scale(nn.Module):
    def __init__(self, n):
        self.weight = TrainableWeight(np.ones(n, np.float32))

    def forward(self, x):
        return x * self.weight.tensor()


def notes(call, *args, kind=ValueError):
    with pytest.raises(kind) as error:
        call(*args)
    return getattr(error.value, "__notes__", [])


def test_an_error_in_a_layer_names_its_path_and_the_layer():
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(5, 2)))
    assert notes(model, Tensor(np.ones((2, 3)))) == ["in layer 1.1: Linear(in_features=5, out_features=2, bias=True)"]


def test_an_error_of_one_layer_alone_names_the_layer():
    assert notes(nn.Linear(3, 4), Tensor(np.ones(2))) == ["in layer Linear(in_features=3, out_features=4, bias=True)"]


def test_a_layer_in_a_list_is_named_by_its_place_in_the_list():
    class Model(nn.Module):
        def __init__(self):
            self.blocks = [[Scale(3)], [Scale(3), Scale(4)]]

        def forward(self, x):
            for block in self.blocks:
                for layer in block:
                    x = layer(x)
            return x

    assert notes(Model(), Tensor(np.ones(3))) == ["in layer blocks.1.1: Scale()"]


def test_a_layer_of_a_layer_called_directly_has_its_whole_path():
    class Model(nn.Module):
        def __init__(self):
            self.inner = nn.Sequential(nn.Sin(), nn.Linear(3, 1))

        def forward(self, x):
            return self.inner[1](x)

    assert notes(Model(), Tensor(np.ones(2))) == ["in layer inner.1: Linear(in_features=3, out_features=1, bias=True)"]


def test_a_layer_that_no_attribute_holds_is_named_by_its_kind():
    class Model(nn.Module):
        def forward(self, x):
            return nn.Linear(3, 1)(x)

    assert notes(Model(), Tensor(np.ones(2))) == ["in layer Linear: Linear(in_features=3, out_features=1, bias=True)"]


def test_a_layer_that_calls_itself_has_a_path_without_loose_ends():
    class Countdown(nn.Module):
        def forward(self, n):
            return self(n - 1) if n else 1 // n

    class Model(nn.Module):
        def __init__(self):
            self.count = Countdown()

        def forward(self, n):
            return self.count(n)

    assert notes(Model(), 3, kind=ZeroDivisionError) == ["in layer count: Countdown()"]


def test_the_note_appears_once_however_deep_the_model_is():
    model = nn.Linear(3, 1)
    for _ in range(20):
        model = nn.Sequential(model)
    [note] = notes(model, Tensor(np.ones(2)))
    assert note.startswith("in layer " + ".".join("0" * 20) + ": Linear(")


class Raising(nn.Module):
    def __init__(self, error):
        self.error = error

    def forward(self, x):
        raise self.error


def test_an_error_of_the_users_keeps_its_type_its_message_and_its_notes():
    class OwnError(Exception):
        pass

    error = OwnError("mine", 3)
    error.add_note("first")
    with pytest.raises(OwnError) as caught:
        nn.Sequential(nn.Sin(), Raising(error))(Tensor([1.0]))
    assert caught.value is error
    assert error.args == ("mine", 3)
    assert error.__notes__ == ["first", "in layer 1: Raising()"]


def test_a_note_of_the_users_on_the_way_out_stays_and_the_layer_is_still_named_once():
    class Model(nn.Module):
        def __init__(self):
            self.inner = Raising(RuntimeError("no"))

        def forward(self, x):
            try:
                return self.inner(x)
            except RuntimeError as error:
                error.add_note("on the way")
                raise

    found = notes(nn.Sequential(Model()), Tensor([1.0]), kind=RuntimeError)
    assert "on the way" in found
    assert [note for note in found if note.startswith("in layer ")] == ["in layer 0.inner: Raising()"]


def test_an_error_that_a_layer_handles_leaves_no_trace():
    class Model(nn.Module):
        def __init__(self):
            self.narrow, self.wide = nn.Linear(2, 1), nn.Linear(3, 1)

        def forward(self, x):
            try:
                return self.narrow(x)
            except ValueError:
                return self.wide(x)

    assert Model()(Tensor(np.ones(3))).shape == (1,)


def test_an_interrupt_passes_without_a_note():
    assert notes(Raising(KeyboardInterrupt()), Tensor([1.0]), kind=KeyboardInterrupt) == []


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises((AttributeError, NotImplementedError), match=r"Empty.*forward"):
        Empty()(Tensor([1.0]))


def test_forward_takes_any_arguments_and_returns_anything():
    class Model(nn.Module):
        def forward(self, a, *rest, scale=1, **options):
            return a, rest, scale, options

    assert Model()(1, 2, 3, scale=4, other=5) == (1, (2, 3), 4, {"other": 5})
