"""Every optimizer brings two known functions near their minima: linear least squares, and Rosenbrock's valley."""

import inspect

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, optim

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((12, 4)), RNG.standard_normal((12, 3))
BEST = np.linalg.lstsq(A, B, rcond=None)[0]


def least_squares(w):
    """Of (4, 3); at least the mean square of the residuals of BEST."""
    return ((Tensor(A) @ w - Tensor(B)) ** 2).mean()


def rosenbrock(w):
    """(1 - x)^2 + 100 (y - x^2)^2 (Rosenbrock 1960), of (1, 2); at least 0, at (1, 1)."""
    x, y = w[0, 0], w[0, 1]
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


# The step, its state, the learning rate at the start and what is left in the end: for least squares after 300 steps,
# and for Rosenbrock's function, which is 24.2 at the start, after 2,000.
ROWS = [
    (optim.gradient_descent, optim.MomentumState, {"momentum": 0.9}, (0.3, 1e-12), (3e-3, 1e-9)),
    (optim.adam, optim.AdamState, {}, (0.1, 1e-12), (0.1, 1e-5)),
    (optim.adamw, optim.AdamState, {"weight_decay": 0.0}, (0.1, 1e-12), (0.1, 1e-5)),
    (optim.nadam, optim.NAdamState, {}, (0.1, 1e-12), (0.1, 1e-3)),
    (optim.radam, optim.RAdamState, {}, (0.3, 1e-12), (0.03, 1e-12)),
    (optim.adamax, optim.AdamaxState, {}, (0.3, 1e-12), (1.0, 1e-3)),
    (optim.rmsprop, optim.RMSpropState, {"momentum": 0.9}, (0.03, 1e-12), (0.01, 1e-9)),
    (optim.adagrad, optim.AdagradState, {}, (1.0, 1e-12), (1.0, 0.1)),
    (optim.adadelta, optim.AdadeltaState, {}, (10.0, 1e-12), (1.0, 0.01)),
    (optim.lion, optim.LionState, {}, (0.03, 1e-5), (0.03, 1e-5)),
    (optim.lamb, optim.LambState, {"weight_decay": 0.0}, (0.03, 1e-5), (0.03, 1e-4)),
    (optim.muon, optim.MuonState, {"weight_decay": 0.0}, (0.03, 1e-6), (0.01, 1e-6)),
    (optim.adafactor, optim.AdafactorState, {}, (0.3, 1e-12), (0.1, 0.05)),
]
rows = pytest.mark.parametrize(
    ("step", "state", "options", "squares", "valley"), [pytest.param(*row, id=row[0].__name__) for row in ROWS]
)


def minimised(f, w, steps, step, state, lr, options):
    """What is left of f after `steps` steps with a learning rate that falls to 0 on a line."""
    weight, state = TrainableWeight(np.array(w)), state()
    for i in range(steps):
        gradients = f(weight.tensor()).backward()
        if step is optim.radam:  # whose first steps are as long as the gradient
            gradients = optim.clip_by_norm(gradients, 1.0)
        state = step(gradients, state, lr=lr * (1.0 - i / steps), **options)
    return f(weight.tensor()).item()


@rows
def test_least_squares_are_found(step, state, options, squares, valley):
    lr, near = squares
    left = minimised(least_squares, np.full((4, 3), 0.1), 300, step, state, lr, options)
    assert 0.0 <= left - least_squares(Tensor(BEST)).item() + 1e-15 < near


@rows
def test_the_end_of_rosenbrocks_valley_is_found(step, state, options, squares, valley):
    lr, near = valley
    assert minimised(rosenbrock, [[-1.2, 1.0]], 2000, step, state, lr, options) < near


@pytest.mark.parametrize(
    ("f", "w"),
    [(least_squares, np.full((4, 3), 0.1)), (rosenbrock, np.array([[-1.2, 1.0]]))],
    ids=["squares", "valley"],
)
def test_lbfgs_finds_both_in_fewer_iterations(f, w):
    weight = TrainableWeight(w)
    options = {"max_iter": 60, "tolerance_change": 1e-15, "line_search_fn": "strong_wolfe"}
    optim.lbfgs(lambda: f(weight.tensor()), optim.LBFGSState(), **options)
    least = least_squares(Tensor(BEST)).item() if f is least_squares else 0.0
    assert f(weight.tensor()).item() - least < 1e-12


def test_every_optimizer_is_here():
    functions = filter(inspect.isfunction, vars(optim).values())
    steps = {f for f in functions if {"state", "lr"} <= inspect.signature(f).parameters.keys()}
    assert steps == {optim.lbfgs, *(row[0] for row in ROWS)}
