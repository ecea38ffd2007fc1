"""Attention, softmax(scale q k^T + mask) v, in blocks of heads and queries whose scores stay in the cache.

Of long sequences neither the scores nor their softmax are kept: the gradients make them again from what each row was
divided by, as Dao et al. 2022 do, so that memory grows with the length of the sequences and not with its square.
Threads share the blocks of heads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.kernels import broadcast
from kytorch.kernels.blas import one_thread
from kytorch.kernels.threads import each, number_of_threads

Array = npt.NDArray[Any]

# Scores of a block; a few of them are sooner made at once, with each row's greatest subtracted.
_BLOCK = 1 << 17
_FEW = 1 << 12
# From so many scores on another thread's help comes in time.
_MANY = 1 << 18
# Queries of a block where each sees only the keys up to its own place, and later ones need not be multiplied.
_CAUSAL_ROWS = 64
# Of each dtype, the greatest power of e for which neither products of sums with large values overflow, nor those of
# their inverses with small gradients vanish: where sums and inverses stay below, no score is subtracted from a row's.
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
    powers: list[list[Array]] | None = None
    """e^(s - shift) of each block of rows of each block of heads, if they were to be kept."""


class _Block(NamedTuple):
    heads: tuple[int | slice, ...]
    rows: slice
    keys: slice
    """The keys that these rows see, all from the first one on."""


@np.errstate(invalid="ignore", over="ignore", divide="ignore")  # inf - inf, e^s, 1 / 0
def attention(q: Array, k: Array, v: Array, terms: Terms, keep: bool = False) -> tuple[Array, Normaliser]:
    """The output (..., L, Ev) for q (..., L, E), k (..., S, E) and v (..., S, Ev), and what its rows are normalised by.

    A row of scores that are all -inf gives zeros. With `keep` the powers are kept for the gradients, if they take no
    more memory than q, k, v and the output.
    """
    if q.dtype.char not in _SAFE:
        q32, k32, v32 = [x.astype(np.float32) for x in (q, k, v)]
        y, normaliser = attention(q32, k32, v32, _widened(terms), keep)
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
    if inverse.size * count <= _FEW and (not terms.causal or max(length, count) <= _CAUSAL_ROWS):
        # One block, without the time that choosing it takes.
        whole = _Block((), slice(0, length), slice(0, count))
        e = _scores(q * terms.scale, k, terms, whole, None)
        shift, total = _powers(e, terms)
        _weigh(e, total, v, terms.kept, terms.gain, y, inverse)
        return y, Normaliser(shift, inverse)
    q = q * terms.scale
    keep = keep and terms.kept is None and length * count <= (length + count) * (q.shape[-1] + v.shape[-1])
    safe = math.exp(2 * _SAFE[q.dtype.char])
    heads = list(_heads(q.shape[:-2], length, count, terms.causal))
    rows = _rows(length, count, terms.causal)
    powers: list[list[Array]] = [[] for _ in heads]
    shifts: list[tuple[_Block, Array]] = []
    ones = np.ones_like(q, order="C", shape=(count,))

    def attend(i: int) -> None:
        scratch = None if keep else _empty(q, _size_of_scratch(inverse, count))
        for part, keys in rows:
            block = _Block(heads[i], part, keys)
            q_rows, y_rows, own = [x[block.heads][..., part, :] for x in (q, y, inverse)]
            k_seen, v_seen = k[block.heads][..., keys, :], v[block.heads][..., keys, :]
            e = _scores(q_rows, k_seen, terms, block, scratch)
            np.exp(e, e)
            total = np.matmul(e, ones[: e.shape[-1]])[..., None]
            if not (_squares(total) <= safe and _squares(np.reciprocal(total)) <= safe):
                shift, total = _powers(_scores(q_rows, k_seen, terms, block, e), terms)
                shifts.append((block, shift))
            if keep:
                powers[i].append(e)
            kept = None if terms.kept is None else terms.kept[block.heads][..., part, keys]
            _weigh(e, total, v_seen, kept, terms.gain, y_rows, own)

    _each(attend, len(heads), inverse.size * count)
    if keep:
        return y, Normaliser(None, inverse, powers)
    if not shifts:
        return y, Normaliser(None, inverse)
    whole_shift = np.zeros_like(inverse)
    for block, shift in shifts:
        whole_shift[block.heads][..., block.rows, :] = shift
    return y, Normaliser(whole_shift, inverse)


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
    q = q * terms.scale
    heads = list(_heads(lead, length, count, terms.causal))
    rows = _rows(length, count, terms.causal)
    size = _size_of_scratch(normaliser.inverse, count)

    def pull(i: int) -> None:
        e_scratch = None if normaliser.powers else _empty(q, size)
        g_scratch = _empty(q, size)
        for j, (part, keys) in enumerate(rows):  # the last rows, which see the most keys, come first
            block = _Block(heads[i], part, keys)
            q_rows, g_rows, inverse = [x[block.heads][..., part, :] for x in (q, g, normaliser.inverse)]
            k_seen, v_seen = k[block.heads][..., keys, :], v[block.heads][..., keys, :]
            if normaliser.powers:
                e = normaliser.powers[i][j]
            else:
                e = _scores(q_rows, k_seen, terms, block, e_scratch)
                if normaliser.shift is not None:
                    e -= normaliser.shift[block.heads][..., part, :]
                np.exp(e, e)
            g_rows = g_rows * (inverse if terms.kept is None else inverse * terms.gain)
            kept = None if terms.kept is None else terms.kept[block.heads][..., part, keys]
            if g_v is not None:
                _add_product((e if kept is None else e * kept).mT, g_rows, g_v[block.heads][..., keys, :], not j)
            if not needs_scores:
                continue
            g_s = np.matmul(g_rows, v_seen.mT, out=g_scratch[: e.size].reshape(e.shape))
            if kept is not None:
                g_s *= kept
            along = np.vecdot(g_rows, y[block.heads][..., part, :])[..., None]
            g_s -= along if terms.kept is None or not terms.gain else along / terms.gain
            g_s *= e
            if g_mask is not None:
                _add_to_mask(g_mask, g_s, block)
            if g_q is not None:
                np.matmul(g_s, k_seen, out=g_q[block.heads][..., part, :])
            if g_k is not None:
                _add_product(g_s.mT, q_rows, g_k[block.heads][..., keys, :], not j)

    # What several heads add to a mask's gradient, they add one after the other.
    _each(pull, len(heads), 0 if g_mask is not None else normaliser.inverse.size * count)
    if g_q is not None:
        g_q *= terms.scale
    return g_q, g_k, g_v, g_mask


def _each(do: Callable[[int], None], count: int, scores: int) -> None:
    """Call `do` with the number of each block of heads, on several threads if there are many scores."""
    with one_thread():
        each(do, range(count), number_of_threads() if scores >= _MANY else 1)


def _scores(q: Array, k: Array, terms: Terms, block: _Block, scratch: Array | None) -> Array:
    """The masked scores of a block, contiguous, in the memory of `scratch` if it is given."""
    shape = (*q.shape[:-1], k.shape[-2])
    s = _empty(q, *shape) if scratch is None else scratch.reshape(-1)[: math.prod(shape)].reshape(shape)
    np.matmul(q, k.mT, out=s)
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


def _squares(x: Array) -> float:
    x = x.reshape(-1)
    return float(x.dot(x))


def _height(length: int, count: int, causal: bool) -> int:
    """How many rows a block has."""
    several = max(1, _BLOCK // count)
    return min(_CAUSAL_ROWS if causal else several, several, length)


def _rows(length: int, count: int, causal: bool) -> list[tuple[slice, slice]]:
    """The blocks of a head's rows, the last ones first, and the keys that they see."""
    height = _height(length, count, causal)
    found = []
    for start in range((length - 1) // height * height, -1, -height):
        stop = min(start + height, length)
        found.append((slice(start, stop), slice(0, min(stop, count) if causal else count)))
    return found


def _heads(lead: tuple[int, ...], length: int, count: int, causal: bool) -> Iterator[tuple[int | slice, ...]]:
    """Indices into the leading dimensions, each of as many heads as make a block."""
    several = max(1, _BLOCK // (_height(length, count, causal) * count))
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
