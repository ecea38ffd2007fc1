"""Losses: values by hand, wrong calls, extremes, and derivatives to second order."""

import math
import tracemalloc
import weakref

import numpy as np
import pytest
from inputs import gradient, normal, rng, unit

from kytorch import Tensor, TrainableWeight, exp, func, log, nn
from kytorch.nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    ctc_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
)
from kytorch.testing import check_gradients

LOSSES = [nn.BCELoss, nn.BCEWithLogitsLoss, nn.MSELoss]
FUNCTIONS = [binary_cross_entropy, binary_cross_entropy_with_logits, mse_loss]
REDUCTIONS = ["mean", "sum", "none"]
every_reduction = pytest.mark.parametrize("reduction", REDUCTIONS)


def reduce_by_hand(elements, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": lambda x: x}[reduction](elements)


# Losses of two shapes that are equal


P = np.array([[0.25, 0.5], [0.9, 0.1]])
X = np.array([[-2.0, 0.0], [1.0, 3.0]])
T = np.array([[0.0, 1.0], [0.25, 1.0]])
ELEMENTS = {
    nn.BCELoss: (P, -(T * np.log(P) + (1 - T) * np.log(1 - P))),
    nn.BCEWithLogitsLoss: (X, -(T * np.log(1 / (1 + np.exp(-X))) + (1 - T) * np.log(1 - 1 / (1 + np.exp(-X))))),
    nn.MSELoss: (X, (X - T) ** 2),
}
every_loss = pytest.mark.parametrize("kind", LOSSES, ids=[loss.__name__ for loss in LOSSES])


@every_loss
@every_reduction
def test_a_loss_is_its_formula_reduced(kind, reduction):
    x, elements = ELEMENTS[kind]
    expected = reduce_by_hand(elements, reduction)
    for dtype, rtol in ((np.float64, 1e-13), (np.float32, 1e-6)):
        loss = kind(reduction=reduction)(Tensor(x, dtype), Tensor(T, dtype))
        assert loss.shape == np.shape(expected)
        assert loss.dtype == dtype
        np.testing.assert_allclose(loss.numpy(), expected, rtol=rtol)


@every_loss
def test_the_mean_is_the_default(kind):
    x, elements = ELEMENTS[kind]
    np.testing.assert_allclose(kind()(Tensor(x), Tensor(T)).item(), elements.mean(), rtol=1e-13)


def test_losses_of_known_numbers_are_known():
    assert mse_loss(Tensor([1.0, 2.0, 3.0]), Tensor([1.0, 0.0, 0.0])).item() == pytest.approx(13 / 3)
    assert binary_cross_entropy(Tensor([0.5]), Tensor([1.0])).item() == pytest.approx(math.log(2))
    assert binary_cross_entropy_with_logits(Tensor([0.0]), Tensor([1.0])).item() == pytest.approx(math.log(2))
    assert cross_entropy(Tensor([[0.0, 0.0, 0.0]]), Tensor([1])).item() == pytest.approx(math.log(3))


@every_loss
@every_reduction
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 2)])
def test_a_loss_differentiates_twice_in_input_and_target(kind, reduction, shape):
    x = unit(*shape) if kind is nn.BCELoss else normal(*shape)
    loss = kind(reduction=reduction)
    check_gradients(loss, x, unit(*shape, seed=5))
    check_gradients(lambda t: loss(x, t), unit(*shape, seed=5))
    check_gradients(lambda x: loss(x, Tensor(np.ones(shape))), x)
    check_gradients(lambda x, t: loss(x, t) ** 2, x, unit(*shape, seed=5))


@every_loss
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4,), ()), ((2, 3), (3,)), ((0,), (1,))])
def test_a_loss_refuses_shapes_that_differ(kind, shapes):
    x, t = (Tensor(np.full(shape, 0.5)) for shape in shapes)
    with pytest.raises(ValueError) as error:
        kind()(x, t)
    assert str(shapes[0]) in str(error.value) and str(shapes[1]) in str(error.value)


@pytest.mark.parametrize("loss", FUNCTIONS, ids=[f.__name__ for f in FUNCTIONS])
def test_the_error_of_shapes_names_the_loss(loss):
    with pytest.raises(ValueError, match=rf"^{loss.__name__}: .*\(4, 1\).*\(4,\)"):
        loss(unit(4, 1), unit(4))


@pytest.mark.parametrize("loss", FUNCTIONS[:2], ids=[f.__name__ for f in FUNCTIONS[:2]])
@pytest.mark.parametrize("wrong", [-0.01, 1.01, 2.0, math.nan, math.inf, -math.inf, 6e4])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_targets_outside_0_and_1_are_refused_with_the_value(loss, wrong, dtype):
    with pytest.raises(ValueError, match=rf"^{loss.__name__}: the target is to be in \[0, 1\], and has") as error:
        loss(Tensor([0.5, 0.5], dtype), Tensor([1.0, wrong], dtype))
    np.testing.assert_equal(float(str(error.value).partition("has ")[2]), float(dtype(wrong)))


@pytest.mark.parametrize("wrong", [-0.5, 1.5, math.nan, math.inf, 1e30])
def test_probabilities_outside_0_and_1_are_refused_with_the_way_out(wrong):
    with pytest.raises(ValueError, match=r"binary_cross_entropy: the input .*sigmoid\(\)"):
        binary_cross_entropy(Tensor([0.5, wrong]), Tensor([1.0, 1.0]))


