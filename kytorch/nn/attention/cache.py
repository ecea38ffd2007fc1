"""The keys and values of the tokens so far, so that generating one more does not compute them again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

import numpy as np

from kytorch.ops.join import cat
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array


class _Room:
    """Memory for tokens, the first of which are written. What is written never changes."""

    __slots__ = ("_array", "_lock", "_written")

    def __init__(self, like: Array, capacity: int) -> None:
        self._array: Array = np.empty_like(like, order="C", shape=(*like.shape[:-2], capacity, like.shape[-1]))
        self._written = 0
        self._lock = Lock()

    def write(self, before: int, tokens: Array) -> bool:
        """Write `tokens` behind the first `before`; False if others stand there already, or there is no room."""
        after = before + tokens.shape[-2]
        with self._lock:
            if self._written != before or after > self._array.shape[-2]:
                return False
            self._array[..., before:after, :] = tokens
            self._written = after
        return True

    def first(self, count: int) -> Tensor:
        """The first `count` tokens."""
        return make(self._array[..., :count, :], CONSTANT)


class _Tokens(NamedTuple):
    all: Tensor
    room: _Room | None = None
    """The memory in which they stand, if there may be place for more."""

    def followed_by(self, new: Tensor, what: str) -> _Tokens:
        old, room = self
        if (*new.shape[:-2], new.shape[-1]) != (*old.shape[:-2], old.shape[-1]):
            raise ValueError(f"append: {what} of shape {new.shape} do not go behind {what} of shape {old.shape}")
        if new.dtype != old.dtype:
            raise TypeError(f"append: {what} of {new.dtype} behind {what} of {old.dtype}; convert them with to()")
        if old.requires_grad or new.requires_grad:
            return _Tokens(cat([old, new], -2))
        before, after = old.shape[-2], old.shape[-2] + new.shape[-2]
        if room is None or not room.write(before, new._data):
            room = _Room(old._data, 2 * after)
            room.write(0, old._data)
            room.write(before, new._data)
        return _Tokens(room.first(after), room)


class KeyValueCache:
    """The keys (..., S, E) and values (..., S, Ev) of the S tokens so far: an immutable value, empty to begin with.

    `append` answers a new cache and leaves this one as it is, so that a search may go on from one cache in several
    ways. The time for many tokens one by one grows with their number, not with its square.
    """

    __slots__ = ("_keys", "_values")
    _keys: _Tokens | None
    _values: _Tokens | None

    def __init__(self) -> None:
        self._keys = self._values = None

    def __len__(self) -> int:
        """The number of tokens, which is the position of the next one."""
        return 0 if self._keys is None else self._keys.all.shape[-2]

    @property
    def keys(self) -> Tensor:
        """The keys of all tokens. Raises ValueError if there are none."""
        return self._tokens(self._keys)

    @property
    def values(self) -> Tensor:
        """The values of all tokens. Raises ValueError if there are none."""
        return self._tokens(self._values)

    def _tokens(self, tokens: _Tokens | None) -> Tensor:
        if tokens is None:
            raise ValueError("KeyValueCache: it is empty, and has neither keys nor values; append some")
        return tokens.all

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, KeyValueCache]:
        """All keys and all values, those of new tokens last, and the cache that holds them.

        Gradients flow to keys and values that are recorded; all are copied then. Raises ValueError for shapes that
        differ from those before in more than the number of tokens, and TypeError for other dtypes.
        """
        if type(key) is not Tensor or type(value) is not Tensor:
            raise not_tensors("append", key, value)
        if key.ndim < 2 or value.ndim < 2 or key.shape[:-1] != value.shape[:-1]:
            raise ValueError(
                f"append: expected keys (..., S, E) and values (..., S, Ev), not shapes {key.shape} and {value.shape}"
            )
        cache = KeyValueCache()
        cache._keys = keys = _Tokens(key) if self._keys is None else self._keys.followed_by(key, "keys")
        cache._values = values = _Tokens(value) if self._values is None else self._values.followed_by(value, "values")
        return keys.all, values.all, cache

    def __copy__(self) -> KeyValueCache:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> KeyValueCache:
        return self

    def __reduce__(self) -> tuple[Callable[..., KeyValueCache], tuple[Tensor, ...]]:
        return _restored, () if self._keys is None or self._values is None else (self._keys.all, self._values.all)

    def __repr__(self) -> str:
        return f"KeyValueCache of {len(self)} tokens"


def _restored(*tokens: Tensor) -> KeyValueCache:
    return KeyValueCache().append(*tokens)[2] if tokens else KeyValueCache()
