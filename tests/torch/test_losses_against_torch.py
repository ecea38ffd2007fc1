"""Losses at their edges, beside PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside

from kytorch import Tensor, TrainableWeight, nn

torch = pytest.importorskip("torch")
functional = nn.functional
theirs = torch.nn.functional

Function = Callable[..., Any]

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_reduction = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def both(name: str, *constants: Any, **keywords: Any) -> tuple[Function, Function]:
    """The function of that name of both libraries, with constants behind its first argument."""

    def ours(*x: Tensor) -> Any:
        given = [Tensor(c) if isinstance(c, np.ndarray) else c for c in constants]
        named = {key: Tensor(c) if isinstance(c, np.ndarray) else c for key, c in keywords.items()}
        return getattr(functional, name)(*x, *given, **named)

    def other(*x: Any) -> Any:
        given = [torch.tensor(c) if isinstance(c, np.ndarray) else c for c in constants]
        named = {key: torch.tensor(c) if isinstance(c, np.ndarray) else c for key, c in keywords.items()}
        return getattr(theirs, name)(*x, *given, **named)

    return ours, other


# CTC. PyTorch's gradient is right only behind log_softmax, so that both are put there.

SEQUENCES = {
    "padded": (np.array([[1, 2, 3], [2, 2, 4], [3, 1, 1]]), [9, 8, 7], [3, 3, 2]),
    "concatenated": (np.array([1, 2, 3, 2, 2, 3, 1]), [9, 8, 7], [3, 2, 2]),
    "all repeated": (np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3]]), [9, 5, 6], [3, 3, 3]),
    "empty targets": (np.array([[1, 2, 3], [4, 4, 4], [1, 1, 1]]), [9, 8, 1], [1, 0, 0]),
    "no room to spare": (np.array([[1, 2, 3], [1, 2, 1], [4, 3, 4]]), [3, 3, 3], [3, 3, 3]),
    "no targets at all": (np.zeros((3, 0), np.int64), [9, 8, 1], [0, 0, 0]),
}


def ctc(targets: np.ndarray, steps: list[int], lengths: list[int], **options: Any) -> tuple[Function, Function]:
    t, n = Tensor(targets), Tensor(lengths)
    their_t, their_n = torch.tensor(targets), torch.tensor(lengths)
    return (
        lambda x: functional.ctc_loss(x.log_softmax(-1), t, steps, n, **options),
        lambda x: theirs.ctc_loss(torch.log_softmax(x, -1), their_t, torch.tensor(steps), their_n, **options),
    )


@every_dtype
@every_reduction
@pytest.mark.parametrize("name", SEQUENCES)
def test_ctc_is_pytorchs(name: str, reduction: str, dtype: Any) -> None:
    x = rng().standard_normal((9, 3, 5)).astype(dtype) * 2
    beside(*ctc(*SEQUENCES[name], reduction=reduction), (x,), CLOSE[dtype])


@every_reduction
def test_ctc_with_the_blank_last_is_pytorchs(reduction: str) -> None:
    x = rng().standard_normal((6, 2, 5))
    sides = ctc(np.array([[0, 3], [2, 2]]), [6, 5], [2, 2], blank=4, reduction=reduction)
    beside(*sides, (x,), CLOSE[np.float64])


@every_reduction
def test_ctc_of_one_example_without_a_batch_is_pytorchs(reduction: str) -> None:
    x = rng().standard_normal((6, 5))
    for targets in (np.array([1, 1, 2]), np.array([3])):
        n = len(targets)
        ours = lambda x, t=targets, n=n: functional.ctc_loss(
            x.log_softmax(-1), Tensor(t), Tensor(5), Tensor(n), reduction=reduction
        )
        other = lambda x, t=targets, n=n: theirs.ctc_loss(
            torch.log_softmax(x, -1), torch.tensor(t), torch.tensor(5), torch.tensor(n), reduction=reduction
        )
        beside(ours, other, (x,), CLOSE[np.float64])


@every_dtype
@every_reduction
def test_impossible_alignments_are_infinite_or_with_zero_infinity_0_as_pytorchs(reduction: str, dtype: Any) -> None:
    x = rng().standard_normal((4, 3, 5)).astype(dtype)
    given = np.array([[1, 1, 1], [2, 3, 4], [1, 2, 2]]), [4, 2, 4], [3, 3, 3]
    ours, other = ctc(*given, reduction=reduction)
    np.testing.assert_allclose(ours(Tensor(x)).numpy(), other(torch.tensor(x)).numpy(), rtol=1e-5)
    assert np.isinf(ours(Tensor(x)).numpy()).any()
    beside(*ctc(*given, reduction=reduction, zero_infinity=True), (x,), CLOSE[dtype])


@every_dtype
def test_ctc_of_improbable_targets_is_pytorchs(dtype: Any) -> None:
    x = np.zeros((30, 1, 3), dtype)
    x[:, :, 0] = 60.0
    beside(*ctc(np.array([[1, 2, 1, 2]]), [30], [4]), (x,), CLOSE[dtype])


# Classes


@every_dtype
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_a_mean_over_targets_that_are_all_ignored_is_nan_as_pytorchs(name: str, dtype: Any) -> None:
    x, labels = rng().standard_normal((3, 4)).astype(dtype), np.full(3, -100)
    ours, other = both(name, labels)
    assert math.isnan(ours(Tensor(x)).item()) and math.isnan(other(torch.tensor(x)).item())
    ours, other = both(name, labels, reduction="sum")
    assert ours(Tensor(x)).item() == other(torch.tensor(x)).item() == 0


@every_dtype
@every_reduction
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_classes_that_are_masked_by_minus_infinity_are_as_pytorchs(name: str, reduction: str, dtype: Any) -> None:
    x = rng().standard_normal((4, 5)).astype(dtype)
    x[[0, 1, 2], [1, 2, 0]] = -np.inf
    labels = np.array([0, 1, -100, 4])
    beside(*both(name, labels, reduction=reduction), (x,), CLOSE[dtype])


@pytest.mark.parametrize("shape", [(700, 300), (5000, 40), (3, 70, 900), (40, 7, 1200), (2, 3, 50000)])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_losses_of_many_classes_and_targets_are_pytorchs(name: str, shape: tuple[int, ...]) -> None:
    dtype: Any = np.float64
    x = rng().standard_normal(shape) * 3
    labels = rng(1).integers(0, shape[1], (shape[0], *shape[2:]))
    labels[0] = 2
    weight = rng(2).uniform(0.5, 1.5, shape[1]).astype(dtype)
    close = CLOSE[dtype]
    beside(*both(name, labels), (x,), close)
    beside(*both(name, labels, weight, ignore_index=2, reduction="none"), (x,), CLOSE[dtype])
    if name == "cross_entropy":
        beside(*both(name, labels, weight, ignore_index=2, label_smoothing=0.1), (x,), close)
        p = rng(3).uniform(0, 1, shape).astype(dtype)
        beside(*both(name, p / p.sum(1, keepdims=True), weight), (x,), close)


# Elements


MANY = (300, 700)


@every_dtype
@every_reduction
@pytest.mark.parametrize(
    "name",
    ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
     "soft_margin_loss", "poisson_nll_loss"],
)  # fmt: skip
def test_losses_of_many_elements_are_pytorchs(name: str, reduction: str, dtype: Any) -> None:
    x = rng().uniform(0.01, 0.99, MANY).astype(dtype)
    t = rng(1).uniform(0, 1, MANY).astype(dtype)
    close = {"rtol": 2e-5, "atol": 1e-6} if dtype == np.float32 else CLOSE[dtype]
    beside(*both(name, t, reduction=reduction), (x,), close)
    for view in (x.T, x[::2], np.asfortranarray(x)):
        other = t.T if view.shape == MANY[::-1] else t[: len(view)]
        ours, expected = both(name, other, reduction=reduction)
        found = [g for g, _ in ours(TrainableWeight(view).tensor()).sum().backward()]
        leaf = torch.tensor(view.copy(), requires_grad=True)
        [g] = torch.autograd.grad(expected(leaf).sum(), [leaf])
        np.testing.assert_allclose(found[0].numpy(), g.numpy(), **close)


@every_dtype
def test_kl_div_of_probabilities_0_is_pytorchs(dtype: Any) -> None:
    x = np.log(rng().uniform(0.1, 1, (2, 3))).astype(dtype)
    t = np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]], dtype)
    beside(*both("kl_div", t, reduction="batchmean"), (x,), CLOSE[dtype])


@every_dtype
@every_reduction
def test_poisson_counts_of_0_and_1_are_pytorchs(reduction: str, dtype: Any) -> None:
    x = rng().uniform(0.1, 2, 5).astype(dtype)
    t = np.array([0.0, 1.0, 2.0, 5.0, 50.0], dtype)
    for log_input in (True, False):
        beside(*both("poisson_nll_loss", t, log_input, True, reduction=reduction), (x,), CLOSE[dtype])


@every_dtype
@every_reduction
def test_variances_below_eps_count_as_eps_and_have_pytorchs_gradient(reduction: str, dtype: Any) -> None:
    x, t = rng().standard_normal((2, 4)).astype(dtype)
    variance = np.array([0.0, 1e-3, 0.4, 0.6], dtype)
    ours, other = both("gaussian_nll_loss", eps=0.5, reduction=reduction)
    beside(ours, other, (x, t, variance), CLOSE[dtype])


@every_dtype
def test_cosines_of_zero_vectors_are_pytorchs(dtype: Any) -> None:
    a, b = np.zeros((2, 3), dtype), np.ones((2, 3), dtype)
    a[1] = [1, 2, 3]
    found, expected = both("cosine_similarity")
    np.testing.assert_allclose(found(Tensor(a), Tensor(b)).numpy(), expected(torch.tensor(a), torch.tensor(b)).numpy())
    t = np.array([1.0, -1.0], dtype)
    beside(*both("cosine_embedding_loss", t), (a[1:].repeat(2, 0), b), CLOSE[dtype])


@every_dtype
def test_labels_that_end_at_minus_1_are_pytorchs(dtype: Any) -> None:
    x = rng().standard_normal((5, 4)).astype(dtype)
    target = np.array([[3, 0, -1, 1], [-1, 0, 0, 0], [0, -1, 3, 2], [2, 1, 3, 0], [1, 1, -1, 0]])
    for reduction in ("mean", "sum", "none"):
        beside(*both("multilabel_margin_loss", target, reduction=reduction), (x,), CLOSE[dtype])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_weights_of_the_elements_have_pytorchs_gradient(reduction: str) -> None:
    x, t, w = rng().uniform(0.1, 0.9, (3, 2, 4))
    for ours, other in ((functional.mse_loss, theirs.mse_loss), (functional.l1_loss, theirs.l1_loss)):
        beside(
            lambda x, t, w, f=ours: f(x, t, reduction, weight=w),
            lambda x, t, w, f=other: f(x, t, reduction=reduction, weight=w),
            (x, t, w),
            CLOSE[np.float64],
        )


@every_dtype
def test_all_log_probabilities_and_the_best_class_of_an_adaptive_softmax_are_pytorchs(dtype: Any) -> None:
    ours = nn.AdaptiveLogSoftmaxWithLoss(6, 10, [2, 5], 2.0, True, dtype=dtype)
    other = torch.nn.AdaptiveLogSoftmaxWithLoss(6, 10, [2, 5], 2.0, True, dtype=getattr(torch, np.dtype(dtype).name))
    other.load_state_dict({name: torch.tensor(x) for name, x in ours.state_dict().items()})
    x = rng().standard_normal((20, 6)).astype(dtype) * 3
    np.testing.assert_allclose(
        ours.log_prob(Tensor(x)).numpy(), other.log_prob(torch.tensor(x)).detach(), **CLOSE[dtype]
    )
    np.testing.assert_array_equal(ours.predict(Tensor(x)).numpy(), other.predict(torch.tensor(x)).numpy())


KINKS = {
    "hinge_embedding_loss": (np.array([1.0, 1.0, 0.0]), np.array([-1.0, 1.0, 1.0])),
    "margin_ranking_loss": (np.zeros(3), np.zeros(3), np.array([1.0, -1.0, 1.0])),
    "cosine_embedding_loss": (np.eye(2), np.eye(2)[::-1].copy(), np.array([-1.0, 1.0])),
    "triplet_margin_loss": (np.zeros((1, 2)), np.full((1, 2), 0.5), np.ones((1, 2)), 1.0, 1.0, 0.0),
}


@pytest.mark.parametrize("name", KINKS)
@every_dtype
def test_the_gradient_where_a_margin_is_just_kept_is_pytorchs(name: str, dtype: Any) -> None:
    x, *constants = KINKS[name]
    given = [c.astype(dtype) if isinstance(c, np.ndarray) else c for c in constants]
    beside(*both(name, *given), (x.astype(dtype),), CLOSE[dtype])
