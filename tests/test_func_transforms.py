"""vjp, jvp, Jacobians, Hessians: closed forms, differences, each other, any nesting, any structure."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, func, nn


def scalar(value: float) -> Tensor:
    return Tensor(np.float64(value))


def close(found: Any, expected: Any, **tolerance: float) -> None:
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found.numpy(), expected, **{"rtol": 1e-10, "atol": 1e-12, **tolerance})


RNG = np.random.default_rng(0)
W = Tensor(RNG.standard_normal((3, 4)))
X = Tensor(RNG.standard_normal(4))
V = Tensor(RNG.standard_normal(4))
U = Tensor(RNG.standard_normal(3))


def vector(x: Tensor) -> Tensor:
    """From four elements to three, not symmetric in anything."""
    return (W @ x).tanh() * x[:3] + (x[3] * x[0]).sin()


def value(x: Tensor) -> Tensor:
    return (vector(x) ** 2).sum() * x[1].exp()


def differences(f: Callable[[Tensor], Tensor], x: Tensor, step: float = 1e-5) -> Any:
    """The Jacobian of `f` by central differences."""
    columns = []
    for i in range(x.size):
        e = np.zeros(x.size)
        e[i] = step
        d = Tensor(e.reshape(x.shape))
        columns.append((f(x + d).numpy() - f(x - d).numpy()) / (2 * step))
    return np.stack(columns, -1).reshape(*columns[0].shape, *x.shape)


# One function, one argument


def test_both_jacobians_agree_with_differences() -> None:
    expected = differences(vector, X)
    for jacobian in (func.jacrev, func.jacfwd):
        close(jacobian(vector)(X), expected, rtol=1e-8, atol=1e-9)
    close(func.jacrev(vector)(X), func.jacfwd(vector)(X).numpy())


def test_vjp_and_jvp_are_products_with_the_jacobian() -> None:
    jacobian = func.jacrev(vector)(X).numpy()
    output, pull = func.vjp(vector, X)
    close(output, vector(X).numpy())
    close(pull(U)[0], U.numpy() @ jacobian)
    close(pull(2.0 * U)[0], 2.0 * U.numpy() @ jacobian)  # again
    output, along = func.jvp(vector, (X,), (V,))
    close(output, vector(X).numpy())
    close(along, jacobian @ V.numpy())


def test_the_hessian_is_the_jacobian_of_the_gradient_and_symmetric() -> None:
    found = func.hessian(value)(X)
    close(found, differences(func.grad(value), X), rtol=1e-7, atol=1e-8)
    close(found, found.numpy().T)
    for outer in (func.jacrev, func.jacfwd):
        for inner in (func.jacrev, func.jacfwd, func.grad):
            close(outer(inner(value))(X), found.numpy())


def test_hvp_is_the_hessian_times_a_vector() -> None:
    [product] = func.hvp(value, (X,), (V,))
    close(product, func.hessian(value)(X).numpy() @ V.numpy())


def test_the_hessian_of_a_vector_function_has_three_indices() -> None:
    found = func.hessian(vector)(X)
    assert found.shape == (3, 4, 4)
    for i in range(3):
        close(found[i], func.hessian(lambda x, i=i: vector(x)[i])(X).numpy())


def test_shapes_are_the_outputs_and_then_the_arguments() -> None:
    x = Tensor(RNG.standard_normal((2, 3)))
    for jacobian in (func.jacrev, func.jacfwd):
        assert jacobian(lambda x: x.T.exp())(x).shape == (3, 2, 2, 3)
        assert jacobian(lambda x: x.sum())(x).shape == (2, 3)
        assert jacobian(lambda x: x)(x[0, 0]).shape == ()
        assert jacobian(lambda x: x[:0])(x).shape == (0, 3, 2, 3)
        assert jacobian(lambda x: x.sum(1))(x[:, :0]).shape == (2, 2, 0)
        close(jacobian(lambda x: x)(x), np.eye(6).reshape(2, 3, 2, 3))
    assert func.hessian(lambda x: (x**3).sum())(x).shape == (2, 3, 2, 3)


def test_dtypes_are_kept() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        x = Tensor([0.5, 1.5], dtype)
        for jacobian in (func.jacrev, func.jacfwd, func.hessian):
            assert jacobian(lambda x: x * x)(x).dtype == dtype
        output, along = func.jvp(lambda x: x * x, (x,), (kt.ones(2),))
        assert output.dtype == along.dtype == dtype
        assert func.vjp(lambda x: x * x, x)[1](kt.ones(2))[0].dtype == dtype
        assert func.hvp(lambda x: (x * x).sum(), (x,), (x,))[0].dtype == dtype


def test_what_does_not_depend_on_the_argument_has_zeros() -> None:
    for jacobian in (func.jacrev, func.jacfwd):
        close(jacobian(lambda x: V * 2.0)(X), np.zeros((4, 4)))
    close(func.jvp(lambda x: V * 2.0, (X,), (V,))[1], np.zeros(4))
    close(func.vjp(lambda x: V * 2.0, X)[1](V)[0], np.zeros(4))
    close(func.hessian(lambda x: x.sum())(X), np.zeros((4, 4)))
    close(func.hvp(lambda x: x.sum(), (X,), (V,))[0], np.zeros(4))


def test_a_tangent_through_an_infinite_slope_is_infinite_and_beside_it_is_not() -> None:
    x = Tensor(np.array([0.0, 4.0]))
    _, along = func.jvp(kt.sqrt, (x,), (kt.ones(2, dtype=np.float64),))
    assert along.tolist() == [math.inf, 0.25]
    _, along = func.jvp(lambda x: kt.where(x > 1, x.sqrt(), x), (x,), (kt.ones(2, dtype=np.float64),))
    assert along.tolist() == [1.0, 0.25]


# Nesting


@pytest.mark.parametrize("order", [2, 3, 4])
def test_jvp_nests(order: int) -> None:
    def slope(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        return lambda x: func.jvp(f, (x,), (kt.ones(*x.shape, dtype=x.dtype),))[1]

    f: Callable[[Tensor], Tensor] = kt.sin
    for _ in range(order):
        f = slope(f)
    x = np.array([0.3, 1.2])
    close(f(Tensor(x)), [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin][order - 1](x))


def by_graph(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    own = x * 1.0 if x.requires_grad else live(x)
    return kt.grad(f(own), own, create_graph=True, allow_unused=True, materialize_grads=True)[0]


def live(x: Tensor) -> Tensor:
    return kt.tensor(x, requires_grad=True)


INNER = {
    "grad": lambda f, x: func.grad(f)(x),
    "jacrev": lambda f, x: func.jacrev(f)(x),
    "jacfwd": lambda f, x: func.jacfwd(f)(x),
    "vjp": lambda f, x: func.vjp(f, x)[1](scalar(1.0))[0],
    "jvp": lambda f, x: func.jvp(f, (x,), (scalar(1.0),))[1],
    "kt.grad": by_graph,
}


@pytest.mark.parametrize("outer", INNER)
@pytest.mark.parametrize("inner", INNER)
def test_no_transform_takes_anothers_variable_for_its_own(outer: str, inner: str) -> None:
    d, e = INNER[outer], INNER[inner]
    # d/dx (x d/dy (x + y)) at y = x is 1: the inner derivative is 1, whatever x is.
    close(d(lambda x: x * e(lambda y: x + y, x), scalar(3.0)), 1.0)
    close(d(lambda x: x * e(lambda y: x + y, scalar(1.0)), scalar(3.0)), 1.0)
    # d/dx (x d/dy (x y)): x^2, so 2 x.
    close(d(lambda x: x * e(lambda y: x * y, x), scalar(3.0)), 6.0)
    # d/dx d/dy (x^2 y^3) at y = 2 x: 12 x^4, so 48 x^3.
    close(d(lambda x: e(lambda y: x * x * y * y * y, 2.0 * x), scalar(1.5)), 48 * 1.5**3)
    # d/dx (sin(x) d/dy (y sin(x))) = d/dx sin^2 x
    close(d(lambda x: x.sin() * e(lambda y: y * x.sin(), scalar(0.7)), scalar(0.4)), math.sin(0.8))


def test_a_derivative_of_a_function_of_a_hessian() -> None:
    def f(x: Tensor) -> Tensor:
        return func.hessian(value)(x).sin().sum()

    close(func.grad(f)(X), differences(f, X), rtol=1e-6, atol=1e-7)
    close(func.hessian(f)(X), differences(func.grad(f), X), rtol=1e-5, atol=1e-5)


def test_a_jvp_is_differentiable_in_its_tangent_and_a_vjp_in_its_cotangent() -> None:
    jacobian = func.jacrev(vector)(X).numpy()
    close(func.jacrev(lambda v: func.jvp(vector, (X,), (v,))[1])(V), jacobian)
    close(func.jacfwd(lambda u: func.vjp(vector, X)[1](u)[0])(U), jacobian.T)
    close(func.jacrev(lambda v: func.hvp(value, (X,), (v,))[0])(V), func.hessian(value)(X).numpy())


def test_a_kept_pull_can_be_differentiated_in_the_primals() -> None:
    def f(x: Tensor) -> Tensor:
        _, pull = func.vjp(vector, x)
        return pull(U)[0]

    close(func.jacrev(f)(X), differences(f, X), rtol=1e-7, atol=1e-8)


# Weights


def test_a_weight_read_inside_stays_live() -> None:
    w = TrainableWeight(np.array([0.5, -1.5]))
    x, v = Tensor(np.array([2.0, 3.0])), Tensor(np.array([1.0, -1.0]))

    def f(x: Tensor) -> Tensor:
        return w.tensor() * x**3

    found: dict[str, Tensor] = {
        "jvp": func.jvp(f, (x,), (v,))[1].sum(),  # 3 w x^2 v
        "vjp": func.vjp(f, x)[1](v)[0].sum(),
        "jacrev": (func.jacrev(f)(x) @ v).sum(),
        "jacfwd": (func.jacfwd(f)(x) @ v).sum(),
    }
    for name, y in found.items():
        [(gradient, weight)] = y.backward()
        assert weight is w, name
        close(gradient, 3 * x.numpy() ** 2 * v.numpy())
    [(gradient, _)] = (func.hessian(lambda x: f(x).sum())(x) @ v).sum().backward()
    close(gradient, 6 * x.numpy() * v.numpy())
    [(gradient, _)] = func.hvp(lambda x: f(x).sum(), (x,), (v,))[0].sum().backward()
    close(gradient, 6 * x.numpy() * v.numpy())
    assert [y.requires_grad for y in func.jvp(f, (x,), (v,))] == [True, True]


def test_answers_that_nothing_can_differentiate_hold_no_graph() -> None:
    for answer in (
        func.jvp(vector, (X,), (V,)),
        (func.vjp(vector, X)[0], func.vjp(vector, X)[1](U)[0]),
        (func.jacrev(vector)(X), func.jacfwd(vector)(X), func.hessian(value)(X)),
        func.hvp(value, (X,), (V,)),
        func.grad(lambda x: (value(x), x * 2.0), has_aux=True)(X),
    ):
        assert not any(x.requires_grad for x in answer)


# Structures


class Pair(NamedTuple):
    w: Tensor
    b: Tensor


def affine(parameters: Any, x: Tensor) -> Tensor:
    return ((parameters["layers"][0].w @ x + parameters["layers"][0].b).tanh() * parameters["scale"]).sum()


PARAMETERS = {"layers": [Pair(W, U)], "scale": scalar(1.7)}


def test_a_gradient_is_made_as_its_argument_is() -> None:
    found = func.grad(affine)(PARAMETERS, X)
    assert list(found) == ["layers", "scale"]
    assert type(found["layers"]) is list
    assert type(found["layers"][0]) is Pair
    flat = func.grad(lambda w, b, s: affine({"layers": [Pair(w, b)], "scale": s}, X), (0, 1, 2))(W, U, scalar(1.7))
    for one, other in zip((*found["layers"][0], found["scale"]), flat):
        close(one, other.numpy())
    value_too, (again, by_x) = func.value_and_grad(affine, (0, 1))(PARAMETERS, X)
    close(value_too, affine(PARAMETERS, X).numpy())
    close(again["layers"][0].b, flat[1].numpy())
    close(by_x, func.grad(affine, 1)(PARAMETERS, X).numpy())


def test_jacobians_are_made_as_the_output_and_within_as_the_argument() -> None:
    def f(p: dict[str, Tensor], x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return p["a"] * x, {"s": (p["b"] * x).sum()}

    p = {"a": Tensor(np.array([1.0, 2.0])), "b": Tensor(np.array([3.0, 4.0]))}
    x = Tensor(np.array([5.0, 6.0]))
    for jacobian in (func.jacrev, func.jacfwd):
        first, second = jacobian(f)(p, x)
        close(first["a"], np.diag([5.0, 6.0]))
        close(first["b"], np.zeros((2, 2)))
        close(second["s"]["b"], [5.0, 6.0])
        [one, two], other = jacobian(f, (0, -1))(p, x)
        close(one["a"], np.diag([5.0, 6.0]))
        close(two, np.diag([1.0, 2.0]))
        close(other["s"][1], [3.0, 4.0])


def test_a_hessian_by_several_arguments_is_a_square_of_blocks() -> None:
    def f(x: Tensor, y: Tensor) -> Tensor:
        return (x * x).sum() * y

    x, y = Tensor(np.array([1.0, 2.0])), scalar(3.0)
    (xx, xy), (yx, yy) = func.hessian(f, (0, 1))(x, y)
    close(xx, np.diag([6.0, 6.0]))
    close(xy, [2.0, 4.0])
    close(yx, [2.0, 4.0])
    close(yy, 0.0)
    tree: Any = func.hessian(lambda p: f(p["x"], p["y"]))({"x": x, "y": y})
    close(tree["x"]["y"], [2.0, 4.0])
    products = func.hvp(f, (x, y), (Tensor(np.array([1.0, 0.0])), scalar(1.0)))
    close(products[0], [6.0 + 2.0, 4.0])
    close(products[1], 2.0)


def test_vjp_and_jvp_of_structures() -> None:
    def f(p: dict[str, Tensor], x: Tensor) -> list[Tensor]:
        return [p["a"] * x, (x * x).sum()]

    p, x = {"a": Tensor(np.array([1.0, 2.0]))}, Tensor(np.array([3.0, 4.0]))
    output, pull = func.vjp(f, p, x)
    assert type(output) is list
    by_p, by_x = pull([Tensor(np.array([1.0, 10.0])), scalar(100.0)])
    close(by_p["a"], [3.0, 40.0])
    close(by_x, [1.0 + 600.0, 20.0 + 800.0])
    _, along = func.jvp(f, (p, x), ({"a": Tensor(np.array([1.0, 0.0]))}, Tensor(np.array([0.0, 1.0]))))
    close(along[0], [3.0, 2.0])
    close(along[1], 8.0)


def test_a_dicts_order_does_not_matter_and_an_ordered_dict_stays_one() -> None:
    def f(p: Any) -> Tensor:
        return p["a"] * 2.0 + p["b"] * 3.0

    primals = OrderedDict(b=scalar(1.0), a=scalar(1.0))
    gradient = func.grad(f)(primals)
    assert type(gradient) is OrderedDict
    assert list(gradient) == ["b", "a"]
    one: Any = {"p": scalar(1.0), "q": scalar(1.0)}
    other: Any = {"q": scalar(10.0), "p": scalar(20.0)}
    close(func.jvp(lambda p: p["p"] * p["p"] + p["q"], (one,), (other,))[1], 50.0)


def test_aux_comes_beside() -> None:
    def f(x: Tensor, note: str) -> tuple[Tensor, dict[str, Any]]:
        return (x * x).sum(), {"twice": x * 2.0, "note": note}

    gradient, aux = func.grad(f, has_aux=True)(X, "n")
    close(gradient, 2 * X.numpy())
    close(aux["twice"], 2 * X.numpy())
    assert aux["note"] == "n"
    (y, aux), gradient = func.value_and_grad(f, has_aux=True)(X, "n")
    close(y, (X.numpy() ** 2).sum())
    close(gradient, 2 * X.numpy())
    for jacobian in (func.jacrev, func.jacfwd):
        found, aux = jacobian(f, has_aux=True)(X, "n")
        close(found, 2 * X.numpy())
        assert aux["note"] == "n"
    _, pull, aux = func.vjp(lambda x: f(x, "m"), X, has_aux=True)
    close(pull(scalar(1.0))[0], 2 * X.numpy())
    assert aux["note"] == "m"
    _, along, aux = func.jvp(lambda x: f(x, "m"), (X,), (V,), has_aux=True)
    close(along, 2 * X.numpy() @ V.numpy())
    assert aux["note"] == "m"


def test_aux_stays_live_for_an_outer_derivative() -> None:
    def f(x: Tensor) -> Tensor:
        _, aux = func.grad(lambda y: (y * y, x * y), has_aux=True)(x)
        return aux

    close(func.grad(f)(scalar(3.0)), 6.0)


def test_a_models_hessian_by_its_weights() -> None:
    model = nn.Sequential(nn.Linear(2, 3, dtype=np.float64), nn.Tanh(), nn.Linear(3, 1, dtype=np.float64))
    x = Tensor(RNG.standard_normal((5, 2)))
    weights = {name: weight.tensor().detach() for name, weight in model.named_weights()}

    def loss(weights: dict[str, Tensor]) -> Tensor:
        return (func.functional_call(model, weights, x) ** 2).mean()

    found: Any = func.hessian(loss)(weights)
    for a in weights:
        for b in weights:
            block = found[a][b].numpy().reshape(weights[a].size, weights[b].size)
            np.testing.assert_allclose(block, found[b][a].numpy().reshape(block.T.shape).T, atol=1e-12)

    def of_first(w: Tensor) -> Tensor:
        return func.grad(loss)({**weights, "0.weight": w})["0.weight"]

    expected = differences(of_first, weights["0.weight"])
    close(found["0.weight"]["0.weight"], expected, rtol=1e-7, atol=1e-9)


def test_the_function_is_called_once_however_many_rows_or_columns() -> None:
    calls = []

    def f(x: Tensor) -> Tensor:
        calls.append(1)
        return vector(x)

    for transform in (func.jacrev, func.jacfwd, func.hessian):
        transform(f)(X)
    assert len(calls) == 3


# Wrong calls

TWO = Tensor(np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: func.grad(kt.sin)(TWO), ValueError, r"grad.*shape \(2,\).*reduce"),
        (lambda: func.grad(lambda x: (x.sum(), x))(TWO), ValueError, "grad.*tuple.*has_aux"),
        (lambda: func.grad(lambda x: x.sum(), has_aux=True)(TWO), TypeError, "grad.*has_aux.*pair"),
        (lambda: func.grad(lambda p: p["a"])({"a": 1.0}), TypeError, r"grad: argument 0\['a'\].*float"),
        (lambda: func.grad(lambda p: p[1])([TWO, Tensor(3)]), TypeError, r"argument 0\[1\].*int64"),
        (lambda: func.grad(lambda x: x, 2)(TWO), ValueError, "grad: there is no argument 2.*1 positional argument"),
        (lambda: func.grad(lambda x: x, -2)(TWO), ValueError, "there is no argument -2"),
        (lambda: func.grad(lambda x: x, ())(TWO), ValueError, "argnums is empty"),
        (lambda: func.grad(lambda x: x, "0")(TWO), TypeError, "argnums.*str"),
        (lambda: func.grad(lambda x: x, 1.0)(TWO), TypeError, "argnums.*float"),
        (lambda: func.grad(lambda x: x, (0, True))(TWO), TypeError, "argnums.*bool"),
        (lambda: func.jacrev(lambda x: x, (0, -1))(TWO), ValueError, "jacrev.*twice"),
        (lambda: func.jacrev(lambda x: x > 0)(TWO), TypeError, "jacrev: the function's output.*bool"),
        (lambda: func.jacfwd(lambda x: 1.0)(TWO), TypeError, "jacfwd: the function's output.*float"),
        (lambda: func.hessian(lambda x: None)(TWO), TypeError, "hessian: the function's output.*NoneType"),
        (lambda: func.vjp(kt.sin, 1.0), TypeError, "vjp: argument 0.*float"),
        (lambda: func.vjp(kt.sin, TrainableWeight([1.0])), TypeError, r"vjp.*weight.tensor\(\)"),
        (lambda: func.vjp(kt.sin, TWO)[1](TWO[:1]), ValueError, r"vjp: the cotangent has shape \(1,\).*\(2,\)"),
        (lambda: func.vjp(kt.sin, TWO)[1]((TWO,)), ValueError, r"the cotangent is made as \(\*,\).*alike"),
        (lambda: func.vjp(lambda x: {"a": x}, TWO)[1]({"b": TWO}), ValueError, "the cotangent is made as {'b': .*}"),
        (lambda: func.vjp(kt.sin), ValueError, "vjp: expected primals"),
        (lambda: func.jvp(kt.sin, (), ()), ValueError, "jvp: expected primals"),
        (lambda: func.jvp(kt.sin, TWO, TWO), TypeError, "jvp: primals is to be a tuple.*Tensor"),
        (lambda: func.jvp(kt.sin, (TWO,), TWO), TypeError, "jvp: tangents is to be a tuple"),
        (lambda: func.jvp(kt.sin, (TWO,), (TWO, TWO)), ValueError, "1 primals and 2 tangents"),
        (lambda: func.jvp(kt.sin, (TWO,), (TWO[:1],)), ValueError, r"jvp: tangents\[0\] has shape \(1,\)"),
        (lambda: func.jvp(kt.sin, (TWO,), (Tensor([1, 2]),)), TypeError, r"jvp: tangents\[0\].*int64"),
        (lambda: func.hvp(kt.sin, (TWO,), (TWO,)), ValueError, r"hvp.*shape \(2,\)"),
        (lambda: func.hvp(lambda x: x.sum(), (TWO,), ({"a": TWO},)), ValueError, "hvp: tangents is made as"),
    ],
)
def test_wrong_calls_say_what_is_wrong(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
