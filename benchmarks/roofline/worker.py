"""The fresh process that measures what the machine can do, or profiles a step.

python -m benchmarks.roofline.worker limits FILE QUICK
python -m benchmarks.roofline.worker profile FILE MODULE:FUNCTION SIZE
"""

import importlib
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.prepared import Array, Prepare
from benchmarks.roofline.work import WORK
from benchmarks.timing import seconds_of

ARRAYS = {"256 KB": 1 << 16, "4 MB": 1 << 20, "256 MB": 1 << 26}
"""Elements of the arrays whose traffic is measured: in a core's cache, in all cores', and in memory."""
_STEPS = 5


def main(arguments: list[str]) -> None:
    """Run what the command line says."""
    action, file, *rest = arguments
    answer = limits(0.002 if rest[0] == "1" else 0.05) if action == "limits" else profiled(rest[0], int(rest[1]))
    Path(file).write_text(json.dumps(answer))


def limits(seconds: float) -> dict[str, dict[str, float]]:
    """By what is measured: seconds of each product, GB/s, billions of elements a second, nanoseconds a call."""
    shapes = sorted({product[1:] for work in WORK for product in work.products} | {(2048, 2048, 2048)})
    small, square = drawn(3), drawn(3, 3)
    calls: dict[str, Callable[[], object]] = {
        "add of (3,)": lambda: small + small,
        "add of (3,) into an array": partial(np.add, small, small, drawn(3)),
        "dot of (3, 3) and (3,)": partial(np.dot, square, small),
        "sum of (3,)": partial(np.add.reduce, small),
    }
    return {
        "products": {f"{m} {k} {n}": product_seconds(m, k, n, seconds) for m, k, n in shapes},
        "GB/s": {
            f"{what}, arrays of {name}": rate
            for name, size in ARRAYS.items()
            for what, rate in zip(("copy", "add"), traffic(size, seconds))
        },
        "G elements/s": {f.__name__: elements_per_ns(f, seconds) for f in (np.tanh, np.exp)},
        "ns a call": {name: 1e9 * seconds_of(call, seconds) for name, call in calls.items()},
    }


def product_seconds(m: int, k: int, n: int, seconds: float) -> float:
    """The time of a product into an array."""
    a, b, out = drawn(m, k), drawn(k, n), drawn(m, n)
    return seconds_of(lambda: np.dot(a, b, out), seconds)


def traffic(size: int, seconds: float) -> tuple[float, float]:
    """What a copy and an addition of arrays read and write, in GB/s."""
    x, y, out = [np.ones(size, np.float32) for _ in range(3)]
    copied, added = seconds_of(lambda: np.copyto(out, x), seconds), seconds_of(lambda: np.add(x, y, out), seconds)
    return 8e-9 * size / copied, 12e-9 * size / added


def elements_per_ns(function: Callable[[Array, Array], object], seconds: float) -> float:
    """How many elements a function takes in a nanosecond, in a core's cache."""
    x, out = drawn(ARRAYS["256 KB"]), drawn(ARRAYS["256 KB"])
    return 1e-9 * x.size / seconds_of(lambda: function(x, out), seconds)


def drawn(*shape: int) -> Array:
    """Numbers of both signs, none so small that arithmetic slows down."""
    return np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)


def profiled(function: str, size: int) -> dict[str, str]:
    """A few steps by operation and by layer, as tables."""
    import kytorch

    module, name = function.split(":")
    prepare: Prepare = getattr(importlib.import_module(module), name)
    step = prepare(size).step
    for _ in range(_STEPS):
        step()
    with kytorch.profile() as profile:
        for _ in range(_STEPS):
            step()
    return {f"{_STEPS} steps by {by}": profile.table(by=by, row_limit=12) for by in ("operation", "layer")}


if __name__ == "__main__":
    main(sys.argv[1:])
