"""Hooks before and after a forward, and capturing what layers make."""

import copy
import pickle

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, nn


def model():
    return nn.Sequential({"body": nn.Sequential(nn.Linear(2, 3), nn.Tanh()), "head": nn.Linear(3, 1)})


X = Tensor([[1.0, 2.0], [3.0, 4.0]])


# Hooks


def test_a_forward_hook_sees_the_call_and_may_replace_the_output():
    layer = nn.ReLU()
    seen = []
    layer.register_forward_hook(lambda module, args, output: seen.append((module, args, output)))
    y = layer(X)
    assert seen == [(layer, (X,), y)]
    layer.register_forward_hook(lambda module, args, output: output * 2)
    np.testing.assert_array_equal(layer(X).numpy(), 2 * X.numpy())


def test_a_forward_pre_hook_may_replace_the_arguments():
    layer = nn.ReLU()
    layer.register_forward_pre_hook(lambda module, args: (args[0] - 2,))
    layer.register_forward_pre_hook(lambda module, args: args[0] * 10)  # one alone
    np.testing.assert_array_equal(layer(X).numpy(), [[0, 0], [10, 20]])


def test_hooks_with_keywords_see_and_replace_them():
    class Scale(nn.Module):
        def forward(self, x, by=1.0):
            return x * by

    layer, seen = Scale(), []
    layer.register_forward_pre_hook(lambda module, args, kwargs: (args, {**kwargs, "by": 3.0}), with_kwargs=True)
    layer.register_forward_hook(lambda module, args, kwargs, output: seen.append(kwargs), with_kwargs=True)
    np.testing.assert_array_equal(layer(X, by=2.0).numpy(), 3 * X.numpy())
    np.testing.assert_array_equal(layer(x=X, by=2.0).numpy(), 3 * X.numpy())
    assert seen == [{"by": 3.0}, {"x": X, "by": 3.0}]


def test_hooks_run_in_the_order_of_their_registration_but_for_those_prepended():
    layer, order = nn.ReLU(), []
    for name, prepend in (("b", False), ("c", False), ("a", True)):
        layer.register_forward_hook(lambda *_, name=name: order.append(name), prepend=prepend)
        layer.register_forward_pre_hook(lambda *_, name=name: order.append(name.upper()), prepend=prepend)
    layer(X)
    assert order == ["A", "B", "C", "a", "b", "c"]


def test_a_handle_removes_its_hook_alone_and_so_does_its_with_block():
    layer, seen = nn.ReLU(), []
    first = layer.register_forward_hook(lambda *_: seen.append(1))
    with layer.register_forward_hook(lambda *_: seen.append(2)):
        layer(X)
    layer(X)
    first.remove()
    first.remove()
    layer(X)
    assert seen == [1, 2, 1]


def test_an_error_in_a_hook_says_the_layer():
    whole = model()
    whole.get_submodule("body.1").register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError) as raised:
        whole(X)
    assert raised.value.__notes__ == ["in layer body.1: Tanh()"]


def test_what_is_no_function_is_no_hook():
    for register in (nn.ReLU().register_forward_hook, nn.ReLU().register_forward_pre_hook):
        with pytest.raises(TypeError, match="expected a function to call, not int"):
            register(1, with_kwargs=True)
    layer = nn.ReLU()
    layer.register_forward_pre_hook(lambda module, args, kwargs: 1, with_kwargs=True)
    with pytest.raises(TypeError, match=r"expected None or \(args, kwargs\), not 1"):
        layer(X)


# Capturing


def test_capture_keeps_what_every_layer_makes_by_its_path():
    whole = model()
    with nn.capture(whole) as made:
        y = whole(X)
    assert list(made) == ["body.0", "body.1", "body", "head"]
    assert made["head"] is y
    np.testing.assert_array_equal(made["body.1"].numpy(), np.tanh(made["body.0"].numpy()))
    with nn.capture(whole) as later:
        pass
    assert not later
    whole(X)
    assert len(made.calls("head")) == 1


def test_capture_takes_patterns_and_refuses_those_that_match_nothing():
    whole = model()
    with nn.capture(whole, "body.*") as made:
        whole(X)
        whole(X * 2)
    assert list(made) == ["body.0", "body.1"]
    first, second = made.calls("body.0")
    assert made["body.0"] is second is not first
    with pytest.raises(KeyError, match=r"no layer 'head' was called; those called are body.0, body.1"):
        made["head"]
    with (
        pytest.raises(ValueError, match=r"'encoder' matches no layer; their paths are body, body.0, body.1, head"),
        nn.capture(whole, "encoder"),
    ):
        pass


def test_a_loss_may_be_made_of_what_is_captured():
    whole = model()
    with nn.capture(whole, "body") as made:
        whole(X)
    weights = {weight for _, weight in (made["body"] ** 2).sum().backward()}
    assert weights == {*whole.get_submodule("body").weights()}


def test_what_is_no_tensor_is_captured_as_it_is():
    class Two(nn.Module):
        def forward(self, x):
            return x, x + 1

    class Whole(nn.Module):
        def __init__(self):
            self.two = Two()

        def forward(self, x):
            return self.two(x)[1]

    whole = Whole()
    with nn.capture(whole, "two") as made:
        whole(X)
    [(x, _)] = made.calls("two")
    assert x is X
    with pytest.raises(TypeError, match="two made a tuple, not one Tensor"):
        made["two"]


def test_capture_ends_when_the_model_raises():
    whole = model()
    with pytest.raises(ValueError, match="linear"), nn.capture(whole) as made:
        whole(kt.zeros(3, 5))
    whole(X)
    assert not made


@pytest.mark.parametrize("with_kwargs", [False, True])
@pytest.mark.parametrize("method", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_that_cannot_be_called_is_refused_when_it_is_registered(method, with_kwargs):
    with pytest.raises(TypeError, match="forward hook: expected a function to call, not int"):
        getattr(nn.ReLU(), method)(3, with_kwargs=with_kwargs)


def doubled(module, args):
    return args[0] * 2.0


def test_a_module_is_pickled_and_copied_with_its_hooks():
    layer = nn.Identity()
    layer.register_forward_pre_hook(doubled)
    for other in (pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)):
        assert other(Tensor([1.0])).tolist() == [2.0]
