"""The parts of a list of gradients that belong to parts of a model, so that each gets a step of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kytorch.nn.module import Module
from kytorch.nn.weights import group_weights, select_weights
from kytorch.optim.checks import refuse_no_module, refuse_other_kinds
from kytorch.tensor.core import Gradients


def select(gradients: Gradients, model: Module, *patterns: str) -> Gradients:
    """The gradients of the weights whose path in `model` matches one of `patterns`; without any, of all its weights.

    As in `nn.select_weights`, * stands for anything and a module's path for the weights in it. Raises ValueError for
    a pattern that matches no weight.
    """
    refuse_other_kinds("select", gradients)
    refuse_no_module("select", model)
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise TypeError(f"select: expected patterns one after another, each a str, not {type(pattern).__name__}")
    chosen = set(select_weights(model, *patterns).values())
    return [(gradient, weight) for gradient, weight in gradients if weight in chosen]


def split(gradients: Gradients, model: Module, groups: Mapping[str, str | Iterable[str]]) -> dict[str, Gradients]:
    """The gradients in groups, to give each its own hyper-parameters: every gradient is in exactly one.

    As in `nn.group_weights`, it is in the first group with a pattern that its weight's path matches:
    `split(gradients, model, {"no decay": "*.bias", "decay": "*"})`. Raises ValueError for a weight of the model that
    is in no group, and for a gradient of a weight that is not the model's.
    """
    refuse_other_kinds("split", gradients)
    refuse_no_module("split", model)
    if not isinstance(groups, Mapping):
        raise TypeError(f"split: expected a dict from names to patterns, not {type(groups).__name__}")
    try:
        grouped = group_weights(model, groups)
    except ValueError as error:
        raise ValueError(str(error).replace("group_weights", "split", 1)) from None
    group_of = {weight: name for name, weights in grouped.items() for weight in weights.values()}
    parts: dict[str, Gradients] = {name: [] for name in grouped}
    for i, (gradient, weight) in enumerate(gradients):
        if weight not in group_of:
            raise ValueError(
                f"split: weight {i}, of shape {weight.shape}, is none of the model's; select(gradients, model) gives "
                "the gradients of those that are"
            )
        parts[group_of[weight]].append((gradient, weight))
    return parts
