"""What an optimizer's step does with the arrays of one weight."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kytorch.optim.checks import number
from kytorch.optim.state import State
from kytorch.tensor.values import Array, Shape


class Rule:
    """What one step of an optimizer does with the arrays of one weight, all in the weight's working dtype.

    No method writes to g, w or old; results go to `out=`, since what is made of arrays of shape () is no array. With
    `elementwise` the arrays may be flat blocks of the weight's; without, they are whole, in their own shapes.
    """

    fields: tuple[str, ...] = ()
    """The state's fields whose arrays the rule writes, in the order of `old` and `new`."""
    initial: float = 0.0
    """What `old` is filled with at a weight's first step."""
    elementwise: bool = True
    scratch: int = 1
    """How many arrays of the weight's shape `remember` and `move` get, to write anything to."""
    maximize: bool = False
    """Whether g is minus the gradient."""
    weight_decay: float = 0.0
    """How much of the weight is added to g."""
    keep: float = 1.0
    """What the weight is multiplied by before the step is added: 1 - lr weight_decay, where decay is decoupled."""
    factor: str | None = None
    """The state's field of a float for each weight: `product` has the old one (at first 1) before at(), then the new.
    """
    product: float = 1.0

    def decay(self, weight_decay: float, lr: float | None = None) -> None:
        """Have weight decay, decoupled from the gradient if `lr` is given."""
        if lr is None:
            self.weight_decay = weight_decay
        else:
            self.keep = 1.0 - lr * weight_decay

    def fields_of(self, shape: Shape) -> tuple[str, ...]:
        """Those of `fields` that a weight of `shape` has."""
        return self.fields

    def at(self, step: int) -> None:
        """Compute what depends on the weight's own count of steps, 1 in its first.

        Where the state has no `steps`, all later ones are the second.
        """

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        """Write to `new` what the state is to remember."""
        raise NotImplementedError

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        """Write to `out` what is to be added to the weight."""
        raise NotImplementedError

    def most(self, g: float, old: Sequence[float]) -> Sequence[float]:
        """Bounds of the sizes of what `remember` writes to `new`, given such of g and of `old`: for each array one.

        With it a look at g tells, nearly always, that all of that is finite; without it takes a look at `new`.
        """
        return [math.inf] * len(old)

    def reach(self, squares: Sequence[float]) -> float:
        """A bound of what `move` writes, given for each array of `new` the sum of its squares.

        Where it is small, nearly always, the new weights are finite for sure, and are not all made before the first
        of the old ones is let go.
        """
        return math.inf


# A length that float32 computes from squares may be short by almost as much: smaller ones have squares of 0.
_LOST = 1e-18


def bound(rate: float, length: float, eps: float = 1.0) -> float:
    """`rate` `length` / `eps` with what rounding may lose; infinite where float32 may not hold the rate or eps."""
    return rate * (length + _LOST) / eps if rate < 1.0 / _LOST and eps > _LOST else math.inf


def pair(operation: str, name: str, values: tuple[float, float], high: float = math.inf) -> tuple[float, float]:
    """Two options that stand together, such as betas, as floats, at least 0 and below `high`."""
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise TypeError(f"{operation}: {name} is to be a pair of numbers, not {values!r}")
    first, second = values
    return number(operation, f"{name}[0]", first, high=high), number(operation, f"{name}[1]", second, high=high)


def refuse_other_state(operation: str, state: State, expected: type[State]) -> None:
    """Raise TypeError unless `state` is of the kind `expected`."""
    if not isinstance(state, expected):
        found = f"the class {state.__name__}" if isinstance(state, type) else type(state).__name__
        raise TypeError(f"{operation}: the state is to be of kind {expected.__name__}, not {found}")
