"""Layers that a Sequential records as one node: the same answers as from the layers called one by one."""

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, detect_anomaly, func, nn, no_grad
from kytorch.nn.chain import ChainGradFn

ACTIVATIONS = [nn.ReLU, nn.Sigmoid, nn.SiLU, nn.Sin, nn.Tanh]
SHAPES = [(3,), (0, 3), (1, 3), (7, 3), (2, 5, 3), (1, 1, 1, 3)]


def called_one_by_one(model, x):
    for layer in model:
        x = layer(x)
    return x


def chain_of(*activations, dtype=np.float32, **options):
    generator = np.random.default_rng(4)
    layers = []
    for features, activation in enumerate(activations, 3):
        layers += [nn.Linear(features, features + 1, dtype=dtype, generator=generator, **options), activation()]
    return nn.Sequential(*layers)


def numbers(shape, dtype=np.float32, seed=5):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def arrays_of(gradients):
    return [g.numpy() for g, _ in gradients]


def arrays_at(weights, gradients):
    by_weight = {weight: g.numpy() for g, weight in gradients}
    assert set(by_weight) == set(weights)
    return [by_weight[weight] for weight in weights]


def assert_equal(found, expected, dtype=np.float32):
    assert len(found) == len(expected)
    ulps = 8 * np.finfo(dtype).eps
    for a, b in zip(found, expected):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=ulps, atol=ulps)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values_and_gradients_are_those_of_the_layers_called_one_by_one(shape, dtype):
    model = chain_of(*ACTIVATIONS, dtype=dtype)
    weight = TrainableWeight(numbers(shape, dtype))
    together, apart = model(weight.tensor()), called_one_by_one(model, weight.tensor())
    assert type(together.grad_fn) is ChainGradFn
    np.testing.assert_array_equal(together.numpy(), apart.numpy())
    g = Tensor(numbers(together.shape, dtype, 6))
    weights = [weight, *model.weights()]
    assert_equal(arrays_at(weights, together.backward(g)), arrays_at(weights, apart.backward(g)), dtype)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_constant_input_gets_no_gradient_and_the_first_weight_does(activation):
    model = chain_of(activation, activation)
    x = Tensor(numbers((5, 3)))
    found, expected = model(x).sum().backward(), called_one_by_one(model, x).sum().backward()
    assert [w for _, w in found] == [w for _, w in expected]
    assert set(model.weights()) == {w for _, w in found}
    assert_equal(arrays_of(found), arrays_of(expected))


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 2, 3)], ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_second_and_third_derivatives_are_those_of_the_layers_called_one_by_one(activation, shape):
    model = chain_of(activation, nn.Tanh, dtype=np.float64)
    start = TrainableWeight(numbers(shape, np.float64))
    weights = [start, *model.weights()]

    def derivatives(call):
        answers = []
        y = (call(start.tensor()) ** 2).sum()
        for _ in range(2):
            gradients = y.backward(create_graph=True)
            answers += arrays_at(weights, gradients)
            y = sum(((g**2).sum() for g, _ in gradients), Tensor(0.0, np.float64))
        return answers + arrays_at(weights, y.backward())

    found, expected = derivatives(model), derivatives(lambda x: called_one_by_one(model, x))
    assert len(found) == len(expected) == 15
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("frozen", ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight"])
def test_a_frozen_weight_gets_no_gradient_and_the_others_the_same(frozen):
    model = chain_of(nn.Tanh, nn.Sin, nn.Sigmoid)
    x = Tensor(numbers((4, 3)))
    named = dict(model.named_weights())
    every = {w: g.numpy() for g, w in model(x).sum().backward()}
    named[frozen].requires_grad_(False)
    some = {w: g.numpy() for g, w in model(x).sum().backward()}
    assert set(every) - set(some) == {named[frozen]}
    for weight, g in some.items():
        np.testing.assert_array_equal(g, every[weight])
    twice = model(x).sum().backward(create_graph=True)
    assert {w for _, w in twice} == set(some)


def test_layers_below_the_first_live_weight_are_constants():
    model = chain_of(nn.Tanh, nn.Sin)
    model[:2].requires_grad_(False)
    y = model(Tensor(numbers((4, 3))))
    assert {w for _, w in y.sum().backward()} == set(model[2].weights())
    assert y.grad_fn.shapes == ((5, 4), (5,), (4, 4))
    model.requires_grad_(False)
    assert not model(Tensor(numbers((4, 3)))).requires_grad


def test_under_no_grad_the_answer_is_a_constant():
    model, x = chain_of(nn.Tanh, nn.Sin), Tensor(numbers((4, 3)))
    with no_grad():
        y = model(x)
    assert not y.requires_grad
    np.testing.assert_array_equal(y.numpy(), model(x).numpy())


def test_layers_without_bias_and_a_layer_used_twice_get_the_gradients_of_all_uses():
    layer = nn.Linear(3, 3, bias=False, generator=np.random.default_rng(1))
    model = nn.Sequential(layer, nn.Tanh(), layer, nn.Sin())
    x = Tensor(numbers((4, 3)))
    found, expected = model(x).sum().backward(), called_one_by_one(model, x).sum().backward()
    assert [w for _, w in found] == [layer.weight]
    assert_equal(arrays_of(found), arrays_of(expected))


def test_other_weights_can_stand_for_the_models_own():
    model, x = chain_of(nn.Tanh, nn.Sin), Tensor(numbers((4, 3)))
    others = {path: Tensor(2 * array) for path, array in model.state_dict().items()}
    doubled = chain_of(nn.Tanh, nn.Sin)
    doubled.load_state_dict(others)
    y = func.functional_call(model, others, x)
    np.testing.assert_array_equal(y.numpy(), doubled(x).numpy())
    found = func.grad(lambda weights: func.functional_call(model, weights, x).sum())(others)
    expected = {w: g for g, w in doubled(x).sum().backward()}
    for path, weight in doubled.named_weights():
        np.testing.assert_allclose(found[path].numpy(), expected[weight].numpy(), rtol=1e-6)


def test_an_error_names_the_layer_and_its_path():
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(5, 2)), nn.Sigmoid())
    with pytest.raises(ValueError, match="an input of shape \\(1, 4\\) has 4 features") as caught:
        model(Tensor(numbers((1, 3))))
    (note,) = caught.value.__notes__
    assert note.startswith("in layer 1.1: Linear(in_features=5")