@pytest.mark.parametrize("loss", FUNCTIONS, ids=[f.__name__ for f in FUNCTIONS])
@pytest.mark.parametrize("target", [[1, 0, 1], [True, False, True]], ids=["integers", "bool"])
def test_integer_and_bool_targets_are_taken_as_floats(loss, target):
    x = Tensor([0.2, 0.7, 0.9])
    y = loss(x, Tensor(target))
    assert y.dtype == np.float32
    assert y.item() == loss(x, Tensor([1.0, 0.0, 1.0])).item()
    np.testing.assert_array_equal(
        gradient(lambda x: loss(x, Tensor(target)), x).numpy(), gradient(lambda x: loss(x, Tensor([1.0, 0.0, 1.0])), x)
    )


@pytest.mark.parametrize("loss", [*FUNCTIONS, cross_entropy], ids=[f.__name__ for f in [*FUNCTIONS, cross_entropy]])
@pytest.mark.parametrize("reduction", ["average", None, "", "Mean"])
def test_an_unknown_reduction_is_refused(loss, reduction):
    with pytest.raises(ValueError, match=f"^{loss.__name__}: reduction {reduction!r}"):
        loss(unit(2, 3), unit(2, 3), reduction=reduction)


@pytest.mark.parametrize("kind", [*LOSSES, nn.CrossEntropyLoss])
def test_an_unknown_reduction_is_refused_when_the_loss_is_made(kind):
    with pytest.raises(ValueError, match=f"{kind.__name__}: reduction 'average'"):
        kind(reduction="average")


@every_loss
def test_an_empty_batch_has_sum_0_no_elements_and_no_mean(kind):
    for shape in ((0,), (0, 3)):
        x = TrainableWeight(np.zeros(shape, np.float32))
        t = Tensor(np.zeros(shape), np.float32)
        assert kind(reduction="sum")(x.tensor(), t).item() == 0
        assert kind(reduction="none")(x.tensor(), t).shape == shape
        assert math.isnan(kind(reduction="mean")(x.tensor(), t).item())
        [(g, _)] = kind(reduction="sum")(x.tensor(), t).backward()
        assert g.shape == shape


# Extremes


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("target", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("x", [1e4, -1e4, 0.0])
def test_the_loss_of_extreme_logits_is_exact_and_its_gradients_finite(x, target, dtype):
    x, t = Tensor([x], dtype), Tensor([target], dtype)
    loss = binary_cross_entropy_with_logits(x, t, reduction="sum")
    expected = max(x.item(), 0) - x.item() * target + math.log1p(math.exp(-abs(x.item())))
    assert loss.item() == pytest.approx(expected, rel=1e-3)
    both = func.grad(lambda x, t: binary_cross_entropy_with_logits(x, t, reduction="sum"), (0, 1))(x, t)
    assert [g.item() for g in both] == [pytest.approx(nn.Sigmoid()(x).item() - target), -x.item()]
    second = func.grad(lambda x: gradient(lambda x: binary_cross_entropy_with_logits(x, t), x).sum())(x)
    assert math.isfinite(second.item())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_logarithms_of_probabilities_0_and_1_count_as_100(dtype):
    p = Tensor([0.0, 0.0, 1.0, 1.0, 0.5], dtype)
    t = Tensor([0.0, 1.0, 0.0, 1.0, 0.5], dtype)
    elements = binary_cross_entropy(p, t, reduction="none")
    assert elements.dtype == dtype
    np.testing.assert_allclose(elements.numpy(), [0, 100, 100, 0, math.log(2)], rtol=1e-3)
    assert math.isfinite(binary_cross_entropy(p, t).item())


@pytest.mark.parametrize("p, t", [(0.0, 1.0), (1.0, 0.0), (1e-44, 1.0), (1e-300, 1.0)])
def test_one_certain_probability_among_others_counts_as_100_too(p, t):
    elements = binary_cross_entropy(Tensor(np.array([p, 0.5])), Tensor(np.array([t, 1.0])), reduction="none")
    np.testing.assert_allclose(elements.numpy(), [100, math.log(2)], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_right_certain_probability_has_gradient_0(dtype):
    g = gradient(
        lambda p: binary_cross_entropy(p, Tensor([0.0, 1.0], dtype), reduction="sum"), Tensor([0.0, 1.0], dtype)
    )
    assert g.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradients_of_certain_probabilities_are_finite_and_point_the_right_way(dtype):
    p, t = Tensor([0.0, 1.0], dtype), Tensor([1.0, 0.0], dtype)
    by_input, by_target = func.grad(lambda p, t: binary_cross_entropy(p, t, reduction="sum"), (0, 1))(p, t)
    assert np.isfinite(by_input.numpy()).all()
    assert by_input.numpy()[0] < 0 < by_input.numpy()[1]
    np.testing.assert_allclose(by_target.numpy(), [100, -100], rtol=1e-6)


def test_probabilities_next_to_0_and_1_are_as_exact_as_the_logarithm():
    p = np.array([1e-300, 1e-45, 1e-20, 1 - 1e-16, 0.5])
    found = binary_cross_entropy(Tensor(p), Tensor(np.ones(5)), reduction="none").numpy()
    np.testing.assert_allclose(found, np.minimum(-np.log(p), 100), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 3, 100])
def test_the_cross_entropy_of_extreme_logits_is_finite(classes, dtype):
    x = np.zeros((2, classes), dtype)
    x[0, 0], x[1, 1] = 1e4, -1e4
    for labels in ([0, 1], [1, 0]):
        loss = cross_entropy(Tensor(x), Tensor(labels), reduction="none")
        e = x.astype(np.float64)
        e = e - e.max(1, keepdims=True)
        expected = np.log(np.exp(e).sum(1)) - e[[0, 1], labels]
        np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-3)
        g = gradient(lambda x, labels=labels: cross_entropy(x, Tensor(labels), reduction="sum"), Tensor(x))
        assert np.isfinite(g.numpy()).all()
        np.testing.assert_allclose(g.numpy().sum(1, dtype=float), 0, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_cross_entropy_of_extreme_logits_and_probabilities_is_finite_and_so_are_second_derivatives(dtype):
    x = Tensor([[1e4, 0.0, -1e4], [0.0, -1e4, 0.0]], dtype)
    t = Tensor([[0.5, 0.5, 0.0], [0.25, 0.0, 0.75]], dtype)
    elements = cross_entropy(x, t, reduction="none")
    assert elements.dtype == dtype
    np.testing.assert_allclose(elements.numpy(), [5e3, math.log(2)], rtol=1e-3)
    for loss in (lambda x: cross_entropy(x, t), lambda x: cross_entropy(x, Tensor([1, 2]))):
        first = func.grad(loss)
        np.testing.assert_allclose(first(x).numpy().sum(1, dtype=float), 0, atol=1e-3)
        assert np.isfinite(gradient(lambda x, first=first: first(x) ** 2, x).numpy()).all()


# Cross-entropy


Z = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])


