"""Tensor, GradFn and TrainableWeight: a value, how it was made, and the one cell that changes.

The arithmetic operators and their derivatives need each other, so exactly they share this room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, final

import numpy as np
import numpy.typing as npt

from kytorch.tensor.cell import Cell
from kytorch.tensor.errors import operands_error
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.methods import Methods
from kytorch.tensor.methods.at import At
from kytorch.tensor.methods.registry import HOOKS
from kytorch.tensor.reading import constantly, reading
from kytorch.tensor.values import Array, Index, Nested, Scalar, Shape, formatted, sealed, to_array, weak_array
from kytorch.tensor.watching import watcher


@final
class Tensor(ArrayHolder, Methods):
    """An immutable array of numbers, and the GradFn that says how it was made.

    `Tensor(data)` copies `data`. Every operation, edits included, makes a new Tensor.
    """

    __slots__ = ("__weakref__", "_grad_fn")
    _grad_fn: GradFn

    # Made in __new__, so that no second call of __init__ can change a Tensor.
    def __new__(cls, data: Tensor | TrainableWeight | Nested, dtype: npt.DTypeLike | None = None) -> Self:
        if isinstance(data, (Tensor, TrainableWeight)):
            data = data._data
        tensor = object.__new__(cls)
        tensor._data = to_array(data, dtype)
        tensor._grad_fn = CONSTANT
        return tensor

    @property
    def grad_fn(self) -> GradFn:
        """The operation that made this Tensor."""
        return self._grad_fn

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient can flow through this Tensor to a weight or an input."""
        return self._grad_fn is not CONSTANT

    def item(self) -> float:
        """The one element, as a Python number."""
        if self._data.size != 1:
            raise ValueError(f"item: a Tensor of shape {self.shape} has {self.size} elements; index it or reduce it")
        value: float = self._data.item()
        return value

    def numpy(self) -> Array:
        """The values, as a read-only array; `.numpy().copy()` may be written to."""
        return sealed(self._data)

    def tolist(self) -> Any:  # as NumPy's: how deep the lists are is known at run time only
        """The values as nested lists of Python numbers, or as one number if the shape is ()."""
        return self._data.tolist()

    def detach(self) -> Tensor:
        """The same values as a constant."""
        return make(self._data, CONSTANT)

    def backward(self, gradient: Gradient | None = None, *, create_graph: bool = False) -> Gradients:
        """The gradient with respect to every weight that this scalar depends on.

        From a Tensor that is not a scalar, pass `gradient`, the gradient with respect to it. With
        `create_graph` the gradients can be differentiated again. Changes nothing. Raises ValueError for a
        non-scalar, for a value that depends on no weight, and for one that is not finite.
        """
        gradients: Gradients = HOOKS["backward"](self, gradient, create_graph)
        return gradients

    @property
    def at(self) -> At[Tensor]:
        """Copy-on-edit: `x.at[index].set(value)` is a new Tensor, as are `.add`, `.mul`, `.min` and `.max`."""
        return At(self)

    def __getitem__(self, index: Tensor | Index) -> Tensor:
        return self._call("getitem", index)

    if not TYPE_CHECKING:  # so that an assignment is an error to mypy too

        def __setitem__(self, index, value):
            raise TypeError("a Tensor is immutable; x.at[index].set(value) returns an edited copy")

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a Tensor of shape ()")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._data.ndim:
            raise TypeError("iteration over a Tensor of shape ()")
        return (self[i] for i in range(len(self._data)))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(f"a Tensor of shape {self.shape} is neither true nor false; compare one element")
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __repr__(self) -> str:
        dtype = "" if self.dtype == np.float32 else f", dtype={self.dtype}"
        if not self.size:
            dtype = f", shape={self.shape}{dtype}"
        made = "" if self._grad_fn is CONSTANT else f", grad_fn=<{self._grad_fn.name}>"
        return f"tensor({formatted(self._data, 'tensor(')}{dtype}{made})"

    def __format__(self, specification: str) -> str:
        return format(self.item() if not self.ndim and specification else repr(self), specification)

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Tensor:
        return self.detach()

    def __reduce__(self) -> tuple[Callable[[Array], Tensor], tuple[Array]]:
        return Tensor, (self.data,)

    def __add__(self, other: Operand) -> Tensor:
        return recorded(np.add, AddGradFn, self, other)

    def __sub__(self, other: Operand) -> Tensor:
        return recorded(np.subtract, SubGradFn, self, other)

    def __mul__(self, other: Operand) -> Tensor:
        return recorded(np.multiply, MulGradFn, self, other)

    def __truediv__(self, other: Operand) -> Tensor:
        return recorded(np.true_divide, DivGradFn, self, other)

    def __radd__(self, other: Array | Scalar) -> Tensor:
        return recorded(np.add, AddGradFn, self, other)

    def __rsub__(self, other: Array | Scalar) -> Tensor:
        return NotImplemented if (left := constant(other, self)) is None else left - self

    def __rmul__(self, other: Array | Scalar) -> Tensor:
        return recorded(np.multiply, MulGradFn, self, other)

    def __rtruediv__(self, other: Array | Scalar) -> Tensor:
        return NotImplemented if (left := constant(other, self)) is None else left / self

    def __neg__(self) -> Tensor:
        if self._data.dtype.kind == "b":
            raise TypeError("neg of bool: ~x and logical_not() turn it round")
        return NegGradFn().record(-self._data, self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return self.abs()

    def __pow__(self, exponent: Operand) -> Tensor:
        return self._call("pow", exponent)

    def __rpow__(self, base: Array | Scalar) -> Tensor:
        return NotImplemented if (left := constant(base, self)) is None else left.pow(self)

    def __matmul__(self, other: Tensor | Array) -> Tensor:
        return self._call("matmul", other)

    def __rmatmul__(self, other: Array) -> Tensor:
        return NotImplemented if (left := constant(other, self)) is None else left.matmul(self)

    # Comparisons give constants. `==` is elementwise, as in NumPy and PyTorch; the hash is the identity.

    def __eq__(self, other: Operand) -> Tensor:  # type: ignore[override]  # object's answers a bool
        return _compared(np.equal, self, other)

    def __ne__(self, other: Operand) -> Tensor:  # type: ignore[override]  # object's answers a bool
        return _compared(np.not_equal, self, other)

    def __lt__(self, other: Operand) -> Tensor:
        return _compared(np.less, self, other)

    def __le__(self, other: Operand) -> Tensor:
        return _compared(np.less_equal, self, other)

    def __gt__(self, other: Operand) -> Tensor:
        return _compared(np.greater, self, other)

    def __ge__(self, other: Operand) -> Tensor:
        return _compared(np.greater_equal, self, other)

    __hash__ = object.__hash__


_new = object.__new__


def make(data: Array, grad_fn: GradFn) -> Tensor:
    """The Tensor of `data`, which is not copied but locked, and `grad_fn`."""
    tensor = _new(Tensor)
    try:
        data.setflags(False)  # type: ignore[call-arg]  # by position: the keyword takes twice as long
    except AttributeError:  # another library's array cannot be locked
        pass
    tensor._data = data
    tensor._grad_fn = grad_fn
    if (watching := watcher.get()) is not None:
        watching.made(data, grad_fn)
    return tensor


# What a rule is generic over: the walk passes arrays, or Tensors where the gradient is to be differentiable.
A = TypeVar("A", Array, Tensor)
Operand: TypeAlias = Tensor | Array | Scalar
Gradient: TypeAlias = Tensor
# How a rule sees an array that its node has saved, and the GradFn that the array belongs to.
View: TypeAlias = Callable[[Array, "GradFn"], A]


def constant(value: object, like: Tensor) -> Tensor | None:
    """`value` as an operand beside `like`: a Python number does not widen it, an array is copied.

    None if it is no operand. Raises TypeError for a weight or a buffer.
    """
    if isinstance(value, Tensor):
        return value
    kind = type(value)
    if kind is float or kind is int or kind is bool:
        return make(weak_array(value, like._data.dtype), CONSTANT)  # type: ignore[arg-type]  # a number, by `kind`
    if hasattr(value, "dtype"):
        if isinstance(value, Cell):
            raise TypeError(f"a {type(value).__name__} is not a Tensor; {value._noun}.tensor() reads it")
        return Tensor(value)  # type: ignore[arg-type]  # what is no array of numbers raises TypeError
    return None


def recorded(function: np.ufunc, rule: type[TwoInputGradFn], a: Tensor, other: Operand) -> Tensor:
    """`function` of `a` and `other`, recorded with `rule`; NotImplemented if `other` is no operand."""
    b = other if type(other) is Tensor else constant(other, a)
    if b is None:
        return NotImplemented  # type: ignore[no-any-return]  # Python's own protocol for operators
    try:
        data = function(a._data, b._data)
    except (ValueError, TypeError, OverflowError) as error:
        raise operands_error(rule.__name__.removesuffix("GradFn").lower(), error, a, b) from None
    return rule().record(data, a, b)


def _compared(function: np.ufunc, a: Tensor, other: Operand) -> Tensor:
    b = constant(other, a)
    if b is None:
        return NotImplemented  # type: ignore[no-any-return]  # Python's own protocol for operators
    try:
        return make(function(a._data, b._data), CONSTANT)
    except ValueError as error:
        raise operands_error(function.__name__, error, a, b) from None


class GradFn:
    """One recorded operation: its inputs' GradFns and shapes, and the arrays that its rule reads."""

    __slots__ = ("__weakref__", "_inputs", "_shapes")
    _inputs: tuple[GradFn, ...]
    _shapes: tuple[Shape, ...]
    _is_ours: bool = True

    def __init_subclass__(cls) -> None:
        cls._is_ours = cls.__module__.partition(".")[0] == "kytorch"

    def _taken(self, y: Array) -> Array:
        """A copy of what a user's operation made, which it may write to again. ValueError if it has recorded before."""
        if hasattr(self, "_inputs"):
            raise ValueError(f"{self.name}: an object of it records one operation; make a new one for each")
        return np.array(y)

    @property
    def inputs(self) -> tuple[GradFn, ...]:
        """The GradFns of the operation's inputs."""
        return self._inputs

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the operation's inputs."""
        return self._shapes

    @property
    def name(self) -> str:
        """The kind of operation, as `repr` shows it."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        """For each input the gradient with respect to it, or None for a constant.

        `g` is the gradient with respect to the output, with its shape. A gradient of the output's shape will
        do: the walk sums it to the input's.
        """
        raise NotImplementedError(f"{self.name} has no rule")

    def backward(self, loss_wrt_output: Gradient) -> Gradients:
        """The gradient with respect to every weight below, given that with respect to this output."""
        gradients: Gradients = HOOKS["backward_from"](self, loss_wrt_output)
        return gradients


@final
class LeafGradFn(GradFn):
    """Where a graph ends: at a constant, at a weight, or at an input being differentiated."""

    __slots__ = ("_weight",)
    _weight: TrainableWeight | None
    _inputs = ()
    _shapes = ()

    def __init__(self, weight: TrainableWeight | None = None) -> None:
        self._weight = weight

    @property
    def weight(self) -> TrainableWeight | None:
        """The weight that was read here, if it was one."""
        return self._weight


CONSTANT = LeafGradFn()
"""The GradFn of every constant; the walk never visits it."""


class OneInputGradFn(GradFn):
    """An operation on one Tensor."""

    __slots__ = ()

    def record(self, y: Array, x: Tensor) -> Tensor:
        """The Tensor of `y`, a fresh array, as made from `x` by this operation."""
        if not self._is_ours:
            y = self._taken(y)
        grad_fn = x._grad_fn
        if grad_fn is CONSTANT:
            return make(y, CONSTANT)
        self._inputs = (grad_fn,)
        self._shapes = (x._data.shape,)
        return make(y, self)


class UnaryGradFn(OneInputGradFn):
    """y = f(x), with a rule that reads neither."""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        """The gradient with respect to x."""
        raise NotImplementedError(f"{self.name} has no rule")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (self.vjp(g),)


class TwoInputGradFn(GradFn):
    """An operation on two Tensors."""

    __slots__ = ()

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        """The Tensor of `y`, a fresh array, as made from `a` and `b` by this operation."""
        if not self._is_ours:
            y = self._taken(y)
        a_fn, b_fn = a._grad_fn, b._grad_fn
        if a_fn is CONSTANT and b_fn is CONSTANT:
            return make(y, CONSTANT)
        self._inputs = (a_fn, b_fn)
        self._shapes = (a._data.shape, b._data.shape)
        return make(y, self)


class BilinearGradFn(TwoInputGradFn):
    """y = f(a, b), linear in each, so that each operand's rule reads only the other one."""

    __slots__ = ("_a", "_b")
    _a: Array
    _b: Array

    def vjp_a(self, g: A, b: A) -> A:
        """The gradient with respect to a."""
        raise NotImplementedError(f"{self.name} has no rule for a")

    def vjp_b(self, g: A, a: A) -> A:
        """The gradient with respect to b."""
        raise NotImplementedError(f"{self.name} has no rule for b")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        return (
            None if a_fn is CONSTANT else self.vjp_a(g, view(self._b, b_fn)),
            None if b_fn is CONSTANT else self.vjp_b(g, view(self._a, a_fn)),
        )

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        if b._grad_fn is not CONSTANT:
            self._a = a._data
        if a._grad_fn is not CONSTANT:
            self._b = b._data
        return TwoInputGradFn.record(self, y, a, b)


class AddGradFn(TwoInputGradFn):
    """y = a + b,  dy = da + db"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return g, g


class SubGradFn(TwoInputGradFn):
    """y = a - b,  dy = da - db"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return g, None if self._inputs[1] is CONSTANT else -g


class NegGradFn(UnaryGradFn):
    """y = -x,  dy = -dx"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return -g


class MulGradFn(BilinearGradFn):
    """y = a b,  dy = b da + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return g * b

    def vjp_b(self, g: A, a: A) -> A:
        return g * a


class DivGradFn(TwoInputGradFn):
    """y = a / b,  dy = da / b - (a / b^2) db"""

    __slots__ = ("_a", "_b")
    _a: Array
    _b: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        b = view(self._b, b_fn)
        return (
            None if a_fn is CONSTANT else HOOKS["over"](g, b),
            None if b_fn is CONSTANT else HOOKS["times"](-g, view(self._a, a_fn) / b / b),
        )

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        self._b = b._data
        if b._grad_fn is not CONSTANT:
            self._a = a._data
        return TwoInputGradFn.record(self, y, a, b)


# Weights


class TrainableWeight(Cell):
    """The one mutable cell: an array that `update` replaces by another. Its dtype is floating.

    Without `requires_grad` it is frozen: it is read as a constant, and gets no gradient.
    """

    __slots__ = ("__weakref__", "_requires_grad")
    _requires_grad: bool

    def __init__(
        self, data: Tensor | Nested, dtype: npt.DTypeLike | None = None, *, requires_grad: bool = True
    ) -> None:
        array = to_array(data._data if isinstance(data, Tensor) else data, dtype)
        if array.dtype.kind != "f":
            raise TypeError(f"TrainableWeight: dtype {array.dtype} has no derivative; pass floats, or dtype=")
        self._data = array
        self._requires_grad = requires_grad

    @property
    def requires_grad(self) -> bool:
        """Whether the weight gets a gradient."""
        return self._requires_grad

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Give the weight gradients from its next read on, or with False freeze it."""
        self._requires_grad = requires_grad
        return self

    def tensor(self) -> Tensor:
        """The weight's value now, as a Tensor that is recorded; a constant under `no_grad`, or if it is frozen."""
        tensor = _new(Tensor)
        tensor._data = self._data
        how = reading.get()
        if self._requires_grad and how is not constantly:
            tensor._grad_fn = leaf = _new(LeafGradFn)
            leaf._weight = self
        else:
            tensor._grad_fn = CONSTANT
        return tensor if how is None or how is constantly else how(self, tensor)

    def update(self, data: Tensor | Nested) -> None:
        """Replace the value by a copy of `data`, of the same shape and dtype. Graphs made before keep the old one."""
        if isinstance(data, Tensor):
            data = data._data
        array = to_array(data, None if hasattr(data, "dtype") else self.dtype)
        if array.shape != self.shape:
            raise ValueError(f"update: the weight has shape {self.shape}, the new value {array.shape}")
        if array.dtype != self.dtype:
            raise TypeError(f"update: the weight has dtype {self.dtype}, the new value {array.dtype}; convert it first")
        self._replace(array)

    def __repr__(self) -> str:
        frozen = "" if self._requires_grad else ", requires_grad=False"
        return f"TrainableWeight({make(self._data, CONSTANT)!r}{frozen})"

    def __deepcopy__(self, memo: dict[int, object]) -> TrainableWeight:
        return TrainableWeight(self._data, requires_grad=self._requires_grad)

    def __reduce__(self) -> tuple[Callable[[Array, bool], TrainableWeight], tuple[Array, bool]]:
        return _unpickled, (self.data, self._requires_grad)


def read(weight: TrainableWeight) -> tuple[Array, GradFn]:
    """What `weight.tensor()` is made of, in less time than that."""
    how = reading.get()
    if type(weight) is TrainableWeight and (how is None or how is constantly):
        if how is constantly or not weight._requires_grad:
            return weight._data, CONSTANT
        leaf = _new(LeafGradFn)
        leaf._weight = weight
        return weight._data, leaf
    tensor = weight.tensor()
    return tensor._data, tensor._grad_fn


def _unpickled(data: Array, requires_grad: bool) -> TrainableWeight:
    return TrainableWeight(data, requires_grad=requires_grad)


Gradients: TypeAlias = list[tuple[Gradient, TrainableWeight]]
"""What `backward()` answers: each weight once, with the gradient with respect to it."""
