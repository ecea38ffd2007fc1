"""The fresh process in which one library computes or times the operations at one size.

    python -m benchmarks.operations.worker answers|time LIBRARY SIZE THREADS SECONDS FILE [NAME ...]

Writes to FILE: `answers` the values and gradients, as .npz; `time` as JSON, by operation, the seconds of a forward
pass on constants, of one on inputs to differentiate, and of a forward and a backward pass.
"""

import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.operations.cases import Case
from benchmarks.operations.table import CASES
from benchmarks.prepared import Array
from benchmarks.timing import seconds_of


def main(arguments: list[str]) -> None:
    """Run what the command line says."""
    action, library, size, threads, seconds, file, *names = arguments
    chosen = [case for case in CASES if not names or case.name in names]
    prepare = {"kytorch": _with_kytorch, "numpy": _with_numpy, "torch": _with_torch}[library](int(threads))
    if action == "answers":
        found: dict[str, Array] = {}
        with np.errstate(all="ignore"):  # PyTorch does not warn either; what is not a number is compared
            for case in chosen:
                if case.random:
                    continue
                for i, answer in enumerate(prepare(case, int(size)).answers()):
                    found[f"{case.name}|{i}"] = answer
        with Path(file).open("wb") as opened:
            np.savez(opened, allow_pickle=False, **found)
    else:
        times = {}
        for case in chosen:
            work = prepare(case, int(size))
            times[case.name] = [
                None if step is None else seconds_of(step, float(seconds))
                for step in (work.plain, work.recorded, work.both)
            ]
        Path(file).write_text(json.dumps(times))


class _Work:
    """One operation, ready to run in one library."""

    def __init__(
        self,
        plain: Callable[[], Any] | None,
        recorded: Callable[[], Any] | None = None,
        both: Callable[[], Any] | None = None,
        answers: Callable[[], Iterable[Array]] = lambda: (),
    ) -> None:
        self.plain = plain
        self.recorded = recorded
        self.both = both
        self.answers = answers


def _with_kytorch(threads: int) -> Callable[[Case, int], _Work]:
    import kytorch

    def prepare(case: Case, size: int) -> _Work:
        arrays = case.inputs(size)
        constants = [kytorch.Tensor(x) for x in arrays]
        forward = partial(case.call, kytorch, *constants)
        if not case.differentiable:
            return _Work(forward, answers=lambda: [np.asarray(_values(forward()))])
        weights = [kytorch.TrainableWeight(x) for x in constants if x.dtype.kind == "f"]
        read = iter([weight.tensor() for weight in weights])
        live = partial(case.call, kytorch, *[next(read) if x.dtype.kind == "f" else x for x in constants])
        g = kytorch.Tensor(np.ones_like(live().numpy()))

        def both() -> Any:
            return live().backward(g)

        def answers() -> Iterable[Array]:
            by_weight = {weight: gradient.numpy() for gradient, weight in both()}
            return [live().numpy(), *[by_weight[weight] for weight in weights]]

        return _Work(forward, live, both, answers)

    return prepare


def _with_torch(threads: int) -> Callable[[Case, int], _Work]:
    import torch

    torch.set_num_threads(threads)

    def prepare(case: Case, size: int) -> _Work:
        arrays = case.inputs(size)
        call = case.torch or case.call
        forward = partial(call, torch, *[torch.from_numpy(x.copy()) for x in arrays])
        if not case.differentiable:
            return _Work(forward, answers=lambda: [np.asarray(_values(forward()))])
        given = [torch.from_numpy(x.copy()).requires_grad_(x.dtype.kind == "f") for x in arrays]
        leaves = [x for x in given if x.requires_grad]
        live = partial(call, torch, *given)
        g = torch.ones_like(live())

        def both() -> Any:
            return torch.autograd.grad(live(), leaves, g)

        return _Work(forward, live, both, lambda: [live().detach().numpy(), *[x.numpy() for x in both()]])

    return prepare


def _with_numpy(threads: int) -> Callable[[Case, int], _Work]:
    def prepare(case: Case, size: int) -> _Work:
        return _Work(None if case.numpy is None else partial(case.numpy, *case.inputs(size)))

    return prepare


def _values(answer: Any) -> Any:
    """The first of several answers."""
    return answer[0] if isinstance(answer, tuple) else answer


if __name__ == "__main__":
    main(sys.argv[1:])
