"""What a training step cannot do without: its products, its exponentials, and the traffic of its arrays."""

from typing import NamedTuple

from benchmarks.workload import Workload
from benchmarks.workloads import w2, w3, w4, w5, w6, w7


class Product(NamedTuple):
    """So many products of (m, k) with (k, n)."""

    times: int
    m: int
    k: int
    n: int

    @property
    def gflop(self) -> float:
        """The multiplications and additions of all, in billions."""
        return 2e-9 * self.times * self.m * self.k * self.n


class Work(NamedTuple):
    """A step of one case of a workload."""

    workload: Workload
    size: int
    products: tuple[Product, ...] = ()
    exponentials: float = 0.0
    """Elements of tanh and exp, in millions."""
    megabytes: float = 0.0
    """Read and written: each array that one part hands to another, once a use."""

    @property
    def label(self) -> str:
        """Its case's."""
        return next(case.label for case in self.workload.cases if case.size == self.size)


def trained(m: int, k: int, n: int, *, first: bool = False) -> tuple[Product, ...]:
    """The products of a linear layer: forward, for the weight, and unless it is the first for the input."""
    products = (Product(1, m, k, n), Product(1, n, m, k), Product(1, m, n, k))
    return products[:2] if first else products


def perceptron(batch: int) -> Work:
    """W2."""
    layers = list(zip(w2.FEATURES, w2.FEATURES[1:]))
    products = [p for i, (k, n) in enumerate(layers) for p in trained(batch, k, n, first=i == 0)]
    hidden = batch * sum(w2.FEATURES[1:])
    return Work(w2.WORKLOAD, batch, tuple(products), hidden / 1e6, 4e-6 * (2 * batch * w2.FEATURES[0] + 6 * hidden))


def lenet(batch: int) -> Work:
    """W3: a convolution as one product with its columns, which are written once and read twice."""
    places, deep = batch * 24 * 24, batch * 8 * 8
    products = (
        *trained(places, 25, 32, first=True),
        *trained(deep, 800, 64),
        *trained(batch, 1024, 128),
        *trained(batch, 128, 10),
    )
    columns, outputs = places * 25 + deep * 800, places * 32 + deep * 64
    return Work(w3.WORKLOAD, batch, products, 0.0, 4e-6 * (3 * columns + 2 * deep * 800 + 6 * outputs))


def gpt(batch: int) -> Work:
    """W4."""
    rows, heads = batch * w4.CONTEXT, batch * w4.HEADS
    one = tuple(
        [
            p
            for outputs, inputs in ((3, 1), (1, 1), (4, 1), (1, 4))
            for p in trained(rows, inputs * w4.WIDTH, outputs * w4.WIDTH)
        ]
    )
    scores = Product(heads, w4.CONTEXT, w4.HEAD, w4.CONTEXT)
    mixed = Product(heads, w4.CONTEXT, w4.CONTEXT, w4.HEAD)
    attention = (scores, scores, mixed, mixed, mixed, mixed)
    exponentials = rows * 4 * w4.WIDTH + heads * w4.CONTEXT**2
    between = rows * w4.WIDTH * (1 + 3 + 1 + 1 + 1 + 4 + 4 + 1)  # what one layer hands to the next
    return Work(
        w4.WORKLOAD,
        batch,
        (one + attention) * w4.LAYERS + trained(rows, w4.WIDTH, w4.VOCABULARY),
        w4.LAYERS * exponentials / 1e6,
        4e-6 * w4.LAYERS * (6 * between + 6 * heads * w4.CONTEXT**2),
    )


def characters(batch: int) -> Work:
    """W5: one product a step each way, of a weight that every step reads again."""
    rows, gates = w5.STEPS * batch, 4 * w5.HIDDEN
    products = (
        *trained(rows, w5.CHARACTERS, gates, first=True),
        Product(w5.STEPS, batch, w5.HIDDEN, gates),
        Product(w5.STEPS, batch, gates, w5.HIDDEN),
        Product(1, gates, rows, w5.HIDDEN),
        *trained(rows, w5.HIDDEN, w5.CHARACTERS),
    )
    return Work(w5.WORKLOAD, batch, products, rows * 5 * w5.HIDDEN / 1e6, 4e-6 * rows * (6 * gates + 8 * w5.HIDDEN))


WORK = (
    *[perceptron(batch) for batch in (4, 64, 1024)],
    lenet(64),
    gpt(16),
    characters(32),
    Work(w6.FOREACH, 8, megabytes=7 * 40.0),  # weight, gradient and two means are read, three are written
    Work(w6.FUSED, 8, megabytes=7 * 40.0),
    Work(w7.GELU, 16_384, exponentials=2 * 16.8, megabytes=5 * 67.1),
    Work(w7.SOFTMAX, 16_384, exponentials=16.8, megabytes=5 * 67.1),
)
