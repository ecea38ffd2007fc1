"""Losses: values by hand, wrong calls, extremes, and derivatives to second order."""

import math

import numpy as np
import pytest
from inputs import gradient, normal, rng, unit

from kytorch import Tensor, TrainableWeight, func, nn
from kytorch.nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    ctc_loss,
    huber_loss,
    mse_loss,
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
