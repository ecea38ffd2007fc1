"""detect_anomaly: the first operation that made a number that is not finite."""

import re
import sys
import warnings

import numpy as np
import pytest

from kytorch import A, InputGradFn, Tensor, TrainableWeight, detect_anomaly, func, nn


def live(values=(1.0, 0.0, -1.0)):
    return TrainableWeight(list(values)).tensor()


def line():
    return sys._getframe(1).f_lineno


class Halve(InputGradFn):
    """y = x with a rule that divides by x."""

    def vjp(self, g: A, x: A) -> A:
        return g / x


def halved(x):
    return Halve().record(x.data.copy(), x)


class Log(nn.Module):
    def forward(self, x):
        return x.log()


class RootOfSum(nn.Module):
    def forward(self, x):
        return x.sqrt().sum()


# Forward


def test_the_first_operation_that_made_it_is_named_with_its_value_place_and_source_line():
    x = live()
    with pytest.raises(FloatingPointError) as error, detect_anomaly():
        y = x * 2.0
        expected = line() + 1
        z = y.log()
        z.sum().exp()
    text = str(error.value)
    assert text.startswith("LogGradFn made -inf at [1] of shape (3,), ")
    assert text.endswith(f"at {__file__}:{expected}")
    assert "layer" not in text


def test_nan_and_infinities_are_found():
    makers = {np.inf: lambda x: (x * 100).exp(), np.nan: lambda x: (x - 2).log(), -np.inf: lambda x: (x - 1).log()}
    for value, f in makers.items():
        with pytest.raises(FloatingPointError, match=f"made {value} at"), detect_anomaly():
            f(live([1.0]))


def test_the_place_in_an_array_of_several_dimensions_is_the_first_one():
    x = TrainableWeight([[1.0, 2.0], [3.0, 0.0]]).tensor()
    with pytest.raises(FloatingPointError, match=r"DivGradFn made inf at \[1, 1\] of shape \(2, 2\)"), detect_anomaly():
        1.0 / x


def test_a_scalar_is_found():
    with pytest.raises(FloatingPointError, match=r"made -inf at \[\] of shape \(\)"), detect_anomaly():
        live(()).sum().log()


def test_constants_are_checked_too():
    with pytest.raises(FloatingPointError, match="constants made -inf") as error, detect_anomaly():
        Tensor([1.0, 0.0]).log()
    assert __file__ in str(error.value)


def test_the_layer_is_named_with_its_path():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU(), Log()))
    model[0].load_state_dict({"weight": np.zeros((2, 2)), "bias": np.zeros(2)})
    expected = r"(?m)LogGradFn made -inf .*, in layer 1\.1: Log\(\)$"
    with pytest.raises(FloatingPointError, match=expected) as error, detect_anomaly():
        model(Tensor([[1.0, 2.0]]))
    assert f"{__file__}:{Log.forward.__code__.co_firstlineno + 1}" in str(error.value)
    assert error.value.__notes__ == ["in layer 1.1: Log()"]


def test_a_weight_that_is_not_finite_is_found_where_it_is_first_used():
    model = nn.Sequential(nn.Sin(), nn.Linear(2, 1))
    model[1].weight.update(np.array([[1.0, np.nan]], np.float32))
    with pytest.raises(FloatingPointError, match=r"LinearGradFn made nan .* in layer 1: Linear"), detect_anomaly():
        model(Tensor([1.0, 2.0]))


def test_a_loss_that_is_not_finite_is_found():
    with pytest.raises(FloatingPointError, match="MseGradFn made inf"), detect_anomaly():
        nn.functional.mse_loss(live([1e30]), Tensor([0.0]))


# Backward


def test_a_gradient_that_is_not_finite_names_the_operation_and_the_line_that_recorded_it():
    x = live()
    with pytest.raises(FloatingPointError) as error, detect_anomaly():
        y = x * 3.0
        expected = line() + 1
        z = y.relu().sqrt()
        z.sum().backward()
    text = str(error.value)
    assert re.match(
        r"the rule of SqrtGradFn made the gradient (nan|inf) at \[\d\] of shape \(3,\); its operation ", text
    )
    assert text.endswith(f"at {__file__}:{expected}")


