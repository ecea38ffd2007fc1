"""Cross-entropy from logits, without overflow, in blocks that fit the cache.

Logits are (n, classes) or (n, classes, places). Their rows, one for each target, are the columns of matrices (classes,
rows), which lie in memory row by row where there are many classes, and else column by column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.softmax import log_softmax

Array = npt.NDArray[Any]

# Rows up to this length are reduced column by column, where NumPy is several times faster.
_SHORT = 64
# Elements that a pass over several steps takes at once.
_BLOCK = 1 << 17


def _matrix(x: Array) -> Array:
    """An array for a (classes, rows) matrix."""
    classes = x.shape[1]
    rows = x.size // classes
    if x.ndim == 3 or classes <= _SHORT:
        return np.empty_like(x, order="C", shape=(classes, rows))
    return np.empty_like(x, order="C", shape=(rows, classes)).T


def _blocks(x: Array) -> Iterator[tuple[slice, tuple[slice, ...]]]:
    """The rows of each block, and the index of it in `x`."""
    n, classes = x.shape[:2]
    if not x.size:
        return
    if x.ndim == 2:
        several = max(1, _BLOCK // classes)
        for i in range(0, n, several):
            yield slice(i, i + several), (slice(i, i + several),)
        return
    places = x.shape[2]
    if classes * places <= _BLOCK:
        several = max(1, _BLOCK // (classes * places))
        for i in range(0, n, several):
            end = min(i + several, n)
            yield slice(i * places, end * places), (slice(i, end),)
        return
    several = max(1, _BLOCK // classes)
    for i in range(n):
        for k in range(0, places, several):
            end = min(k + several, places)
            yield slice(i * places + k, i * places + end), (slice(i, i + 1), slice(None), slice(k, end))


def _copied(x: Array, out: Array) -> None:
    """Write a block of `x` into `out`, (classes, rows)."""
    if x.ndim == 2:
        out[...] = x.T
    else:
        out.reshape(x.shape[1], x.shape[0], x.shape[2])[...] = x.transpose(1, 0, 2)


def _less_greatest(x: Array, out: Array) -> None:
    """Write a block of `x` into `out`, (classes, rows), less the greatest of each row."""
    if x.ndim == 2 and len(out) > _SHORT:
        np.subtract(x.T, np.maximum.reduce(x.T, 0), out=out)
    else:
        _copied(x, out)
        out -= np.maximum.reduce(out, 0)


def _exponentials(d: Array) -> tuple[Array, Array]:
    """e^d in place of `d`, whose columns' greatest is 0, the columns' sums, and their logarithms."""
    np.exp(d, out=d)
    total = np.add.reduce(d, 0) if len(d) <= _SHORT else np.ones_like(d, shape=(len(d),)) @ d
    return total, np.log(total)


def by_labels(x: Array, labels: Array, share: Array | None) -> tuple[Array, Array, Array, Array | None]:
    """e^x, up to a factor of each row, as a matrix, its rows' sums, and -log softmax(x) of each row at its label.

    With `share`, (classes,), the last is -log softmax(x) times it, summed over the classes; else it is None.
    """
    if x.ndim == 2 and x.size <= _BLOCK:
        columns = np.ascontiguousarray(x.T) if x.shape[1] <= _SHORT else x.T
        e = columns - np.maximum.reduce(columns, 0)
        return e, *_of_labels(e, labels, share)
    e = _matrix(x)
    total, loss = np.empty_like(e, shape=labels.shape), np.empty_like(e, shape=labels.shape)
    smooth = None if share is None else np.empty_like(total)
    for rows, index in _blocks(x):
        part = e[:, rows]
        _less_greatest(x[index], part)
        total[rows], loss[rows], shared = _of_labels(part, labels[rows], share)
        if smooth is not None:
            smooth[rows] = shared
    return e, total, loss, smooth


def _of_labels(d: Array, labels: Array, share: Array | None) -> tuple[Array, Array, Array | None]:
    chosen = d[labels, np.arange(len(labels))]
    if share is None:
        total, log = _exponentials(d)
        return total, log - chosen, None
    shared = share @ d
    total, log = _exponentials(d)
    return total, log - chosen, np.add.reduce(share) * log - shared


def by_labels_vjp(
    e: Array, total: Array, labels: Array, of_all: Array, of_label: Array, of_share: Array, share: Array | None
) -> Array:
    """softmax(x) of_all - one-hot(label) of_label - share of_share, of each row: a matrix."""
    slopes = of_all / total
    if e.size <= _BLOCK:
        y: Array = e * slopes
        y[labels, np.arange(len(labels))] -= of_label
        if share is not None:
            y -= np.multiply.outer(share, np.broadcast_to(of_share, total.shape))
        return y
    y = np.empty_like(e)
    of_label = np.broadcast_to(of_label, total.shape)
    several = max(1, _BLOCK // max(1, len(e)))
    for i in range(0, len(total), several):
        rows = slice(i, i + several)
        part = y[:, rows]
        np.multiply(e[:, rows], slopes[rows], out=part)
        part[labels[rows], np.arange(part.shape[1])] -= of_label[rows]
        if share is not None:
            part -= np.multiply.outer(share, np.broadcast_to(of_share, total.shape)[rows])
    return y


def by_probabilities(x: Array, t: Array) -> tuple[Array, Array, Array, Array]:
    """e^x, up to a factor of each row, as a matrix, its rows' sums, and those of -t log softmax(x) and of t."""
    e = _matrix(x)
    total, loss, mass = (np.empty_like(e, shape=e.shape[1:]) for _ in range(3))
    for rows, index in _blocks(x):
        part = e[:, rows]
        _less_greatest(x[index], part)
        if x.ndim == 2 and len(e) > _SHORT:
            own = t[index]
            mass[rows], chosen = own @ np.ones_like(own, shape=(len(e),)), np.vecdot(own, part.T)
        else:
            targets = np.empty_like(part)
            _copied(t[index], targets)
            mass[rows] = np.add.reduce(targets, 0)
            targets *= part
            chosen = np.add.reduce(targets, 0)
        total[rows], log = _exponentials(part)
        loss[rows] = mass[rows] * log - chosen
    return e, total, loss, mass


