"""Functions from a list of gradients to a list of gradients: sums, and terms that are added to each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kytorch.optim.checks import number, refuse_bad_gradients, refuse_other_kinds
from kytorch.optim.state import working_dtype
from kytorch.tensor.core import Gradient, Gradients, Tensor, TrainableWeight
from kytorch.tensor.random import generator_or_default


def scale(gradients: Gradients, factor: float) -> Gradients:
    """The gradients times `factor`. Raises ValueError if that is not finite."""
    refuse_other_kinds("scale", gradients)
    return scaled(gradients, number("scale", "factor", factor, low=-math.inf))


def add(gradients: Gradients, others: Gradients) -> Gradients:
    """The sum of two lists, weight by weight, to accumulate gradients over several batches.

    A weight of only one list keeps its gradient; those of the first list come first. Raises ValueError where two
    gradients of a weight differ in shape.
    """
    for summand in (gradients, others):
        refuse_other_kinds("add", summand)
    total: dict[TrainableWeight, Gradient] = {}
    for gradient, weight in [*gradients, *others]:
        _accumulate("add", total, weight, gradient)
    return [(gradient, weight) for weight, gradient in total.items()]


def mean(lists: Sequence[Gradients], sizes: Sequence[float] | None = None) -> Gradients:
    """The mean of several lists, weight by weight: of the batches' mean losses it makes the whole batch's gradients.

    `sizes` are the batches', if they differ; a list without a weight counts as one with 0 for it. A list of another
    process names that one's weights: first [(g, weight) for (g, _), (_, weight) in zip(theirs, mine)]. Raises
    ValueError where two gradients of a weight differ in shape.
    """
    if not isinstance(lists, (list, tuple)):
        raise TypeError(f"mean: expected a list of lists of gradients, not {type(lists).__name__}")
    for gradients in lists:
        refuse_other_kinds("mean", gradients)
    if sizes is not None and not hasattr(sizes, "__len__"):
        raise TypeError(f"mean: expected a list of sizes, not {type(sizes).__name__}")
    if sizes is not None and len(sizes) != len(lists):
        raise ValueError(f"mean: got {len(lists)} lists and {len(sizes)} sizes")
    parts = [1.0] * len(lists) if sizes is None else [number("mean", "a size", size) for size in sizes]
    whole = number("mean", "the sum of the sizes", sum(parts))
    if not whole:
        raise ValueError("mean: expected lists, not none" if not lists else "mean: the sizes are all 0")
    total: dict[TrainableWeight, Gradient] = {}
    for gradients, part in zip(lists, parts):
        for gradient, weight in gradients:
            _accumulate("mean", total, weight, widened(gradient, weight) * (part / whole))
    return [(gradient.to(weight.dtype), weight) for weight, gradient in total.items()]


def centralize(gradients: Gradients) -> Gradients:
    """The gradients, of matrices and convolutions each row less its mean (Yong et al. 2020, equation 1).

    A row is what belongs to one output; vectors stay. Raises ValueError for a gradient that is not finite.
    """
    refuse_bad_gradients("centralize", gradients)
    return [(_centralized(g, weight) if g.ndim > 1 and g.size else g, weight) for g, weight in gradients]


def _centralized(gradient: Gradient, weight: TrainableWeight) -> Gradient:
    g = widened(gradient, weight)
    return (g - g.mean(tuple(range(1, g.ndim)), keepdim=True)).to(gradient.dtype)


def add_weight_decay(gradients: Gradients, weight_decay: float) -> Gradients:
    """For each weight g + weight_decay w, the gradient of the loss plus weight_decay |w|^2 / 2.

    Raises ValueError for a gradient that is not finite.
    """
    decay = number("add_weight_decay", "weight_decay", weight_decay)
    refuse_bad_gradients("add_weight_decay", gradients)
    return [
        ((widened(g, weight) + beside(g, weight) * decay).to(g.dtype), weight) if decay else (g, weight)
        for g, weight in gradients
    ]


def add_noise(gradients: Gradients, std: float, *, generator: np.random.Generator | None = None) -> Gradients:
    """The gradients plus normal noise of that standard deviation.

    At step t it is to be (eta / (1 + t)^0.55)^(1/2), with an eta of 0.01, 0.3 or 1 (Neelakantan et al. 2015, section
    3). Raises ValueError for a gradient that is not finite.
    """
    deviation = number("add_noise", "std", std)
    refuse_bad_gradients("add_noise", gradients)
    draw = generator_or_default(generator)
    noisy: Gradients = []
    for gradient, weight in gradients:
        g = widened(gradient, weight)
        noise = draw.standard_normal(g.shape, np.dtype(g.dtype))
        noisy.append(((g + Tensor(np.asarray(noise)) * deviation).to(gradient.dtype), weight))
    return noisy


# What other files of transformations share


def scaled(gradients: Gradients, factor: float | Tensor) -> Gradients:
    """The gradients times `factor`, those of float16 by way of float32, in which a small factor is not 0."""
    return [((widened(g, weight) * factor).to(g.dtype), weight) for g, weight in gradients]


def widened(gradient: Gradient, weight: TrainableWeight) -> Gradient:
    """`gradient` in the dtype in which the weight's update is computed."""
    return gradient.to(working_dtype(weight))


def beside(gradient: Gradient, weight: TrainableWeight) -> Tensor:
    """The weight's value in that dtype, live only if the gradient is, so that nothing is recorded needlessly."""
    w = weight.tensor() if gradient.requires_grad else weight.tensor().detach()
    return w.to(working_dtype(weight))


def _accumulate(
    operation: str, total: dict[TrainableWeight, Gradient], weight: TrainableWeight, gradient: Gradient
) -> None:
    """Add `gradient` to the weight's in `total`."""
    if weight not in total:
        total[weight] = gradient
    elif total[weight].shape != gradient.shape:
        raise ValueError(
            f"{operation}: two gradients of a weight of shape {weight.shape} have shapes {total[weight].shape} "
            f"and {gradient.shape}"
        )
    else:
        total[weight] = total[weight] + gradient