def test_the_layer_of_a_wrong_gradient_is_named():
    model = nn.Sequential(nn.ReLU(), nn.Sequential(RootOfSum()))
    expected = r"rule of SqrtGradFn .* in layer 1\.0: RootOfSum\(\)$"
    with pytest.raises(FloatingPointError, match=expected), detect_anomaly():
        model(live()).backward()


def test_a_rule_of_the_users_is_named():
    with pytest.raises(FloatingPointError, match=r"rule of Halve made the gradient inf at \[1\]"), detect_anomaly():
        halved(live()).sum().backward()


def test_an_operation_recorded_before_is_named_without_its_line():
    y = halved(live()).sum()
    expected = r"rule of Halve .* recorded before detect_anomaly\(\)"
    with pytest.raises(FloatingPointError, match=expected), detect_anomaly():
        y.backward()


def test_gradients_of_gradients_are_checked():
    with pytest.raises(FloatingPointError), detect_anomaly():
        halved(live()).sum().backward(create_graph=True)
    with pytest.raises(FloatingPointError), detect_anomaly():
        func.grad(lambda x: func.grad(lambda x: (x**1.5).sum())(x).sum())(Tensor([1.0, 0.0]))


# The context


def test_nothing_is_raised_where_all_is_finite_and_the_numbers_are_the_same():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x, labels = Tensor(np.random.default_rng(0).standard_normal((5, 3))), Tensor([0, 1, 1, 0, 1])

    def gradients():
        return [g.tolist() for g, _ in nn.functional.cross_entropy(model(x), labels).backward()]

    plain = gradients()
    with detect_anomaly():
        assert gradients() == plain


def test_it_decorates_a_function_which_may_call_itself():
    @detect_anomaly()
    def descend(x, depth):
        return descend(x - 1.0, depth - 1) if depth else x.log()

    with pytest.raises(FloatingPointError, match="LogGradFn made -inf"):
        descend(live([3.0]), 3)
    assert descend(live([3.0]), 2).item() == 0
    with np.errstate(all="ignore"):
        assert live([0.0]).log().item() == -np.inf


def test_nested_it_holds_until_the_outermost_is_left():
    with detect_anomaly():
        with detect_anomaly():
            pass
        with pytest.raises(FloatingPointError):
            live().log()
        with pytest.raises(FloatingPointError), detect_anomaly():
            live().log()
        with pytest.raises(FloatingPointError):
            live().log()
    with np.errstate(all="ignore"):
        live().log()


def test_one_object_may_be_entered_twice_at_once_and_again():
    context = detect_anomaly()
    with context, context:
        pass
    with context, pytest.raises(FloatingPointError):
        live().log()
    with np.errstate(all="ignore"):
        live().log()


def test_nothing_is_checked_after_leaving_even_by_an_error():
    with pytest.raises(FloatingPointError), detect_anomaly():
        live().log()
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    with np.errstate(all="ignore"):
        y = live().log()
    assert not np.isfinite(y.numpy()).all()
    halved(live()).sum().backward()


def test_numpy_does_not_warn_inside_and_warns_as_before_outside():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(FloatingPointError), detect_anomaly():
            live().log()
        with pytest.raises(FloatingPointError), detect_anomaly():
            halved(live()).sum().backward()
    assert caught == []
    state = np.geterr()
    with detect_anomaly():
        pass
    assert np.geterr() == state
    with pytest.warns(RuntimeWarning):
        live().log()


def test_edits_comparisons_and_integers_pass():
    with detect_anomaly():
        x = live([1.0, 2.0])
        (x > 1.5), x.at[0].set(3.0), Tensor([1, 2]) + 1, x.max(0), x == x


def test_a_value_that_a_where_discards_is_still_found():
    with pytest.raises(FloatingPointError, match="LogGradFn"), detect_anomaly():
        x = live()
        x.log().where(x > 0, 0.0)
