"""What Adam and its kin share: the means of g and of g squared."""

# Annotations are not postponed: states in other modules take them over, where the names would not be found.

from collections.abc import Sequence
from dataclasses import dataclass, field

from kytorch.kernels.averages import average, average_square
from kytorch.optim.checks import number
from kytorch.optim.rule import Rule, pair
from kytorch.optim.state import COUNTS, ByWeight, Counts, State
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MomentsState(State):
    """How many steps were made, and for each weight the means of g and of g squared and its own steps."""

    step: int = 0
    mean: ByWeight = field(default_factory=dict)
    square: ByWeight = field(default_factory=dict)
    steps: Counts = field(default_factory=dict, metadata=COUNTS)

    def __post_init__(self) -> None:
        State.__post_init__(self)
        self._check_same_weights("mean", "square", "steps")


class MomentsRule(Rule):
    """m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2 (Kingma & Ba 2015, Algorithm 1)."""

    fields: tuple[str, ...] = ("mean", "square")

    def __init__(self, name: str, lr: float, betas: tuple[float, float], eps: float) -> None:
        self.lr = number(name, "lr", lr)
        self.beta1, self.beta2 = pair(name, "betas", betas, high=1.0)
        self.eps = number(name, "eps", eps, positive=True)

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        average(old[0], g, self.beta1, new[0], scratch[0])
        average_square(old[1], g, self.beta2, new[1], scratch[0])

    def most(self, g: float, old: Sequence[float]) -> Sequence[float]:
        return [
            self.beta1 * old[0] + (1.0 - self.beta1) * g,
            self.beta2 * old[1] + (1.0 - self.beta2) * g * g,
        ]
