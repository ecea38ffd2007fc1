"""Taking and putting by indices and masks as methods."""

from __future__ import annotations

from typing import Literal, Self, overload

from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array, Scalar


class IndexMethods(Registered):
    """Taking and putting by indices and masks as methods."""

    __slots__ = ()

    def gather(self, dim: int, index: Self | Array) -> Self:
        """Elements along `dim`, at the indices of `index`, whose shape the answer has."""
        return self._call("gather", dim, index)

    def index_select(self, dim: int, index: Self | Array) -> Self:
        """The parts along `dim` that the vector `index` names."""
        return self._call("index_select", dim, index)

    def take(self, index: Self | Array) -> Self:
        """The elements that `index` numbers, through all dimensions."""
        return self._call("take", index)

    def take_along_dim(self, indices: Self | Array, dim: int | None = None) -> Self:
        """Elements along `dim`; the other dimensions broadcast."""
        return self._call("take_along_dim", indices, dim)

    def scatter(
        self,
        dim: int,
        index: Self | Array,
        src: Self | Array | Scalar | None = None,
        *,
        value: Scalar | None = None,
        reduce: Literal["add", "multiply"] | None = None,
    ) -> Self:
        """A copy with `src` or `value` at the indices along `dim`; the last one stays."""
        edited: Self = METHODS["scatter"](self, dim, index, src, value=value, reduce=reduce)
        return edited

    def scatter_add(self, dim: int, index: Self | Array, src: Self | Array) -> Self:
        """A copy with `src` added at the indices along `dim`; what is named twice gets both."""
        return self._call("scatter_add", dim, index, src)

    def scatter_reduce(
        self,
        dim: int,
        index: Self | Array,
        src: Self | Array,
        reduce: Literal["sum", "prod", "mean", "amax", "amin"],
        *,
        include_self: bool = True,
    ) -> Self:
        """A copy with `src` reduced into the elements at the indices along `dim`."""
        edited: Self = METHODS["scatter_reduce"](self, dim, index, src, reduce, include_self=include_self)
        return edited

    def index_add(self, dim: int, index: Self | Array, source: Self | Array, *, alpha: float = 1) -> Self:
        """A copy with `alpha` times `source` added to the parts along `dim` that `index` names."""
        edited: Self = METHODS["index_add"](self, dim, index, source, alpha=alpha)
        return edited

    def index_copy(self, dim: int, index: Self | Array, source: Self | Array) -> Self:
        """A copy with `source` for the parts along `dim` that `index` names."""
        return self._call("index_copy", dim, index, source)

    def index_fill(self, dim: int, index: Self | Array, value: Self | Scalar) -> Self:
        """A copy with `value` in the parts along `dim` that `index` names."""
        return self._call("index_fill", dim, index, value)

    def masked_fill(self, mask: Self | Array, value: Self | Scalar) -> Self:
        """A copy with `value` where `mask` is true."""
        return self._call("masked_fill", mask, value)

    def masked_select(self, mask: Self | Array) -> Self:
        """The elements where `mask` is true, in one dimension."""
        return self._call("masked_select", mask)

    @overload
    def nonzero(self, as_tuple: Literal[False] = False) -> Self: ...
    @overload
    def nonzero(self, as_tuple: Literal[True]) -> tuple[Self, ...]: ...
    def nonzero(self, as_tuple: bool = False) -> Self | tuple[Self, ...]:
        """Where elements are not 0: a row of indices for each, or with `as_tuple` an index for `x[...]`."""
        result: Self | tuple[Self, ...] = METHODS["nonzero"](self, as_tuple)
        return result

    def argwhere(self) -> Self:
        """Where elements are not 0: a row of indices for each."""
        return self._call("argwhere")
