"""Linear algebra where it is delicate, and what it refuses."""

from __future__ import annotations

import itertools
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
       for name in ("svd", "svdvals", "eigh", "eigvalsh", "pinv", "matrix_rank")},
    "qr in another mode": (lambda: linalg.qr(eye3, "full"), ValueError, "qr: mode 'full'.*'reduced'"),
    "eigh of another triangle": (lambda: linalg.eigh(eye3, "X"), ValueError, "eigh: UPLO 'X'"),
    "matrix_norm of another order": (lambda: linalg.matrix_norm(eye3, 3), ValueError, "matrix_norm: ord 3.*nuc"),
    "matrix_norm of one dim": (lambda: linalg.matrix_norm(eye3, dim=(0,)), ValueError, "matrix_norm.*two dim"),
    "matrix_norm of a dim twice": (lambda: linalg.matrix_norm(eye3, dim=(0, -2)), ValueError, "twice"),
    "matrix_norm of no such dim": (lambda: linalg.matrix_norm(eye3, dim=(0, 2)), IndexError, "matrix_norm.*dim 2"),
    "vector_norm of a name": (lambda: linalg.vector_norm(eye3, "nuc"), TypeError, "vector_norm.*nuc.*matrix_norm"),
    "norm of three dims": (lambda: linalg.norm(tensor(2, 2, 2), 1), ValueError, r"linalg.norm.*\(2, 2, 2\)"),
    "norm of a vector by name": (lambda: linalg.norm(tensor(2), "nuc"), ValueError, "linalg.norm: ord 'nuc'"),
    "matrix_power of a float": (
        lambda: linalg.matrix_power(eye3, 0.5), TypeError, "matrix_power: n is an int, not float"
    ),
    "matrix_power of a singular matrix": (lambda: linalg.matrix_power(ones33, -1), Singular, "singular"),
    "multi_dot of one": (lambda: linalg.multi_dot([eye3]), ValueError, "multi_dot.*not 1"),
    "multi_dot of other sizes": (lambda: linalg.multi_dot([eye3, tensor(2, 3)]), ValueError, r"multi_dot.*\(2, 3\)"),
    "multi_dot of a batch": (lambda: linalg.multi_dot([eye3, tensor(2, 3, 3)]), ValueError, "multi_dot"),
    "cross of two elements": (lambda: linalg.cross(tensor(4, 2), tensor(4, 2)), ValueError, r"cross.*size 3 in dim -1"),
    "cross of other batches": (lambda: linalg.cross(tensor(2, 3), tensor(4, 3)), ValueError, "cross.*broadcast"),
    "vecdot of other sizes": (lambda: linalg.vecdot(tensor(3), tensor(2)), ValueError, r"vecdot.*\(3,\).*\(2,\)"),
    "vecdot over no such dim": (lambda: linalg.vecdot(tensor(3), tensor(3), dim=1), IndexError, "vecdot.*dim 1"),
    "lstsq of other sizes": (lambda: linalg.lstsq(tensor(2, 3), tensor(3)), ValueError, r"lstsq.*\(2, 3\) and \(3,\)"),
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
    b = Tensor(np.array([3.0, 4.0, 5.0]))
    assert linalg.lstsq(a, b).singular_values.shape == (0,)
    solution, residuals, rank, values = linalg.lstsq(a, b, driver="gelsd")
    assert solution.tolist() == [3.0, 2.0]
    assert (residuals.tolist(), rank.item(), values.tolist()) == ([25.0], 2, [2.0, 1.0])
    low = linalg.lstsq(a * Tensor([1.0, 0.0]), Tensor(np.ones((3, 2))))
    assert (low.residuals.shape, low.rank.item()) == ((0,), 1)
    assert linalg.lstsq(eye3, ones33).residuals.shape == (0,)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (2, 6, 4), (1, 1), (0, 3), (3, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_least_squares_without_singular_values_are_those_with_them(shape: tuple[int, ...], dtype: type) -> None:
    generator = np.random.default_rng(2)
    a = generator.standard_normal(shape)
    b = generator.standard_normal((*shape[:-1], 2))
    almost = np.concatenate([a[..., :1] * (1 + 1e-12), a[..., 1:-1], a[..., :1]], -1)[..., : shape[-1]]
    for x in (a, 1e-30 * a, almost, np.zeros_like(a)):
        x, y = x.astype(dtype), b.astype(dtype)
        quick, exact = linalg.lstsq(x, y), linalg.lstsq(x, y, driver="gelsd")
        eps, scale = np.finfo(dtype).eps, np.abs(exact.solution).max(initial=0)
        np.testing.assert_allclose(quick.solution, exact.solution, rtol=1e3 * eps, atol=1e3 * eps * scale)
        np.testing.assert_array_equal(quick.rank, exact.rank)


def test_least_squares_name_a_driver_that_is_none() -> None:
    with pytest.raises(ValueError, match="lstsq: driver 'qr' is none of"):
        linalg.lstsq(eye3, ones33, driver="qr")


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


DIRECTION = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.5], [0.0, 0.5, 0.0]])
TIED = {"equal": np.eye(3), "turned": TURN @ np.diag([1.0, 2.0, 2.0]) @ TURN.T, "all zero": np.zeros((3, 3))}
OF_VALUES = {
    "eigenvalues": lambda x: kytorch.exp(linalg.eigvalsh(x)).sum(),
    "their squares": lambda x: (linalg.eigvalsh(x) ** 2).sum(),
    "singular values": lambda x: (linalg.svdvals(x) ** 4).sum() + (linalg.svdvals(x) ** 2).sum(),
}


