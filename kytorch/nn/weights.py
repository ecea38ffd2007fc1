"""Choosing, counting and freezing a model's weights, by their paths."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping

from kytorch.nn.module import Module
from kytorch.tensor.core import TrainableWeight


def select_weights(model: Module, *patterns: str) -> dict[str, TrainableWeight]:
    """The weights whose path matches one of `patterns`, in which * stands for anything; without any, all.

    A path of a module stands for the weights in it. Raises ValueError for a pattern that matches no weight.
    """
    named = dict(model.named_weights())
    chosen: set[str] = set()
    for pattern in patterns or ("*",):
        found = [path for path in named if _matches(path, pattern)]
        if not found and patterns:
            raise ValueError(f"{pattern!r} matches no weight; their paths are {', '.join(named)}")
        chosen.update(found)
    return {path: weight for path, weight in named.items() if path in chosen}


def _matches(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"{pattern}.*")


def count_weights(model: Module, *patterns: str, trainable: bool = False) -> int:
    """The number of elements of the weights that `patterns` choose, or of those that are not frozen."""
    chosen = select_weights(model, *patterns).values()
    return sum(weight.size for weight in chosen if weight.requires_grad or not trainable)


def freeze(model: Module, *patterns: str) -> None:
    """Freeze the weights that `patterns` choose: they get no gradient, and none is computed for them."""
    for weight in select_weights(model, *patterns).values():
        weight.requires_grad_(False)


def unfreeze(model: Module, *patterns: str) -> None:
    """Give the weights that `patterns` choose gradients again."""
    for weight in select_weights(model, *patterns).values():
        weight.requires_grad_(True)


def group_weights(model: Module, groups: Mapping[str, str | Iterable[str]]) -> dict[str, dict[str, TrainableWeight]]:
    """The weights in groups: each in the first one that has a pattern that its path matches.

    `group_weights(model, {"no decay": "*.bias", "decay": "*"})`. Raises ValueError for a weight that is in no group.
    """
    patterns = {name: [one] if isinstance(one, str) else list(one) for name, one in groups.items()}
    grouped: dict[str, dict[str, TrainableWeight]] = {name: {} for name in patterns}
    for path, weight in model.named_weights():
        for name, own in patterns.items():
            if any(_matches(path, pattern) for pattern in own):
                grouped[name][path] = weight
                break
        else:
            raise ValueError(f'group_weights: {path} is in no group; a last one of "*" takes the rest')
    return grouped
