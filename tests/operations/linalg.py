"""Linear algebra."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kytorch import linalg
from operations.table import Array, Draw, Shape, Shapes, nonzero, normal, row, torch

DIGITS = (np.float32, np.float64)  # LAPACK has no float16
SQUARE: list[Shapes] = [((3, 3),), ((1, 1),), ((2, 3, 3),), ((0, 0),), ((0, 2, 2),), ((2, 1, 4, 4),)]
ANY: list[Shapes] = [((3, 3),), ((4, 2),), ((2, 4),), ((1, 1),), ((2, 4, 3),), ((2, 1, 3),), ((0, 2, 3),)]


def distinct(generator: np.random.Generator, shape: Shape) -> Array:
    """Matrices with singular values from 1 to 2, as far apart as they can be."""
    if 0 in shape:
        return np.zeros(shape)
    u, _, vh = np.linalg.svd(generator.standard_normal(shape), full_matrices=False)
    return (u * np.linspace(2.0, 1.0, u.shape[-1])) @ vh


def spd(generator: np.random.Generator, shape: Shape) -> Array:
    """Symmetric matrices with eigenvalues from 1 to 2, as far apart as they can be."""
    if 0 in shape:
        return np.zeros(shape)
    q, _ = np.linalg.qr(generator.standard_normal(shape))
    return (q * np.linspace(1.0, 2.0, shape[-1])) @ q.mT


def of_rank(missing: int) -> Draw:
    """Square matrices whose last `missing` singular values are 0."""

    def draw(generator: np.random.Generator, shape: Shape) -> Array:
        u, s, vh = np.linalg.svd(distinct(generator, shape), full_matrices=False)
        s[..., s.shape[-1] - missing :] = 0
        return (u * s[..., None, :]) @ vh

    return draw


def symmetric(x: Any) -> Any:
    return (x + x.mT) / 2


OF_ROWS = {"option", "call", "draw", "torch", "kind", "differentiable", "on_arrays"}


def matrix_row(name: str, reference: Callable[..., Any], shapes: list[Shapes], *arguments: Any, **options: Any) -> None:
    """A row of `linalg`, beside torch.linalg's function of the same name and options unless one is given."""
    keywords = {k: v for k, v in options.items() if k not in OF_ROWS}
    if "torch" not in options and "call" not in options:
        options["torch"] = lambda *xs, **given: getattr(torch.linalg, name)(*xs, **given)  # noqa: PLW0108  # if installed
    options.setdefault("draw", distinct)
    row(f"linalg.{name}", lambda *xs: reference(*xs, **keywords), shapes, *arguments, dtypes=DIGITS, **options)


def as_called(name: str, reference: Callable[..., Any], shapes: list[Shapes], option: str,
              call: Callable[..., Any], **options: Any) -> None:  # fmt: skip
    """A row whose `call` takes the module first, kytorch.linalg or torch.linalg."""
    matrix_row(name, reference, shapes, option=option, call=lambda *xs: call(linalg, *xs),
               torch=lambda *xs: call(torch.linalg, *xs), **options)  # fmt: skip


# Determinants and systems


def _det_of_three(x: Any) -> Any:
    return (x[..., 0, :] * torch.linalg.cross(x[..., 1, :], x[..., 2, :])).sum(-1)


matrix_row("det", np.linalg.det, SQUARE)
for missing in (1, 2, 3):
    matrix_row("det", lambda x: np.linalg.det(x) * 0, [((3, 3),), ((2, 3, 3),)], draw=of_rank(missing),
               option=f"of rank n - {missing}", torch=_det_of_three)  # fmt: skip


as_called("slogdet", lambda x: np.linalg.slogdet(x)[1], SQUARE, "logarithm", lambda on, x: on.slogdet(x)[1])
as_called("slogdet", lambda x: np.linalg.slogdet(x)[0], SQUARE, "sign", lambda on, x: on.slogdet(x)[0],
          differentiable=False)  # fmt: skip
matrix_row("inv", np.linalg.inv, SQUARE)
BESIDE = (distinct, normal)
matrix_row("solve", np.linalg.solve, [
    ((3, 3), (3, 2)), ((3, 3), (3,)), ((1, 1), (1, 1)), ((2, 3, 3), (2, 3, 2)), ((3, 3), (2, 3, 2)),
    ((2, 3, 3), (3, 2)), ((2, 1, 3, 3), (4, 3, 2)), ((0, 0), (0, 2)), ((3, 3), (3, 0)), ((0, 2, 2), (0, 2, 3)),
], draw=BESIDE)  # fmt: skip
as_called("solve", lambda a, b: np.linalg.solve(a, b[..., None])[..., 0], [((2, 3, 3), (2, 3)), ((2, 3, 3), (3,))],
          "for vectors", lambda on, a, b: on.solve(a, b), draw=BESIDE)  # fmt: skip