@pytest.mark.parametrize("x", TIED.values(), ids=TIED)
@pytest.mark.parametrize("function", OF_VALUES.values(), ids=OF_VALUES)
def test_second_derivatives_of_equal_values_are_not_wrong_but_nan(function: Callable[[Tensor], Tensor], x: Any) -> None:
    assert np.isfinite(gradient(function, x)).all()
    [found] = func.hvp(function, (Tensor(x),), (Tensor(DIRECTION),))
    assert np.isnan(found.numpy()).all()


def test_the_trace_by_eigenvalues_has_the_second_derivative_zero_where_they_are_equal() -> None:
    [found] = func.hvp(lambda x: linalg.eigvalsh(x).sum(), (eye3,), (Tensor(DIRECTION),))
    assert found.tolist() == np.zeros((3, 3)).tolist()


def test_the_second_derivative_of_singular_values_that_are_zero_is_nan_beside_other_rows() -> None:
    x = Tensor(np.diag([2.0, 1.0, 0.0])[:, [0, 2]])
    for matrix in (x, x.T):
        [found] = func.hvp(lambda x: (linalg.svdvals(x) ** 2).sum(), (matrix,), (matrix * 0.0 + 1.0,))
        assert np.isnan(found.numpy()).all()


def _logarithm(x: Tensor) -> Tensor:
    w, v = linalg.eigh(x)
    return ((v * w.log()) @ v.mT)[0, 1]


def test_a_function_of_a_matrix_by_its_eigenvectors_has_the_gradient_nan_where_eigenvalues_are_equal() -> None:
    assert np.isnan(gradient(_logarithm, np.eye(3))).all()
    assert np.isfinite(gradient(_logarithm, np.diag([1.0, 2.0, 3.0]))).all()
    assert np.isnan(gradient(lambda x: linalg.eigh(x).eigenvectors[0, 1] * 1.0, np.eye(3))).any()
    both = np.stack([np.eye(3), np.diag([1.0, 2.0, 3.0])])
    found = gradient(lambda x: _logarithm(x[0]) * 0.0 + _logarithm(x[1]), both)
    assert np.isfinite(found[1]).all()


PROJECTED = {"equal inside": ([1.0, 2.0, 2.0], 1), "equal outside": ([1.0, 1.0, 2.0], 2)}


@pytest.mark.parametrize("values, first", PROJECTED.values(), ids=PROJECTED)
@pytest.mark.parametrize("turn", [np.eye(3), TURN], ids=["diagonal", "turned"])
def test_projections_on_all_vectors_of_equal_values_have_gradients(values: Any, first: int, turn: np.ndarray) -> None:
    x, weights = turn @ np.diag(values) @ turn.T, DIRECTION + np.diag([1.0, 2.0, 4.0])

    def by_eigenvectors(x: Any) -> Any:
        v = linalg.eigh(x).eigenvectors[:, first:]
        return ((v @ v.mT) * weights).sum()

    def by_singular_vectors(x: Any) -> Any:
        u = linalg.svd(x).U[:, : 3 - first]
        return ((u @ u.mT) * weights).sum()

    step = 1e-5 * DIRECTION
    for function in (by_eigenvectors, by_singular_vectors):
        expected = (function(x + step) - function(x - step)) / 2e-5
        np.testing.assert_allclose((gradient(function, x) * DIRECTION).sum(), expected, rtol=1e-8)


