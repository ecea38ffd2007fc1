"""Every operation as a method.

A method is the function of the same name, whose implementation and rule live in `kytorch.ops`, above the
Tensor. Such a function is marked with `@method` and found here by its name, so that imports run one way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Self, TypeVar, overload

import numpy.typing as npt

from kytorch.tensor.values import Array, Index, Scalar

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")

METHODS: dict[str, Callable[..., Any]] = {}


def method(function: F) -> F:
    """Mark `function` as the one behind the method of its name."""
    METHODS[function.__name__] = function
    return function


class ValuesAndIndices(NamedTuple, Generic[T]):
    """The answer of a reduction along a dimension that also says where."""

    values: T
    indices: T


class At(Generic[T]):
    """What `x.at` is: to be indexed by the place to edit."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor: T) -> None:
        self._tensor = tensor

    def __getitem__(self, index: T | Index) -> Place[T]:
        return Place(self._tensor, index)


class Place(Generic[T]):
    """A place in a Tensor, for edits that make new Tensors."""

    __slots__ = ("_index", "_tensor")

    def __init__(self, tensor: T, index: T | Index) -> None:
        self._tensor = tensor
        self._index = index

    def set(self, value: T | Array | Scalar) -> T:
        """A copy with `value` at this place; where an element is named twice, the last value stays."""
        return self._edited("at_set", value)

    def add(self, value: T | Array | Scalar) -> T:
        """A copy with `value` added at this place; an element that is named twice gets both."""
        return self._edited("at_add", value)

    def mul(self, value: T | Array | Scalar) -> T:
        """A copy with this place multiplied by `value`; an element that is named twice is multiplied by both."""
        return self._edited("at_mul", value)

    def _edited(self, name: str, value: T | Array | Scalar) -> T:
        edited: T = METHODS[name](self._tensor, self._index, value)
        return edited


