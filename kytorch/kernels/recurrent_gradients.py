"""The gradients of a recurrent layer's weights and inputs, in the terms of `kytorch.kernels.recurrent`.

They are products of all steps. While one thread goes back through the steps, others make the products of those that it
has left behind, some steps at once; how many depends on the shapes alone, so that the last digits are the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

import numpy as np

from kytorch.kernels.blas import one_thread
from kytorch.kernels.matmul import dot
from kytorch.kernels.recurrent import Array
from kytorch.kernels.threads import in_threads, number_of_threads

T = TypeVar("T")
Piece: TypeAlias = Callable[[], object]
Done: TypeAlias = Callable[[int], None]
"""Called with a step from which on all are done."""

# The parts of the steps, from so many multiply-adds on.
_PARTS = 4
_SHARED = 1 << 28


class Products:
    """Products of `steps` steps, asked for before `beside` makes them.

    What gates take comes as matrices of shape (T, batch, columns), which hold the gates one after another.
    """

    __slots__ = ("_parts", "_pieces", "_shared")

    def __init__(self, steps: int, multiply_adds: int) -> None:
        self._shared = multiply_adds >= _SHARED
        size = -(-steps // _PARTS) if self._shared else steps
        self._parts = [slice(start, min(start + size, steps)) for start in range(0, steps, size)]
        self._pieces: list[list[Piece]] = [[] for _ in self._parts]

    def weights(
        self, d: Sequence[Array], inputs: Sequence[Array | None], bias: bool
    ) -> Callable[[], list[Array | None]]:
        """A function that gives, after the products, the sums over steps and batch of d x^T for each x of `inputs`, by
        columns in memory, (columns of d, k), and that of d, for the bias; None where they are not asked for.
        """
        if not self._shared:
            return lambda: _sums(d[0] if len(d) == 1 else np.concatenate(d, 2), inputs, bias)
        asked = [x for x in inputs if x is not None]
        if bias:
            asked.append(np.ones((*d[0].shape[:2], 1), d[0].dtype))
        if not asked:
            return lambda: [None] * (len(inputs) + 1)
        sums = np.empty((len(self._parts), sum([x.shape[2] for x in asked]), sum([m.shape[2] for m in d])), d[0].dtype)

        def multiply(part: slice, y: Array, which: Sequence[Array], start: int) -> None:
            # Side by side they take one product: a narrow one is slow.
            rows = _rows(np.concatenate([x[part] for x in asked], 2)).T
            for matrix in which:
                end = start + matrix.shape[2]
                np.matmul(rows, _rows(matrix[part]), y[:, start:end])
                start = end

        half = -(-len(d) // 2)
        columns = sum([m.shape[2] for m in d[:half]])
        for part, pieces, y in zip(self._parts, self._pieces, sums):
            pieces.append(partial(multiply, part, y, d[:half], 0))
            if len(d) > half:
                pieces.append(partial(multiply, part, y, d[half:], columns))

        def found() -> list[Array | None]:
            y = sums[0] if len(sums) == 1 else np.add.reduce(sums, 0)
            results: list[Array | None] = []
            start = 0
            for x in inputs:
                end = start if x is None else start + x.shape[2]
                results.append(None if x is None else y[start:end].T)
                start = end
            return [*results, y[-1] if bias else None]

        return found

    def input(self, d: Sequence[Array], w_ih: Array) -> Array:
        """d w_ih of every step, which the products fill."""
        y = np.empty((*d[0].shape[:2], w_ih.shape[1]), w_ih.dtype)

        def multiply(part: slice) -> None:
            rows = [_rows(matrix[part]) for matrix in d]
            np.dot(np.concatenate(rows, 1) if len(rows) > 1 else rows[0], w_ih, _rows(y[part]))

        for part, pieces in zip(self._parts, self._pieces):
            pieces.append(partial(multiply, part))
        return y

    def beside(self, go: Callable[[Done], T], reverse: bool = False) -> T:
        """What `go` returns, which goes back through the steps, in reverse those of the end the last; beside it the
        products are made.
        """
        if not self._shared:
            with one_thread():
                found = go(lambda step: None)
                for piece in self._pieces[0]:
                    piece()
            return found
        waiting = list(zip(self._parts, self._pieces))
        if reverse:
            steps = waiting[-1][0].stop
            waiting = [(slice(steps - part.stop, steps - part.start), pieces) for part, pieces in reversed(waiting)]
        ready: SimpleQueue[Piece | None] = SimpleQueue()
        first, results = threading.Lock(), list[T]()

        def done(step: int) -> None:
            while waiting and waiting[-1][0].start >= step:
                for piece in waiting.pop()[1]:
                    ready.put(piece)

        def work() -> None:
            if first.acquire(False):
                try:
                    results.append(go(done))
                finally:
                    ready.put(None)
            while (piece := ready.get()) is not None:
                piece()
            ready.put(None)  # for the next thread

        with one_thread():
            in_threads(work, number_of_threads())
        return results[0]


def _sums(d: Array, inputs: Sequence[Array | None], bias: bool) -> list[Array | None]:
    rows = _rows(d)
    sums: list[Array | None] = [None if x is None else dot(_rows(x).T, rows).T for x in inputs]
    return [*sums, dot(np.ones(len(rows), d.dtype), rows) if bias else None]


def _rows(x: Array) -> Array:
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])
