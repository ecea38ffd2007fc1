"""Attention, softmax(scale q k^T + mask) v, in blocks of heads and queries whose scores stay in the cache.

Neither the scores nor their softmax are kept: the gradients make them again from what each row was divided by, as
Dao et al. 2022 do, so that memory grows with the length of the sequences and not with its square.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.kernels import broadcast

Array = npt.NDArray[Any]

# Scores of a block; below a few of them, their greatest are found sooner than a bound of them.
_BLOCK = 1 << 16
_FEW = 1 << 12
# Queries of a block where each sees only the keys up to its own place, and later ones need not be multiplied.
_CAUSAL_ROWS = 64
# Of each dtype, how great scores may be so that neither sums of their powers of e overflow or vanish, nor the products
# of these with large values and of their inverses with small gradients.
_SAFE = {"f": 20.0, "d": 200.0}
_TRIANGLE = np.triu(np.full((_CAUSAL_ROWS, _CAUSAL_ROWS), -np.inf, np.float32), 1)


class Terms(NamedTuple):
    """What attention is of, beside queries, keys and values."""

    scale: float
    causal: bool
    mask: Array | None
    """What is added to the scores."""
    kept: Array | None
    """Where dropout keeps a weight, of bool."""
    gain: float
    """What dropout multiplies the kept weights by."""


class Normaliser(NamedTuple):
    """What each row of scores is normalised by: softmax(s) = e^(s - shift) inverse."""

    shift: Array | None
    """None where it is 0 everywhere."""
    inverse: Array


class _Block(NamedTuple):
    heads: tuple[int | slice, ...]
    rows: slice
    keys: slice
    """The keys that these rows see, all from the first one on."""


@np.errstate(invalid="ignore")  # inf - inf
def attention(q: Array, k: Array, v: Array, terms: Terms) -> tuple[Array, Normaliser]:
    """The output (..., L, Ev) for q (..., L, E), k (..., S, E) and v (..., S, Ev), and what its rows are normalised by.

    A row of scores that are all -inf gives zeros.
    """
    if q.dtype.char not in _SAFE:
        q32, k32, v32 = [x.astype(np.float32) for x in (q, k, v)]
        y, normaliser = attention(q32, k32, v32, _widened(terms))
        return y.astype(q.dtype), normaliser
    like = q
    q, k, v, terms = _expanded(q, k, v, terms)
    *lead, length, _ = q.shape
    count = k.shape[-2]
    y = _like(like, (*lead, length, v.shape[-1]))
    inverse = _empty(q, *lead, length, 1)
    if not y.size or not count:
        y.fill(0)
        inverse.fill(0)
        return y, Normaliser(None, inverse)
    shift: Array | None = None
    if inverse.size * count <= _FEW and (not terms.causal or max(length, count) <= _CAUSAL_ROWS):
        # One block, without the time that choosing it takes.
        whole = _Block((), slice(0, length), slice(0, count))
        e = _scores(q * terms.scale, k, terms, whole, _empty(q, inverse.size * count))
        shift, total = _powers(e, terms)
        _weigh(e, total, v, terms.kept, terms.gain, y, inverse)
        return y, Normaliser(shift, inverse)
    limit = _SAFE[q.dtype.char]
    highest = 0.0 if terms.mask is None else float(np.maximum.reduce(terms.mask, None))
    scratch = _empty(q, _size_of_scratch(inverse, count))
    ones: Array | None = None
    for block in _blocks(q.shape[:-2], length, count, terms.causal):
        q_rows = q[block.heads][..., block.rows, :] * terms.scale
        k_seen, v_seen = k[block.heads][..., block.keys, :], v[block.heads][..., block.keys, :]
        within = _bound(q_rows, k_seen) + highest <= limit
        e = _scores(q_rows, k_seen, terms, block, scratch)
        if within:
            np.exp(e, e)
            if ones is None:
                ones = np.ones_like(q, order="C", shape=(count,))
            total = np.vecdot(e, ones[: e.shape[-1]])[..., None]
            if terms.mask is not None and not np.minimum.reduce(total, None) >= math.exp(-limit):
                within = False
                e = _scores(q_rows, k_seen, terms, block, scratch)
        if not within:
            greatest, total = _powers(e, terms)
            if greatest.size == inverse.size:
                shift = greatest
            else:
                shift = np.zeros_like(inverse) if shift is None else shift
                shift[block.heads][..., block.rows, :] = greatest
        kept = None if terms.kept is None else terms.kept[block.heads][..., block.rows, block.keys]
        y_rows, inverse_rows = [x[block.heads][..., block.rows, :] for x in (y, inverse)]
        _weigh(e, total, v_seen, kept, terms.gain, y_rows, inverse_rows)
    return y, Normaliser(shift, inverse)


def attention_vjp(
    g: Array,
    q: Array,
    k: Array,
    v: Array,
    y: Array,
    terms: Terms,
    normaliser: Normaliser,
    needed: tuple[bool, bool, bool, bool],
) -> tuple[Array | None, Array | None, Array | None, Array | None]:
    """The gradients with respect to q, k and v, of the broadcast shape, and the mask; None for those not needed."""
    if q.dtype.char not in _SAFE:
        g32, q32, k32, v32, y32 = [x.astype(np.float32) for x in (g, q, k, v, y)]
        found = attention_vjp(g32, q32, k32, v32, y32, _widened(terms), normaliser, needed)
        return tuple([None if x is None else x.astype(q.dtype) for x in found])  # type: ignore[return-value]  # four
    lead = y.shape[:-2]
    length, count = q.shape[-2], k.shape[-2]
    mask = terms.mask
    q, k, v, terms = _expanded(q, k, v, terms)
    empty = not y.size or not count
    # Where some keys are seen by no query, nothing is written to their gradients.
    fill = empty or (terms.causal and count > length)
    needs_scores = needed[0] or needed[1] or needed[3]
    g_q = _like(q, q.shape, empty) if needed[0] else None
    g_k = _like(k, k.shape, fill) if needed[1] else None
    g_v = _like(v, v.shape, fill) if needed[2] else None
    g_mask: Array | None = np.zeros_like(mask, q.dtype) if needed[3] and mask is not None else None
    if empty:
        return g_q, g_k, g_v, g_mask
    scratch = _empty(q, 2, _size_of_scratch(normaliser.inverse, count))
    last = length
    for block in _blocks(lead, length, count, terms.causal):
        heads, rows, keys = block
        first = rows.stop == last  # the last rows of these heads, which see the most keys, come first
        q_rows = q[heads][..., rows, :] * terms.scale
        k_seen, v_seen = k[heads][..., keys, :], v[heads][..., keys, :]
        e = _scores(q_rows, k_seen, terms, block, scratch[0])
        if normaliser.shift is not None:
            e -= normaliser.shift[heads][..., rows, :]
        np.exp(e, e)
        inverse = normaliser.inverse[heads][..., rows, :]
        g_rows = g[heads][..., rows, :] * (inverse if terms.kept is None else inverse * terms.gain)
        kept = None if terms.kept is None else terms.kept[heads][..., rows, keys]
        if g_v is not None:
            _add_product((e if kept is None else e * kept).mT, g_rows, g_v[heads][..., keys, :], first)
        if not needs_scores:
            continue
        g_s = np.matmul(g_rows, v_seen.mT, out=scratch[1][: e.size].reshape(e.shape))
        if kept is not None:
            g_s *= kept
        along = np.vecdot(g_rows, y[heads][..., rows, :])[..., None]
        g_s -= along if terms.kept is None or not terms.gain else along / terms.gain
        g_s *= e
        if g_mask is not None:
            _add_to_mask(g_mask, g_s, block)
        if g_q is not None:
            g_q_rows = np.matmul(g_s, k_seen, out=g_q[heads][..., rows, :])
            g_q_rows *= terms.scale
        if g_k is not None:
            _add_product(g_s.mT, q_rows, g_k[heads][..., keys, :], first)
    return g_q, g_k, g_v, g_mask


def _scores(q: Array, k: Array, terms: Terms, block: _Block, scratch: Array) -> Array:
    """The masked scores of a block, in the memory of `scratch`."""
    shape = (*q.shape[:-1], k.shape[-2])
    s: Array = np.matmul(q, k.mT, out=scratch[: math.prod(shape)].reshape(shape))
    first = block.rows.start
    if terms.causal and first < shape[-1]:
        diagonal = s[..., first:]
        diagonal += _TRIANGLE[: shape[-2], : diagonal.shape[-1]]
    if terms.mask is not None:
        s += terms.mask[block.heads][..., block.rows, block.keys]
    return s


def _powers(s: Array, terms: Terms) -> tuple[Array, Array]:
    """Turn the scores `s` into e^(s - shift), in place; the shift, each row's greatest, and the rows' sums."""
    shift: Array = np.maximum.reduce(s, -1, keepdims=True)
    if terms.mask is not None:
        shift[shift == -np.inf] = 0
    s -= shift
    np.exp(s, s)
    total: Array = np.add.reduce(s, -1, keepdims=True)
    if terms.mask is not None:
        total[total == 0] = np.inf
    return shift, total


def _weigh(e: Array, total: Array, v: Array, kept: Array | None, gain: float, y: Array, inverse: Array) -> None:
    """Write e v / total, of the weights that are `kept`, into `y`, and 1 / total into `inverse`."""
    if kept is not None:
        e *= kept
    np.reciprocal(total, out=inverse)
    np.matmul(e, v, out=y)
    y *= inverse if kept is None else inverse * gain


def _size_of_scratch(inverse: Array, count: int) -> int:
    return min(max(_BLOCK, count), inverse.size * count)


def _bound(q: Array, k: Array) -> float:
    """What no score's absolute value exceeds, |q| |k|; infinite where it is sooner to look at the scores."""
    if math.prod(q.shape[:-1]) * k.shape[-2] <= _FEW or 8 * q.shape[-2] < q.shape[-1]:
        return math.inf
    squares = [float(np.maximum.reduce(np.vecdot(x, x), None)) for x in (q, k)]
    return math.sqrt(squares[0] * squares[1])


