"""A model as a function of its weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from kytorch.tensor.contexts import Setting
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.reading import Detachable, Reader, reading

R = TypeVar("R", covariant=True)
D = TypeVar("D", bound=Detachable)


class Model(Protocol[R]):
    """What can be called and has named weights and buffers: a Module."""

    def _state(self, prefix: str) -> Iterable[tuple[str, ArrayHolder]]:
        """Every weight and buffer with each of its paths."""

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        """The answer to arguments of its own kinds."""


def functional_call(
    model: Model[R], weights: Mapping[str, Tensor], args: object = (), kwargs: Mapping[str, Any] | None = None
) -> R:
    """What `model` answers to `args`, a tuple or the one argument, with the Tensors `weights` for its own by name.

    The names are those of `state_dict()`, of a tied weight any one; what is not named keeps its own value. The answer
    can be differentiated with respect to the Tensors: `func.grad(lambda w: loss(functional_call(model, w, x)))`.
    Under `no_grad` the model's own weights are constants, and the Tensors what they are; a `no_grad` within the model
    makes constants of both. Changes nothing. Raises ValueError that lists every unknown name and wrong shape and every
    weight given twice, and TypeError for what is no Tensor of floats.
    """
    own = dict(model._state(""))
    if not isinstance(weights, Mapping):
        raise TypeError(f"functional_call: expected a mapping from names to Tensors, not {type(weights).__name__}")
    wrong: list[str] = []
    instead: dict[ArrayHolder, tuple[str, Tensor]] = {}
    for name, tensor in weights.items():
        if name not in own:
            wrong.append(f"unexpected {name}")
        elif not isinstance(tensor, Tensor):
            advice = (
                "weight.tensor() reads it" if isinstance(tensor, TrainableWeight) else "kytorch.tensor(array) makes one"
            )
            raise TypeError(f"functional_call: {name} is to be a Tensor, not {type(tensor).__name__}; {advice}")
        elif tensor.dtype.kind != own[name].dtype.kind:
            raise TypeError(f"functional_call: {name} has dtype {tensor.dtype}, expected {own[name].dtype}")
        elif tensor.shape != own[name].shape:
            wrong.append(f"{name} has shape {tensor.shape}, expected {own[name].shape}")
        elif (one := instead.setdefault(own[name], (name, tensor)))[1] is not tensor:
            wrong.append(f"{one[0]} and {name} are one weight, and were given two Tensors; give it under one name")
    if wrong:
        known = f"; its names are {', '.join(own)}" if any(name not in own for name in weights) else ""
        raise ValueError(f"functional_call of {type(model).__name__}: {'; '.join(wrong)}{known}")
    given = args if isinstance(args, tuple) else (args,)
    tensors: dict[object, Tensor] = {holder: tensor for holder, (_, tensor) in instead.items()}
    with Setting[Reader | None](reading, _instead(tensors, reading.get())):
        return model(*given, **(kwargs or {}))


def _instead(tensors: Mapping[object, Any], otherwise: Reader | None) -> Reader:
    """Reads `tensors` in place of weights, and what is not among them as `otherwise` does."""

    def reader(weight: object, own: D, /) -> D:
        if weight in tensors:
            value: D = tensors[weight]
            return value
        return own if otherwise is None else otherwise(weight, own)

    return reader