@pytest.mark.parametrize("x", [*RANKS.values(), np.diag([1.0, 1.0, 0.0])], ids=[*map(str, RANKS), "two equal"])
def test_the_determinant_has_exact_third_derivatives_at_every_rank(x: np.ndarray) -> None:
    u = Tensor(TURN + DIRECTION)

    def second(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        return lambda x: (func.hvp(function, (x,), (u,))[0] * u).sum()

    np.testing.assert_allclose(gradient(second(linalg.det), x), gradient(second(leibniz), x), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_the_nth_derivative_of_the_determinant_at_zero_is_that_of_a_polynomial(n: int) -> None:
    directions = np.random.default_rng(n).standard_normal((n, n, n))
    function = linalg.det
    for u in [Tensor(direction) for direction in directions]:
        function = lambda x, f=function, u=u: (func.grad(f)(x) * u).sum()
    rows = np.arange(n)
    expected = sum(np.linalg.det(directions[list(order), rows]) for order in itertools.permutations(range(n)))
    np.testing.assert_allclose(function(Tensor(np.zeros((n, n)))).item(), expected, rtol=1e-12)


def test_the_third_derivative_of_the_determinant_of_a_large_matrix_of_low_rank_is_not_wrong_but_nan() -> None:
    u = Tensor(np.random.default_rng(0).standard_normal((9, 9)))
    x = np.diag([9.0, 8, 7, 6, 5, 4, 3, 0, 0])
    found = gradient(lambda x: (func.hvp(linalg.det, (x,), (u,))[0] * u).sum(), x)
    assert np.isnan(found).all()


@pytest.mark.parametrize("size", [1e-200, 1e-20, 1e8, 1e30, 1e200])
def test_the_gradient_of_the_exponential_keeps_its_digits_whatever_comes_in(size: float) -> None:
    x, g = TURN + DIRECTION, TURN.T * np.array([1.0, 2.0, 4.0])
    expected = gradient(lambda x: (linalg.matrix_exp(x) * g).sum(), x)
    found = gradient(lambda x: (linalg.matrix_exp(x) * (size * g)).sum(), x)
    np.testing.assert_allclose(found / size, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("degree", [8, 14, 18])
@pytest.mark.parametrize("driver", ["gelsy", "gelsd"])
def test_least_squares_of_an_ill_conditioned_matrix_leave_as_little_as_numpys(degree: int, driver: Any) -> None:
    t = np.linspace(0, 1, 50)
    a, b = np.vander(t, degree), np.sin(5 * t)
    least = np.linalg.norm(a @ np.linalg.lstsq(a, b)[0] - b)
    found = linalg.lstsq(Tensor(a), Tensor(b), driver=driver)
    assert np.linalg.norm(a @ found.solution.numpy() - b) < 10 * least + 1e-13


def test_least_squares_corrected_have_the_gradient_of_the_solution() -> None:
    a, b = Tensor(np.vander(np.linspace(0, 1, 7), 3)), Tensor(np.arange(7.0) ** 3)

    def normal(a: Tensor, b: Tensor) -> Tensor:
        return (linalg.solve(a.T @ a, a.T @ b) ** 2).sum()

    def least(a: Tensor, b: Tensor) -> Tensor:
        return (linalg.lstsq(a, b).solution ** 2).sum()

    for found, expected in zip(func.grad(least, (0, 1))(a, b), func.grad(normal, (0, 1))(a, b)):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-7)


def test_the_power_zero_is_the_identity_whatever_the_matrix_is() -> None:
    weight = TrainableWeight(np.array([[np.nan, np.inf], [1.0, 2.0]]))
    y = linalg.matrix_power(weight.tensor(), 0)
    assert y.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    [(found, _)] = y.sum().backward()
    assert found.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert linalg.matrix_power(np.full((2, 2), np.nan), 0).tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("call", [linalg.eigh, linalg.eigvalsh, linalg.svd, linalg.svdvals])
def test_what_is_not_finite_has_no_decomposition(call: Callable[[Any], Any], n: int) -> None:
    for wrong in (np.nan, np.inf):
        for at in ((0, 0), (n - 1, 0), (n - 1, n - 1)):
            x = np.stack([np.eye(n), np.eye(n)])
            x[1][at] = wrong
            for given in (x, Tensor(x), TrainableWeight(x).tensor()):
                with pytest.raises(Singular, match="did not converge; matrix 1 of the batch is not finite"):
                    call(given)


def test_the_triangle_that_is_not_read_may_be_anything() -> None:
    x = np.array([[1.0, np.nan], [0.0, 2.0]])
    assert linalg.eigvalsh(x).tolist() == linalg.eigh(x).eigenvalues.tolist() == [1.0, 2.0]


EMPTY = [
    (linalg.matrix_norm, order, shape)
    for shape in [(0, 3), (3, 0), (0, 0), (2, 0, 3)]
    for order in (1, 2, np.inf, "nuc", "fro")
] + [(linalg.cond, p, shape) for shape in [(0, 0), (2, 0, 0)] for p in (None, 2, -2, 1, "fro", np.inf)]


@pytest.mark.parametrize("call, order, shape", EMPTY, ids=str)
def test_the_norms_and_condition_numbers_of_nothing_are_zero(call: Any, order: Any, shape: tuple[int, ...]) -> None:
    weight = TrainableWeight(np.zeros(shape))
    y = call(weight.tensor(), order)
    assert y.tolist() == np.zeros(shape[:-2]).tolist()
    [(found, _)] = y.sum().backward()
    assert found.shape == shape