def log_softmax(z, axis=-1):
    return z - np.log(np.exp(z).sum(axis, keepdims=True))


@every_reduction
def test_cross_entropy_is_minus_the_log_softmax_at_the_class(reduction):
    expected = reduce_by_hand(-log_softmax(Z)[[0, 1], [2, 0]], reduction)
    for dtype, rtol in ((np.float64, 1e-13), (np.float32, 1e-6)):
        loss = nn.CrossEntropyLoss(reduction=reduction)(Tensor(Z, dtype), Tensor([2, 0]))
        assert loss.dtype == dtype
        assert loss.shape == np.shape(expected)
        np.testing.assert_allclose(loss.numpy(), expected, rtol=rtol)


@every_reduction
def test_one_row_without_a_batch_has_a_scalar_loss(reduction):
    loss = cross_entropy(Tensor(Z[0]), Tensor(2), reduction=reduction)
    assert loss.shape == ()
    np.testing.assert_allclose(loss.item(), -log_softmax(Z[0])[2], rtol=1e-13)
    soft = cross_entropy(Tensor(Z[0]), Tensor(np.array([0.2, 0.3, 0.5])), reduction=reduction)
    assert soft.shape == ()
    np.testing.assert_allclose(soft.item(), -(log_softmax(Z[0]) * [0.2, 0.3, 0.5]).sum(), rtol=1e-13)
    check_gradients(lambda x: cross_entropy(x, Tensor(2), reduction=reduction), Tensor(Z[0]))
    check_gradients(
        lambda x, t: cross_entropy(x, t, reduction=reduction), Tensor(Z[0]), Tensor(np.array([0.2, 0.3, 0.5]))
    )


@every_reduction
@pytest.mark.parametrize("outer", [(4,), (2, 2), (1, 1, 3)])
def test_the_classes_are_dimension_1_and_every_other_place_is_a_target(reduction, outer):
    x = rng().standard_normal((2, 5, *outer))
    labels = rng().integers(0, 5, (2, *outer))
    each = -np.take_along_axis(log_softmax(x, 1), labels[:, None], 1)[:, 0]
    loss = cross_entropy(Tensor(x), Tensor(labels), reduction=reduction)
    np.testing.assert_allclose(loss.numpy(), reduce_by_hand(each, reduction), rtol=1e-13)
    check_gradients(lambda x: cross_entropy(x, Tensor(labels), reduction=reduction), Tensor(x))


@every_reduction
@pytest.mark.parametrize("outer", [(), (4,), (2, 2)])
def test_probabilities_may_be_the_targets(reduction, outer):
    x = rng().standard_normal((2, 5, *outer))
    p = np.random.default_rng(8).dirichlet(np.ones(5), (2, *outer))
    p = np.moveaxis(p, -1, 1)
    each = -(p * log_softmax(x, 1)).sum(1)
    expected = each.sum() / each.size if reduction == "mean" else reduce_by_hand(each, reduction)
    loss = cross_entropy(Tensor(x), Tensor(p), reduction=reduction)
    assert loss.shape == np.shape(expected)
    np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-13)
    check_gradients(lambda x, p: cross_entropy(x, p, reduction=reduction), Tensor(x), Tensor(p))


def test_one_hot_probabilities_give_what_class_indices_give():
    x, labels = normal(6, 4), np.array([0, 1, 2, 3, 3, 0])
    one_hot = Tensor(np.eye(4)[labels])
    assert cross_entropy(x, one_hot).item() == pytest.approx(cross_entropy(x, Tensor(labels)).item(), rel=1e-13)
    np.testing.assert_allclose(
        gradient(lambda x: cross_entropy(x, one_hot), x).numpy(),
        gradient(lambda x: cross_entropy(x, Tensor(labels)), x).numpy(),
        atol=1e-15,
    )


@every_reduction
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 2), (3, 70)])
def test_cross_entropy_differentiates_twice(reduction, shape):
    labels = Tensor(rng().integers(0, shape[1], shape[0]))
    check_gradients(lambda x: cross_entropy(x, labels, reduction=reduction), normal(*shape))
    check_gradients(lambda x: cross_entropy(x.sin(), labels, reduction=reduction) ** 2, normal(*shape))


def test_cross_entropy_differentiates_three_times():
    check_gradients(lambda x: cross_entropy(x, Tensor([0, 2])), normal(2, 3), order=3)