def by_probabilities_vjp(e: Array, t: Array, of_all: Array, g: Array) -> Array:
    """e of_all - t g, of each row: a matrix."""
    y = e * of_all
    if t.ndim == 2 and len(e) > _SHORT:
        y -= t.T * g
    else:
        own = np.empty_like(e)
        _copied(t, own)
        own *= g
        y -= own
    return y


def shaped(matrix: Array, shape: tuple[int, ...]) -> Array:
    """A (classes, rows) matrix as an array (n, classes) or (n, classes, places)."""
    if len(shape) == 2:
        return matrix.T
    n, classes, places = shape
    return matrix.reshape(classes, n, places).transpose(1, 0, 2)


def minus_log_softmax(x: Array) -> Array:
    """-log softmax(x) over the classes."""
    y: Array = -log_softmax(x, 1)
    return y


def _places(x: Array, labels: Array) -> tuple[Array, ...]:
    """The index of `x`, (n, classes) or (n, classes, places), at each row's label."""
    if x.ndim == 2:
        return np.arange(len(x)), labels
    n, _, places = x.shape
    return np.arange(n)[:, None], labels.reshape(n, places), np.arange(places)


def at_labels(x: Array, labels: Array) -> Array:
    """The element of each row at its label, in one dimension."""
    y: Array = x[_places(x, labels)]
    return y.reshape(-1)


def put_at_labels(x: Array, labels: Array, values: Array) -> Array:
    """Zeros like `x`, with `values`, of each row or one for all, at the labels."""
    y = np.zeros_like(x, np.result_type(x, values) if values.ndim else x.dtype, order="C")
    if values.ndim and x.ndim == 3:
        values = values.reshape(len(x), x.shape[2])
    y[_places(x, labels)] = values
    return y