def test_an_anomaly_in_a_chain_names_its_layer():
    model = nn.Sequential(nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1))
    model[2].weight.update([[np.inf]])
    with pytest.raises(FloatingPointError, match="in layer 2: Linear"), detect_anomaly():
        model(Tensor([[1.0]]))


def test_hooks_see_the_tensors_between_and_may_change_them():
    model, x = chain_of(nn.Tanh, nn.Sin), Tensor(numbers((4, 3)))
    seen = []
    with model[1].register_forward_hook(lambda layer, args, y: seen.append((args[0], y))):
        model(x)
    ((z, y),) = seen
    np.testing.assert_array_equal(z.numpy(), model[0](x).numpy())
    np.testing.assert_array_equal(y.numpy(), model[1](z).numpy())
    with model[2].register_forward_pre_hook(lambda layer, args: args[0] * 0):
        np.testing.assert_array_equal(model(x).numpy(), model[2:](y * 0).numpy())


def test_a_forward_of_ones_own_is_called():
    class Doubled(nn.Linear):
        def forward(self, x):
            return super().forward(x) * 2

    x = Tensor(numbers((4, 3)))
    layer = Doubled(3, 3)
    model = nn.Sequential(nn.Tanh(), layer, nn.Tanh())
    np.testing.assert_array_equal(model(x).numpy(), np.tanh(layer(nn.Tanh()(x)).numpy()))
    model[0].forward = lambda x: x * 0
    np.testing.assert_array_equal(model(x).numpy(), np.tanh(layer(x * 0).numpy()))


def test_a_call_of_ones_own_is_called():
    class Doubled(nn.Linear):
        def __call__(self, x):
            return super().__call__(x) * 2

    x, layer = Tensor(numbers((4, 3))), Doubled(3, 3)
    expected = np.tanh(2 * nn.functional.linear(nn.Tanh()(x), layer.weight.tensor(), layer.bias.tensor()).numpy())
    np.testing.assert_array_equal(nn.Sequential(nn.Tanh(), layer, nn.Tanh())(x).numpy(), expected)


def test_a_layer_that_borrows_a_forward_is_called():
    class Borrowed(nn.Module):
        forward = nn.Linear.forward

        def __init__(self):
            self.weight = TrainableWeight(2 * np.eye(3, dtype=np.float32))
            self.bias = None

    x = Tensor(numbers((4, 3)))
    np.testing.assert_array_equal(nn.Sequential(nn.Tanh(), Borrowed())(x).numpy(), 2 * np.tanh(x.numpy()))


def test_what_is_put_in_place_of_a_classs_forward_or_of_every_call_sees_the_layers(monkeypatch):
    model, x, seen = chain_of(nn.Tanh), Tensor(numbers((4, 3))), []
    expected, call = model(x).numpy(), nn.Module.__call__
    with monkeypatch.context() as patched:
        patched.setattr(nn.Module, "__call__", lambda layer, x: (seen.append(layer), call(layer, x))[1])
        np.testing.assert_array_equal(model(x).numpy(), expected)
    assert seen == [model, *model]
    monkeypatch.setattr(nn.Tanh, "forward", lambda layer, x: x * 0)
    np.testing.assert_array_equal(model(x).numpy(), 0 * expected)


def test_other_layers_stand_between_chains():
    class Pair(nn.Module):
        def forward(self, x):
            return x, x + 1

    class Added(nn.Module):
        def forward(self, pair):
            return pair[0] + pair[1]

    x = Tensor(numbers((4, 3)))
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), Pair(), Added(), nn.Linear(3, 3), nn.Sin())
    found, expected = model(x).sum().backward(), called_one_by_one(model, x).sum().backward()
    assert [w for _, w in found] == [w for _, w in expected]
    assert_equal(arrays_of(found), arrays_of(expected))


def test_integers_are_computed_as_by_the_layers_alone():
    x = Tensor([[1, 2, 3]])
    model = nn.Sequential(nn.Sin(), nn.Tanh())
    y, expected = model(x), called_one_by_one(model, x)
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(y.numpy(), expected.numpy())


def test_the_node_is_named_after_the_operations_at_its_ends():
    model = chain_of(nn.Tanh, nn.Sigmoid)
    y = model(Tensor(numbers((1, 3))))
    assert "grad_fn=<LinearGradFn to SigmoidGradFn>" in repr(y)
    assert "grad_fn=<LinearGradFn>" in repr(model[:1](Tensor(numbers((1, 3)))))
    assert [node.weight for node in y.grad_fn.inputs[:4]] == [w for i in (2, 0) for w in model[i].weights()]


def test_a_walk_writes_neither_to_the_gradient_given_nor_to_what_is_saved():
    model = chain_of(nn.Sigmoid, nn.Sigmoid)
    x = Tensor(numbers((1, 3)))
    y = model(x)
    g = Tensor(numbers(y.shape))
    before = g.numpy().copy()
    first, second = y.backward(g), y.backward(g)
    np.testing.assert_array_equal(g.numpy(), before)
    for a, b in zip(arrays_of(first), arrays_of(second)):
        np.testing.assert_array_equal(a, b)