def composed(x, labels):
    """The loss of each row, made of primitives."""
    z = x - x.max(1, True).values.detach()
    return log(exp(z).sum(1)) - z[np.arange(len(labels)), labels]


@pytest.mark.parametrize("rows", [1, 2, 17])
@pytest.mark.parametrize("classes", [1, 2, 63, 64, 65, 1000])
def test_the_kernel_of_cross_entropy_agrees_with_its_composition_at_awkward_sizes(rows, classes):
    x = Tensor(rng().normal(0, 5, (rows, classes)))
    labels = rng().integers(0, classes, rows)
    g = Tensor(rng().standard_normal(rows))
    fused = lambda x: cross_entropy(x, Tensor(labels), reduction="none")
    np.testing.assert_allclose(fused(x).numpy(), composed(x, labels).numpy(), rtol=1e-12, atol=1e-13)
    for weighted in (lambda y: (y * g).sum(), lambda y: y.sum(), lambda y: y.mean()):
        a, b = (func.grad(lambda x, f=f, w=weighted: w(f(x)))(x) for f in (fused, lambda x: composed(x, labels)))
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-14)
    a = gradient(lambda x: cross_entropy(x, Tensor(labels)), x).numpy()
    b = gradient(lambda x: composed(x, labels).mean(), x).numpy()
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 1000])
def test_the_kernels_of_two_classes_agree_with_their_compositions_at_awkward_sizes(size):
    x, t = Tensor(rng().normal(0, 3, size)), unit(size)
    p = x.sigmoid()
    plain = {
        binary_cross_entropy: (p.detach(), lambda p, t: -(t * log(p) + (1 - t) * log(1 - p)).mean()),
        binary_cross_entropy_with_logits: (x, lambda x, t: (log(1 + exp(x)) - x * t).mean()),
        mse_loss: (x, lambda x, t: ((x - t) ** 2).mean()),
    }
    for loss, (at, composition) in plain.items():
        assert loss(at, t).item() == pytest.approx(composition(at, t).item(), rel=1e-12)
        for a, b in zip(func.grad(loss, (0, 1))(at, t), func.grad(composition, (0, 1))(at, t)):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-14)


def test_the_kernel_of_cross_entropy_reads_input_of_any_layout():
    x = rng().standard_normal((6, 8))
    for view in (x.T, x[::2, ::-1], np.broadcast_to(x[:1], (6, 8))):
        labels = Tensor(np.arange(len(view)) % view.shape[1])
        expected = cross_entropy(Tensor(view.copy()), labels).item()
        assert cross_entropy(Tensor(view), labels).item() == pytest.approx(expected, rel=1e-13)


def test_the_loss_of_logits_and_the_loss_of_their_probabilities_agree():
    x, t = normal(50), unit(50)
    a = binary_cross_entropy_with_logits(x, t).item()
    assert a == pytest.approx(binary_cross_entropy(x.sigmoid(), t).item(), rel=1e-12)


@pytest.mark.parametrize("labels, worst", [([0, 3], 3), ([0, -1], -1), ([7, -5], 7), ([-101, 0], -101)])
def test_a_class_out_of_range_is_refused_with_its_number(labels, worst):
    with pytest.raises(IndexError, match=f"cross_entropy: class {worst} is out of range for 3 classes"):
        cross_entropy(normal(2, 3), Tensor(labels))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.int64])
def test_class_indices_may_be_of_any_integer_dtype(dtype):
    x = normal(3, 3)
    assert cross_entropy(x, Tensor([2, 0, 1], dtype)).item() == cross_entropy(x, Tensor([2, 0, 1])).item()


@pytest.mark.parametrize("labels", [[0.0, 1.0], [True, False]], ids=["floats", "bool"])
def test_class_indices_that_are_no_integers_are_refused_with_the_way_out(labels):
    with pytest.raises(TypeError, match=r"cross_entropy: class indices are integers, not .*to\(int64\)"):
        cross_entropy(normal(2, 3), Tensor(labels))


