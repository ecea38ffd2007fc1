"""The fresh process in which one library computes or times layers.

    python -m benchmarks.layers.worker answers|time LIBRARY THREADS SECONDS FILE NAME ...

Writes to FILE: `answers` the values and gradients, as .npz; `time` as JSON, by layer, the seconds of a forward pass
without recording, and of a forward and a backward pass.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.layers.cases import CASES, Case
from benchmarks.prepared import Array
from benchmarks.timing import seconds_of


class Work(NamedTuple):
    """One layer, ready to run in one library."""

    forward: Callable[[], object]
    both: Callable[[], object]
    answers: Callable[[], Iterable[Array]]
    """The output, and the gradients with respect to the inputs and the weights, in order."""


def main(arguments: list[str]) -> None:
    """Run what the command line says."""
    action, library, threads, seconds, file, *names = arguments
    prepare = {"kytorch": _with_kytorch, "torch": _with_torch}[library](int(threads))
    chosen = [case for case in CASES if case.name in names]
    if action == "answers":
        found = {
            f"{case.name}|{i}": answer
            for case in chosen
            if not case.random
            for i, answer in enumerate(prepare(case).answers())
        }
        with Path(file).open("wb") as opened:
            np.savez(opened, allow_pickle=False, **found)
    else:
        times = {}
        for case in chosen:
            work = prepare(case)
            times[case.name] = [seconds_of(step, float(seconds)) for step in (work.forward, work.both)]
        Path(file).write_text(json.dumps(times))


def state(shapes: Mapping[str, Array]) -> dict[str, Array]:
    """Weights of these names and shapes; buffers, which begin as they are, keep their values."""
    generator = np.random.default_rng(9)
    return {
        name: array
        if array.dtype.kind != "f" or name.split(".")[-1].startswith("running_")
        else generator.uniform(-0.1, 0.1, array.shape).astype(np.float32)
        for name, array in sorted(shapes.items())
    }


def incoming(shape: tuple[int, ...]) -> Array:
    """The gradient with respect to the output, of which no sum is 0."""
    return np.asarray(np.random.default_rng(8).uniform(0.5, 1.5, shape), np.float32)


def _first(answer: Any) -> Any:
    """The first of several outputs."""
    return answer[0] if isinstance(answer, tuple) else answer


def _with_kytorch(threads: int) -> Callable[[Case], Work]:
    import kytorch

    def prepare(case: Case) -> Work:
        layer = case.make(kytorch.nn)
        weights: list[kytorch.TrainableWeight] = []
        if isinstance(layer, kytorch.nn.Module):
            layer.load_state_dict(state(layer.state_dict()))
            weights = list(layer.weights())
        arrays = case.inputs()
        live = [kytorch.TrainableWeight(x) for x in arrays if x.dtype.kind == "f"]
        read = iter(live)
        inputs = [next(read).tensor() if x.dtype.kind == "f" else kytorch.Tensor(x) for x in arrays]
        constants = [x.detach() for x in inputs]
        g = kytorch.Tensor(incoming(_first(layer(*inputs)).shape))

        def forward() -> object:
            with kytorch.no_grad():
                return layer(*constants)

        def both() -> Any:
            return _first(layer(*inputs)).backward(g)

        def answers() -> Iterable[Array]:
            by_weight = {weight: gradient.numpy() for gradient, weight in both()}
            return [_first(layer(*inputs)).numpy(), *[by_weight[weight] for weight in [*live, *weights]]]

        return Work(forward, both, answers)

    return prepare


def _with_torch(threads: int) -> Callable[[Case], Work]:
    import torch

    torch.set_num_threads(threads)

    def prepare(case: Case) -> Work:
        layer = case.make(torch.nn)
        weights: list[torch.Tensor] = []
        if isinstance(layer, torch.nn.Module):
            arrays = state({name: x.numpy() for name, x in layer.state_dict().items()})
            layer.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
            weights = list(layer.parameters())
        constants = [torch.from_numpy(x) for x in case.inputs()]
        inputs = [x.clone().requires_grad_(x.is_floating_point()) for x in constants]
        leaves = [x for x in inputs if x.requires_grad] + weights
        g = torch.from_numpy(incoming(tuple(_first(layer(*inputs)).shape)))

        def forward() -> object:
            with torch.no_grad():
                return layer(*constants)

        def both() -> Any:
            return torch.autograd.grad(_first(layer(*inputs)), leaves, g)

        return Work(forward, both, lambda: [_first(layer(*inputs)).detach().numpy(), *[x.numpy() for x in both()]])

    return prepare


if __name__ == "__main__":
    main(sys.argv[1:])