RIGHT: list[Shapes] = [((3, 3), (2, 3)), ((2, 3, 3), (4, 3)), ((3, 3), (2, 4, 3))]
matrix_row("solve", lambda a, b, left: b @ np.linalg.inv(a), RIGHT,
           left=False, draw=BESIDE)  # fmt: skip
as_called("solve", lambda a: np.linalg.solve(a, a @ a), [((3, 3),)], "of one twice", lambda on, a: on.solve(a, a @ a))
TRIANGULAR: list[Shapes] = [((3, 3), (3, 2)), ((2, 3, 3), (3, 1)), ((3, 3), (2, 3, 2)), ((0, 0), (0, 2))]


def mostly_diagonal(generator: np.random.Generator, shape: Shape) -> Array:
    return 0.1 * generator.standard_normal(shape) + 1.5 * np.eye(shape[-1])


for upper in (False, True):
    for left in (False, True):
        for unit in (False, True):

            def triangular(a: Array, b: Array, upper: bool, left: bool, unitriangular: bool) -> Array:
                a = np.triu(a) if upper else np.tril(a)
                a = a * (1 - np.eye(a.shape[-1])) + np.eye(a.shape[-1]) if unitriangular else a
                return np.linalg.solve(a, b) if left else b @ np.linalg.inv(a)

            matrix_row("solve_triangular", triangular, TRIANGULAR if left else [((3, 3), (2, 3)), ((2, 3, 3), (1, 3))],
                       upper=upper, left=left, unitriangular=unit, draw=(mostly_diagonal, normal))  # fmt: skip


def slanted(generator: np.random.Generator, shape: Shape) -> Array:
    """Matrices whose first columns are far from dependent."""
    return 0.3 * distinct(generator, shape) + np.eye(*shape[-2:])


matrix_row(
    "solve_triangular",
    lambda a, b, upper: np.linalg.solve(np.tril(a), b),
    [((40, 40), (40, 2))],
    upper=False,
    option="large",
    draw=(mostly_diagonal, normal),
)
matrix_row(
    "solve_triangular",
    lambda a, b, upper: np.linalg.solve(np.triu(a), b),
    [((2, 33, 33), (33, 1))],
    upper=True,
    option="large upper",
    draw=(mostly_diagonal, normal),
)

# Decompositions: of their factors, what does not depend on a choice of signs.

for upper in (False, True):
    as_called("cholesky", lambda x, upper=upper: np.linalg.cholesky(symmetric(x)).mT if upper
              else np.linalg.cholesky(symmetric(x)), SQUARE, f"{upper=}",
              lambda on, x, upper=upper: on.cholesky(symmetric(x), upper=upper), draw=spd)  # fmt: skip
as_called("qr", lambda x: abs(np.linalg.qr(x)[0]), ANY, "Q", lambda on, x: abs(on.qr(x)[0]), draw=slanted)
as_called("qr", lambda x: abs(np.linalg.qr(x)[1]), ANY, "R", lambda on, x: abs(on.qr(x)[1]), draw=slanted)
as_called("qr", lambda x: x * 2, ANY, "both", lambda on, x: (lambda q, r: q @ r + q @ r)(*on.qr(x)),
          draw=slanted)  # fmt: skip
as_called("qr", lambda x: abs(np.linalg.qr(x, "complete")[0]), [((3, 3),), ((2, 4),)], "complete",
          lambda on, x: abs(on.qr(x, "complete")[0]), draw=slanted)  # fmt: skip
matrix_row("qr", lambda x: abs(np.linalg.qr(x)[1]), ANY, option="r", call=lambda x: abs(linalg.qr(x, "r")[1]),
           torch=lambda x: abs(torch.linalg.qr(x)[1]), draw=slanted)  # fmt: skip

for side in ("L", "U"):
    as_called("eigvalsh", lambda x, side=side: np.linalg.eigvalsh(symmetric(x), side), SQUARE, side,
              lambda on, x, side=side: on.eigvalsh(symmetric(x), UPLO=side), draw=spd)  # fmt: skip
    as_called("eigh", lambda x, side=side: np.linalg.eigh(symmetric(x), side)[0], SQUARE, f"values of {side}",
              lambda on, x, side=side: on.eigh(symmetric(x), UPLO=side)[0], draw=spd)  # fmt: skip
    as_called("eigh", lambda x, side=side: np.linalg.eigh(symmetric(x), side)[1] ** 2, SQUARE, f"vectors of {side}",
              lambda on, x, side=side: on.eigh(symmetric(x), UPLO=side)[1] ** 2, draw=spd)  # fmt: skip


def through_eigh(on: Any, x: Any) -> Any:
    w, v = on.eigh(symmetric(x))
    return (v * (w * w * w)[..., None, :]) @ v.mT