@pytest.mark.parametrize(
    "x, target", [((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ()), ((3,), (1,)), ((2, 3, 4), (2,)), ((2, 3), (2, 3))]
)
def test_class_indices_of_a_wrong_shape_are_refused(x, target):
    with pytest.raises(ValueError, match=r"cross_entropy: an input of shape .* takes class indices of shape") as error:
        cross_entropy(normal(*x), Tensor(np.zeros(target, np.int64)))
    assert str(x) in str(error.value) and str(target) in str(error.value)


def test_cross_entropy_of_a_single_number_is_refused():
    with pytest.raises(ValueError, match=r"cross_entropy: the input has shape \(\)"):
        cross_entropy(Tensor(1.0), Tensor(0))


@pytest.mark.parametrize("shape", [(0, 3), (0, 70), (0, 3, 4), (2, 3, 0)])
@pytest.mark.parametrize("soft", [False, True], ids=["indices", "probabilities"])
def test_cross_entropy_of_an_empty_batch_has_sum_0_no_elements_and_no_mean(shape, soft):
    x = TrainableWeight(np.zeros(shape))
    outer = (shape[0], *shape[2:])
    t = Tensor(np.zeros(shape)) if soft else Tensor(np.zeros(outer, np.int64))
    assert cross_entropy(x.tensor(), t, reduction="sum").item() == 0
    assert cross_entropy(x.tensor(), t, reduction="none").shape == outer
    assert math.isnan(cross_entropy(x.tensor(), t).item())
    [(g, _)] = cross_entropy(x.tensor(), t, reduction="sum").backward()
    assert g.shape == shape


def test_losses_of_constants_record_nothing():
    assert not mse_loss(normal(3), unit(3)).requires_grad
    assert not cross_entropy(normal(2, 3), Tensor([0, 1])).requires_grad
    assert mse_loss(TrainableWeight([1.0]).tensor(), Tensor([0.0])).requires_grad


def test_a_target_that_is_live_gets_its_gradient_and_one_that_is_not_does_not():
    x, t = TrainableWeight([0.25]), TrainableWeight([0.5])
    for loss in FUNCTIONS:
        assert {weight for _, weight in loss(x.tensor(), t.tensor()).backward()} == {x, t}
        assert [weight for _, weight in loss(Tensor([0.25]), t.tensor()).backward()] == [t]
        assert [weight for _, weight in loss(x.tensor(), Tensor([0.5])).backward()] == [x]


@pytest.mark.parametrize("loss", FUNCTIONS, ids=[f.__name__ for f in FUNCTIONS])
def test_integers_as_the_input_of_a_loss_are_taken_as_floats(loss):
    x, t = [1, 0, 1], Tensor([1.0, 1.0, 0.0])
    assert loss(Tensor(x), t).item() == pytest.approx(loss(Tensor(x, np.float32), t).item(), rel=1e-6)


def test_integers_as_logits_of_classes_are_taken_as_floats():
    x, t = [[1, 0, 3], [2, 2, 1]], Tensor([0, 2])
    assert cross_entropy(Tensor(x), t).item() == pytest.approx(cross_entropy(Tensor(x, np.float32), t).item(), 1e-6)


# Weights, ignored classes and smoothing


def test_the_mean_over_classes_is_over_the_weights_of_the_targets():
    x, labels, w = normal(4, 3), np.array([0, 2, 2, 1]), np.array([1.0, 2.0, 5.0])
    each = cross_entropy(x, Tensor(labels), reduction="none").numpy()
    expected = (each * w[labels]).sum() / w[labels].sum()
    assert cross_entropy(x, Tensor(labels), Tensor(w)).item() == pytest.approx(expected, rel=1e-13)
    assert nll_loss(x.log_softmax(1), Tensor(labels), Tensor(w)).item() == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("loss", [cross_entropy, nll_loss])
def test_ignored_targets_are_as_if_they_were_not_there(loss):
    x, labels = normal(5, 3), np.array([0, 7, 2, 7, 1])
    kept = labels != 7
    for w in (None, Tensor(np.array([1.0, 2.0, 5.0]))):
        found = loss(x, Tensor(labels), w, ignore_index=7).item()
        assert found == pytest.approx(loss(Tensor(x.numpy()[kept]), Tensor(labels[kept]), w).item(), rel=1e-13)
    g = gradient(lambda x: loss(x, Tensor(labels), ignore_index=7), x).numpy()
    assert (g[~kept] == 0).all() and (g[kept] != 0).any(1).all()


def test_smoothed_labels_are_smoothed_probabilities():
    x, labels, w = normal(6, 4), np.array([0, 1, 2, 3, 3, 0]), Tensor(np.array([1.0, 2.0, 0.5, 3.0]))
    soft = Tensor(np.eye(4)[labels] * 0.7 + 0.3 / 4)
    for weight in (None, w):
        hard = cross_entropy(x, Tensor(labels), weight, label_smoothing=0.3, reduction="none")
        np.testing.assert_allclose(hard.numpy(), cross_entropy(x, soft, weight, reduction="none").numpy(), rtol=1e-13)


def test_the_weights_of_losses_are_buffers_that_are_not_trained():
    w = Tensor([1.0, 2.0, 3.0])
    for module, names in (
        (nn.CrossEntropyLoss(w), ["weight"]),
        (nn.NLLLoss(w), ["weight"]),
        (nn.BCELoss(w), ["weight"]),
        (nn.BCEWithLogitsLoss(w, pos_weight=w), ["weight", "pos_weight"]),
        (nn.MultiMarginLoss(weight=w), ["weight"]),
        (nn.MultiLabelSoftMarginLoss(w), ["weight"]),
        (nn.CrossEntropyLoss(), []),
    ):
        assert list(module.state_dict()) == names
        assert not list(module.weights())


@pytest.mark.parametrize("block", [1, 7, 40, 1000])
@pytest.mark.parametrize("shape", [(13, 5), (13, 70), (3, 5, 11), (2, 70, 3)])
def test_the_size_of_blocks_does_not_change_the_cross_entropy(monkeypatch, shape, block):
    x, labels = normal(*shape), Tensor(rng().integers(0, shape[1], (shape[0], *shape[2:])))
    p = Tensor(np.moveaxis(rng().dirichlet(np.ones(shape[1]), labels.shape), -1, 1))
    g = Tensor(rng().standard_normal(labels.shape))
    w = Tensor(rng().uniform(0.5, 1.5, shape[1]))
    losses = [
        lambda x: (cross_entropy(x, labels, w, label_smoothing=0.1, reduction="none") * g).sum(),
        lambda x: (cross_entropy(x, p, reduction="none") * g).sum(),
    ]
    whole = [(loss(x), gradient(loss, x)) for loss in losses]
    monkeypatch.setattr("kytorch.kernels.cross_entropy._BLOCK", block)
    for loss, expected in zip(losses, whole):
        for found, y in zip((loss(x), gradient(loss, x)), expected):
            np.testing.assert_allclose(found.numpy(), y.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("block", [1, 5, 1000])
def test_the_size_of_blocks_does_not_change_the_losses_of_elements(monkeypatch, block):
    x, t = unit(6, 7), unit(6, 7, seed=5)
    losses = [*FUNCTIONS, l1_loss, huber_loss, nn.functional.kl_div, nn.functional.poisson_nll_loss]
    of = lambda loss, *xs: (loss(*xs).item(), *[g.numpy() for g in func.grad(loss, (0, 1))(*xs)])
    whole = [of(loss, x, t) for loss in losses]
    monkeypatch.setattr("kytorch.kernels.loss.BLOCK", block)
    for a, b in ((x, t), (Tensor(np.asfortranarray(x.numpy())), t)):
        for loss, expected in zip(losses, whole):
            for found, y in zip(of(loss, a, b), expected):
                np.testing.assert_allclose(found, y, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("rows", [4, 5, 6, 7, 13])
@pytest.mark.parametrize("options", [{}, {"ignore_index": 2}, {"label_smoothing": 0.2}], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@every_reduction
def test_the_linear_cross_entropy_in_parts_is_the_whole_one(monkeypatch, reduction, weighted, options, rows):
    monkeypatch.setattr("kytorch.nn.losses.linear_cross_entropy._ROWS", 3)
    monkeypatch.setattr("kytorch.nn.losses.linear_cross_entropy._LOGITS", 1)
    x, w, b = normal(rows, 4), normal(5, 4), normal(5)
    target, g = Tensor(rng().integers(0, 5, rows)), normal(rows)
    weight = Tensor(rng().uniform(0.5, 2, 5)) if weighted else None
    given = {"reduction": reduction, "weight": weight, **options}

    def in_parts(x, w, b):
        return (nn.functional.linear_cross_entropy(x, w, target, linear_bias=b, **given) * g).sum()

    def whole(x, w, b):
        return (cross_entropy(nn.functional.linear(x, w, b), target, **given) * g).sum()

    assert in_parts(x, w, b).item() == pytest.approx(whole(x, w, b).item(), rel=1e-12)
    for live in [(0,), (1,), (2,), (0, 1, 2)]:
        for found, expected in zip(func.grad(in_parts, live)(x, w, b), func.grad(whole, live)(x, w, b)):
            np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-10, atol=1e-14)
    found, expected = func.hessian(in_parts)(x, w, b), func.hessian(whole)(x, w, b)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-9, atol=1e-12)


def test_the_cross_entropy_of_class_indices_does_not_keep_the_logits():
    weight = TrainableWeight(normal(6, 5).numpy())
    logits = weight.tensor() + 1.0
    held = weakref.ref(logits._data)
    loss = cross_entropy(logits, Tensor([0, 1, 2, 3, 4, 0]))
    del logits
    assert held() is None
    assert loss.backward()[0][0].shape == (6, 5)


@every_reduction
def test_the_cross_entropy_of_masked_and_far_logits_differentiates_twice(reduction):
    x = np.array([[0.0, 1.0, -math.inf, 2.0], [1e4, -1e4, 0.0, 9999.0], [-900.0, -901.0, -1000.0, -2000.0]])
    target, along = Tensor([1, 3, 0]), Tensor(rng().standard_normal((3, 4)))

    def loss(x):
        return cross_entropy(x, target, reduction=reduction).sum()

    found = func.grad(lambda x: (func.grad(loss)(x) * along).sum())(Tensor(x)).numpy()
    e = np.exp(x - x.max(1, keepdims=True))
    p, v = e / e.sum(1, keepdims=True), along.numpy()
    expected = p * (v - (p * v).sum(1, keepdims=True)) / (3 if reduction == "mean" else 1)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_the_linear_cross_entropy_never_holds_all_logits():
    rows, classes = 4096, 1024
    x, w = normal(rows, 8).to(np.float32), normal(classes, 8).to(np.float32)
    target = Tensor(rng().integers(0, classes, rows))
    weight = TrainableWeight(w.numpy())
    tracemalloc.start()
    nn.functional.linear_cross_entropy(x, weight.tensor(), target).backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows * classes * 4


# Wrong calls


X23, L2 = Tensor(np.ones((2, 3), np.float32)), Tensor([0, 1])
SEQUENCE = Tensor(np.zeros((4, 2, 3), np.float32))
WRONG = [
    (lambda: cross_entropy(X23, L2, Tensor([1.0, 2.0])), ValueError, r"cross_entropy: a weight of shape \(2,\) for 3"),
    (lambda: cross_entropy(X23, L2, "sum"), TypeError, 'cross_entropy: the weight: .*not str.* reduction="sum"'),
    (lambda: binary_cross_entropy(unit(2), unit(2), "sum"), TypeError, 'the weight: .* reduction="sum"'),
    (lambda: cross_entropy(X23, L2, ignore_index=1.5), TypeError, "cross_entropy: ignore_index is to be an int"),
    (lambda: cross_entropy(X23, L2, label_smoothing="a"), TypeError, "label_smoothing is to be a number, not str"),
    (lambda: nn.HuberLoss(delta=None), TypeError, "HuberLoss: delta is to be a number, not NoneType"),
    (lambda: nn.HingeEmbeddingLoss("sum"), TypeError, 'HingeEmbeddingLoss: margin is .* reduction="sum"'),
    (lambda: nn.MarginRankingLoss("sum"), TypeError, 'MarginRankingLoss: margin is .* reduction="sum"'),
    (lambda: nn.CosineEmbeddingLoss("sum"), TypeError, 'CosineEmbeddingLoss: margin is .* reduction="sum"'),
    (lambda: nn.TripletMarginLoss("sum"), TypeError, 'TripletMarginLoss: margin is .* reduction="sum"'),
    (lambda: nn.MultiMarginLoss("sum"), TypeError, 'MultiMarginLoss: p is .* reduction="sum"'),
    (lambda: nn.functional.gaussian_nll_loss(X23, X23, 1.0, eps=0.0), ValueError, "eps is to be positive, not 0.0"),
    (lambda: nn.CTCLoss("sum"), TypeError, "CTCLoss: blank is to be an int"),
    (
        lambda: nn.functional.linear_cross_entropy(X23, unit(4, 2), L2),
        ValueError,
        r"linear_cross_entropy: .*\(2, 3\) .*\(4, 2\)",
    ),
    (
        lambda: nn.functional.linear_cross_entropy(X23, unit(4, 3), L2, linear_bias=unit(3)),
        ValueError,
        r"linear_bias of shape \(3,\); expected \(4,\)",
    ),
    (
        lambda: nn.functional.linear_cross_entropy(X23, unit(4, 3), unit(2, 4), ignore_index=1),
        ValueError,
        "ignore_index is for class indices",
    ),
    (
        lambda: nn.functional.linear_cross_entropy(X23, TrainableWeight(np.ones((4, 3))), L2),
        TypeError,
        r"linear_cross_entropy: expected a Tensor, not TrainableWeight",
    ),
    (lambda: nn.LinearCrossEntropyLoss(3, 4, weight=unit(3)), ValueError, "LinearCrossEntropyLoss: a weight of shape"),
    (lambda: cross_entropy(X23, L2, TrainableWeight(np.ones(3)).tensor()), ValueError, "no gradient.*detach"),
    (lambda: cross_entropy(X23, L2, label_smoothing=1.5), ValueError, r"label_smoothing is to be in \[0, 1\], not 1.5"),
    (lambda: nn.CrossEntropyLoss(label_smoothing=-0.1), ValueError, "CrossEntropyLoss: label_smoothing"),
    (lambda: nn.CrossEntropyLoss("sum"), TypeError, 'CrossEntropyLoss: weight: expected .* reduction="sum"'),
    (lambda: nn.CrossEntropyLoss(ignore_index=1.5), TypeError, "CrossEntropyLoss: ignore_index is to be an int"),
    (lambda: nll_loss(X23, Tensor([[0, 1]])), ValueError, r"nll_loss: .*\(2, 3\) .* \(2,\), not of shape \(1, 2\)"),
    (lambda: nll_loss(X23, Tensor([0, 3])), IndexError, "nll_loss: class 3 is out of range for 3 classes"),
    (lambda: nll_loss(X23, Tensor([0.0, 1.0])), TypeError, "nll_loss: class indices are integers, not float"),
    (lambda: binary_cross_entropy(unit(2, 3), unit(2, 3), unit(2)), ValueError, r"weight has shape \(2,\)"),
    (lambda: nn.BCEWithLogitsLoss(pos_weight=unit(2))(X23, unit(2, 3)), ValueError, r"pos_weight has shape \(2,\)"),
    (lambda: mse_loss(X23, X23, weight=unit(3)), ValueError, r"mse_loss: the weight has shape \(3,\)"),
    (lambda: huber_loss(X23, X23, delta=0.0), ValueError, "huber_loss: delta is to be positive, not 0.0"),
    (lambda: nn.HuberLoss(delta=-1.0), ValueError, "HuberLoss: delta is to be positive"),
    (lambda: nn.SmoothL1Loss(beta=-1.0), ValueError, "SmoothL1Loss: beta is to be at least 0"),
    (lambda: l1_loss(unit(4, 1), unit(4)), ValueError, r"l1_loss: .*\(4, 1\).*\(4,\)"),
    (lambda: nn.functional.kl_div(X23, Tensor([[0.5, -0.5, 1.0]] * 2)), ValueError, "kl_div: .* at least 0.* -0.5"),
    (lambda: nn.functional.poisson_nll_loss(X23, -X23), ValueError, "poisson_nll_loss: the target .* -1"),
    (lambda: nn.functional.gaussian_nll_loss(X23, X23, unit(3)), ValueError, r"variance has shape \(3,\), .*\(2, 3\)"),
    (lambda: nn.functional.gaussian_nll_loss(X23, X23, -1.0), ValueError, "variance is to be at least 0"),
    (lambda: nn.functional.hinge_embedding_loss(X23, 0 * X23), ValueError, "target is to be 1 or -1, and has 0"),
    (lambda: nn.functional.margin_ranking_loss(unit(3), unit(3), unit(1)), ValueError, r"input1 \(3,\).*target \(1,\)"),
    (lambda: nn.functional.multi_margin_loss(X23, L2, 3), ValueError, "multi_margin_loss: p is to be 1 or 2, not 3"),
    (lambda: nn.functional.multi_margin_loss(X23, Tensor([0, -100])), IndexError, "class -100 is out of range"),
    (
        lambda: nn.functional.multilabel_margin_loss(X23, Tensor([[0, 3, -1]] * 2)),
        IndexError,
        "label 3 is out of range",
    ),
    (lambda: nn.functional.multilabel_margin_loss(X23, X23), TypeError, "labels are integers, not float32"),
    (lambda: nn.functional.cosine_embedding_loss(X23, X23, unit(2, 1)), ValueError, r"\(2, 3\) .*\(2, 1\)"),
    (lambda: nn.functional.triplet_margin_loss(X23, X23, unit(3)), ValueError, r"negative \(3,\)"),
    (lambda: nn.TripletMarginLoss(margin=0.0), ValueError, "TripletMarginLoss: the margin is to be positive"),
    (lambda: nn.functional.cosine_similarity(X23, unit(2)), ValueError, "cosine_similarity: shapes"),
    (lambda: nn.functional.cosine_similarity(X23, X23, 2), IndexError, "cosine_similarity: dim 2 is out of range"),
    (lambda: nn.functional.pdist(unit(3)), ValueError, r"pdist: the input has shape \(3,\)"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [0]]), [4, 4], [1, 1]), ValueError, "the targets hold 0.* blank"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [3]]), [4, 4], [1, 1]), IndexError, "label 3 is out of range for 3"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [5, 4], [1, 1]), ValueError, "an input length is 5.* 4 steps"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [4], [1, 1]), ValueError, r"input_lengths have shape \(1,\)"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [4, 4], [2, 1]), ValueError, r"targets have shape \(2, 1\)"),
    (lambda: ctc_loss(SEQUENCE, Tensor([1, 1, 1]), [4, 4], [1, 1]), ValueError, "target_lengths that sum to 2"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1.0], [1.0]]), [4, 4], [1, 1]), TypeError, "targets are integers"),
    (lambda: ctc_loss(SEQUENCE[:, :0], Tensor([1]), [], []), ValueError, r"ctc_loss: .*\(4, 0, 3\) are an empty batch"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [4, 4], [1, 1], 3), IndexError, "the blank 3 is out of range"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 5]), ValueError, r"cutoffs \[5, 5\]"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(3, 10, [5]), ValueError, "cluster 1 of 1 would get no features"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [10]), ValueError, "integers from 1 to 9"),
    (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(3, 10, [5], 1.0)(X23, Tensor([0, 10])),
        IndexError,
        "class 10 is out of range",
    ),
]


