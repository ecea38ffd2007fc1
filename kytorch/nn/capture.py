"""Seeing what the layers of a model make, without editing the model."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kytorch.nn.hooks import ForwardHook, RemovableHandle
from kytorch.nn.module import Module
from kytorch.tensor.core import Tensor


class Captured(Mapping[str, Tensor]):
    """The Tensors that layers made, by their paths, in the order of the first calls; of several calls the last."""

    def __init__(self) -> None:
        self._calls: dict[str, list[object]] = {}

    def __getitem__(self, path: str) -> Tensor:
        made = self.calls(path)[-1]
        if not isinstance(made, Tensor):
            raise TypeError(f"capture: {path} made a {type(made).__name__}, not one Tensor; calls({path!r}) has it")
        return made

    def calls(self, path: str) -> tuple[object, ...]:
        """What the layer of that path made, call by call. Raises KeyError if it has not been called."""
        if path not in self._calls:
            called = ", ".join(self._calls) or "none"
            raise KeyError(f"capture: no layer {path!r} was called; those called are {called}")
        return tuple(self._calls[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)


@contextmanager
def capture(model: Module, *patterns: str) -> Iterator[Captured]:
    """Within this context, what every layer whose path matches one of `patterns` makes is kept; without any, all.

    A pattern is a path, in which * stands for anything: `with capture(model, "encoder.*") as made: model(x)`. The
    Tensors are live, so that a loss may be made of them. Raises ValueError for a pattern that matches no layer.
    """
    paths = [path for path, _ in model.named_modules() if path]
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(path, pattern) for path in paths):
            raise ValueError(f"capture: {pattern!r} matches no layer; their paths are {', '.join(paths)}")
    captured = Captured()
    handles: list[RemovableHandle] = []
    try:
        for path, module in model.named_modules():
            if path and (not patterns or any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)):
                handles.append(module.register_forward_hook(_keeper(captured._calls, path)))
        yield captured
    finally:
        for handle in handles:
            handle.remove()


def _keeper(calls: dict[str, list[object]], path: str) -> ForwardHook:
    def keep(module: Module, args: tuple[object, ...], output: object) -> None:
        calls.setdefault(path, []).append(output)

    return keep
