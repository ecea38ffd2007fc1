"""Functions that differentiate functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, func, no_grad


def scalar(value: float) -> Tensor:
    return Tensor(np.float64(value))


def close(tensor: Tensor, expected: Any) -> None:
    np.testing.assert_allclose(tensor.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_grad_of_a_scalar_function() -> None:
    close(func.grad(lambda x: x * x * x)(scalar(2.0)), 12.0)


def test_grad_of_a_function_of_many_elements_has_their_shape_and_dtype() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        gradient = func.grad(lambda x: (x * x).sum())(Tensor(np.array([[1.0, 2.0]], dtype)))
        assert gradient.tolist() == [[2.0, 4.0]]
        assert gradient.dtype == dtype


def test_the_gradient_in_another_dtype_comes_back_in_the_arguments() -> None:
    gradient = func.grad(lambda x: (x.to(np.float64) * 3).sum())(Tensor([1.0, 2.0]))
    assert gradient.dtype == np.float32


def test_value_and_grad_gives_both() -> None:
    value, gradient = func.value_and_grad(lambda x: (x * x).sum())(Tensor([1.0, 2.0]))
    assert value.item() == 5.0
    assert gradient.tolist() == [2.0, 4.0]


def test_an_argument_that_the_answer_does_not_depend_on_gets_zeros() -> None:
    gradient = func.grad(lambda x, y: (y * y).sum())(Tensor([1.0, 2.0]), Tensor([3.0]))
    assert gradient.tolist() == [0.0, 0.0]
    assert func.grad(lambda x: scalar(3.0))(Tensor([1.0])).tolist() == [0.0]
    assert func.grad(func.grad(lambda x: x * 3))(scalar(1.0)).tolist() == 0.0


def test_the_gradient_of_the_identity_is_1() -> None:
    close(func.grad(lambda x: x)(scalar(2.0)), 1.0)


# Arguments


def _product(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    return x * y * y * z


def test_argnums_choose_the_arguments() -> None:
    arguments = scalar(2.0), scalar(3.0), scalar(5.0)
    close(func.grad(_product)(*arguments), 45.0)
    close(func.grad(_product, 1)(*arguments), 60.0)
    close(func.grad(_product, argnums=-1)(*arguments), 18.0)
    two = func.grad(_product, argnums=(2, 0))(*arguments)
    assert isinstance(two, tuple)
    assert [g.item() for g in two] == [18.0, 45.0]
    [one] = func.grad(_product, argnums=[1])(*arguments)
    close(one, 60.0)
    value, three = func.value_and_grad(_product, argnums=(0, 1, 2))(*arguments)
    assert [value.item(), *[g.item() for g in three]] == [90.0, 45.0, 60.0, 18.0]


def test_the_same_tensor_as_two_arguments_is_two_arguments() -> None:
    x = scalar(3.0)
    first, second = func.grad(lambda a, b: a * a * b, argnums=(0, 1))(x, x)
    assert (first.item(), second.item()) == (18.0, 9.0)


def test_an_argument_that_is_not_chosen_is_a_constant_of_any_kind() -> None:
    close(func.grad(lambda x, n, *, scale: x**n * scale)(scalar(2.0), 3, scale=10.0), 120.0)


def test_the_other_arguments_gradient_is_not_taken() -> None:
    def f(x: Tensor, y: Tensor) -> Tensor:
        assert x.requires_grad
        assert not y.requires_grad
        return x * y

    func.grad(f)(scalar(1.0), scalar(2.0))


# Higher orders


@pytest.mark.parametrize(
    "f, derivatives",
    [
        (lambda x: x**5, lambda x: [5 * x**4, 20 * x**3, 60 * x**2, 120 * x]),
        (lambda x: x.sin(), lambda x: [math.cos(x), -math.sin(x), -math.cos(x), math.sin(x)]),
        (lambda x: x.exp() * x, lambda x: [math.exp(x) * (x + n) for n in (1, 2, 3, 4)]),
        (lambda x: x.log(), lambda x: [1 / x, -1 / x**2, 2 / x**3, -6 / x**4]),
        (lambda x: 1 / x, lambda x: [-1 / x**2, 2 / x**3, -6 / x**4, 24 / x**5]),
        (lambda x: x.sqrt(), lambda x: [0.5 * x**-0.5, -0.25 * x**-1.5, 0.375 * x**-2.5, -0.9375 * x**-3.5]),
        (lambda x: 2.0**x, lambda x: [2.0**x * math.log(2.0) ** n for n in (1, 2, 3, 4)]),
    ],
)
def test_grad_nests_to_order_4(f: Callable[[Tensor], Tensor], derivatives: Callable[[float], list[float]]) -> None:
    for expected in derivatives(0.75):
        f = func.grad(f)
        close(f(scalar(0.75)), expected)


def test_a_third_derivative_along_elements() -> None:
    x = Tensor(np.array([0.3, 0.7]))

    def once(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        return func.grad(lambda y: f(y).sum())

    t = np.tanh(x.numpy())
    close(once(once(once(kytorch.tanh)))(x), (1 - t * t) * (6 * t * t - 2))


def test_mixed_derivatives_are_symmetric() -> None:
    def f(x: Tensor, y: Tensor) -> Tensor:
        return (x * y).sin() * x.exp()

    x, y = scalar(0.3), scalar(1.1)
    one = func.grad(func.grad(f, 1), 0)(x, y)
    other = func.grad(func.grad(f, 0), 1)(x, y)
    close(one, other.numpy())
    a = 0.3 * 1.1
    close(one, math.exp(0.3) * (math.cos(a) * (1 + 0.3) - 0.3 * 1.1 * math.sin(a)))


def test_the_inner_derivative_does_not_see_the_outer_variable_as_its_own() -> None:
    # d/dx (x d/dy (x + y)) at y = x is 1, not 2: the inner derivative is 1, whatever x is.
    close(func.grad(lambda x: x * func.grad(lambda y: x + y)(x))(scalar(3.0)), 1.0)
    # d/dx (x d/dy (x y)) at y = x: the inner derivative is x, so 2 x.
    close(func.grad(lambda x: x * func.grad(lambda y: x * y)(x))(scalar(3.0)), 6.0)
    # d/dx (x d/dy (x^2 y)) at y = 1: x^3, so 3 x^2.
    close(func.grad(lambda x: x * func.grad(lambda y: x * x * y)(scalar(1.0)))(scalar(2.0)), 12.0)
    # d/dx d/dy (y^2) at y = x^2: 2 x^2, so 4 x.
    close(func.grad(lambda x: func.grad(lambda y: y * y)(x * x))(scalar(3.0)), 12.0)


def test_the_inner_variable_does_not_leak_out_of_its_function() -> None:
    kept: list[Tensor] = []

    def f(x: Tensor) -> Tensor:
        kept.append(x)
        return x * x

    func.grad(f)(scalar(2.0))
    close(func.grad(lambda y: y * kept[0])(scalar(3.0)), 2.0)


def test_the_value_can_be_differentiated_too() -> None:
    def f(x: Tensor) -> Tensor:
        value, gradient = func.value_and_grad(lambda y: y**3)(x)
        return value * gradient

    # (x^3)(3 x^2) = 3 x^5
    close(func.grad(f)(scalar(2.0)), 15 * 2.0**4)


# Weights


def test_the_gradient_of_a_function_that_closes_over_a_weight_is_differentiable_in_it() -> None:
    w = TrainableWeight(np.float64(3.0))
    gradient = func.grad(lambda x: w.tensor() * x * x)(scalar(2.0))
    close(gradient, 12.0)
    [(second, weight)] = gradient.backward()
    assert weight is w
    close(second, 4.0)


def test_the_value_reaches_the_weights() -> None:
    w = TrainableWeight(np.float64(3.0))
    value, _ = func.value_and_grad(lambda x: w.tensor() * x * x)(scalar(2.0))
    [(gradient, weight)] = value.backward()
    assert weight is w
    close(gradient, 4.0)


def test_an_argument_that_was_made_from_a_weight_leads_back_to_it() -> None:
    w = TrainableWeight(np.float64(2.0))
    x = w.tensor() * 3
    gradient = func.grad(lambda x: x**3)(x)
    close(gradient, 108.0)
    [(second, weight)] = gradient.backward()
    assert weight is w
    close(second, 6 * 6.0 * 3)


def test_a_weight_read_and_passed_is_both_argument_and_weight() -> None:
    w = TrainableWeight(np.float64(2.0))
    x = w.tensor()
    gradient = func.grad(lambda y: x * y * y)(x)
    close(gradient, 8.0)
    [(second, _)] = gradient.backward()
    close(second, 8.0)


def test_grad_runs_under_no_grad() -> None:
    w = TrainableWeight(np.float64(3.0))
    with no_grad():
        gradient = func.grad(lambda x: w.tensor() * x * x)(scalar(2.0))
    close(gradient, 12.0)
    assert not gradient.requires_grad


def test_a_gradient_that_nothing_can_differentiate_is_a_constant() -> None:
    assert not func.grad(lambda x: x**3)(scalar(2.0)).requires_grad


# Errors


@pytest.mark.parametrize(
    "argument", [2.0, 2, None, [1.0], np.array(2.0), Tensor(2), Tensor(True), TrainableWeight(2.0)]
)
def test_an_argument_that_is_no_tensor_of_floats_raises(argument: Any) -> None:
    with pytest.raises(TypeError, match=r"grad.*argument 0.*Tensor of floats"):
        func.grad(lambda x: x * x)(argument)


@pytest.mark.parametrize("argnums", [1, -2, (0, 3)])
def test_an_argument_that_is_not_there_raises(argnums: Any) -> None:
    with pytest.raises((TypeError, IndexError, ValueError), match=r"grad.*argument"):
        func.grad(lambda x: x * x, argnums)(scalar(2.0))


@pytest.mark.parametrize("answer", [Tensor([1.0, 2.0]), Tensor([1.0]), 2.0, None])
def test_a_function_that_gives_no_scalar_tensor_raises(answer: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"grad.*shape \(\)"):
        func.grad(lambda x: answer)(scalar(2.0))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_raises(value: float) -> None:
    with pytest.raises(ValueError, match=r"grad.*(nan|inf)"):
        func.grad(lambda x: x * value)(scalar(2.0))


def test_an_argument_named_twice_raises() -> None:
    with pytest.raises(ValueError, match=r"grad.*twice"):
        func.grad(_product, argnums=(0, 0))(scalar(2.0), scalar(3.0), scalar(5.0))


def test_an_error_of_the_function_passes_through() -> None:
    def f(x: Tensor) -> Tensor:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        func.grad(f)(scalar(2.0))


def test_an_error_names_the_transform_that_was_called() -> None:
    for transform in (func.grad, func.value_and_grad):
        with pytest.raises(ValueError, match=rf"^{transform.__name__}: the function must return"):
            transform(lambda x: x * 2)(Tensor([1.0, 2.0]))
