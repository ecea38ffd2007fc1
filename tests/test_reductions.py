"""Reductions: their digits, their kinks, what they answer of nothing, and wrong calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, func
from kytorch.tensor.core import CONSTANT

INF, NAN = np.inf, np.nan
x23 = Tensor(np.ones((2, 3)))
x03 = Tensor(np.ones((0, 3)))
weight = TrainableWeight([1.0, 2.0])
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "prod over no such dim": (lambda: x23.prod(2), IndexError, "prod.*dim 2.*2 dimensions"),
    "prod over several dims": (lambda: x23.prod((0, 1)), TypeError, "prod.*int.*tuple"),
    "std over no such dim": (lambda: x23.std(2), IndexError, "std.*dim 2"),
    "var_mean over no such dim": (lambda: kytorch.var_mean(x23, 2), IndexError, "var_mean.*dim 2"),
    "amax over no such dim": (lambda: x23.amax(-3), IndexError, "amax.*dim -3"),
    "amax over a dim twice": (lambda: x23.amax((0, -2)), ValueError, "amax.*twice"),
    "amax of nothing": (x03.amax, ValueError, r"amax.*no elements.*\(0, 3\)"),
    "amin of nothing": (lambda: x03.amin(0), IndexError, r"amin.*no elements.*\(0, 3\)"),
    "argmax of nothing": (x03.argmax, IndexError, r"argmax.*no elements.*\(0, 3\)"),
    "argmin of nothing": (lambda: x03.argmin(0), IndexError, r"argmin.*no elements.*\(0, 3\)"),
    "argmax over several dims": (lambda: x23.argmax((0, 1)), TypeError, "argmax.*int.*tuple"),
    "argmax over no such dim": (lambda: x23.argmax(2), IndexError, "argmax.*dim 2"),
    "max of two, and keepdim": (lambda: x23.max(x23, True), TypeError, "max.*keepdim"),
    "max of two shapes": (lambda: x23.max(Tensor(np.ones(4))), ValueError, r"maximum.*\(2, 3\).*\(4,\).*broadcast"),
    "max of a Tensor and a string": (lambda: x23.max("a"), TypeError, "max.*int.*str"),
    "any over no such dim": (lambda: x23.any(2), IndexError, "any.*dim 2"),
    "all over no such dim": (lambda: x23.all((0, 2)), IndexError, "all.*dim 2"),
    "count_nonzero over no such dim": (lambda: x23.count_nonzero(2), IndexError, "count_nonzero.*dim 2"),
    "logsumexp without a dim": (x23.logsumexp, TypeError, "dim"),
    "softmax without a dim": (x23.softmax, TypeError, "dim"),
    "log_softmax without a dim": (x23.log_softmax, TypeError, "dim"),
    "softmax over no such dim": (lambda: x23.softmax(2), IndexError, "softmax.*dim 2"),
    "softmax over several dims": (lambda: x23.softmax((0, 1)), TypeError, "softmax.*int.*tuple"),
    "log_softmax over no such dim": (lambda: x23.log_softmax(-3), IndexError, "log_softmax.*dim -3"),
    "logsumexp over no such dim": (lambda: x23.logsumexp(2), IndexError, "logsumexp.*dim 2"),
    "norm over no such dim": (lambda: x23.norm(2, 2), IndexError, "norm.*dim 2"),
    "norm of a name": (lambda: x23.norm("nuclear"), ValueError, "norm.*fro.*'nuclear'"),
    "norm of None": (lambda: x23.norm(None), TypeError, "norm.*number.*NoneType"),
    "norm of NaN": (lambda: x23.norm(NAN), ValueError, "norm.*NaN"),
    "max norm of nothing": (lambda: x03.norm(INF), ValueError, r"norm.*no elements.*\(0, 3\)"),
    "nansum over no such dim": (lambda: x23.nansum(2), IndexError, "nansum.*dim 2"),
    "sum in strings": (lambda: x23.sum(dtype=str), TypeError, "numbers"),
    "softmax in complex numbers": (lambda: x23.softmax(0, dtype=complex), TypeError, "numbers"),
    "var by a string": (lambda: x23.var(correction="a"), TypeError, "."),
}
OF_ONE = ["sum", "mean", "nansum", "nanmean", "prod", "var", "std", "var_mean", "std_mean", "max", "min", "amax",
          "amin", "argmax", "argmin", "any", "all", "count_nonzero", "norm"]  # fmt: skip
ALONG = ["softmax", "log_softmax", "logsumexp"]


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("name", OF_ONE + ALONG)
def test_a_weight_is_refused_and_the_error_says_how_to_read_it(name: str) -> None:
    arguments = (0,) if name in ALONG else ()
    with pytest.raises(TypeError, match=rf"{name}.*TrainableWeight.*tensor\(\)"):
        getattr(kytorch, name)(weight, *arguments)
    with pytest.raises(TypeError, match=rf"{name}.*list"):
        getattr(kytorch, name)([1.0, 2.0], *arguments)


def _gradient(f: Callable[[Tensor], Tensor], x: Any) -> list[Any]:
    return func.grad(lambda x: f(x).sum())(Tensor(np.array(x, np.float64))).tolist()


P = [1, 1.5, 2, "fro", 2.5, 3, 0, 0.5, -1, INF, -INF]


@pytest.mark.parametrize("p", P)
def test_a_norms_gradients_of_every_order_at_0_are_0(p: Any) -> None:
    def first(x: Tensor) -> Tensor:
        return func.grad(lambda x: x.norm(p))(x)

    def second(x: Tensor) -> Tensor:
        return func.grad(lambda x: first(x).sum())(x)

    def third(x: Tensor) -> Tensor:
        return func.grad(lambda x: second(x).sum())(x)

    zeros = Tensor(np.zeros(3))
    for order in (first, second, third):
        assert order(zeros).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("p", P)
def test_a_norms_gradient_at_a_0_among_others_is_0(p: Any) -> None:
    x = Tensor(np.array([0.0, 3.0, -4.0]))
    gradient = func.grad(lambda x: x.norm(p))
    assert gradient(x).tolist()[0] == 0.0
    assert np.isfinite(gradient(x).numpy()).all()
    assert np.isfinite(func.grad(lambda x: (gradient(x) * x).sum())(x).numpy()).all()


def test_the_gradient_of_a_standard_deviation_of_equal_numbers_is_0() -> None:
    level = Tensor(np.full((2, 3), 0.7))
    gradient = func.grad(lambda x: x.std(1).sum())
    assert gradient(level).tolist() == [[0.0] * 3] * 2
    assert func.grad(lambda x: (gradient(x) * x).sum())(level).tolist() == [[0.0] * 3] * 2


def test_extremes_share_or_give_to_the_first() -> None:
    tied = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
    assert _gradient(lambda x: x.amax(1), tied) == [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    assert _gradient(lambda x: x.amin((0, 1)), tied) == [[1, 0, 0], [0, 0, 0]]
    assert _gradient(lambda x: x.max(1).values, tied) == [[0, 1, 0], [1, 0, 0]]
    assert _gradient(lambda x: x.max(x.detach()), tied) == [[0.5] * 3] * 2


def test_every_derivative_of_a_product_is_exact_where_there_are_zeros() -> None:
    x = np.array([2.0, 0.0, 3.0, 0.0, 5.0])

    def rest(*out: int) -> float:
        return float(np.prod([v for i, v in enumerate(x) if i not in out]))

    gradient = func.grad(lambda x: x.prod())
    assert gradient(Tensor(x)).tolist() == [rest(i) for i in range(5)]
    row = func.grad(lambda x: gradient(x)[1])
    assert row(Tensor(x)).tolist() == [0.0 if j == 1 else rest(1, j) for j in range(5)]
    third = func.grad(lambda x: row(x)[3])
    assert third(Tensor(x)).tolist() == [0.0 if k in (1, 3) else rest(1, 3, k) for k in range(5)]


def test_a_product_that_underflows_still_has_its_gradient() -> None:
    tiny = np.array([1e-200, 1e-200, 3.0, 2.0])
    assert np.prod(tiny) == 0
    assert _gradient(lambda x: x.prod(), tiny) == pytest.approx([6e-200, 6e-200, 0.0, 0.0])
    great = np.array([1e-200, 1e200, 1e200])
    assert _gradient(lambda x: x.prod(), great) == [INF, 1.0, 1.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_norm_neither_overflows_nor_underflows(dtype: Any) -> None:
    far = float(np.finfo(dtype).max) / 8
    near = float(np.finfo(dtype).tiny) * 8
    for size in (far, near):
        x = Tensor(np.array([3 * size, 4 * size], dtype))
        for p, expected in [(2, 5.0), (1, 7.0), (3, 91 ** (1 / 3)), (INF, 4.0), (-1, 12 / 7)]:
            assert x.norm(p).item() == pytest.approx(expected * size, rel=1e-5)
        np.testing.assert_allclose(func.grad(lambda x: x.norm())(x).numpy(), [0.6, 0.8], rtol=1e-5)


def test_many_great_elements_have_a_norm() -> None:
    assert Tensor(np.full(10_000, 1e200)).norm().item() == pytest.approx(1e202)
    assert Tensor(np.full(10_000, 1e30, np.float32)).norm().item() == pytest.approx(1e32)
    assert Tensor(np.full((10_000, 2), 1e-30, np.float32)).norm(dim=0).tolist() == pytest.approx([1e-28] * 2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_far_away_nothing_overflows(dtype: Any) -> None:
    far = Tensor(np.array([-3e4, 0.0, 3e4], dtype))
    assert far.softmax(0).tolist() == [0.0, 0.0, 1.0]
    assert far.log_softmax(0).tolist() == [dtype(-6e4), dtype(-3e4), 0.0]
    assert far.logsumexp(0).item() == dtype(3e4)
    assert (-far).logsumexp(0).item() == dtype(3e4)


@pytest.mark.parametrize("shape, dim", [((200_000, 3), 0), ((3, 200_000), 1), ((600_000,), 0), ((30_000, 20), 0),
                                        ((20, 30_000), 1), ((100_000, 6), 1), ((4, 50_000, 3), 1)])  # fmt: skip
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda x: x[::-1]])
def test_many_elements_keep_float32s_digits(shape: Any, dim: int, layout: Any) -> None:
    x = layout(np.random.default_rng(0).normal(10, 1, shape).astype(np.float32))
    exact = x.astype(np.float64)
    expected = {
        "sum": exact.sum(dim), "mean": exact.mean(dim), "var": exact.var(dim, ddof=1), "std": exact.std(dim, ddof=1),
        "norm": np.sqrt((exact**2).sum(dim)), "nansum": exact.sum(dim),
        "logsumexp": np.log(np.exp(exact - 10).sum(dim)) + 10,
    }  # fmt: skip
    for name, value in expected.items():
        y = getattr(Tensor(x), name)(dim=dim)
        assert y.dtype == np.float32
        np.testing.assert_allclose(y.numpy(), value, rtol=1e-5 if name in ("var", "std") else 2e-6, err_msg=name)
    np.testing.assert_allclose(Tensor(x).sum().item(), exact.sum(), rtol=1e-6)
    np.testing.assert_allclose(Tensor(x).norm().item(), np.sqrt((exact**2).sum()), rtol=1e-6)
    np.testing.assert_allclose(Tensor(x).var().item(), exact.var(ddof=1), rtol=1e-5)
    np.testing.assert_allclose(Tensor(x).softmax(dim).numpy().astype(np.float64).sum(dim), 1.0, rtol=1e-5)


def test_float16_sums_through_float32() -> None:
    x = Tensor(np.full(4096, 100.0, np.float16))
    assert x.norm().item() == 6400.0
    assert x.std().item() == 0.0
    assert x.norm().dtype == x.std().dtype == np.float16
    assert Tensor(np.full(8, 300.0, np.float16)).norm(3).item() == np.float16(600.0)


def test_integers_become_float64_where_the_answer_is_a_float() -> None:
    x = Tensor([[1, 2], [3, 4]])
    for y in (x.mean(), x.var(), x.std(), x.norm(), x.softmax(0), x.log_softmax(0), x.logsumexp(0), x.nanmean()):
        assert y.dtype == np.float64
    assert Tensor([True, False]).mean().item() == 0.5


def test_truth_and_places_are_constants() -> None:
    x = weight.tensor()
    for y in (x.any(), x.all(0), x.count_nonzero(), x.argmax(), x.argmin(0)):
        assert y.grad_fn is CONSTANT


def test_max_of_two_tensors_is_maximum() -> None:
    a, b = Tensor([1.0, 5.0]), Tensor([3.0, 2.0])
    assert kytorch.max(a, b).tolist() == a.max(b).tolist() == [3.0, 5.0]
    assert kytorch.min(a, b).tolist() == a.min(b).tolist() == [1.0, 2.0]
    assert kytorch.max(a.numpy(), b.numpy()).tolist() == [3.0, 5.0]
    assert a.max(np.int64(0)).indices.item() == 1


def test_a_mean_beside_a_variance_has_its_own_gradient() -> None:
    for function in (kytorch.var_mean, kytorch.std_mean):
        assert _gradient(lambda x, f=function: f(x, 1)[1], [[1.0, 2.0]]) == [[0.5, 0.5]]
        for keepdim, shape in [(False, (2,)), (True, (2, 1))]:
            assert [y.shape for y in function(x23, 1, keepdim=keepdim)] == [shape, shape]


def test_a_norm_of_0_flat_everywhere_still_has_a_gradient() -> None:
    [(gradient, _)] = weight.tensor().norm(0).backward()
    assert gradient.tolist() == [0.0, 0.0]
