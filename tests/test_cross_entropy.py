"""Cross-entropy: classes and probabilities, weights, ignored targets, smoothing, blocks."""

import math
import tracemalloc
import weakref

import numpy as np
import pytest
from inputs import gradient, normal, rng, unit
from test_losses import FUNCTIONS, every_reduction, reduce_by_hand

from kytorch import Tensor, TrainableWeight, exp, func, log, nn
from kytorch.nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
)
from kytorch.testing import check_gradients

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
