"""What a variant of a workload gives to the process that runs it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


class Prepared(NamedTuple):
    """Work that is ready to run: data, weights and buffers exist."""

    step: Callable[[], object]
    """One step, as it is timed."""
    answers: Callable[[], Mapping[str, Array]]
    """One step, and by name what it computed: the loss and the updated weights, or values and gradients."""
    forward: Callable[[], Any] | None = None
    """The loss of a step, with its graph and a method `backward`, where it is a model's."""


Prepare: TypeAlias = Callable[[int], Prepared]
"""A variant: prepares work of a size. It imports its library itself, so that a process holds only what it measures."""
