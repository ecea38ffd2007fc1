"""kytorch.grad: gradients with respect to whatever is on a recorded graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight


def live(values: Any) -> Tensor:
    """An input to differentiate with respect to."""
    return kt.tensor(np.array(values, np.float64), requires_grad=True)


def test_with_respect_to_a_tensor_a_weight_and_an_intermediate_one() -> None:
    w = TrainableWeight(np.array([2.0, 3.0]))
    x = live([5.0, 7.0])
    h = w.tensor() * x
    y = (h * h * w.tensor()).sum()  # w^3 x^2
    by_x, by_w, by_h = kt.grad(y, (x, w, h))
    assert by_x.tolist() == [2 * 8.0 * 5, 2 * 27.0 * 7]
    assert by_w.tolist() == [3 * 4.0 * 25, 3 * 9.0 * 49]
    assert by_h.tolist() == [2 * 10.0 * 2, 2 * 21.0 * 3]
    assert [g.tolist() for g in kt.grad(y, [x])] == [by_x.tolist()]
    assert kt.grad(y, w)[0].tolist() == by_w.tolist()
    assert not by_x.requires_grad


def test_it_changes_nothing_and_answers_the_same_again() -> None:
    x = live([1.0, 2.0])
    y = (x**3).sum()
    assert kt.grad(y, x)[0].tolist() == kt.grad(y, x)[0].tolist() == [3.0, 12.0]


def test_an_input_that_is_the_output() -> None:
    x = live(3.0)
    assert kt.grad(x, x)[0].tolist() == 1.0
    y = x * x
    assert [g.item() for g in kt.grad(y, (y, x))] == [1.0, 6.0]


def test_the_same_input_twice() -> None:
    x = live(3.0)
    assert [g.item() for g in kt.grad(x * x, (x, x))] == [6.0, 6.0]


def test_several_outputs_are_summed() -> None:
    x = live([1.0, 2.0])
    first, second = (x * x).sum(), x * 3.0
    g = Tensor(np.array([10.0, 100.0]))
    assert kt.grad([first, second], x, [None, g])[0].tolist() == [2.0 + 30.0, 4.0 + 300.0]
    assert kt.grad((second, second), x, (g, g))[0].tolist() == [60.0, 600.0]
    assert kt.grad(second, x, g)[0].tolist() == [30.0, 300.0]
    assert kt.grad([first, x], x, [None, g])[0].tolist() == [12.0, 104.0]


def test_with_create_graph_to_the_third_order() -> None:
    x = live(2.0)
    y = x**4
    for expected in (32.0, 48.0, 48.0):
        [y] = kt.grad(y, x, create_graph=True)
        assert y.item() == expected
        assert y.requires_grad


def test_create_graph_reaches_the_incoming_gradient() -> None:
    x, g = live([1.0, 2.0]), live([3.0, 4.0])
    [product] = kt.grad(x * x, x, g, create_graph=True)
    assert kt.grad(product.sum(), g)[0].tolist() == [2.0, 4.0]


def test_unused_inputs_are_none_or_zeros_or_an_error() -> None:
    x, other, w = live([1.0]), live([2.0, 3.0]), TrainableWeight([1.0])
    y = (x * 2.0).sum()
    assert kt.grad(y, (x, other, w), allow_unused=True)[1:] == (None, None)
    zeros = kt.grad(y, (x, other, w), materialize_grads=True)
    assert [g.tolist() for g in zeros] == [[2.0], [0.0, 0.0], [0.0]]
    with pytest.raises(ValueError, match=r"grad.*input 1, of shape \(2,\).*allow_unused.*materialize_grads"):
        kt.grad(y, (x, other))


def test_a_gradient_has_its_inputs_shape_and_dtype() -> None:
    w = TrainableWeight(np.ones((1, 3), np.float32))
    h = w.tensor() * 1.0
    y = (h.to(np.float64) * Tensor(np.ones((4, 3)))).sum()
    for g in kt.grad(y, (w, h)):
        assert (g.shape, g.dtype) == ((1, 3), np.float32)


def test_only_what_leads_to_the_inputs_is_visited() -> None:
    class Unwalked(kt.UnaryGradFn):
        def vjp(self, g: kt.A) -> kt.A:
            raise AssertionError("visited")

    x, other = live([1.0]), live([2.0])
    y = x * 3.0 + Unwalked().record(other.numpy().copy(), other)
    assert kt.grad(y.sum(), x)[0].tolist() == [3.0]


X = live([1.0, 2.0])
C = Tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: kt.grad(X, X), ValueError, r"output 0 has shape \(2,\).*grad_outputs"),
        (lambda: kt.grad(X.sum() * np.inf, X), ValueError, "output 0 is inf"),
        (lambda: kt.grad(X.sum(), C), ValueError, "input 0 is a constant.*requires_grad=True"),
        (lambda: kt.grad(X.sum(), 1.0), TypeError, "grad: inputs is to be.*float"),
        (lambda: kt.grad(None, X), TypeError, "grad: outputs is to be.*NoneType"),
        (lambda: kt.grad(X.sum(), [X, None]), TypeError, "input 1.*NoneType"),
        (lambda: kt.grad([X.sum(), 2.0], X), TypeError, "output 1.*float"),
        (lambda: kt.grad(X, X, 1.0), TypeError, "grad: grad_outputs is to be.*float"),
        (lambda: kt.grad(X, X, [1.0]), TypeError, "grad_outputs 0.*float"),
        (lambda: kt.grad(X, X, C[:1]), ValueError, r"grad_outputs 0 has shape \(1,\).*\(2,\)"),
        (lambda: kt.grad(X, X, [C, C]), ValueError, "1 output.*2"),
        (lambda: kt.grad([X, X], X, C), ValueError, "2 outputs"),
    ],
)
def test_wrong_calls_say_what_is_wrong(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
