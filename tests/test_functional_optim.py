"""The optimizers' steps as functions: they agree with those that change weights, and differentiate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, func, optim
from kytorch.optim import functional
from kytorch.testing import check_gradients

SHAPES = {"w": (3, 2), "b": (2,), "s": ()}

CASES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("gradient_descent", None, None, {"lr": 0.1}),
    ("gradient_descent", None, None, {"lr": 0.1, "weight_decay": 0.3}),
    ("gradient_descent", optim.MomentumState, functional.MomentumState, {"lr": 0.1, "momentum": 0.9}),
    ("gradient_descent", optim.MomentumState, functional.MomentumState, {"lr": 0.1, "momentum": 0.0}),
    (
        "gradient_descent",
        optim.MomentumState,
        functional.MomentumState,
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ),
    (
        "gradient_descent",
        optim.MomentumState,
        functional.MomentumState,
        {"lr": 0.1, "momentum": 0.8, "dampening": 0.5},
    ),
    ("adam", optim.AdamState, functional.AdamState, {"lr": 0.1}),
    ("adam", optim.AdamState, functional.AdamState, {"lr": 0.1, "betas": (0.5, 0.7), "weight_decay": 0.1}),
    ("adamw", optim.AdamState, functional.AdamState, {"lr": 0.1}),
    ("adamw", optim.AdamState, functional.AdamState, {"lr": 0.1, "eps": 1e-2, "weight_decay": 0.5}),
]


def _gradients(weights: dict[str, Tensor], step: int) -> dict[str, Tensor]:
    rng = np.random.default_rng(step)
    return {name: w * 2.0 + Tensor(rng.standard_normal(w.shape), w.dtype) for name, w in weights.items()}


def _start(dtype: Any) -> dict[str, Tensor]:
    rng = np.random.default_rng(5)
    return {name: Tensor(rng.standard_normal(shape), dtype) for name, shape in SHAPES.items()}


@pytest.mark.parametrize("rate_as_tensor", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("name", "state", "pure_state", "options"), CASES)
def test_ten_steps_agree_bit_for_bit_with_those_that_change_weights(
    name: str, state: Any, pure_state: Any, options: dict[str, Any], dtype: Any, rate_as_tensor: bool
) -> None:
    step_in_place, step = getattr(optim, name), getattr(functional, name)
    tree = _start(dtype)
    weights = {key: TrainableWeight(w) for key, w in tree.items()}
    remembered, pure = (state() if state else None), (pure_state() if pure_state else None)
    own = {**options, "lr": Tensor(np.float64(options["lr"]))} if rate_as_tensor else options
    for i in range(10):
        gradients = _gradients(tree, i)
        in_place = [(gradients[key], weight) for key, weight in weights.items()]
        if state:
            remembered = step_in_place(in_place, remembered, **options)
            tree, pure = step(tree, gradients, pure, **own)
        else:
            step_in_place(in_place, **options)
            tree = step(tree, gradients, **own)
        for key, weight in weights.items():
            assert tree[key].dtype == weight.dtype
            np.testing.assert_array_equal(tree[key].data, weight.data)


@pytest.mark.parametrize(("name", "state", "pure_state", "options"), CASES)
def test_three_steps_are_differentiable_in_the_rate_and_the_start(
    name: str, state: Any, pure_state: Any, options: dict[str, Any]
) -> None:
    step = getattr(functional, name)
    others = {key: value for key, value in options.items() if key != "lr"}
    target = Tensor(np.array([0.3, -1.2, 2.0]))

    def loss(w: Tensor) -> Tensor:
        return ((w - target) ** 4).sum()

    def after(log_rate: Tensor, w: Tensor) -> Tensor:
        pure = pure_state() if pure_state else None
        for _ in range(3):
            gradient = func.grad(loss)(w)
            if pure is None:
                w = step(w, gradient, lr=log_rate.exp(), **others)
            else:
                w, pure = step(w, gradient, pure, lr=log_rate.exp(), **others)
        return loss(w)

    check_gradients(after, Tensor(np.float64(-3.0)), Tensor(np.array([0.9, 0.1, -0.4])), rtol=1e-5)


def test_the_derivative_of_one_step_in_the_rate_is_minus_the_gradient() -> None:
    w, g = Tensor(np.array([1.0, 2.0])), Tensor(np.array([0.5, -3.0]))
    slope = func.jacrev(lambda rate: functional.gradient_descent(w, g, lr=rate))(Tensor(np.float64(0.1)))
    np.testing.assert_array_equal(slope.data, -g.data)


def test_adams_step_at_a_gradient_of_0_has_a_finite_derivative() -> None:
    w, g = kytorch.ones(2), Tensor([0.0, 1.0])

    def moved(g: Tensor) -> Tensor:
        return functional.adam(w, g, functional.AdamState(), lr=0.1)[0].sum()

    assert np.isfinite(func.grad(moved)(g).data).all()


def test_the_new_weights_are_made_as_the_old_and_nothing_changes() -> None:
    weights = ([Tensor([1.0])], {"a": Tensor([[2.0]])})
    new = functional.gradient_descent(weights, weights, lr=0.5)
    assert type(new) is tuple
    assert new[0][0].tolist() == [0.5]
    assert new[1]["a"].tolist() == [[1.0]]
    assert weights[0][0].tolist() == [1.0]


W = {"a": Tensor([1.0, 2.0])}


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: functional.gradient_descent(W, {"b": W["a"]}, lr=0.1), ValueError, "gradients is made as.*alike"),
        (lambda: functional.gradient_descent(W, {"a": Tensor([1.0])}, lr=0.1), ValueError, r"gradients\['a'\].*\(1,\)"),
        (lambda: functional.gradient_descent({"a": 1.0}, W, lr=0.1), TypeError, r"weights\['a'\].*float"),
        (lambda: functional.gradient_descent(W, W, lr=-0.1), ValueError, "lr"),
        (lambda: functional.gradient_descent(W, W, lr=Tensor([0.1])), ValueError, r"lr.*shape \(1,\)"),
        (lambda: functional.gradient_descent(W, W, lr=0.1, momentum=0.9), TypeError, "momentum needs a state"),
        (lambda: functional.gradient_descent(W, W, functional.MomentumState(), lr=0.1), TypeError, "momentum="),
        (lambda: functional.gradient_descent(W, W, optim.MomentumState(), lr=0.1, momentum=0.5), TypeError, "state"),
        (lambda: functional.adam(W, W, optim.AdamState()), TypeError, "functional.AdamState"),
        (lambda: functional.adam(W, W, functional.AdamState(), betas=(0.9, 1.0)), ValueError, r"betas\[1\]"),
        (lambda: functional.adam(W, W, functional.AdamState(1, W, {"b": W["a"]})), ValueError, "square.*alike"),
    ],
)
def test_wrong_calls_say_what_is_wrong(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