@pytest.mark.parametrize("call, kind, message", WRONG, ids=[message[:40] for _, _, message in WRONG])
def test_a_wrong_call_of_a_loss_says_what_is_wrong(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# What would overflow, or has no gradient


def test_the_hubers_are_lines_far_away():
    far, zero = Tensor([1e30, -1e30, 0.5]), Tensor([0.0, 0.0, 0.0])
    np.testing.assert_allclose(huber_loss(far, zero, "none", 2.0).numpy(), [2e30, 2e30, 0.125], rtol=1e-6)
    np.testing.assert_allclose(nn.SmoothL1Loss("none", beta=2.0)(far, zero).numpy(), [1e30, 1e30, 0.0625], rtol=1e-6)
    np.testing.assert_array_equal(gradient(lambda x: huber_loss(x, zero, "sum", 2.0), far).numpy(), [2, -2, 0.5])


def test_the_logistic_losses_are_finite_far_away():
    x, t = Tensor([1e4, -1e4]), Tensor([1.0, 0.0])
    for weight in (Tensor([3.0]), Tensor([0.5, 2.0])):
        found = binary_cross_entropy_with_logits(-x, t, reduction="none", pos_weight=weight).numpy()
        np.testing.assert_allclose(found, [1e4 * weight.numpy()[0], 1e4])
    signs = Tensor([1.0, -1.0])
    np.testing.assert_array_equal(nn.functional.soft_margin_loss(-x, signs, "none").numpy(), [1e4, 1e4])
    np.testing.assert_array_equal(nn.functional.soft_margin_loss(x, signs, "none").numpy(), [0, 0])


def test_distances_of_equal_vectors_have_the_gradient_0():
    x = normal(3, 2)
    g = gradient(lambda x: nn.functional.pairwise_distance(x, x.detach(), eps=0.0).sum(), x)
    np.testing.assert_array_equal(g.numpy(), 0)
    g = gradient(lambda x: nn.functional.pdist(x * 0).sum(), x)
    np.testing.assert_array_equal(g.numpy(), 0)


@every_reduction
def test_ctc_sums_the_probabilities_of_all_alignments(reduction):
    steps, classes, labels = 4, 3, [[1, 1], [2, 1], [1], []]
    p = rng().dirichlet(np.ones(classes), (steps, len(labels)))

    def collapsed(path):
        return [k for i, k in enumerate(path) if k and (i == 0 or k != path[i - 1])]

    each = []
    for n, own in enumerate(labels):
        paths = [path for path in np.ndindex(*[classes] * steps) if collapsed(path) == own]
        each.append(-math.log(sum(math.prod(p[t, n, k] for t, k in enumerate(path)) for path in paths)))
    lengths = [len(own) for own in labels]
    padded = Tensor([own + [0] * (2 - len(own)) for own in labels])
    found = ctc_loss(Tensor(np.log(p)), padded, [steps] * len(labels), lengths, reduction=reduction)
    if reduction == "mean":
        each = [loss / max(1, n) for loss, n in zip(each, lengths)]
    np.testing.assert_allclose(found.numpy(), reduce_by_hand(each, reduction), rtol=1e-12)


def test_the_adaptive_softmax_is_a_distribution_and_its_loss_reads_it():
    layer = nn.AdaptiveLogSoftmaxWithLoss(5, 12, [3, 8], 2.0, dtype=np.float64)
    x, labels = normal(20, 5), rng().integers(0, 12, 20)
    log = layer.log_prob(x).numpy()
    np.testing.assert_allclose(np.exp(log).sum(1), 1, rtol=1e-12)
    output, loss = layer(x, Tensor(labels))
    np.testing.assert_allclose(output.numpy(), log[np.arange(20), labels], rtol=1e-12)
    assert loss.item() == pytest.approx(-output.numpy().mean())
    np.testing.assert_array_equal(layer.predict(x).numpy(), log.argmax(1))
