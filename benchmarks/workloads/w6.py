"""W6: AdamW alone on 10 million parameters: its time, and the memory that it takes beside weights and gradients."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from benchmarks.measure import Goal, Row, Settings, alternating, judged
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Workload

LR, BETAS, DECAY = 1e-3, (0.9, 0.99), 0.1
EPS = 1e-3  # so large that the size of a gradient tells
WIDTH, VOCABULARY, CONTEXT = 320, 256, 512
BLOCK = 1 << 16  # elements whose few arrays stay near a core
SAMPLE = slice(None, None, 997)
PEAK_STEPS = 10
MORE_ARRAYS = 1.0
"""Than PyTorch's, of all the parameters: the old state is kept, which is two arrays, and PyTorch has one temporary."""


def shapes(layers: int) -> list[tuple[int, ...]]:
    """Those of a transformer's weights; below 0 one weight of so many elements."""
    if layers < 0:
        return [(-layers,)]
    d = WIDTH
    block = [(3 * d, d), (3 * d,), (d, d), (d,), (4 * d, d), (4 * d,), (d, 4 * d), (d,), (d,), (d,), (d,), (d,)]
    return [(VOCABULARY, d), (CONTEXT, d), *block * layers]


def weights(layers: int) -> Iterable[Array]:
    """The weights to begin with, one at a time."""
    rng = np.random.default_rng(1)
    return (rng.standard_normal(shape, np.float32) for shape in shapes(layers))


def gradients(layers: int) -> Iterable[Array]:
    """Gradients of every step, one at a time."""
    rng = np.random.default_rng(2)
    return (rng.standard_normal(shape, np.float32) * np.float32(0.1) for shape in shapes(layers))


def answered(moved: Iterable[Array]) -> Mapping[str, Array]:
    """Some elements of each weight."""
    return {f"weight {i}": w.reshape(-1)[SAMPLE] for i, w in enumerate(moved)}


def with_kytorch(layers: int) -> Prepared:
    """As a user writes it; a step made elsewhere, as in PyTorch's, has brought all of the code."""
    from kytorch import Gradients, Tensor, TrainableWeight, optim

    optim.adamw([(Tensor([1.0]), TrainableWeight([1.0]))], optim.AdamState())
    listed: Gradients = [(Tensor(g), TrainableWeight(w)) for g, w in zip(gradients(layers), weights(layers))]
    state = optim.AdamState()

    def step() -> None:
        nonlocal state
        state = optim.adamw(listed, state, lr=LR, betas=BETAS, eps=EPS, weight_decay=DECAY)

    def answers() -> Mapping[str, Array]:
        step()
        return answered(weight.data for _, weight in listed)

    return Prepared(step, answers)


def with_foreach(layers: int) -> Prepared:
    """As a user of PyTorch writes it, with all weights in each call."""
    return of_torch(layers, fused=False)


def with_fused(layers: int) -> Prepared:
    """As a user of PyTorch writes it, with its one kernel in C++ for the whole formula."""
    return of_torch(layers, fused=True)


def of_torch(layers: int, *, fused: bool) -> Prepared:
    """PyTorch's AdamW; a step made elsewhere has brought all of its code."""
    import torch

    def optimizer(parameters: Sequence[torch.nn.Parameter]) -> torch.optim.AdamW:
        how = {"fused": True} if fused else {"foreach": True}
        return torch.optim.AdamW(parameters, lr=LR, betas=BETAS, eps=EPS, weight_decay=DECAY, **how)

    small, *parameters = [
        torch.nn.Parameter(torch.from_numpy(w.copy())) for w in (np.ones(1, np.float32), *weights(layers))
    ]
    small.grad = torch.ones(1)
    optimizer([small]).step()
    for p, g in zip(parameters, gradients(layers)):
        p.grad = torch.from_numpy(g)
    adamw = optimizer(parameters)

    def answers() -> Mapping[str, Array]:
        adamw.step()
        return answered(p.detach().numpy() for p in parameters)

    return Prepared(adamw.step, answers)


