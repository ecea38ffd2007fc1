"""NumPy's own functions take Tensors: the value is NumPy's, the gradient kytorch's, and nothing else comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, func
from kytorch.numpy_functions import functions, ufuncs
from kytorch.testing import check_gradients

Call = Callable[..., Any]

rng = np.random.default_rng(3)
X = rng.uniform(0.2, 0.8, (3, 4))
Y = rng.uniform(0.2, 0.8, (3, 4))
V = rng.uniform(0.2, 0.8, 4)
S = rng.uniform(-0.1, 0.1, (3, 3)) + 2 * np.eye(3)
GAPS = np.where(X > 0.7, np.nan, X)
WHOLE = np.array([3, 1, 1, 0])
PLACES = np.array([[0, 2, 0, 1], [3, 3, 0, 1], [1, 1, 1, 2]])


def _whole(x: Any) -> Any:
    return x.to(int) if isinstance(x, Tensor) else x.astype(int)


# What is called, with arrays that may be Tensors instead. Differentiable unless the answer is not of floats.
CALLS: dict[str, tuple[Call, tuple[Any, ...]]] = {
    **{f"np.{f.__name__}": (f, (X,)) for f in (
        np.amax, np.amin, np.isposinf, np.isneginf, np.sinc,
        np.negative, np.positive, np.abs, np.fabs, np.sign, np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10,
        np.log1p, np.sqrt, np.square, np.cbrt, np.reciprocal, np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan,
        np.sinh, np.cosh, np.tanh, np.arcsinh, np.arctanh, np.deg2rad, np.rad2deg, np.radians, np.degrees, np.floor,
        np.ceil, np.trunc, np.rint, np.conjugate, np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_not,
        np.modf, np.sum, np.mean, np.prod, np.var, np.std, np.max, np.min, np.ptp, np.all, np.any, np.argmax,
        np.argmin, np.count_nonzero, np.average, np.cumsum, np.cumprod, np.median, np.round, np.fix, np.nan_to_num,
        np.real, np.copy, np.ravel, np.transpose, np.matrix_transpose, np.squeeze, np.atleast_1d, np.atleast_2d,
        np.fliplr, np.flipud, np.flip, np.rot90, np.diagonal, np.diag, np.tril, np.triu, np.hstack,
        np.nonzero, np.argwhere, np.flatnonzero, np.sort, np.argsort, np.unique, np.diff, np.trapezoid, np.trace,
        np.zeros_like, np.ones_like, np.linalg.norm, np.linalg.svdvals, np.linalg.pinv, np.linalg.matrix_norm,
    )},
    **{f"np.{f.__name__} of two": (f, (X, Y)) for f in (
        np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power, np.floor_divide, np.remainder, np.fmod,
        np.divmod, np.vecdot, np.heaviside, np.copysign, np.logaddexp, np.hypot, np.arctan2, np.maximum, np.minimum,
        np.fmax, np.fmin, np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
        np.logical_and, np.logical_or, np.logical_xor, np.isclose, np.inner, np.outer, np.vdot, np.kron, np.append,
        np.broadcast_arrays,
    )},
    "np.arccosh": (lambda x: np.arccosh(x + 1), (X,)),
    "np.bitwise_and": (lambda x, y: np.bitwise_and(x > 0.5, y > 0.5), (X, Y)),
    "np.invert": (lambda x: np.invert(x > 0.5), (X,)),
    "np.left_shift": (lambda x: np.left_shift(_whole(x * 10), 1), (X,)),
    "np.add of a number": (lambda x: np.add(2, x), (X,)),
    "np.add in a dtype": (lambda x: np.add(x, 1, dtype=np.float32), (X,)),
    "np.power of a number": (lambda x: np.power(x, 2), (X,)),
    "np.power by a Tensor": (lambda x: np.power(2.5, x), (X,)),
    "np.matmul": (np.matmul, (X, Y.T)),
    "np.add.reduce": (np.add.reduce, (X,)),
    "np.add.reduce over all": (lambda x: np.add.reduce(x, axis=None, keepdims=True), (X,)),
    "np.multiply.reduce": (lambda x: np.multiply.reduce(x, 1), (X,)),
    "np.maximum.reduce": (np.maximum.reduce, (X,)),
    "np.add.accumulate": (np.add.accumulate, (X,)),
    "np.multiply.accumulate": (lambda x: np.multiply.accumulate(x, axis=1), (X,)),
    "np.multiply.outer": (np.multiply.outer, (X, V)),
    **{f"np.{f.__name__} with NaN": (f, (GAPS,)) for f in (np.nansum, np.nanmean, np.nanmedian)},
    "np.nansum over an axis": (lambda x: np.nansum(x, axis=1, keepdims=True), (GAPS,)),
    "np.nansum in a dtype": (lambda x: np.nansum(x, dtype=np.float32), (GAPS,)),
    "np.nanmean over an axis": (lambda x: np.nanmean(x, 0), (GAPS,)),
    "np.nanmedian over an axis": (lambda x: np.nanmedian(x, axis=1, keepdims=True), (GAPS,)),
    "np.nanquantile": (lambda x: np.nanquantile(x, 0.3, axis=0), (GAPS,)),
    "np.nanquantile of several": (lambda x: np.nanquantile(x, [0.3, 0.9], method="lower"), (GAPS,)),
    "np.isin": (lambda x: np.isin(x, [X[0, 0], X[2, 1], 9.0]), (X,)),
    "np.isin, the others": (lambda x: np.isin(X, x, invert=True), (X[1:],)),
    "np.bincount": (lambda x: np.bincount(_whole(x * 10)), (V,)),
    "np.bincount of an array": (lambda w: np.bincount(WHOLE, w, 6), (V,)),
    "np.linalg.cond": (np.linalg.cond, (S,)),
    "np.linalg.cond of order 1": (lambda x: np.linalg.cond(x, 1), (S,)),
    "np.linalg.matrix_rank": (np.linalg.matrix_rank, (X,)),
    "np.linalg.matrix_rank above a value": (lambda x: np.linalg.matrix_rank(x, 0.5), (X,)),
    "np.sum over an axis": (lambda x: np.sum(x, axis=0, keepdims=True), (X,)),
    "np.sum over axes": (lambda x: np.sum(x, (0, 1)), (X,)),
    "np.sum in a dtype": (lambda x: np.sum(x, dtype=np.float32), (X,)),
    "np.mean over an axis": (lambda x: np.mean(x, -1), (X,)),
    "np.prod over axes": (lambda x: np.prod(x, (0, 1), keepdims=True), (X,)),
    "np.var with ddof": (lambda x: np.var(x, 0, ddof=1), (X,)),
    "np.std with ddof": (lambda x: np.std(x, axis=1, ddof=1, keepdims=True), (X,)),
    "np.max over an axis": (lambda x: np.max(x, axis=1), (X,)),
    "np.argmax over an axis": (lambda x: np.argmax(x, axis=1), (X,)),
    "np.average with weights": (lambda x, w: np.average(x, 1, w), (X, V)),
    "np.average with a weight each": (lambda x, w: np.average(x, weights=w), (X, Y)),
    "np.cumsum along an axis": (lambda x: np.cumsum(x, 1), (X,)),
    "np.median along an axis": (lambda x: np.median(x, axis=1), (X,)),
    "np.quantile": (lambda x: np.quantile(x, 0.3, axis=0), (X,)),
    "np.quantile of several": (lambda x: np.quantile(x, [0.3, 0.9], axis=0, keepdims=True), (X,)),
    "np.percentile": (lambda x: np.percentile(x, 30), (X,)),
    "np.where": (lambda x, y: np.where(x > 0.5, x, y), (X, Y)),
    "np.where with a number": (lambda x: np.where(x > 0.5, x, 0), (X,)),
    "np.where with an array": (lambda x: np.where(X > 0.5, x, Y), (X,)),
    "np.where alone": (lambda x: np.where(x > 0.5), (X,)),
    "np.clip": (lambda x: np.clip(x, 0.4, 0.6), (X,)),
    "np.clip from below": (lambda x: np.clip(x, 0.4, None), (X,)),
    "np.clip by name": (lambda x: np.clip(x, min=0.4, max=0.6), (X,)),
    "np.round to decimals": (lambda x: np.round(x, 1), (X,)),
    "np.astype": (lambda x: np.astype(x, np.float32), (X,)),
    "np.reshape": (lambda x: np.reshape(x, (2, 6)), (X,)),
    "np.reshape to a row": (lambda x: np.reshape(x, -1), (X,)),
    "np.transpose by axes": (lambda x: np.transpose(x, (1, 0)), (X,)),
    "np.swapaxes": (lambda x: np.swapaxes(x, 0, 1), (X,)),
    "np.moveaxis": (lambda x: np.moveaxis(x, 0, -1), (X,)),
    "np.expand_dims": (lambda x: np.expand_dims(x, (0, -1)), (X,)),
    "np.squeeze an axis": (lambda x: np.squeeze(x[:1], 0), (X,)),
    "np.broadcast_to": (lambda x: np.broadcast_to(x, (2, 3, 4)), (X,)),
    "np.tile": (lambda x: np.tile(x, (2, 1)), (X,)),
    "np.repeat": (lambda x: np.repeat(x, 2, axis=1), (X,)),
    "np.repeat by counts": (lambda x: np.repeat(x, [1, 0, 2], axis=0), (X,)),
    "np.flip an axis": (lambda x: np.flip(x, 1), (X,)),
    "np.roll": (lambda x: np.roll(x, 1, axis=1), (X,)),
    "np.pad": (lambda x: np.pad(x, ((1, 0), (2, 1))), (X,)),
    "np.pad by a number": (lambda x: np.pad(x, 1, constant_values=2.0), (X,)),
    "np.pad reflect": (lambda x: np.pad(x, ((0, 0), (1, 2)), "reflect"), (X,)),
    "np.pad edge": (lambda x: np.pad(x, ((0, 0), (1, 2)), mode="edge"), (X,)),
    "np.pad wrap": (lambda x: np.pad(x, ((0, 0), (1, 2)), mode="wrap"), (X,)),
    "np.diag with k": (lambda v: np.diag(v, 1), (V,)),
    "np.meshgrid": (np.meshgrid, (V, V[:2])),
    "np.concatenate": (lambda *xs: np.concatenate(xs), (X, Y)),
    "np.concatenate flat": (lambda *xs: np.concatenate(xs, axis=None), (X, V)),
    "np.concatenate with an array": (lambda x: np.concatenate([x, Y], axis=1), (X,)),
    "np.stack": (lambda *xs: np.stack(xs, axis=1), (X, Y)),
    "np.vstack": (lambda *xs: np.vstack(xs), (X, V)),
    "np.dstack": (lambda *xs: np.dstack(xs), (X, Y)),
    "np.column_stack": (lambda *xs: np.column_stack(xs), (V, V)),
    "np.split": (lambda x: np.split(x, 2, axis=1), (X,)),
    "np.split at places": (lambda x: np.split(x, [1, 3], axis=1), (X,)),
    "np.array_split": (lambda x: np.array_split(x, 3, axis=1), (X,)),
    "np.take": (lambda x: np.take(x, [0, 5, 5]), (X,)),
    "np.take along an axis": (lambda x: np.take(x, PLACES[0], axis=1), (X,)),
    "np.take_along_axis": (lambda x: np.take_along_axis(x, PLACES, 1), (X,)),
    "np.compress": (lambda x: np.compress([True, False, True], x, axis=0), (X,)),
    "np.select": (lambda x, y: np.select([x > 0.6, x > 0.4], [x, y * y], 7.0), (X, Y)),
    "np.sort along an axis": (lambda x: np.sort(x, axis=0), (X,)),
    "np.sort flat": (lambda x: np.sort(x, axis=None), (X,)),
    "np.searchsorted": (lambda x, v: np.searchsorted(np.sort(x), v), (V, X)),
    "np.searchsorted in an array": (lambda v: np.searchsorted(np.sort(V), v, side="right"), (X,)),
    "np.diff twice": (lambda x: np.diff(x, n=2, axis=1), (X,)),
    "np.trapezoid at places": (np.trapezoid, (X, np.sort(V))),
    "np.dot": (np.dot, (X, V)),
    "np.dot of matrices": (np.dot, (X, Y.T)),
    "np.dot by a number": (lambda x: np.dot(x, 2.0), (X,)),
    "np.dot of three dims": (np.dot, (X, np.stack([Y.T, Y.T]))),
    "np.tensordot": (lambda x, y: np.tensordot(x, y, axes=([1], [1])), (X, Y)),
    "np.tensordot over one": (lambda x, y: np.tensordot(x, y.T, axes=1), (X, Y)),
    "np.einsum": (lambda x, y: np.einsum("ij,kj->ik", x, y), (X, Y)),
    "np.einsum with an array": (lambda x: np.einsum("ij,kj->ik", Y, x, optimize=True), (X,)),
    "np.cross": (lambda x, y: np.cross(x[:, :3], y[:, :3]), (X, Y)),
    "np.full_like": (lambda x: np.full_like(x, 2.0), (X,)),
    "np.linalg.norm along an axis": (lambda x: np.linalg.norm(x, axis=1), (X,)),
    "np.linalg.norm of order 1": (lambda x: np.linalg.norm(x, 1, axis=0, keepdims=True), (X,)),
    "np.linalg.vector_norm": (lambda x: np.linalg.vector_norm(x, axis=1), (X,)),
    "np.linalg.det": (np.linalg.det, (S,)),
    "np.linalg.slogdet": (np.linalg.slogdet, (S,)),
    "np.linalg.inv": (np.linalg.inv, (S,)),
    "np.linalg.solve": (np.linalg.solve, (S, X)),
    "np.linalg.solve with an array": (lambda b: np.linalg.solve(S, b), (X,)),
    "np.linalg.cholesky": (lambda x: np.linalg.cholesky(x @ x.T), (S,)),
    "np.linalg.qr, R": (lambda x: np.linalg.qr(x, "r"), (S,)),
    "np.linalg.qr": (np.linalg.qr, (S,)),
    "np.linalg.eigvalsh": (lambda x: np.linalg.eigvalsh(x @ x.T), (S,)),
    "np.linalg.eigh": (lambda x: np.linalg.eigh(x @ x.T)[0], (S,)),
    "np.linalg.svd, values": (lambda x: np.linalg.svd(x, compute_uv=False), (X,)),
    "np.linalg.svd": (lambda x: np.linalg.svd(x, full_matrices=False)[1], (X,)),
    "np.linalg.lstsq": (lambda a, b: np.linalg.lstsq(a, b)[0], (X.T, V)),
    "np.linalg.matrix_power": (lambda x: np.linalg.matrix_power(x, 3), (S,)),
    "np.linalg.multi_dot": (lambda *xs: np.linalg.multi_dot(xs), (X, Y.T, S)),
    "np.linalg.matmul": (np.linalg.matmul, (X, Y.T)),
    "np.linalg.vecdot": (np.linalg.vecdot, (X, Y)),
    "np.linalg.cross": (lambda x, y: np.linalg.cross(x[:, :3], y[:, :3]), (X, Y)),
    "np.linalg.outer": (np.linalg.outer, (V, V)),
    "np.linalg.tensordot": (lambda x, y: np.linalg.tensordot(x, y, axes=((0,), (0,))), (X, Y)),
    "np.linalg.diagonal": (np.linalg.diagonal, (X,)),
    "np.linalg.trace": (np.linalg.trace, (S,)),
    "np.linalg.matrix_transpose": (np.linalg.matrix_transpose, (X,)),
    "np.around": (np.around, (X,)),
    "np.amax": (np.amax, (X,)),
    "np.amin": (lambda x: np.amin(x, axis=0), (X,)),
    "np.equal in dtype bool": (lambda x, y: np.equal(x * 2, y, dtype=bool), (X, Y)),
    "np.maximum.accumulate": (lambda x: np.maximum.accumulate(x, axis=1), (X,)),
    "np.minimum.accumulate": (np.minimum.accumulate, (X,)),
    "np.logaddexp.accumulate": (np.logaddexp.accumulate, (X,)),
    "np.logaddexp.reduce": (lambda x: np.logaddexp.reduce(x, axis=1), (X,)),
    "np.sum with out=None": (lambda x: np.sum(x, axis=1, out=None), (X,)),
    "np.split at an array": (lambda x: np.split(x, np.array([1, 3]), axis=1), (X,)),
    "np.tile by NumPy's integer": (lambda x: np.tile(x, np.int64(2)), (X,)),
    "np.roll along two axes": (lambda x: np.roll(x, 2, axis=(0, 1)), (X,)),
    "np.roll of the row by several": (lambda x: np.roll(x, (1, 2)), (X,)),
    "np.sort of a kind": (lambda x: np.sort(x, kind="stable"), (X,)),
    "np.argsort of a kind": (lambda x: np.argsort(x, kind="stable"), (X,)),
    "np.median of integers": (lambda x: np.median(_whole(x * 10)), (X,)),
    "np.linalg.norm of integers": (lambda x: np.linalg.norm(_whole(x * 10)), (X,)),
    "np.linalg.solve of a batch": (lambda a, b: np.linalg.solve(np.stack([a, a]), b), (S, X[:, :2])),
    "np.unique with counts": (lambda x: np.unique(np.round(x, 1), return_counts=True), (X,)),
    "array + x": (lambda x: Y + x, (X,)),
    "array - x": (lambda x: Y - x, (X,)),
    "array * x": (lambda x: Y * x, (X,)),
    "array / x": (lambda x: Y / x, (X,)),
    "array ** x": (lambda x: Y**x, (X,)),
    "array @ x": (lambda x: Y.T @ x, (X,)),
    "array // x": (lambda x: Y // x, (X,)),
    "array % x": (lambda x: Y % x, (X,)),
    "array < x": (lambda x: x > Y, (X,)),
    "NumPy's number - x": (lambda x: np.float64(2) - x, (X,)),
}  # fmt: skip
if hasattr(np, "unstack"):  # from NumPy 2.1 on
    CALLS["np.unstack"] = (np.unstack, (X,))
else:
    CALLS = {name: call for name, call in CALLS.items() if "np.astype" not in name}
CALLS.pop("np.hstack")
every_call = pytest.mark.parametrize("call, arrays", CALLS.values(), ids=CALLS)


def tensors_in(answer: Any) -> Iterator[Any]:
    """What was answered, one after the other."""
    if isinstance(answer, (tuple, list)):
        for part in answer:
            yield from tensors_in(part)
    else:
        yield answer


@every_call
def test_the_value_is_numpys_and_a_tensor(call: Call, arrays: tuple[Any, ...]) -> None:
    found, expected = list(tensors_in(call(*map(Tensor, arrays)))), list(tensors_in(call(*arrays)))
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected):
        assert type(ours) is Tensor
        assert (ours.shape, ours.dtype) == (np.shape(theirs), np.asarray(theirs).dtype)
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6 if ours.dtype == np.float32 else 1e-12, atol=1e-14)


CONSTANT = {
    "np.unique",
    "np.unique with counts",
    "np.median of integers",
    "np.linalg.norm of integers",
    "np.zeros_like",
    "np.ones_like",
    "np.full_like",
}


@every_call
def test_what_comes_out_is_recorded_and_its_gradient_right(call: Call, arrays: tuple[Any, ...], request: Any) -> None:
    name = request.node.callspec.id
    live = list(tensors_in(call(*[TrainableWeight(x).tensor() for x in arrays])))
    for i, answer in enumerate(live):
        if answer.dtype.kind != "f" or name in CONSTANT or (name == "np.linalg.slogdet" and i == 0):
            assert not answer.requires_grad
            continue
        assert answer.requires_grad
        if answer.dtype == np.float64 and name not in ("np.svd", "np.linalg.qr"):

            def one(*xs: Tensor, i: int = i) -> Tensor:
                tensor: Tensor = list(tensors_in(call(*xs)))[i]
                return tensor

            check_gradients(one, *map(Tensor, arrays), order=1)


def test_every_function_that_is_supported_is_tried() -> None:
    text = " ".join(CALLS) + " np.empty_like np.hstack"
    names = {("np.linalg." if f.__module__ == "numpy.linalg" else "np.") + f.__name__ for f in functions.FUNCTIONS}
    names |= {f"np.{ufunc.__name__}" for ufunc in ufuncs.UFUNCS}
    other = {"np.bitwise_or", "np.bitwise_xor", "np.right_shift"}
    missing = {name for name in names - other if name not in text and name.replace("linalg.", "") not in text}
    assert not missing


# Functions that NumPy has under the same name, but which take no Tensor, so that NumPy does not ask what one answers.
TAKE_NO_TENSOR = {
    "arange", "empty", "eye", "full", "linspace", "logspace", "ones", "tril_indices", "triu_indices", "zeros",
    "load",  # from a file
    "from_dlpack",  # asks by a protocol of its own, which is tested below
}  # fmt: skip


def test_every_function_that_numpy_has_too_is_supported() -> None:
    known = {*functions.FUNCTIONS, *ufuncs.UFUNCS, *functions._ON_VALUES}
    public = dict.fromkeys(kytorch.__all__, (np, np.linalg)) | {
        f"linalg.{name}": (np.linalg, np) for name in kytorch.linalg.__all__
    }
    missing = set()
    for name, places in public.items():
        for place in places:
            function = getattr(place, name.removeprefix("linalg."), None)
            if callable(function) and not isinstance(function, type) and function not in known:
                missing.add(name)
    assert missing == TAKE_NO_TENSOR


def test_hstack_and_empty_like() -> None:
    assert np.array_equal(np.hstack([Tensor(X), Tensor(Y)]).numpy(), np.hstack([X, Y]))
    empty = np.empty_like(Tensor(X))
    assert type(empty) is Tensor
    assert (empty.shape, empty.dtype) == (X.shape, X.dtype)


def test_functions_written_in_numpy_differentiate_unchanged() -> None:
    def network(w: Any, v: Any, x: Any) -> Any:
        hidden = np.tanh(np.dot(x, w))
        logits = np.einsum("nh,h->n", hidden, v)
        return np.mean(np.log1p(np.exp(-np.where(logits > 0, logits, -logits))) + np.maximum(logits, 0))

    w, v = rng.normal(size=(4, 5)), rng.normal(size=5)
    gradient = func.grad(network, argnums=(0, 1))(Tensor(w), Tensor(v), X)
    for i, (g, at) in enumerate(zip(gradient, (w, v))):
        step = 1e-6 * rng.normal(size=at.shape)
        around = [network(*[x + s * step if i == j else x for j, x in enumerate((w, v))], X) for s in (1, -1)]
        np.testing.assert_allclose(np.sum(g.numpy() * step), (around[0] - around[1]) / 2, rtol=1e-6)
    second = func.grad(lambda a: func.grad(lambda b: np.sum(np.sin(b)))(a).sum())(Tensor(V))
    np.testing.assert_allclose(second.numpy(), -np.sin(V), rtol=1e-14)


x = Tensor(X)
weight = TrainableWeight(X)


def _add_to(array: Any) -> None:
    array += x


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a ufunc that is not supported": (lambda: np.spacing(x), r"np\.spacing.*x\.numpy\(\)"),
    "a function that is not supported": (lambda: np.histogram(x), r"np\.histogram.*x\.numpy\(\)"),
    "an option that is not supported": (lambda: np.sum(x, where=X > 0), r"np\.sum.*where.*axis"),
    "an option of a ufunc": (lambda: np.sin(x, where=X > 0), r"np\.sin.*where"),
    "a result written to an array": (lambda: np.sin(x, out=np.empty_like(X)), r"np\.sin.*out"),
    "a sum written to an array": (lambda: np.sum(x, out=np.empty(())), r"np\.sum.*out"),
    "addition into an array": (lambda: _add_to(X.copy()), r"np\.add.*a = a \+ x"),
    "np.add.at": (lambda: np.add.at(x, 0, 1.0), r"np\.add\.at.*x\.at\[index\]"),
    "np.add.reduceat": (lambda: np.add.reduceat(x, [0]), r"np\.add\.reduceat"),
    "np.subtract.reduce": (lambda: np.subtract.reduce(x), r"np\.subtract\.reduce"),
    "np.copyto": (lambda: np.copyto(x, 1.0), r"np\.copyto.*x\.at\[index\]"),
    "np.put": (lambda: np.put(x, 0, 1.0), r"np\.put.*x\.at\[index\]"),
    "np.fill_diagonal": (lambda: np.fill_diagonal(x, 1.0), r"x\.at\[index\]"),
    "a weight in a ufunc": (lambda: np.sin(weight), r"TrainableWeight.*weight\.tensor\(\)"),
    "a weight in a function": (lambda: np.sum(weight), r"TrainableWeight.*weight\.tensor\(\)"),
    "a weight beside a Tensor": (lambda: np.add(x, weight), r"TrainableWeight.*weight\.tensor\(\)"),
    "a weight in a list": (lambda: np.concatenate([x, weight]), r"TrainableWeight.*weight\.tensor\(\)"),
    "an array times a weight": (lambda: X * weight, r"TrainableWeight.*weight\.tensor\(\)"),
    "another order": (lambda: np.reshape(x, (4, 3), order="F"), r"order='F'"),
    "another mode of padding": (lambda: np.pad(x, 1, "mean"), "mode 'mean'.*constant"),
    "strings beside a Tensor": (lambda: np.add(x, "a"), "numbers"),
    "complex numbers beside a Tensor": (lambda: np.multiply(x, 1j), "complex.*numbers"),
}  # fmt: skip


@pytest.mark.parametrize("call, words", REFUSED.values(), ids=REFUSED)
def test_what_is_not_supported_raises_and_names_a_way(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call()


def test_where_pytorch_decides_otherwise_the_answer_is_numpys() -> None:
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 2.5])
    for call in (np.sign, lambda v: np.heaviside(v, 0.5), np.modf):
        for ours, theirs in zip(tensors_in(call(Tensor(special))), tensors_in(call(special))):
            np.testing.assert_array_equal(ours.numpy(), theirs)


@pytest.mark.parametrize("call", [lambda v: np.sum(v, axis=()), lambda v: np.add.reduce(v, axis=())])
def test_no_axes_are_refused_since_pytorch_takes_them_for_all(call: Call) -> None:
    with pytest.raises(TypeError, match=r"axis=\(\)"):
        call(x)


def test_the_pseudo_inverse_cuts_off_where_numpys_does() -> None:
    for near, options in ((1e-14, {}), (1e-16, {}), (1e-3, {"rcond": 1e-2}), (1e-3, {"rtol": 1e-2})):
        a = np.diag([1.0, near])
        np.testing.assert_allclose(
            np.linalg.pinv(Tensor(a), **options).numpy(), np.linalg.pinv(a, **options), rtol=1e-9
        )


def test_a_comparison_answers_in_bool_only() -> None:
    with pytest.raises(TypeError, match=r"np\.equal.*bool.*float64"):
        np.equal(x, x, dtype=np.float64)


def test_no_object_array_comes_out_of_any_ufunc() -> None:
    for name in dir(np):
        ufunc = getattr(np, name)
        if isinstance(ufunc, np.ufunc):
            for inputs in ([x] * ufunc.nin, [X, x][: ufunc.nin] if ufunc.nin == 2 else [x] * ufunc.nin):
                with np.errstate(all="ignore"):
                    try:
                        answers = list(tensors_in(ufunc(*inputs)))
                    except (TypeError, ValueError):
                        continue
                assert all(type(answer) is Tensor for answer in answers), name


def test_a_python_number_widens_no_tensor_and_an_array_does() -> None:
    small = Tensor(np.ones(3, np.float32))
    assert np.add(small, 2.5).dtype == np.multiply(2, small).dtype == np.float32
    assert np.add(small, np.ones(3)).dtype == np.float64
    assert np.where(small > 0, small, 0).dtype == np.float32
    assert np.maximum(1.0, small).dtype == np.float32


def test_shapes_and_values_are_told() -> None:
    assert np.shape(x) == (3, 4)
    assert (np.ndim(x), np.size(x)) == (2, 12)
    assert np.result_type(x, np.float32) == np.float64
    assert np.array_equal(x, X)
    assert np.allclose(x, Tensor(X))
    assert np.array2string(x) == np.array2string(X)


def test_saving_writes_the_values(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", x)
    assert np.array_equal(np.load(tmp_path / "x.npy"), X)


# Arrays of a Tensor, and Tensors of an array


def test_asarray_is_a_view_that_cannot_be_written_to() -> None:
    array = np.asarray(x)
    assert np.shares_memory(array, x.data)
    assert not array.flags.writeable
    with pytest.raises(ValueError):
        array.setflags(write=True)


def test_array_with_a_dtype_or_a_copy_is_as_numpy_2_defines_it() -> None:
    assert np.array(x).flags.writeable
    assert np.asarray(x, np.float32).dtype == np.float32
    assert not np.shares_memory(np.array(x, copy=True), x.data)
    assert np.shares_memory(np.array(x, copy=False), x.data)
    with pytest.raises(ValueError, match="copy"):
        np.array(x, np.float32, copy=False)


def test_dlpack_shares_memory_and_says_that_it_is_read_only() -> None:
    array = np.from_dlpack(x)
    assert np.shares_memory(array, x.data)
    assert not array.flags.writeable
    assert np.array_equal(array, X)
    assert x.__dlpack_device__() == X.__dlpack_device__()


def test_dlpack_for_one_who_does_not_know_read_only_is_refused() -> None:
    with pytest.raises(BufferError):
        x.__dlpack__()
    assert np.from_dlpack(x, copy=True).flags.writeable


def test_a_tensor_from_dlpack_shares_the_arrays_memory() -> None:
    array = np.arange(3.0)
    y = kytorch.from_dlpack(array)
    assert np.shares_memory(y.data, array)
    assert not y.requires_grad
    assert kytorch.from_dlpack(x).tolist() == x.tolist()
    with pytest.raises(TypeError, match=r"from_dlpack.*list"):
        kytorch.from_dlpack([1.0])  # type: ignore[arg-type]
