"""Sums of products over named dimensions, in Einstein's notation."""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from kytorch.kernels import einsum as kernels
from kytorch.ops.broadcast import expand
from kytorch.tensor.core import CONSTANT, A, BilinearGradFn, Tensor, View
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, one_by_one, tensors
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array, Shape


class EinsumGradFn(NaryGradFn):
    """y = the sum of products of the operands; each one's gradient is such a sum of g and the others"""

    __slots__ = ("_arrays", "_output", "_terms")
    _arrays: tuple[Array | None, ...]

    def __init__(self, terms: tuple[str, ...], output: str) -> None:
        self._terms, self._output = terms, output

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        seen = [None if x is None else view(x, fn) for x, fn in zip(self._arrays, self._inputs)]
        return tuple([None if fn is CONSTANT else self._vjp(i, g, seen) for i, fn in enumerate(self._inputs)])

    def record(self, y: Array, *inputs: Tensor) -> Tensor:
        live = [i for i, x in enumerate(inputs) if x._grad_fn is not CONSTANT]
        self._arrays = tuple([None if live == [i] else x._data for i, x in enumerate(inputs)])
        return NaryGradFn.record(self, y, *inputs)

    def _vjp(self, i: int, g: A, seen: list[A | None]) -> A:
        """The gradient with respect to operand i, which has its shape and g's dtype."""
        term, shape = self._terms[i], self._shapes[i]
        operands: list[A] = [g]
        operands.extend([x for j, x in enumerate(seen) if j != i and x is not None])
        terms = [self._output, *self._terms[:i], *self._terms[i + 1 :]]
        apart = ""
        for letter in term:  # the gradient is on the diagonal between a letter and its repetitions
            if letter in apart:
                fresh = next(x for x in string.ascii_letters if x not in apart and x not in "".join(self._terms))
                operands.append(_eye(shape[len(apart)], g))
                terms.append(letter + fresh)
                letter = fresh
            apart += letter
        known = "".join(terms)
        # What no other operand has, and a size of 1, which may be repeated elsewhere, is left out and put back below.
        kept = [x in known and n != 1 for x, n in zip(apart, shape)]
        y: A = _contract(tuple(terms), "".join([x for x, keep in zip(apart, kept) if keep]), operands)
        if y.shape == shape:
            return y
        sizes = iter(y.shape)
        return expand(y.reshape([next(sizes) if keep else 1 for keep in kept]), shape)


def _eye(n: int, like: A) -> A:
    eye = np.eye(n, dtype=like.dtype)
    return Tensor(eye) if isinstance(like, Tensor) else eye


def _contract(terms: tuple[str, ...], output: str, operands: Sequence[A]) -> A:
    """The sum of products of arrays, or of Tensors, as one node."""
    if not isinstance(operands[0], Tensor):
        return kernels.einsum(terms, output, operands)
    return _recorded(terms, output, operands)


def _recorded(terms: tuple[str, ...], output: str, operands: Sequence[Tensor]) -> Tensor:
    arrays = tuple([x._data for x in operands])
    return EinsumGradFn(terms, output).record(kernels.einsum(terms, output, arrays), *operands)


def einsum(equation: str, *operands: A | Array | Sequence[A | Array]) -> A:
    """The sum of products of the operands that `equation` writes in letters: "ij,jk->ik" is a matrix product.

    Letters that are not right of "->" are summed over; without "->", those are kept, sorted, that occur once. "..."
    stands for dimensions that broadcast; a letter twice in one operand takes its diagonal. Raises ValueError for an
    equation that does not fit the shapes. The operands may also be one list.
    """
    if not isinstance(equation, str):
        raise TypeError(f"einsum: expected an equation such as 'ij,jk->ik', not {type(equation).__name__}")
    given = one_by_one(operands)
    terms, output = _parsed(equation, tuple([array_of("einsum", x).shape for x in given]))
    if Tensor not in map(type, given):
        return _contract(terms, output, given)
    return _recorded(terms, output, tensors("einsum", *given))  # type: ignore[return-value]  # with a Tensor, A is Tensor


@lru_cache(1024)
def _parsed(equation: str, shapes: tuple[Shape, ...]) -> tuple[tuple[str, ...], str]:
    """A letter for each dimension of each operand, and those of the output."""

    def wrong(problem: str) -> ValueError:
        return ValueError(f"einsum {equation!r} of shapes {', '.join(map(str, shapes))}: {problem}")

    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(shapes):
        raise wrong(f"the equation has {len(parts)} operands, the call {len(shapes)}")
    for part in (*parts, right):
        letters = part.replace("...", "", 1)
        if unknown := [x for x in letters if x not in string.ascii_letters]:
            raise wrong(f"{unknown[0]!r} is no letter, nor part of one '...'")
    free = [x for x in string.ascii_letters if x not in equation]
    extra = []
    for part, shape in zip(parts, shapes):
        named = len(part.replace("...", ""))
        if len(shape) < named or (len(shape) > named and "..." not in part):
            raise wrong(f"{part!r} does not name the {len(shape)} dimensions of shape {shape}")
        extra.append(len(shape) - named)
    widest = max([n for n, part in zip(extra, parts) if "..." in part], default=0)
    if widest > len(free):
        raise wrong(f"more than {len(string.ascii_letters)} dimensions")
    dots = "".join(free[:widest])
    terms = tuple([part.replace("...", dots[widest - n :]) for part, n in zip(parts, extra)])
    size: dict[str, int] = {}
    for term, shape in zip(terms, shapes):
        for letter, n in zip(term, shape):
            if letter in size and n != size[letter] and 1 not in (n, size[letter]):
                what = "a dimension of '...'" if letter in dots else repr(letter)
                raise wrong(f"{what} has size {size[letter]} and size {n}")
            size[letter] = n if size.get(letter, 1) == 1 else size[letter]
    for term, shape in zip(terms, shapes):
        for letter in term:
            if len({n for x, n in zip(term, shape) if x == letter}) > 1:
                raise wrong(f"{letter!r} has two sizes in one operand of shape {shape}")
    if not arrow:
        everything = "".join(parts).replace("...", "")
        return terms, dots + "".join(sorted(x for x in set(everything) if everything.count(x) == 1))
    if lost := [x for x in right.replace("...", "") if x not in size]:
        raise wrong(f"{lost[0]!r} of the output is in no operand")
    if len(set(right.replace("...", ""))) < len(right.replace("...", "")):
        raise wrong("the output names a letter twice")
    return terms, right.replace("...", dots)


