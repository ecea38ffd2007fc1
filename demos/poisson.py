"""A small network solves a differential equation: u'' = f on [0, 1] with u(0) = u(1) = 0.

Nothing is shown to it but the equation: the network is differentiated twice with respect to its input, and the mean
square of u'' - f is made small (Lagaris et al. 1998: u = x (1 - x) network(x) satisfies the boundary conditions).
"""

import argparse
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import kytorch as kt
from kytorch import Tensor, func, nn, optim

WAVES = 2.0 * np.pi


def exact(x: Tensor) -> Tensor:
    """The closed form u of the solution."""
    return (WAVES * x).sin() + 0.5 * (2.0 * WAVES * x).sin()


def f(x: Tensor) -> Tensor:
    """Its second derivative, the right side of the equation."""
    return -(WAVES**2) * ((WAVES * x).sin() + 2.0 * (2.0 * WAVES * x).sin())


def second_derivative(u: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """u'' at every point of `x`: along all ones, since u at a point depends on that point only."""
    ones = kt.ones(*x.shape, dtype=x.dtype)

    def slope(x: Tensor) -> Tensor:
        return func.jvp(u, (x,), (ones,))[1]

    return func.jvp(slope, (x,), (ones,))[1]


def main() -> int:
    """Solve, say how well, draw; the exit status."""
    parser = argparse.ArgumentParser(description="Solve u'' = f, u(0) = u(1) = 0, with a small network.")
    parser.add_argument("--epochs", metavar="N", type=int, default=800, help="steps of Adam (default: 800)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the weights (default: 0)")
    parser.add_argument(
        "--out",
        metavar="PNG",
        type=Path,
        default=Path("poisson.png"),
        help="the picture to draw (default: poisson.png)",
    )
    options = parser.parse_args()
    if find_spec("matplotlib") is None:
        print("poisson: drawing needs matplotlib, which is not installed: pip install kytorch[plot]", file=sys.stderr)
        return 2

    kt.manual_seed(options.seed)
    first, second, last = [nn.Linear(n, m, dtype=kt.float64) for n, m in ((1, 32), (32, 32), (32, 1))]
    network = nn.Sequential(first, nn.Sin(), second, nn.Sin(), last)

    def u(x: Tensor) -> Tensor:
        return x * (1.0 - x) * network(6.0 * x - 3.0)

    x = kt.tensor(np.linspace(0.0, 1.0, 65)[:, None])
    right_side = f(x)
    state, losses = optim.AdamState(), []
    for epoch in range(options.epochs):
        loss = ((second_derivative(u, x) - right_side) ** 2).mean() / WAVES**4
        rate = 0.01 * 0.5 * (1.0 + np.cos(np.pi * epoch / options.epochs)) + 1e-5
        state = optim.adam(loss.backward(), state, lr=rate)
        losses.append(loss.item())
        if epoch % max(1, options.epochs // 10) == 0:
            print(f"Epoch {epoch}: mean square of u'' - f, over (2 pi)^4: {loss.item():.3e}", flush=True)

    points = kt.tensor(np.linspace(0.0, 1.0, 1001)[:, None])
    with kt.no_grad():
        found, true = u(points).numpy(), exact(points).numpy()
    error = float(np.linalg.norm(found - true) / np.linalg.norm(true))
    print(f"Relative error of u in the 2-norm: {error:.2e}")
    draw(options.out, points.numpy(), found, true, losses, error)
    print(f"Drew the solution: {options.out}")
    return 0


def draw(path: Path, x: kt.Array, found: kt.Array, true: kt.Array, losses: list[float], error: float) -> None:
    """Write a picture of the solution, its error and the training as PNG."""
    from matplotlib.figure import Figure  # an extra, needed here only

    figure = Figure(figsize=(13, 4), layout="constrained")
    solution, difference, training = figure.subplots(1, 3)
    solution.plot(x, true, color="black", linewidth=3, alpha=0.3, label="closed form")
    solution.plot(x, found, color="tab:red", linestyle="--", label="network")
    solution.set(title="u'' = f, u(0) = u(1) = 0", xlabel="x", ylabel="u(x)", xlim=(0, 1))
    solution.legend()
    difference.plot(x, 1000.0 * (found - true), color="tab:red")
    difference.axhline(0.0, color="grey", linewidth=0.8)
    difference.set(
        title=f"Error of u: {error:.1e} relative, 2-norm", xlabel="x", ylabel="network - closed form, thousandths"
    )
    difference.set(xlim=(0, 1))
    training.semilogy(losses)
    training.set(title="Training", xlabel="epoch", ylabel="mean square of u'' - f, scaled")
    figure.savefig(path, format="png", dpi=100)


if __name__ == "__main__":
    sys.exit(main())