def with_numpy(layers: int) -> Prepared:
    """By hand: in place, block by block, and each thread its own blocks."""
    ws, gs = list(weights(layers)), list(gradients(layers))
    means, squares = [np.zeros_like(w) for w in ws], [np.zeros_like(w) for w in ws]
    threads = int(os.environ["OMP_NUM_THREADS"])
    spare = [np.empty(BLOCK, np.float32) for _ in range(threads)]
    blocks = [
        tuple([x.reshape(-1)[i : i + BLOCK] for x in arrays])
        for arrays in zip(ws, gs, means, squares)
        for i in range(0, arrays[0].size, BLOCK)
    ]
    pool = ThreadPoolExecutor(threads)
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if threads == 1:
            some(0)
        else:
            list(pool.map(some, range(threads)))

    def some(thread: int) -> None:
        (beta1, beta2), root = BETAS, math.sqrt(1 - BETAS[1] ** count)
        rate, eps = np.float32(-LR * root / (1 - beta1**count)), np.float32(EPS * root)
        for w, g, mean, square in blocks[thread::threads]:
            t = spare[thread][: w.size]
            np.multiply(g, np.float32(1 - beta1), t)
            np.multiply(mean, np.float32(beta1), mean)
            np.add(mean, t, mean)
            np.multiply(g, g, t)
            np.multiply(t, np.float32(1 - beta2), t)
            np.multiply(square, np.float32(beta2), square)
            np.add(square, t, square)
            np.sqrt(square, t)
            np.add(t, eps, t)
            np.divide(mean, t, t)
            np.multiply(t, rate, t)
            np.multiply(w, np.float32(1 - LR * DECAY), w)
            np.add(w, t, w)

    def answers() -> Mapping[str, Array]:
        step()
        return answered(ws)

    return Prepared(step, answers)


TRANSFORMER = Case(
    8,
    "a transformer's 98 weights",
    ratio=0.6,
    goal=Goal(0.5, 0.3, counted=True),
    quick=Case(1, "a transformer's 14 weights"),
)
ONE = Case(-10_000_000, "one weight", ratio=0.6, goal=Goal(0.5, 0.3), quick=Case(-1_000_000, "one weight of a million"))
_VARIANTS = {"kytorch": with_kytorch, "numpy": with_numpy}
FOREACH = Workload("W6", "AdamW, beside PyTorch's foreach", (TRANSFORMER, ONE), _VARIANTS | {"torch": with_foreach})
FUSED = Workload(
    "W6-fused",
    "AdamW, beside PyTorch's fused",
    (Case(8, "beside PyTorch's fused", goal=Goal(3, 1.8), quick=Case(1, "beside PyTorch's fused, small")),),
    _VARIANTS | {"torch": with_fused},
)


class W6:
    """Time, and memory beyond weights and gradients."""

    name = "W6"
    about = "AdamW alone on 10 million parameters, beside PyTorch's foreach; its memory beyond weights and gradients"
    checked = (FOREACH, FUSED)

    def rows(self, settings: Settings) -> Iterable[Row]:
        """The measurements."""
        yield from FOREACH.rows(settings)
        for row in FUSED.rows(settings):
            yield replace(row, workload=self.name)
        yield extra_memory(FOREACH.chosen(settings)[0], settings)


def extra_memory(case: Case, settings: Settings) -> Row:
    """By how much the steps raise the memory held, at their peak."""
    threads = settings.threads[0]

    def megabytes(library: str) -> float:
        return FOREACH.run("extra", case, library, threads, PEAK_STEPS) / 2**20

    row = Row(W6.name, f"extra memory, {case.label}", threads, "MB", alternating(megabytes, settings))
    if "torch" not in row.rounds:
        return row
    array = 4 * sum(math.prod(shape) for shape in shapes(case.size)) / 2**20
    more = row.median("kytorch") - row.median("torch")
    return judged(row, f"torch + {MORE_ARRAYS * array:.0f} MB", more <= MORE_ARRAYS * array)


WORKLOAD = W6()
