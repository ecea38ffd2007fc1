"""The proof of gradients: right rules pass, wrong ones are found."""

import numpy as np
import pytest

from kytorch import A, BinaryGradFn, InputGradFn, OutputGradFn, Tensor, UnaryGradFn, View, cos, exp, sin
from kytorch.testing import GradientError, check_gradients


class SineGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return g * cos(x)


def recorded(rule, value):
    return lambda x: rule().record(value(x.data), x)


sine = recorded(SineGradFn, np.sin)
X = Tensor(np.random.default_rng(0).uniform(0.3, 1.2, (3, 4)))


def test_right_rules_pass():
    check_gradients(sine, X)
    check_gradients(lambda x: (x.sin() * x.exp()).sum(), X)
    check_gradients(lambda a, b: a @ b, X, Tensor(np.ones((4, 2))))
    check_gradients(lambda x: x.sum(), Tensor(np.array(0.7)))


def test_right_rules_pass_to_any_order():
    for order in (1, 2, 3, 4):
        check_gradients(sine, X, order=order)
    check_gradients(lambda a, b: a / b, X, X + 1, order=3)


def test_inputs_that_are_not_used_have_gradient_0():
    check_gradients(lambda a, b: a * 2, X, X)


def test_empty_inputs_pass():
    check_gradients(lambda x: x * x, Tensor(np.zeros((0, 3))))


class WrongSignGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return -g * cos(x)


class WrongFactorGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return g * cos(x) * 1.001


class ForgetsGGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return cos(x) + g * 0.0


class TransposedGradFn(UnaryGradFn):
    """y = x^T of a square matrix."""

    def vjp(self, g: A) -> A:
        return g


class SwappedGradFn(BinaryGradFn):
    """y = a b, the rules swapped."""

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return g * a

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return g * b


@pytest.mark.parametrize("rule", [WrongSignGradFn, WrongFactorGradFn, ForgetsGGradFn])
@pytest.mark.parametrize("order", [1, 2])
def test_a_wrong_rule_is_found(rule, order):
    with pytest.raises(GradientError, match="derivative of order 1"):
        check_gradients(recorded(rule, np.sin), X, order=order)


def test_a_rule_for_one_of_two_inputs_that_is_wrong_is_found():
    product = lambda a, b: SwappedGradFn().record(a.data * b.data, a, b)
    with pytest.raises(GradientError):
        check_gradients(product, X, X + 1)


def test_a_rule_that_mixes_up_elements_is_found():
    with pytest.raises(GradientError):
        check_gradients(recorded(TransposedGradFn, lambda x: x.T.copy()), X[:, :3])


def test_a_wrong_rule_deep_in_a_composition_is_found():
    with pytest.raises(GradientError):
        check_gradients(lambda x: (recorded(WrongFactorGradFn, np.sin)(x * 2) + x).exp().sum(0), X)


class HidesTheInputGradFn(InputGradFn):
    """Right at first order, but its gradient is constant in x."""

    def vjp(self, g: A, x: A) -> A:
        hidden = x.detach() if isinstance(x, Tensor) else x
        return g * cos(hidden)


class HidesTheOutputGradFn(OutputGradFn):
    def vjp(self, g: A, y: A) -> A:
        return g * np.array(y)


class KeepsTheOutputGradFn(OutputGradFn):
    def vjp(self, g: A, y: A) -> A:
        return g * y


class HidesGGradFn(InputGradFn):
    """Right at first order, but its gradient does not depend on g."""

    def vjp(self, g: A, x: A) -> A:
        return (g.detach() if isinstance(g, Tensor) else g) * cos(x)


@pytest.mark.parametrize(
    "f", [recorded(HidesTheInputGradFn, np.sin), recorded(HidesTheOutputGradFn, np.exp)], ids=["input", "output"]
)
def test_a_rule_that_hides_a_tensor_behind_a_constant_is_found_at_second_order(f):
    check_gradients(f, X, order=1)
    with pytest.raises(GradientError, match="derivative of order 2"):
        check_gradients(f, X)


def test_a_rule_that_keeps_the_tensor_is_not():
    check_gradients(recorded(KeepsTheOutputGradFn, np.exp), X, order=3)


def test_a_rule_that_hides_the_gradient_that_comes_in_is_found_where_that_depends_on_the_input():
    f = lambda x: recorded(HidesGGradFn, np.sin)(x) ** 2
    check_gradients(f, X, order=1)
    with pytest.raises(GradientError, match="derivative of order 2"):
        check_gradients(f, X)


class WrongAtThirdOrderGradFn(InputGradFn):
    """y = sin x with a rule whose own rule is right only once."""

    def vjp(self, g: A, x: A) -> A:
        return g * recorded(WrongSineOfCosineGradFn, np.cos)(x) if isinstance(x, Tensor) else g * np.cos(x)


class WrongSineOfCosineGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return -g * sin(x.detach() if isinstance(x, Tensor) else x)


def test_a_rule_wrong_at_third_order_is_found_when_asked_for_it():
    f = recorded(WrongAtThirdOrderGradFn, np.sin)
    check_gradients(f, X, order=2)
    with pytest.raises(GradientError, match="derivative of order 3"):
        check_gradients(f, X, order=3)


