"""A model as a function of its weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, func, nn

RNG = np.random.default_rng(2)
X = Tensor(RNG.standard_normal((5, 3)))


@pytest.fixture
def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4, dtype=np.float64), nn.Tanh(), nn.Linear(4, 2, dtype=np.float64))


def test_the_answer_is_that_of_a_model_with_these_weights(model: nn.Sequential) -> None:
    weights = {name: Tensor(RNG.standard_normal(w.shape)) for name, w in model.named_weights()}
    before = {name: w.data.copy() for name, w in model.named_weights()}
    found = func.functional_call(model, weights, X)
    assert func.functional_call(model, weights, (X,)).tolist() == found.tolist()
    for name, w in model.named_weights():
        np.testing.assert_array_equal(w.data, before[name])
    model.load_state_dict(weights)
    np.testing.assert_array_equal(model(X).data, found.data)
    assert not found.requires_grad


def test_what_is_not_named_keeps_its_own_value_and_is_live(model: nn.Sequential) -> None:
    own = dict(model.named_weights())
    y = func.functional_call(model, {"0.weight": own["0.weight"].tensor().detach()}, X)
    np.testing.assert_array_equal(y.data, model(X).data)
    assert {weight for _, weight in y.sum().backward()} == set(own.values()) - {own["0.weight"]}
    assert len(func.functional_call(model, {}, X).sum().backward()) == 4


def test_gradients_by_name_are_those_of_backward(model: nn.Sequential) -> None:
    own = dict(model.named_weights())
    weights = {name: w.tensor().detach() for name, w in own.items()}
    by_weight = {weight: g for g, weight in model(X).sum().backward()}
    found = func.grad(lambda w: func.functional_call(model, w, X).sum())(weights)
    for name, g in found.items():
        np.testing.assert_array_equal(g.data, by_weight[own[name]].data)


def test_live_tensors_lead_back_to_their_weights(model: nn.Sequential) -> None:
    w = TrainableWeight(RNG.standard_normal((4, 3)))
    y = func.functional_call(model, {"0.weight": w.tensor() * 2.0}, X)
    assert w in [weight for _, weight in y.sum().backward()]


def test_no_grad_within_the_model_gives_constants_of_the_values_given() -> None:
    class Frozen(nn.Module):
        def __init__(self) -> None:
            self.w = TrainableWeight(np.array([1.0]))

        @kt.no_grad()
        def forward(self, x: Tensor) -> Tensor:
            return self.w.tensor() * x

    y = func.functional_call(Frozen(), {"w": TrainableWeight(np.array([5.0])).tensor()}, kt.ones(1))
    assert (y.tolist(), y.requires_grad) == ([5.0], False)


def test_no_grad_around_it_is_for_the_models_own_weights(model: nn.Sequential) -> None:
    weights = {"2.bias": Tensor(RNG.standard_normal(2))}

    def total(weights: dict[str, Tensor]) -> Tensor:
        return func.functional_call(model, weights, X).sum()

    with kt.no_grad():
        assert not total(weights).requires_grad
        assert func.grad(total)(weights)["2.bias"].tolist() == [5.0, 5.0]


def test_calls_nest_and_end(model: nn.Sequential) -> None:
    other = nn.Linear(3, 3, dtype=np.float64)

    class Both(nn.Module):
        def __init__(self) -> None:
            self.model, self.other = model, other

        def forward(self, x: Tensor) -> Tensor:
            return self.model(func.functional_call(self.other, {"weight": Tensor(np.eye(3))}, x))

    zeros = {"model.0.weight": kt.zeros(4, 3, dtype=np.float64), "other.bias": kt.zeros(3, dtype=np.float64)}
    found = func.functional_call(Both(), zeros, X)
    expected = func.functional_call(model, {"0.weight": zeros["model.0.weight"]}, X)
    np.testing.assert_array_equal(found.data, expected.data)
    with pytest.raises(ValueError, match="linear"):
        func.functional_call(model, {}, X[:, :1])
    assert len(model(X).sum().backward()) == 4  # after the error everything is read as before


def test_buffers_are_given_by_name_too() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.scale = nn.Buffer(np.array([2.0]))

        def forward(self, x: Tensor, *, twice: bool = False) -> Tensor:
            return self.scale.tensor() * x * (2.0 if twice else 1.0)

    scale = Tensor(np.array([7.0]))
    x = Tensor(np.array([1.0]))
    assert func.functional_call(Scaled(), {"scale": scale}, x).tolist() == [7.0]
    assert func.functional_call(Scaled(), {"scale": scale}, x, {"twice": True}).tolist() == [14.0]
    slope = func.grad(lambda s: func.functional_call(Scaled(), {"scale": s}, x).sum())(scale)
    assert slope.tolist() == [1.0]


class Tied(nn.Module):
    def __init__(self) -> None:
        self.encode = nn.Linear(3, 3, bias=False, dtype=np.float64)
        self.decode = nn.Linear(3, 3, bias=False, dtype=np.float64)
        self.decode.weight = self.encode.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def test_a_tied_weight_is_given_under_any_of_its_names() -> None:
    tied, w = Tied(), Tensor(RNG.standard_normal((3, 3)))
    for names in (["encode.weight"], ["decode.weight"], list(tied.state_dict())):
        found = func.functional_call(tied, dict.fromkeys(names, w), X)
        np.testing.assert_array_equal(found.data, (X @ w.T @ w.T).data)


def test_two_tensors_for_one_weight_are_refused() -> None:
    weights = {name: kt.tensor(array) for name, array in Tied().state_dict().items()}
    with pytest.raises(ValueError, match=r"functional_call of Tied: encode\.weight and decode\.weight are one weight"):
        func.functional_call(Tied(), weights, X)


@pytest.mark.parametrize(
    ("weights", "error", "said"),
    [
        (
            {"0.wight": X, "0.bias": X, "2.bias": X},
            ValueError,
            r"unexpected 0\.wight; 0\.bias has shape \(5, 3\), expected \(4,\); 2\.bias .*its names are 0\.weight",
        ),
        ({"0.bias": TrainableWeight([1.0])}, TypeError, r"0\.bias.*TrainableWeight.*weight\.tensor\(\)"),
        ({"0.bias": np.ones(4)}, TypeError, r"0\.bias.*ndarray.*kytorch\.tensor\(array\)"),
        ({"0.bias": kt.ones(4, dtype=kt.int64)}, TypeError, r"0\.bias has dtype int64, expected float64"),
        ([X], TypeError, "expected a mapping.*list"),
    ],
)
def test_wrong_weights_are_all_named(model: nn.Sequential, weights: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"functional_call.*{said}"):
        func.functional_call(model, weights, X)