def through_svd(on: Any, x: Any, full: bool = False) -> Any:
    u, s, vh = on.svd(x, full_matrices=full)
    k = s.shape[-1]
    return (u[..., :k] * (s * s * s)[..., None, :]) @ vh[..., :k, :]


as_called("eigh", lambda x: through_eigh(np.linalg, x), SQUARE, "both", through_eigh, draw=spd)
matrix_row("svdvals", lambda x: np.linalg.svd(x, compute_uv=False), ANY)
for full in (False, True):
    as_called("svd", lambda x: np.linalg.svd(x)[1], ANY, f"S {full=}",
              lambda on, x, full=full: on.svd(x, full_matrices=full)[1])  # fmt: skip
    as_called("svd", lambda x: through_svd(np.linalg, x), ANY, f"all {full=}",
              lambda on, x, full=full: through_svd(on, x, full))  # fmt: skip
as_called("svd", lambda x: np.linalg.svd(x, full_matrices=False)[0] ** 2, ANY, "U",
          lambda on, x: on.svd(x, full_matrices=False)[0] ** 2)  # fmt: skip
as_called("svd", lambda x: np.linalg.svd(x, full_matrices=False)[2] ** 2, ANY, "Vh",
          lambda on, x: on.svd(x, full_matrices=False)[2] ** 2)  # fmt: skip


def beyond(on: Any, x: Any) -> Any:
    """The projections on what the singular vectors to the singular values leave out."""
    u, s, vh = on.svd(x)
    k = s.shape[-1]
    if x.shape[-2] > k:
        return u[..., k:] @ u[..., k:].mT
    return vh[..., k:, :].mT @ vh[..., k:, :]


def _beyond_in_torch(x: Any) -> Any:  # which has no gradient of the last columns
    x = x if x.shape[-2] > x.shape[-1] else x.mT
    return torch.eye(x.shape[-2], dtype=x.dtype) - x @ torch.linalg.inv(x.mT @ x) @ x.mT


matrix_row("svd", lambda x: beyond(np.linalg, x), [((4, 2),), ((2, 4),), ((2, 3, 1),)], option="the others",
           call=lambda x: beyond(linalg, x), torch=_beyond_in_torch)  # fmt: skip

# Pseudo-inverses and least squares

matrix_row("pinv", np.linalg.pinv, ANY)
as_called("pinv", lambda x: np.linalg.pinv(x @ x.T, 1e-6), [((4, 2),)], "of less than full rank",
          lambda on, x: on.pinv(x @ x.mT, rtol=1e-5))  # fmt: skip
as_called("pinv", lambda x: np.linalg.pinv(x, 1e-3), ANY[:3], "tolerances",
          lambda on, x: on.pinv(x, atol=1e-3, rtol=1e-3))  # fmt: skip
matrix_row("matrix_rank", np.linalg.matrix_rank, ANY, kind=np.int64, differentiable=False)
SYSTEMS: list[Shapes] = [((3, 3), (3, 2)), ((4, 2), (4, 3)), ((2, 4, 2), (2, 4, 1)), ((2, 4), (2, 3))]
as_called("lstsq", lambda a, b: np.linalg.pinv(a) @ b, SYSTEMS, "solution", lambda on, a, b: on.lstsq(a, b)[0],
          draw=BESIDE)  # fmt: skip
matrix_row("lstsq", lambda a, b: np.linalg.pinv(a) @ b, [((4, 2), (4,))], option="for a vector",
           call=lambda a, b: linalg.lstsq(a, b)[0], draw=BESIDE,
           torch=lambda a, b: torch.linalg.lstsq(a, b[:, None])[0][:, 0])  # fmt: skip
matrix_row("lstsq", lambda a, b: ((a @ np.linalg.pinv(a) @ b - b) ** 2).sum(-2), SYSTEMS[1:3], option="residuals",
           call=lambda a, b: linalg.lstsq(a, b)[1], draw=BESIDE,
           torch=lambda a, b: torch.linalg.lstsq(a, b, driver="gels")[1])  # fmt: skip

# Functions of matrices


def expm(x: Array) -> Array:
    """The exponential by Taylor's series, of a matrix that is halved until the series is short."""
    y = term = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
    x = x / 2**10
    for i in range(1, 12):
        term = term @ x / i
        y = y + term
    for _ in range(10):
        y = y @ y
    return y


for size in (0.003, 0.1, 0.4, 1.0, 3.0):
    row("linalg.matrix_exp", lambda x, size=size: expm(x * size), SQUARE, option=f"size {size}", dtypes=DIGITS,
        call=lambda x, size=size: linalg.matrix_exp(x * size), draw=distinct,
        torch=lambda x, size=size: torch.linalg.matrix_exp(x * size))  # fmt: skip
