"""func.* and grad beside torch.func and torch.autograd, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, func, nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch.func's own import

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def pairs(shapes: list[tuple[int, ...]], seed: int = 0) -> tuple[list[Tensor], list[Any]]:
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(rng.standard_normal(shape)) for shape in shapes]
    return [Tensor(a) for a in arrays], [torch.tensor(a) for a in arrays]


def agree(ours: Any, theirs: Any) -> None:
    """The same structure, shapes and dtypes, and values to 1e-10."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key in theirs:
            agree(ours[key], theirs[key])
    elif isinstance(theirs, (tuple, list)):
        assert type(ours) is type(theirs)
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            agree(one, other)
    else:
        expected = theirs.detach().numpy()
        assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(ours.numpy(), expected, **CLOSE)


def f(x: Any, p: Any, n: int = 2) -> Any:
    """A function that both libraries run, of a Tensor and a dict."""
    return (x @ p["w"]).tanh() * p["b"][0] + x.sum() * n, {"s": (x.sin() * x).sum(), "t": p["b"][0].exp()}


def arguments() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    (x, w, b), (tx, tw, tb) = pairs([(2, 3), (3, 4), (4,)])
    return (x, {"w": w, "b": [b]}), (tx, {"w": tw, "b": [tb]})


@pytest.mark.parametrize("argnums", [0, 1, -2, (0,), (1, 0)])
@pytest.mark.parametrize("mode", ["jacrev", "jacfwd"])
def test_jacobians_of_structures_are_pytorchs(mode: str, argnums: Any) -> None:
    ours, theirs = arguments()
    positive = argnums if argnums != -2 else 1
    agree(getattr(func, mode)(f, argnums)(*ours, 3), getattr(torch.func, mode)(f, positive)(*theirs, 3))


@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
def test_gradients_and_hessians_of_structures_are_pytorchs(argnums: Any) -> None:
    def total(x: Any, p: Any) -> Any:
        y, parts = f(x, p)
        return (y * y).sum() * parts["s"] + parts["t"].sum()

    ours, theirs = arguments()
    agree(func.grad(total, argnums)(*ours), torch.func.grad(total, argnums)(*theirs))
    agree(func.hessian(total, argnums)(*ours), torch.func.hessian(total, argnums)(*theirs))
    gradient, value = torch.func.grad_and_value(total, argnums)(*theirs)
    agree(func.value_and_grad(total, argnums)(*ours), (value, gradient))


def test_aux_comes_beside_gradients_as_in_pytorch() -> None:
    ours, theirs = arguments()

    def total(x: Any, p: Any) -> Any:
        y, parts = f(x, p)
        return y.sum(), parts

    agree(func.grad(total, has_aux=True)(*ours), torch.func.grad(total, has_aux=True)(*theirs))
    agree(func.grad(total, 1, True)(*ours), torch.func.grad(total, 1, True)(*theirs))
    for mode in ("jacrev", "jacfwd"):
        agree(getattr(func, mode)(f, has_aux=True)(*ours), getattr(torch.func, mode)(f, has_aux=True)(*theirs))


def test_vjp_and_jvp_of_structures_are_pytorchs() -> None:
    ours, theirs = arguments()
    (g, s, t), (tg, ts, tt) = pairs([(2, 4), (), (4,)], seed=1)
    output, pull = func.vjp(f, *ours)
    expected, their_pull = torch.func.vjp(f, *theirs)
    agree(output, expected)
    agree(pull((g, {"s": s, "t": t})), their_pull((tg, {"s": ts, "t": tt})))
    (x, w, b), (tx, tw, tb) = pairs([(2, 3), (3, 4), (4,)], seed=2)
    along, their_along = (x, {"w": w, "b": [b]}), (tx, {"w": tw, "b": [tb]})
    agree(func.jvp(f, ours, along), torch.func.jvp(f, theirs, their_along))


@pytest.mark.parametrize("seed", range(6))
def test_the_hessians_of_random_networks_are_pytorchs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(1, 5, 3 + seed % 2)]
    kinds = rng.choice(["Tanh", "Sigmoid"], len(sizes) - 1)
    layers, others = [], []
    for n, m, kind in zip(sizes, sizes[1:], kinds):
        layers += [nn.Linear(n, m, dtype=np.float64), getattr(nn, kind)()]
        others += [torch.nn.Linear(n, m, dtype=torch.float64), getattr(torch.nn, kind)()]
    model, other = nn.Sequential(*layers), torch.nn.Sequential(*others)
    (x,), (tx,) = pairs([(3, sizes[0])], seed)
    weights = {name: w.tensor().detach() for name, w in model.named_weights()}
    theirs = {name: torch.tensor(w.numpy().copy()) for name, w in weights.items()}

    def loss(w: Any) -> Any:
        return (func.functional_call(model, w, x) ** 2).sum()

    def their_loss(w: Any) -> Any:
        return (torch.func.functional_call(other, w, tx) ** 2).sum()

    agree(func.hessian(loss)(weights), torch.func.hessian(their_loss)(theirs))
    agree(func.grad(loss)(weights), torch.func.grad(their_loss)(theirs))
    # By the input, and a third derivative.
    by_input = func.hessian(lambda x: (model(x) ** 2).sum())(x)
    for name, parameter in other.named_parameters():
        parameter.data = theirs[name]
    agree(by_input, torch.func.hessian(lambda x: (other(x) ** 2).sum())(tx))
    third = func.grad(lambda x: func.hessian(lambda x: (model(x) ** 2).sum())(x).sin().sum())(x)
    agree(third, torch.func.grad(lambda x: torch.func.hessian(lambda x: (other(x) ** 2).sum())(x).sin().sum())(tx))


def test_grad_of_what_is_recorded_is_pytorchs() -> None:
    (x, w), (tx, tw) = pairs([(2, 3), (3, 4)])
    weight = kt.TrainableWeight(w)
    own = kt.TrainableWeight(x).tensor() * 1.0
    tx.requires_grad_(), tw.requires_grad_()
    h, th = (own @ weight.tensor()).sin(), (tx @ tw).sin()
    y, ty = (h * h).sum() * weight.tensor().sum(), (th * th).sum() * tw.sum()
    first = kt.grad([y, h], (own, weight, h), [None, Tensor(np.ones((2, 4)))], create_graph=True)
    theirs = torch.autograd.grad(
        [ty, th], (tx, tw, th), [None, torch.ones(2, 4, dtype=torch.float64)], create_graph=True
    )
    agree(first, theirs)
    second = kt.grad(sum((g * g).sum() for g in first), (own, weight))
    agree(second, torch.autograd.grad(sum((g * g).sum() for g in theirs), (tx, tw), retain_graph=True))
    agree(kt.grad(y, own, materialize_grads=True), torch.autograd.grad(ty, tx, materialize_grads=True))


def test_checkpointed_gradients_are_pytorchs() -> None:
    (x, w), (tx, tw) = pairs([(2, 3), (3, 4)])
    weight = kt.TrainableWeight(w)
    tx.requires_grad_(), tw.requires_grad_()
    kept = func.checkpoint(lambda x: (x @ weight.tensor()).sin().exp())
    loss = (kept(x) ** 2).sum()
    their_kept = torch.utils.checkpoint.checkpoint(lambda x: (x @ tw).sin().exp(), tx, use_reentrant=False)
    [expected] = torch.autograd.grad((their_kept**2).sum(), tw)
    agree(kt.grad(loss, weight)[0], expected)