class Methods:
    """The operations as methods, with PyTorch's names; the functions' docstrings say more."""

    __slots__ = ()

    def _call(self, name: str, *arguments: object) -> Self:
        result: Self = METHODS[name](self, *arguments)
        return result

    # Arithmetic and comparison (the operators are in `core`)

    def add(self, other: Self | Array | Scalar) -> Self:
        """self + other."""
        return self._call("add", other)

    def sub(self, other: Self | Array | Scalar) -> Self:
        """self - other."""
        return self._call("sub", other)

    def mul(self, other: Self | Array | Scalar) -> Self:
        """self * other."""
        return self._call("mul", other)

    def div(self, other: Self | Array | Scalar) -> Self:
        """self / other."""
        return self._call("div", other)

    def pow(self, exponent: Self | Array | Scalar) -> Self:
        """self ** exponent."""
        return self._call("pow", exponent)

    def neg(self) -> Self:
        """-self."""
        return self._call("neg")

    def matmul(self, other: Self | Array) -> Self:
        """self @ other."""
        return self._call("matmul", other)

    def mm(self, other: Self | Array) -> Self:
        """The product of two matrices."""
        return self._call("mm", other)

    def eq(self, other: Self | Array | Scalar) -> Self:
        """self == other, elementwise."""
        return self._call("eq", other)

    def ne(self, other: Self | Array | Scalar) -> Self:
        """self != other, elementwise."""
        return self._call("ne", other)

    def lt(self, other: Self | Array | Scalar) -> Self:
        """self < other, elementwise."""
        return self._call("lt", other)

    def le(self, other: Self | Array | Scalar) -> Self:
        """self <= other, elementwise."""
        return self._call("le", other)

    def gt(self, other: Self | Array | Scalar) -> Self:
        """self > other, elementwise."""
        return self._call("gt", other)

    def ge(self, other: Self | Array | Scalar) -> Self:
        """self >= other, elementwise."""
        return self._call("ge", other)

    # Elementwise

    def abs(self) -> Self:
        """The absolute value; its derivative at 0 is 0."""
        return self._call("abs")

    def exp(self) -> Self:
        """e to the power of each element."""
        return self._call("exp")

    def log(self) -> Self:
        """The natural logarithm."""
        return self._call("log")

    def sqrt(self) -> Self:
        """The square root."""
        return self._call("sqrt")

    def sin(self) -> Self:
        """The sine."""
        return self._call("sin")

    def cos(self) -> Self:
        """The cosine."""
        return self._call("cos")

    def tanh(self) -> Self:
        """The hyperbolic tangent."""
        return self._call("tanh")

    def sigmoid(self) -> Self:
        """1 / (1 + e^-x)."""
        return self._call("sigmoid")

    def relu(self) -> Self:
        """max(x, 0); its derivative at 0 is 0."""
        return self._call("relu")

    def softplus(self, beta: float = 1.0, threshold: float = 20.0) -> Self:
        """log(1 + e^(beta x)) / beta, and x itself where beta x > threshold."""
        return self._call("softplus", beta, threshold)

    def maximum(self, other: Self | Array | Scalar) -> Self:
        """The greater of two elements; equal ones share the gradient."""
        return self._call("maximum", other)

    def minimum(self, other: Self | Array | Scalar) -> Self:
        """The lesser of two elements; equal ones share the gradient."""
        return self._call("minimum", other)

    def where(self, condition: Self, other: Self | Array | Scalar) -> Self:
        """self where `condition` is true, else `other`."""
        result: Self = METHODS["where"](condition, self, other)
        return result

    def clamp(self, min: Self | Scalar | None = None, max: Self | Scalar | None = None) -> Self:
        """self limited to [min, max]."""
        return self._call("clamp", min, max)

    def to(self, dtype: npt.DTypeLike) -> Self:
        """self with another dtype; the gradient comes back in self's."""
        return self._call("to", dtype)

    # Reductions

    def sum(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The sum over `dim`, or over all."""
        return self._call("sum", dim, keepdim)

    def mean(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The mean over `dim`, or over all."""
        return self._call("mean", dim, keepdim)

    def var(self, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False) -> Self:
        """The variance over `dim`, or over all: squared deviations' sum over n - correction."""
        result: Self = METHODS["var"](self, dim, correction=correction, keepdim=keepdim)
        return result

    @overload
    def max(self) -> Self: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    def max(self, dim: int | None = None, keepdim: bool = False) -> Self | ValuesAndIndices[Self]:
        """The greatest element, or along `dim` the greatest ones and where they are."""
        result: Self | ValuesAndIndices[Self] = METHODS["max"](self, dim, keepdim)
        return result

    @overload
    def min(self) -> Self: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    def min(self, dim: int | None = None, keepdim: bool = False) -> Self | ValuesAndIndices[Self]:
        """The least element, or along `dim` the least ones and where they are."""
        result: Self | ValuesAndIndices[Self] = METHODS["min"](self, dim, keepdim)
        return result

    # Shape

    def reshape(self, *shape: int | Sequence[int]) -> Self:
        """The same elements in another shape; one size may be -1."""
        return self._call("reshape", *shape)

    def transpose(self, dim0: int, dim1: int) -> Self:
        """self with two dimensions swapped."""
        return self._call("transpose", dim0, dim1)

    def permute(self, *dims: int | Sequence[int]) -> Self:
        """self with its dimensions in the order `dims`."""
        return self._call("permute", *dims)

    @property
    def T(self) -> Self:
        """self with its dimensions reversed."""
        return self._call("reversed_dims")

    @property
    def mT(self) -> Self:
        """self with its last two dimensions swapped."""
        return self._call("transpose", -2, -1)

    def squeeze(self, dim: int | Sequence[int] | None = None) -> Self:
        """self without its dimensions of size 1, or without those of `dim` that are."""
        return self._call("squeeze", dim)

    def unsqueeze(self, dim: int) -> Self:
        """self with a dimension of size 1 put in at `dim`."""
        return self._call("unsqueeze", dim)

    def expand(self, *shape: int | Sequence[int]) -> Self:
        """self repeated along dimensions of size 1; -1 leaves a size as it is."""
        return self._call("expand", *shape)

    def sum_to_size(self, *shape: int | Sequence[int]) -> Self:
        """self summed over the dimensions along which `shape` broadcasts to self's."""
        return self._call("sum_to_size", *shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """self with the dimensions from `start_dim` to `end_dim` made one."""
        return self._call("flatten", start_dim, end_dim)