matrix_row("matrix_exp", expm, [((3, 3),)], option="of a Tensor itself")
for n in (0, 1, 2, 5, -1, -3):
    matrix_row("matrix_power", np.linalg.matrix_power, SQUARE[:3], n=n)
CHAINS: list[Shapes] = [
    ((2, 3), (3, 4)),
    ((2, 3), (3, 4), (4, 1), (1, 5)),
    ((3,), (3, 2), (2,)),
    ((5, 1), (1, 4), (4,)),
]
for shapes in CHAINS:
    as_called("multi_dot", lambda *xs: np.linalg.multi_dot(xs), [shapes], f"of {shapes}",
              lambda on, *xs: on.multi_dot(xs), draw=normal)  # fmt: skip

# Norms


def _vector_norm(x: Array, ord: float, dim: Any, keepdim: bool = False) -> Array:
    x = np.abs(x)
    if math.isinf(ord):
        return (np.max if ord > 0 else np.min)(x, axis=dim, keepdims=keepdim)
    total = (x != 0 if ord == 0 else x**ord).sum(dim, keepdims=keepdim)
    return total * 1.0 if ord == 0 else total ** (1 / ord)


VECTORS: list[Shapes] = [((3, 4),), ((4,),), ((),), ((2, 3, 4),)]
for order in (2, 1, 0, 3, 0.5, math.inf, -math.inf, -1):
    matrix_row("vector_norm", lambda x, ord: _vector_norm(x, ord, None), VECTORS, ord=order, draw=nonzero)


matrix_row("vector_norm", lambda x, dim: _vector_norm(x, 2, dim), VECTORS[:1], dim=1, draw=normal)
matrix_row("vector_norm", lambda x, dim, keepdim: _vector_norm(x, 2, dim, keepdim), VECTORS[:1],
           dim=(0, -1), keepdim=True, draw=normal)  # fmt: skip
ORDERS = ("fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2)


def numpy_norm(x: Array, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Array:
    return np.asarray(np.linalg.norm(x, ord, dim, keepdim))


for order in ORDERS:
    matrix_row("matrix_norm", lambda x, ord: np.linalg.norm(x, ord, (-2, -1)), ANY[:6], ord=order)
    matrix_row("matrix_norm", numpy_norm, [((3, 2, 4),)], ord=order, dim=(2, 0), keepdim=True)
    matrix_row("norm", np.linalg.norm, [((3, 4),)], ord=order)
matrix_row("norm", np.linalg.norm, [((3, 4),), ((4,),), ((2, 3, 4),)], draw=normal)
matrix_row("norm", numpy_norm, [((3, 4),)], ord=3, dim=1, draw=normal)
matrix_row("norm", np.linalg.norm, [((4,),)], ord=3, draw=normal)


def _cond(x: Any, p: Any) -> Any:  # torch.linalg.cond writes over what its gradient needs
    return torch.linalg.matrix_norm(x, p) * torch.linalg.matrix_norm(torch.linalg.inv(x), p)


for order in (None, *ORDERS):
    matrix_row("cond", np.linalg.cond, [((3, 3),), ((2, 3, 3),)], p=order,
               torch=lambda x, p: torch.linalg.cond(x, p) if p in (None, 2, -2) else _cond(x, p))  # fmt: skip


matrix_row("cond", np.linalg.cond, [((4, 2),)])

# Vectors

matrix_row("vecdot", lambda x, y: (x * y).sum(-1), [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3)),
                                                          ((2, 0), (2, 0))], draw=normal)  # fmt: skip
matrix_row("vecdot", lambda x, y, dim: (x * y).sum(dim), [((3, 2), (3, 2)), ((4, 3, 2), (3, 1))], dim=-2, draw=normal)
matrix_row("cross", np.cross, [((3,), (3,)), ((2, 3), (2, 3)), ((2, 1, 3), (1, 4, 3)), ((0, 3), (0, 3))], draw=normal)
matrix_row("cross", lambda x, y, dim: np.cross(x, y, axis=dim), [((3, 2), (3, 2))], dim=0, draw=normal)

# As methods

row("det", np.linalg.det, SQUARE, draw=distinct, dtypes=DIGITS)
row("logdet", lambda x: np.linalg.slogdet(x)[1], SQUARE, draw=spd, dtypes=DIGITS)
row("inverse", np.linalg.inv, SQUARE, draw=distinct, dtypes=DIGITS)
row("pinverse", np.linalg.pinv, ANY, draw=distinct, dtypes=DIGITS)
row("matrix_exp", expm, SQUARE, draw=distinct, dtypes=DIGITS)
row("matrix_power", lambda x: np.linalg.matrix_power(x, 3), SQUARE, n=3, draw=distinct, dtypes=DIGITS)