class ArraysOnlyGradFn(InputGradFn):
    """Wrong on arrays, right on Tensors."""

    def vjp(self, g: A, x: A) -> A:
        return g * cos(x) * (1.0 if isinstance(g, Tensor) else 2.0)


class TensorsOnlyGradFn(InputGradFn):
    """Right on arrays, wrong on Tensors."""

    def vjp(self, g: A, x: A) -> A:
        return g * cos(x) * (2.0 if isinstance(g, Tensor) else 1.0)


@pytest.mark.parametrize("rule", [ArraysOnlyGradFn, TensorsOnlyGradFn])
def test_a_rule_that_says_one_thing_on_arrays_and_another_on_tensors_is_found(rule):
    with pytest.raises(GradientError, match=r"(?s)on arrays .* on Tensors"):
        check_gradients(recorded(rule, np.sin), X, order=1)


class WritesIntoGGradFn(InputGradFn):
    """Right, but it computes in the array that it was given."""

    def vjp(self, g: A, x: A) -> A:
        g *= cos(x)
        return g


class WritesIntoXGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        if not isinstance(x, Tensor):
            x *= 1.0
        return g * cos(x)


class WritesThroughAViewGradFn(UnaryGradFn):
    """y = 2 x, computed in a view of g."""

    def vjp(self, g: A) -> A:
        if isinstance(g, Tensor):
            return g * 2.0
        flat = g.reshape(-1)
        flat *= 2.0
        return g


@pytest.mark.parametrize(
    "f",
    [
        recorded(WritesIntoGGradFn, np.sin),
        recorded(WritesIntoXGradFn, np.sin),
        recorded(WritesThroughAViewGradFn, lambda x: 2 * x),
    ],
    ids=["into g", "into x", "through a view"],
)
def test_a_rule_that_writes_into_what_it_was_given_is_found(f):
    with pytest.raises((GradientError, ValueError), match=r"on arrays|derivative|read-only"):
        check_gradients(f, X)


class MissingGradFn(BinaryGradFn):
    """A rule for a only."""

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return g * b


class NoneGradFn(UnaryGradFn):
    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (None,)


def test_a_missing_rule_is_named():
    with pytest.raises(NotImplementedError, match="MissingGradFn has no rule for b"):
        check_gradients(lambda a, b: MissingGradFn().record(a.data * b.data, a, b), X, X)
    with pytest.raises(NotImplementedError, match="NoneGradFn"):
        check_gradients(recorded(NoneGradFn, np.copy), X)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_inputs_that_are_not_float64_are_refused_with_their_number(dtype):
    with pytest.raises(TypeError, match=rf"check_gradients: input 1 is {np.dtype(dtype)}.*float64"):
        check_gradients(lambda a, b: a * b, X, X.to(dtype))


def test_no_inputs_are_refused():
    with pytest.raises(TypeError, match="check_gradients: expected inputs"):
        check_gradients(lambda: X)


def test_a_gradient_error_is_an_assertion_error():
    assert issubclass(GradientError, AssertionError)


def test_the_error_says_what_the_rules_say_and_what_the_differences_say():
    with pytest.raises(GradientError) as error:
        check_gradients(recorded(WrongSignGradFn, np.sin), X)
    text = str(error.value)
    assert "(3, 4)" in text
    rules, differences = text.partition("order 1 is ")[2].split(" by the rules and ")
    assert float(rules) == pytest.approx(-float(differences.split(" ")[0]), rel=1e-4)


def test_the_check_repeats_for_a_generator_and_draws_another_direction_for_another():
    def message(seed):
        with pytest.raises(GradientError) as error:
            check_gradients(recorded(WrongSignGradFn, np.sin), X, generator=np.random.default_rng(seed))
        return str(error.value)

    assert message(1) == message(1) != message(2)


def test_the_inputs_stay_as_they_were():
    x = Tensor(np.array([0.5, 0.6]))
    check_gradients(lambda x: exp(x) * 2, x)
    assert x.tolist() == [0.5, 0.6]
    assert not x.requires_grad


class TwiceTooMuchGradFn(InputGradFn):
    def vjp(self, g, x):
        return g * 2.0


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6])
def test_an_offset_hides_no_wrong_rule(offset):
    def shifted(x):
        return TwiceTooMuchGradFn().record(x.data + offset, x)

    with pytest.raises(GradientError):
        check_gradients(shifted, Tensor(np.array([0.5, -2.0])))


class OneElementWrongGradFn(InputGradFn):
    def vjp(self, g, x):
        return (
            g * (2.0 * x).at[0].mul(1.01)
            if isinstance(x, Tensor)
            else g * 2.0 * x * (1 + 0.01 * (np.arange(x.size) == 0))
        )


def test_one_wrong_element_among_many_is_found():
    x = Tensor(np.linspace(1.0, 20.0, 1000))
    with pytest.raises(GradientError):
        check_gradients(lambda x: OneElementWrongGradFn().record(x.data**2, x), x)