def _blocks(lead: tuple[int, ...], length: int, count: int, causal: bool) -> Iterator[_Block]:
    """Blocks of heads, and of each the blocks of its rows, the last ones first."""
    several = max(1, _BLOCK // count)
    if causal:
        several = min(_CAUSAL_ROWS, several)
    several = min(several, length)
    starts = range((length - 1) // several * several, -1, -several)
    for heads in _heads(lead, max(1, _BLOCK // (several * count))):
        for start in starts:
            rows = slice(start, min(start + several, length))
            yield _Block(heads, rows, slice(0, min(rows.stop, count) if causal else count))


def _heads(lead: tuple[int, ...], several: int) -> Iterator[tuple[int | slice, ...]]:
    """Indices into the leading dimensions, each of at most `several` heads."""
    split, inner = len(lead), 1
    while split and inner * lead[split - 1] <= several:
        split -= 1
        inner *= lead[split]
    if not split:
        yield ()
        return
    step = several // inner
    for outer in np.ndindex(lead[: split - 1]):
        for i in range(0, lead[split - 1], step):
            yield (*outer, slice(i, i + step))


def _add_product(a: Array, b: Array, out: Array, first: bool) -> None:
    if first:
        np.matmul(a, b, out=out)
    else:
        out += np.matmul(a, b)


def _add_to_mask(total: Array, g: Array, block: _Block) -> None:
    """Add the gradient of a block of scores to that of the mask, which broadcasts to them."""
    index: list[int | slice] = [*block.heads]
    index += [slice(None)] * (g.ndim - 2 - sum(isinstance(i, slice) for i in index))
    index += [block.rows, block.keys]
    index = index[len(index) - total.ndim :]
    for i, n in enumerate(total.shape):
        if n == 1:
            index[i] = slice(0, 1) if isinstance(index[i], slice) else 0
    part = total[tuple(index)]
    part += broadcast.sum_to_size(g, part.shape)


def _expanded(q: Array, k: Array, v: Array, terms: Terms) -> tuple[Array, Array, Array, Terms]:
    """All with the leading dimensions of the answer."""
    lead = q.shape[:-2]
    mask = terms.mask
    if mask is None and lead == k.shape[:-2] == v.shape[:-2]:
        return q, k, v, terms
    others = {x.shape[:-2] for x in (k, v, mask) if x is not None} - {lead, ()}
    if others:  # asking takes longer than attention to few keys
        lead = np.broadcast_shapes(lead, *others)
    if mask is not None:
        terms = terms._replace(mask=broadcast.expand(mask, (*lead, q.shape[-2], k.shape[-2])))
    q, k, v = [x if x.shape[:-2] == lead else broadcast.expand(x, lead + x.shape[-2:]) for x in (q, k, v)]
    return q, k, v, terms


def _like(x: Array, shape: tuple[int, ...], fill: bool = False) -> Array:
    """An array of `shape`, laid out in memory as `x` is, with zeros if `fill`."""
    y: Array = (np.zeros_like if fill else np.empty_like)(x, shape=shape)
    return y


def _empty(like: Array, *shape: int) -> Array:
    y: Array = np.empty_like(like, order="C", shape=shape)
    return y


def _widened(terms: Terms) -> Terms:
    return terms if terms.mask is None else terms._replace(mask=terms.mask.astype(np.float32))
