"""An operation of a user's own: recorded, differentiated to any order, in a model, and refused where wrong."""

import math

import numpy as np
import pytest

from kytorch import (
    A,
    InputGradFn,
    InputOutputGradFn,
    NaryGradFn,
    Tensor,
    TrainableWeight,
    UnaryGradFn,
    View,
    cos,
    func,
    log,
    nn,
    no_grad,
    sin,
)
from kytorch.testing import check_gradients


class SincGradFn(InputGradFn):
    """y = sin(x) / x,  dy = (cos(x) - y) / x dx"""

    def vjp(self, g: A, x: A) -> A:
        return g * (cos(x) - sin(x) / x) / x


def sinc(x: Tensor) -> Tensor:
    """sin(x) / x, elementwise."""
    return SincGradFn().record(np.sin(x.data) / x.data, x)


class Sinc(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return sinc(x)


X = Tensor(np.array([[0.5, 1.0, 2.0], [-1.5, 3.0, -0.25]]))


def test_its_value_is_what_was_recorded_and_its_repr_names_it():
    y = sinc(TrainableWeight(X).tensor())
    np.testing.assert_allclose(y.numpy(), np.sin(X.numpy()) / X.numpy())
    assert repr(y.grad_fn) == "<SincGradFn>"
    assert "grad_fn=<SincGradFn>" in repr(y)


def test_its_gradients_are_right_to_third_order():
    check_gradients(sinc, X, order=3)
    check_gradients(lambda x: sinc(x * x + 1).sum(0) ** 2, X, order=3)


class PowerOfItselfGradFn(InputOutputGradFn):
    """y = x^x,  dy = y (1 + log x) dx"""

    def vjp(self, g: A, x: A, y: A) -> A:
        return g * y * (1.0 + log(x))


def test_a_rule_may_read_the_input_and_the_output():
    x = Tensor(np.array([0.5, 1.0, 2.0]))
    check_gradients(lambda t: PowerOfItselfGradFn().record(np.power(t.data, t.data), t), x, order=3)


def test_its_derivatives_are_the_formulas():
    f = sinc
    x, s, c = 0.7, math.sin(0.7), math.cos(0.7)
    derivatives = [
        s / x,
        c / x - s / x**2,
        -s / x - 2 * c / x**2 + 2 * s / x**3,
        -c / x + 3 * s / x**2 + 6 * c / x**3 - 6 * s / x**4,
    ]
    for expected in derivatives:
        assert f(Tensor(np.array(x))).item() == pytest.approx(expected, rel=1e-12)
        f = func.grad(f)


def test_on_constants_and_under_no_grad_nothing_is_recorded():
    assert not sinc(X).requires_grad
    with no_grad():
        assert not sinc(TrainableWeight(X).tensor()).requires_grad


def test_it_works_in_a_model_beside_other_layers():
    model = nn.Sequential(nn.Linear(3, 4, dtype=np.float64), Sinc(), nn.Linear(4, 1, dtype=np.float64))
    loss = (model(X) ** 2).mean()
    gradients = {weight: g for g, weight in loss.backward()}
    assert set(gradients) == set(model.weights())
    check_gradients(model, X)

    def loss_at(bias):
        hidden = nn.functional.linear(X, model[0].weight.tensor(), bias)
        return (model[2](sinc(hidden)) ** 2).mean()

    check_gradients(loss_at, Tensor(model[0].bias))
    np.testing.assert_allclose(
        gradients[model[0].bias].numpy(), func.grad(loss_at)(Tensor(model[0].bias)).numpy(), rtol=1e-12
    )


def test_the_dtype_of_its_weight_is_kept():
    for dtype in (np.float16, np.float32, np.float64):
        [(g, weight)] = sinc(TrainableWeight([0.5, 1.0], dtype).tensor()).sum().backward()
        assert g.dtype == weight.dtype == dtype


def test_its_saved_input_and_its_output_can_not_be_written_to():
    x = TrainableWeight(X).tensor()
    y = sinc(x)
    before = [g.tolist() for g, _ in y.sum().backward()]
    for array in (x.data, y.data):
        with pytest.raises(ValueError):
            array[...] = 0
    assert [g.tolist() for g, _ in y.sum().backward()] == before


def test_a_gradient_of_the_outputs_shape_is_summed_to_the_inputs():
    class SpreadGradFn(UnaryGradFn):
        def vjp(self, g: A) -> A:
            return g

    spread = lambda x: SpreadGradFn().record(np.broadcast_to(x.data, (4, 3)).copy(), x)
    check_gradients(spread, Tensor(np.ones(3)))
    check_gradients(lambda x: spread(x) ** 2, Tensor(np.ones((1, 3))))


class WrongShapeGradFn(UnaryGradFn):
    """A rule that returns what it should have transposed."""

    def vjp(self, g: A) -> A:
        return g.T


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_of_a_wrong_shape_is_refused_with_rule_and_shapes(create_graph):
    y = WrongShapeGradFn().record(X.data.copy(), TrainableWeight(X).tensor())
    with pytest.raises(ValueError, match=r"WrongShapeGradFn: .* shape \(3, 2\) for an input of shape \(2, 3\)"):
        y.sum().backward(create_graph=create_graph)


def test_a_gradient_that_is_too_small_is_refused():
    class SummedGradFn(UnaryGradFn):
        def vjp(self, g: A) -> A:
            return g.sum()

    y = SummedGradFn().record(X.data.copy(), TrainableWeight(X).tensor())
    with pytest.raises(ValueError, match=r"SummedGradFn: .* shape \(\) for an input of shape \(2, 3\)"):
        y.sum().backward()


def test_a_rule_that_was_not_written_is_named():
    class NothingGradFn(InputGradFn):
        pass

    y = NothingGradFn().record(X.data.copy(), TrainableWeight(X).tensor())
    with pytest.raises(NotImplementedError, match="NothingGradFn has no rule"):
        y.sum().backward()


def test_several_inputs_share_the_work_of_one_rule():
    class RadiusGradFn(NaryGradFn):
        """r = |(x, y, z)|,  dr = (x dx + y dy + z dz) / r"""

        def __init__(self, *arrays):
            self.arrays = arrays

        def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
            axes = [view(array, grad_fn) for array, grad_fn in zip(self.arrays, self.inputs)]
            share = g / sum([x * x for x in axes]) ** 0.5
            return tuple([share * x for x in axes])

    def radius(*axes):
        arrays = [x.data for x in axes]
        return RadiusGradFn(*arrays).record(np.sqrt(sum([x * x for x in arrays])), *axes)

    check_gradients(radius, X, X + 1, X * 0.5, order=3)
    weight = TrainableWeight([3.0])
    [(g, _)] = radius(weight.tensor(), Tensor([4.0])).sum().backward()
    assert g.tolist() == [pytest.approx(0.6)]


# Mistakes in a rule


class TooFew(NaryGradFn):
    def vjps(self, g, view):
        return (g,)


class NoArray(UnaryGradFn):
    def vjp(self, g):
        return 1.0


class Doubled(UnaryGradFn):
    def vjp(self, g):
        return g * 2.0


def test_a_rule_with_too_few_gradients_is_refused() -> None:
    a, b = TrainableWeight([1.0]), TrainableWeight([2.0])
    y = TooFew().record(np.array([3.0]), a.tensor(), b.tensor())
    with pytest.raises(ValueError, match=r"TooFew.*1 gradients for 2 inputs"):
        y.sum().backward()


def test_a_rule_that_makes_no_array_is_refused() -> None:
    y = NoArray().record(np.array([3.0]), TrainableWeight([1.0]).tensor())
    with pytest.raises(TypeError, match=r"NoArray.*float"):
        y.sum().backward()


def test_an_object_of_a_rule_records_once() -> None:
    rule, x = Doubled(), TrainableWeight([1.0]).tensor()
    rule.record(np.array([2.0]), x)
    with pytest.raises(ValueError, match=r"Doubled.*one operation"):
        rule.record(np.array([2.0]), x)


def test_what_a_users_operation_made_is_its_own_to_change() -> None:
    made = np.array([2.0])
    y = Doubled().record(made, TrainableWeight([1.0]).tensor())
    made[0] = 99.0
    assert y.item() == 2.0


@pytest.mark.parametrize("name", ["inputs", "shapes"])
def test_a_recorded_operation_cannot_be_rewired(name: str) -> None:
    y = TrainableWeight([1.0]).tensor() * 2.0
    with pytest.raises(AttributeError):
        setattr(y.grad_fn, name, ())