@method
def inner(x: A, other: A | Array) -> A:
    """The sums of products over the last dimensions of `x` and `other`; with a 0-d one, the product."""
    if not array_of("inner", x).ndim or not array_of("inner", other).ndim:
        product: A = x * other
        return product
    return tensordot(x, other, ([-1], [-1]))


def tensordot(a: A, b: A | Array, dims: int | Sequence[Sequence[int]] = 2) -> A:
    """The sum of products over `dims`: the last n of `a` with the first n of `b`, or dims of `a` with dims of `b`.

    Raises ValueError for dims of other sizes.
    """
    ndims = array_of("tensordot", a).ndim, array_of("tensordot", b).ndim
    if isinstance(dims, int):
        n: int = dims
        if not 0 <= n <= min(ndims):
            raise ValueError(f"tensordot: shapes {a.shape} and {b.shape} do not have {n} dimensions to sum over")
        dims_a, dims_b = [*range(a.ndim - n, a.ndim)], [*range(n)]
    elif len(dims) != 2:
        raise ValueError(f"tensordot: dims is one number, or two lists of dims, not {dims!r}")
    else:
        dims_a = [one_dim("tensordot", d, a.ndim) for d in dims[0]]
        dims_b = [one_dim("tensordot", d, b.ndim) for d in dims[1]]
    same = len(dims_a) == len(dims_b) == len(set(dims_a)) == len(set(dims_b))
    if not same or any(a.shape[i] != b.shape[j] and 1 not in (a.shape[i], b.shape[j]) for i, j in zip(dims_a, dims_b)):
        raise ValueError(
            f"tensordot: dims {dims_a} of shape {a.shape} and {dims_b} of shape {b.shape} are not the same sizes"
        )
    return einsum(_equation(a.ndim, b.ndim, tuple(dims_a), tuple(dims_b)), a, b)


@lru_cache(1024)
def _equation(n: int, m: int, dims_a: Shape, dims_b: Shape) -> str:
    """Of tensordot, with n and m dimensions."""
    if n + m > len(string.ascii_letters):
        raise ValueError(f"tensordot: more than {len(string.ascii_letters)} dimensions")
    term_a = string.ascii_letters[:n]
    term_b = list(string.ascii_letters[n : n + m])
    for i, j in zip(dims_a, dims_b):
        term_b[j] = term_a[i]
    output = [x for x in term_a if x not in term_b] + [x for x in term_b if x not in term_a]
    return f"{term_a},{''.join(term_b)}->{''.join(output)}"


class KronGradFn(BilinearGradFn):
    """y = a (x) b, each element of a times all of b,  dy = da (x) b + a (x) db"""

    __slots__ = ()

    def _apart(self, g: A) -> tuple[A, str, str, str]:
        """g with a's and b's dimensions apart, and the letters of g, a and b."""
        (a, b), n = self._shapes, g.ndim
        pairs = zip((1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b)
        letters_a, letters_b = string.ascii_lowercase[:n], string.ascii_uppercase[:n]
        both = "".join([x + y for x, y in zip(letters_a, letters_b)])
        return g.reshape([k for pair in pairs for k in pair]), both, letters_a[n - len(a) :], letters_b[n - len(b) :]

    def vjp_a(self, g: A, b: A) -> A:
        apart, both, letters_a, letters_b = self._apart(g)
        return einsum(f"{both},{letters_b}->{letters_a}", apart, b)

    def vjp_b(self, g: A, a: A) -> A:
        apart, both, letters_a, letters_b = self._apart(g)
        return einsum(f"{both},{letters_a}->{letters_b}", apart, a)


@method
def kron(x: A, other: A | Array) -> A:
    """Kronecker's product: each element of `x` replaced by its product with the whole of `other`."""
    y = _kron(array_of("kron", x), array_of("kron", other))
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return KronGradFn().record(y, *tensors("kron", x, other))
    return y


def _kron(a: Array, b: Array) -> Array:
    n = max(a.ndim, b.ndim)
    shape_a, shape_b = (1,) * (n - a.ndim) + a.shape, (1,) * (n - b.ndim) + b.shape
    apart = a.reshape([k for size in shape_a for k in (size, 1)]) * b.reshape([k for s in shape_b for k in (1, s)])
    return np.asarray(apart).reshape([k * m for k, m in zip(shape_a, shape_b)])
