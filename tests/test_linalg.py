"""Linear algebra where it is delicate, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, func, linalg

Singular = np.linalg.LinAlgError


def tensor(*shape: int) -> Tensor:
    return Tensor(np.ones(shape))


eye3, ones33 = Tensor(np.eye(3)), tensor(3, 3)
second_is_singular = Tensor(np.stack([np.eye(3), np.ones((3, 3))]))
second_is_negative = Tensor(np.stack([np.eye(2), -np.eye(2)]))
weight = TrainableWeight(np.eye(3))
SQUARE = ["det", "slogdet", "inv", "cholesky", "eigh", "eigvalsh", "matrix_exp"]
ANY = ["svd", "svdvals", "qr", "pinv", "matrix_rank", "matrix_norm", "cond"]
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    **{f"{name} of no square": (lambda name=name: getattr(linalg, name)(tensor(4, 2, 3)), ValueError,
                                rf"linalg.{name}: shape \(4, 2, 3\) is not square") for name in SQUARE},
    **{f"{name} of a vector": (lambda name=name: getattr(linalg, name)(tensor(3)), ValueError,
                               r"linalg.*shape \(3,\) is no matrix") for name in SQUARE + ANY},
    **{f"{name} of float16": (lambda name=name: getattr(linalg, name)(Tensor(np.eye(2, dtype=np.float16))), TypeError,
                              r"linalg.*float16.*to\(kytorch.float32\)") for name in SQUARE + ANY},
    **{f"{name} of integers": (lambda name=name: getattr(linalg, name)(Tensor(np.eye(2, dtype=np.int64))), TypeError,
                               r"linalg.*int64.*to\(") for name in SQUARE + ANY},
    **{f"{name} of a weight": (lambda name=name: getattr(linalg, name)(weight), TypeError,
                               r"linalg.*TrainableWeight.*weight.tensor\(\)") for name in SQUARE + ANY},
    **{f"{name} of a list": (lambda name=name: getattr(linalg, name)([[1.0]]), TypeError,
                             "linalg.*list") for name in SQUARE + ANY},
    "inv of a singular matrix": (lambda: linalg.inv(ones33), Singular, "linalg.inv: the matrix is singular.*pinv"),
    "inv of one of two": (lambda: linalg.inv(second_is_singular), Singular, "linalg.inv: matrix 1 of the batch"),
    "solve of a singular matrix": (lambda: linalg.solve(ones33, tensor(3)), Singular, "linalg.solve: the matrix"),
    "solve of one of two": (
        lambda: linalg.solve(second_is_singular.reshape(1, 2, 3, 3), tensor(3, 1)), Singular, r"matrix \(0, 1\) of"
    ),
    "solve of other sizes": (lambda: linalg.solve(eye3, tensor(2)), ValueError, r"linalg.solve.*\(3, 3\).*\(2, 1\)"),
    "solve of other batches": (
        lambda: linalg.solve(tensor(2, 3, 3) + eye3, tensor(4, 3, 1)), ValueError, "linalg.solve"
    ),
    "solve of a scalar": (lambda: linalg.solve(eye3, Tensor(1.0)), ValueError, "linalg.solve"),
    "solve with an array": (lambda: linalg.solve(eye3, np.ones(3)), TypeError, "linalg.solve.*ndarray"),
    "solve for a vector on the right": (lambda: linalg.solve(eye3, tensor(3), left=False), ValueError, "unsqueeze"),
    "solve_triangular with a 0": (
        lambda: linalg.solve_triangular(Tensor(np.diag([1.0, 0.0])), tensor(2, 1), upper=True), Singular,
        "solve_triangular.*singular",
    ),
    "solve_triangular for a vector": (
        lambda: linalg.solve_triangular(eye3, tensor(3), upper=True), ValueError, "no mat"
    ),
    "solve_triangular of other sizes": (
        lambda: linalg.solve_triangular(eye3, tensor(2, 3), upper=True), ValueError, r"\(3, 3\) and \(2, 3\).*no system"
    ),
    "solve_triangular of other batches": (
        lambda: linalg.solve_triangular(tensor(2, 3, 3), tensor(4, 3, 1), upper=True), ValueError, "no system"
    ),
    "cholesky of what is not positive": (
        lambda: linalg.cholesky(-eye3), Singular, "cholesky: the matrix is not positive"
    ),
    "cholesky of one of two": (
        lambda: linalg.cholesky(second_is_negative), Singular, "matrix 1 of the batch is not pos"
    ),
    **{f"{name} of NaN": (lambda name=name: getattr(linalg, name)(ones33 * np.array([[[1.0]], [[np.nan]]])), Singular,
                          f"linalg.{name}: .* did not converge; matrix 1 of the batch is not finite")
       for name in ("svd", "svdvals", "pinv", "matrix_rank")},
    "qr in another mode": (lambda: linalg.qr(eye3, "full"), ValueError, "qr: mode 'full'.*'reduced'"),
    "eigh of another triangle": (lambda: linalg.eigh(eye3, "X"), ValueError, "eigh: UPLO 'X'"),
    "matrix_norm of another order": (lambda: linalg.matrix_norm(eye3, 3), ValueError, "matrix_norm: ord 3.*nuc"),
    "matrix_norm of one dim": (lambda: linalg.matrix_norm(eye3, dim=(0,)), ValueError, "matrix_norm.*two dim"),
    "matrix_norm of a dim twice": (lambda: linalg.matrix_norm(eye3, dim=(0, -2)), ValueError, "twice"),
    "matrix_norm of no such dim": (lambda: linalg.matrix_norm(eye3, dim=(0, 2)), IndexError, "matrix_norm.*dim 2"),
    "vector_norm of a name": (lambda: linalg.vector_norm(eye3, "nuc"), TypeError, "vector_norm.*nuc.*matrix_norm"),
    "norm of three dims": (lambda: linalg.norm(tensor(2, 2, 2), 1), ValueError, r"linalg.norm.*\(2, 2, 2\)"),
    "norm of a vector by name": (lambda: linalg.norm(tensor(2), "nuc"), ValueError, "linalg.norm: ord 'nuc'"),
    "cond of nothing": (lambda: linalg.cond(tensor(0, 0)), ValueError, r"linalg.cond.*\(0, 0\)"),
    "matrix_power of a float": (
        lambda: linalg.matrix_power(eye3, 0.5), TypeError, "matrix_power: n is an int, not float"
    ),
    "matrix_power of a singular matrix": (lambda: linalg.matrix_power(ones33, -1), Singular, "singular"),
    "multi_dot of one": (lambda: linalg.multi_dot([eye3]), ValueError, "multi_dot.*not 1"),
    "multi_dot of other sizes": (lambda: linalg.multi_dot([eye3, tensor(2, 3)]), ValueError, r"multi_dot.*\(2, 3\)"),
    "multi_dot of a batch": (lambda: linalg.multi_dot([eye3, tensor(2, 3, 3)]), ValueError, "multi_dot"),
    "multi_dot with an array": (lambda: linalg.multi_dot([eye3, np.eye(3)]), TypeError, "multi_dot.*ndarray"),
    "cross of two elements": (lambda: linalg.cross(tensor(4, 2), tensor(4, 2)), ValueError, r"cross.*size 3 in dim -1"),
    "cross of other batches": (lambda: linalg.cross(tensor(2, 3), tensor(4, 3)), ValueError, "cross.*broadcast"),
    "vecdot of other sizes": (lambda: linalg.vecdot(tensor(3), tensor(2)), ValueError, r"vecdot.*\(3,\).*\(2,\)"),
    "vecdot over no such dim": (lambda: linalg.vecdot(tensor(3), tensor(3), dim=1), IndexError, "vecdot.*dim 1"),
    "lstsq of other sizes": (lambda: linalg.lstsq(tensor(2, 3), tensor(3)), ValueError, r"lstsq.*\(2, 3\) and \(3,\)"),
    "lstsq with an array": (lambda: linalg.lstsq(tensor(2, 3), np.ones(2)), TypeError, "lstsq.*ndarray"),
}  # fmt: skip


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_the_complete_q_of_a_tall_matrix_has_a_value_and_no_gradient() -> None:
    q, r = linalg.qr(TrainableWeight(np.eye(3)[:, :2] + 1).tensor(), "complete")
    assert (q.shape, r.shape) == ((3, 3), (3, 2))
    for factor in (q, r):
        with pytest.raises(NotImplementedError, match=r"\(3, 2\).*complete.*reduced"):
            factor.sum().backward()


def test_the_mode_r_has_no_q() -> None:
    q, r = linalg.qr(ones33, "r")
    assert (q.shape, r.shape) == ((0,), (3, 3))


def gradient(function: Callable[[Tensor], Tensor], x: Any) -> np.ndarray:
    return func.grad(function)(Tensor(np.asarray(x, np.float64))).numpy()


def hessian(function: Callable[[Tensor], Tensor], x: Any) -> np.ndarray:
    return func.hessian(function)(Tensor(np.asarray(x, np.float64))).numpy()


def leibniz(x: Tensor) -> Tensor:
    """The determinant of a 3 by 3 matrix, as a polynomial."""
    return (x[0] * linalg.cross(x[1], x[2])).sum()


RANKS = {3: np.diag([3.0, 2.0, 1.0]), 2: np.diag([3.0, 2.0, 0.0]), 1: np.diag([3.0, 0.0, 0.0]), 0: np.zeros((3, 3))}
TURN = np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 + np.eye(3))[0]


@pytest.mark.parametrize("rank", RANKS)
@pytest.mark.parametrize("turn", [np.eye(3), TURN], ids=["diagonal", "turned"])
def test_the_determinant_has_exact_derivatives_at_every_rank(rank: int, turn: np.ndarray) -> None:
    x = turn @ RANKS[rank] @ TURN.T
    np.testing.assert_allclose(gradient(linalg.det, x), gradient(leibniz, x), atol=1e-13)
    np.testing.assert_allclose(hessian(linalg.det, x), hessian(leibniz, x), atol=1e-13)


def test_the_determinant_of_a_nearly_singular_matrix_keeps_its_digits() -> None:
    for small in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15):
        x = TURN @ np.diag([3.0, 2.0, small])
        np.testing.assert_allclose(gradient(linalg.det, x), gradient(leibniz, x), atol=1e-7)
        np.testing.assert_allclose(hessian(linalg.det, x), hessian(leibniz, x), atol=1e-7)


def test_a_batch_with_one_singular_matrix_has_the_gradients_of_each() -> None:
    def total(x: Tensor) -> Tensor:
        return linalg.det(x).sum()

    x = np.stack([np.eye(3) + TURN, RANKS[2], RANKS[1]])
    expected = [gradient(leibniz, one) for one in x]
    np.testing.assert_allclose(gradient(total, x), expected, atol=1e-14)


def test_the_logarithm_of_the_determinant_of_a_singular_matrix_has_no_gradient() -> None:
    sign, logabsdet = linalg.slogdet(ones33)
    assert (sign.item(), logabsdet.item()) == (0.0, -np.inf)
    weight = TrainableWeight(np.stack([np.eye(3), np.ones((3, 3))]))
    [(found, _)] = linalg.slogdet(weight.tensor()).logabsdet.backward(Tensor(np.ones(2)))
    np.testing.assert_array_equal(found[0].numpy(), np.eye(3))
    assert not np.isfinite(found[1].numpy()).any()


def test_the_logarithm_of_a_negative_determinant_is_nan() -> None:
    assert np.isnan(Tensor(np.diag([1.0, -1.0])).logdet().item())
    assert linalg.slogdet(Tensor(np.diag([1.0, -np.e]))).logabsdet.item() == 1.0


REPEATED = {"equal": np.eye(3), "all zero": np.zeros((3, 3)), "two equal": np.diag([2.0, 1.0, 1.0])}


@pytest.mark.parametrize("x", REPEATED.values(), ids=REPEATED)
def test_eigenvalues_and_singular_values_have_gradients_where_they_are_equal(x: np.ndarray) -> None:
    np.testing.assert_allclose(gradient(lambda x: linalg.eigvalsh(x).sum(), x), np.eye(3), atol=1e-15)
    np.testing.assert_allclose(gradient(lambda x: linalg.eigh(x).eigenvalues.sum(), x), np.eye(3), atol=1e-15)
    for values in (linalg.svdvals, lambda x: linalg.svd(x).S):
        found = gradient(lambda x, values=values: (values(x) * 2).sum(), x)
        np.testing.assert_allclose(np.linalg.svd(found)[1], [2.0, 2.0, 2.0])


def test_singular_vectors_with_no_gradient_in_give_none_out_where_singular_values_are_equal() -> None:
    found = gradient(lambda x: (linalg.svd(x).U * 0.0).sum() + linalg.svd(x).S.sum(), np.eye(3))
    np.testing.assert_allclose(found, np.eye(3))


THREE_DIMS = {
    "det": linalg.det,
    "slogdet": lambda x: linalg.slogdet(x).logabsdet,
    "inv": lambda x: (linalg.inv(x) ** 2).sum(),
    "solve": lambda x: (linalg.solve(x, x @ x.T) * x).sum(),
    "cholesky": lambda x: (linalg.cholesky(x @ x.T + eye3) * x).sum(),
    "qr": lambda x: (linalg.qr(x).Q * x * linalg.qr(x).R).sum(),
    "eigh": lambda x: (linalg.eigh(x + x.T).eigenvectors ** 2 * x).sum(),
    "svd": lambda x: (linalg.svd(x).U ** 2 * linalg.svd(x).S * x).sum(),
    "pinv": lambda x: (linalg.pinv(x[:, :2]) ** 2).sum(),
    "matrix_exp": lambda x: (linalg.matrix_exp(x) * x).sum(),
    "einsum": lambda x: kytorch.einsum("ij,jk,kk,li->", x, x, x, x),
}


@pytest.mark.parametrize("function", THREE_DIMS.values(), ids=THREE_DIMS)
def test_the_third_derivative_agrees_with_finite_differences(function: Callable[[Tensor], Tensor]) -> None:
    generator = np.random.default_rng(1)
    x = np.diag([1.0, 2.0, 3.5]) + 0.3 * generator.standard_normal((3, 3))
    d = [Tensor(generator.standard_normal((3, 3))) for _ in range(3)]

    def along(f: Callable[[Tensor], Tensor], direction: Tensor) -> Callable[[Tensor], Tensor]:
        return lambda x: (func.grad(f)(x) * direction).sum()

    second = along(along(function, d[0]), d[1])
    third = along(second, d[2])(Tensor(x)).item()
    h = 1e-4
    steps = [second(Tensor(x + h * k * d[2].numpy())).item() for k in (-2, -1, 1, 2)]
    numeric = (steps[0] - 8 * steps[1] + 8 * steps[2] - steps[3]) / (12 * h)
    np.testing.assert_allclose(third, numeric, rtol=1e-7, atol=1e-7)


def test_the_exponential_of_what_is_not_finite_or_large_touches_no_other_matrix() -> None:
    good = np.array([[0.0, 1.0], [-1.0, 0.0]])
    x = np.stack([good, np.full((2, 2), np.nan), 300 * good, 0 * good])
    y = linalg.matrix_exp(x)
    rotation = lambda angle: np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(y[0], rotation(1.0), rtol=1e-15, atol=1e-15)
    assert np.isnan(y[1]).all()
    np.testing.assert_allclose(y[2], rotation(300.0), rtol=1e-12)
    np.testing.assert_array_equal(y[3], np.eye(2))


def test_the_exponential_has_the_digits_of_its_dtype() -> None:
    x = np.random.default_rng(3).standard_normal((50, 4, 4)) * np.logspace(-4, 1, 50)[:, None, None]
    w, v = np.linalg.eig(x)
    expected = ((v * np.exp(w)[:, None, :]) @ np.linalg.inv(v)).real
    scale = np.abs(expected).max((1, 2), keepdims=True)
    np.testing.assert_allclose(linalg.matrix_exp(x) / scale, expected / scale, atol=3e-13)
    np.testing.assert_allclose(linalg.matrix_exp(x.astype(np.float32)) / scale, expected / scale, atol=3e-4)


def test_least_squares_say_the_rank_and_leave_the_residuals_out_where_they_are_not_determined() -> None:
    a = Tensor(np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]))
    solution, residuals, rank, values = linalg.lstsq(a, Tensor(np.array([3.0, 4.0, 5.0])))
    assert solution.tolist() == [3.0, 2.0]
    assert (residuals.tolist(), rank.item(), values.tolist()) == ([25.0], 2, [2.0, 1.0])
    low = linalg.lstsq(a * Tensor([1.0, 0.0]), Tensor(np.ones((3, 2))))
    assert (low.residuals.shape, low.rank.item()) == ((0,), 1)
    assert linalg.lstsq(eye3, ones33).residuals.shape == (0,)


def test_the_norm_of_zero_has_the_gradient_zero() -> None:
    for norm in (linalg.vector_norm, linalg.matrix_norm, linalg.norm):
        assert gradient(norm, np.zeros((2, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    for order in (1, 3, np.inf, -np.inf):
        found = gradient(lambda x, order=order: linalg.vector_norm(x, order), np.zeros(2))
        assert found.tolist() == [0.0, 0.0]


def test_a_power_that_is_one_is_another_tensor_with_the_same_values() -> None:
    x = np.eye(2)
    assert linalg.matrix_power(x, 1) is not x
    assert linalg.matrix_power(Tensor(x), 1).tolist() == x.tolist()


def test_what_is_not_finite_has_no_finite_gradient() -> None:
    weight = TrainableWeight(np.full((2, 2), np.nan))
    for function in (linalg.det, linalg.inv, linalg.matrix_exp):
        with np.errstate(invalid="ignore"):
            y = function(weight.tensor())
        [(found, _)] = y.backward(Tensor(np.ones(y.shape)))
        assert np.isnan(found.numpy()).all()
