"""L-BFGS beside torch.optim.LBFGS, in float64: the same places, and as many iterations and evaluations."""

import importlib

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight
from kytorch.optim import LBFGSState, lbfgs
from kytorch.optim.line_search import Point, strong_wolfe

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def one_thread():
    """So small are the arrays that PyTorch's threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def rosenbrock(x, y):
    return ((y - x * x) ** 2 * 100.0 + (1.0 - x) ** 2).sum()


def network(x, target):
    return lambda a, b, c, d: ((((x @ a + b).tanh() @ c + d) - target) ** 2).mean()


def problems():
    """Start, and the loss as either library computes it."""
    rng = np.random.default_rng(0)
    yield "rosenbrock", [np.linspace(-1.5, 1.2, 5), np.linspace(1.0, 2.0, 5)], rosenbrock, rosenbrock
    x = rng.standard_normal((30, 4))
    target = np.tanh(x @ rng.standard_normal((4, 2))) + 0.1 * rng.standard_normal((30, 2))
    start = [rng.standard_normal(shape) * 0.5 for shape in ((4, 8), (8,), (8, 2), (2,))]
    yield "network", start, network(Tensor(x), Tensor(target)), network(torch.tensor(x), torch.tensor(target))
    yield "scalar", [np.array(4.0)], lambda x: (x - 1.0) ** 4, lambda x: (x - 1.0) ** 4


PROBLEMS = {name: rest for name, *rest in problems()}
WOLFE = {"line_search_fn": "strong_wolfe"}
# Rounding grows from iteration to iteration, tenfold in some: about fifty are compared.
CASES = [
    ({}, 2),
    ({"lr": 0.1}, 3),
    ({"lr": 0.05, "history_size": 2, "max_iter": 4}, 12),
    ({"lr": 0.1, "max_iter": 1}, 50),
    ({"lr": 0.01, "max_eval": 3}, 15),
    ({"lr": 0.05, "tolerance_grad": 0.3}, 4),
    ({"lr": 0.3, "tolerance_change": 1e-2}, 10),
    (WOLFE, 3),
    (WOLFE | {"max_iter": 1}, 40),
    (WOLFE | {"max_iter": 1, "max_eval": 3}, 30),
    (WOLFE | {"max_eval": 1}, 15),
    (WOLFE | {"max_eval": 4, "lr": 7.0}, 15),
    (WOLFE | {"lr": 0.2, "history_size": 3, "max_iter": 7}, 5),
    (WOLFE | {"lr": 1e-3, "max_iter": 5}, 5),
    (WOLFE | {"tolerance_change": 1e-3}, 10),
    (WOLFE | {"tolerance_grad": 1e-2, "max_iter": 40}, 2),
    (WOLFE | {"tolerance_change": 0.0, "tolerance_grad": 0.0, "max_iter": 3}, 8),
]


@pytest.mark.parametrize(("options", "calls"), CASES)
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_weights_and_counts_agree(name, options, calls):
    start, ours, theirs = PROBLEMS[name]
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in start]
    weights = [TrainableWeight(w) for w in start]
    optimizer, state = torch.optim.LBFGS(parameters, **options), LBFGSState()

    def closure():
        optimizer.zero_grad()
        loss = theirs(*parameters)
        loss.backward()
        return loss

    for _ in range(calls):
        optimizer.step(closure)
        state = lbfgs(lambda: ours(*[weight.tensor() for weight in weights]), state, **options)
        for weight, parameter in zip(weights, parameters):
            np.testing.assert_allclose(weight.data, parameter.detach().numpy(), rtol=0, atol=1e-6)
        found = optimizer.state[parameters[0]]
        assert (state.step, state.evaluations) == (found["n_iter"], found["func_evals"])
    assert all(not np.allclose(weight.data, w) for weight, w in zip(weights, start))


@pytest.mark.parametrize("options", [{"lr": 0.1}, WOLFE])
def test_float32_agrees_to_its_precision(options):
    start, ours, theirs = PROBLEMS["rosenbrock"]
    start = [w.astype(np.float32) for w in start]
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in start]
    weights = [TrainableWeight(w) for w in start]
    optimizer = torch.optim.LBFGS(parameters, max_iter=6, **options)

    def closure():
        optimizer.zero_grad()
        loss = theirs(*parameters)
        loss.backward()
        return loss

    optimizer.step(closure)
    lbfgs(lambda: ours(*[weight.tensor() for weight in weights]), LBFGSState(), max_iter=6, **options)
    for weight, parameter in zip(weights, parameters):
        np.testing.assert_allclose(weight.data, parameter.detach().numpy(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_the_line_search_agrees_on_waves(seed):
    """Against the function that torch's class calls, since a search seldom needs its every branch there."""
    rng, search = np.random.default_rng(seed), importlib.import_module("torch.optim.lbfgs")._strong_wolfe
    for _ in range(25):
        amplitude, frequency, phase = rng.standard_normal(4), rng.uniform(0.1, 5.0, 4), rng.uniform(0.0, 6.0, 4)
        size, length = 10.0 ** rng.uniform(-2, 2), 10.0 ** rng.uniform(-3, 1.5)
        tolerance, most = 10.0 ** rng.uniform(-9, -1), int(rng.integers(1, 25))
        amplitude *= -np.sign(amplitude @ (frequency * np.cos(phase)))

        def value(t, amplitude=amplitude, frequency=frequency, phase=phase):
            return float(amplitude @ np.sin(frequency * t + phase))

        def slope(t, amplitude=amplitude, frequency=frequency, phase=phase):
            return float(amplitude @ (frequency * np.cos(frequency * t + phase)))

        def theirs(x, t, d, value=value, slope=slope, size=size):
            return value(float(t)), torch.tensor([slope(float(t)) / size], dtype=torch.float64)

        def ours(t, value=value, slope=slope):
            return Point(t, value(t), slope(t), np.zeros(1))

        d = torch.tensor([size], dtype=torch.float64)
        f, g = theirs(None, 0.0, d)
        expected = search(theirs, None, length, d, f, g, g.dot(d), tolerance_change=tolerance, max_ls=most)
        point, tries = strong_wolfe(ours, ours(0.0), length, size, tolerance, most)
        assert tries == expected[3]
        assert point.length == pytest.approx(float(expected[2]), rel=1e-6, abs=1e-12)
        assert point.loss == pytest.approx(expected[0], rel=1e-6, abs=1e-12)
