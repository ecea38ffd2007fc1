"""From the interpreter's events to records: what is called is timed, and what is made is told by the Tensors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from types import FrameType

from kytorch.nn.module import Module
from kytorch.profiling.calls import WITHIN, Call, Calls, Layer, cost_of, is_by_optimizer, is_by_walk, name_of, self_of
from kytorch.profiling.records import Kind, Record
from kytorch.profiling.saved import ByIdentity, Memory
from kytorch.tensor.core import CONSTANT, GradFn, constant
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array, Shape


class _Open:
    """A call that has begun, and the time in it that no record within has: before the last of them, and since."""

    __slots__ = ("begin", "call", "frame", "layer", "name", "own", "since", "waiting")

    def __init__(self, call: Call, frame: FrameType | None, name: str, begin: float, layer: Layer) -> None:
        self.call = call
        self.frame = frame
        self.name = name
        self.begin = self.since = begin
        self.layer = layer  # around it
        self.own = self.waiting = 0.0


class _Span:
    """A record in the making."""

    __slots__ = ("begin", "dtype", "end", "kept", "kind", "layer", "made", "name", "own", "shape")

    def __init__(self, name: str, kind: Kind, layer: Layer, begin: float, end: float, own: float) -> None:
        self.name = name
        self.kind = kind
        self.layer = layer.path
        self.begin = begin
        self.end = end
        self.own = own
        self.shape: Shape | None = None
        self.dtype: object = ""
        self.made = self.kept = 0

    def record(self, start: float) -> Record:
        begin, duration = self.begin - start, self.end - self.begin
        return Record(
            self.name,
            self.kind,
            self.layer,
            begin,
            duration,
            self.own,
            self.shape,
            str(self.dtype),
            self.made,
            self.kept,
        )


class Recorder:
    """What happens in one thread, as records.

    All time is shared out: at each event what has passed since the last goes to the operation that made a value, or to
    the innermost call that is open. The recorder's own work is left out, and summed in `overhead`.
    """

    sees_gradients = False

    def __init__(self) -> None:
        self.overhead = 0.0
        self._spans: list[_Span] = []
        self._other = 0.0  # what no call that is open has
        self._start: float | None = None  # of all
        self._begin = self._last = 0.0  # of this block, of what is yet to be shared out
        self._seconds = 0.0  # of the blocks before
        self._is_on = False
        self._events = 0  # since _last
        self._cost = 0.0  # of one of them
        self._operation: FrameType | None = None  # the outermost operation that is running
        self._of_operation: _Span | None = None  # the last that it made
        self._value: tuple[Array, object] | None = None  # just made
        # A node that may not have saved all yet, and its record.
        self._unsettled: tuple[GradFn, _Span, Layer] | None = None
        self._stack: list[_Open] = []
        self._outside = self._layer = Layer()
        self._layer_of: ByIdentity[Layer] = ByIdentity()  # of a node
        self._memory = Memory()
        self._calls = Calls()
        self._before: Callable[..., object] | None = None  # who was told of the interpreter's events, and is so too

    # Told by the Tensors

    def made(self, data: Array, grad_fn: object) -> None:
        self._value = data, grad_fn  # and no more, since here each call would be an event

    def flowed(self, g: ArrayHolder | Array, grad_fn: object) -> None:
        """Nothing to be seen."""

    # Told by the interpreter

    def event(self, frame: FrameType, event: str, arg: object) -> None:
        """What sys.setprofile() is to call."""
        self._events += 1
        value = self._value
        if value is not None:
            self._value = None
            if frame.f_code is _MADE:  # else another thread told of it, which has a copy of this one's context
                self._take(value, frame)
                return
        if self._operation is not None:
            if frame is self._operation and event == "return":
                self._leave_operation()
        elif event == "call":
            found = self._calls.known.get(id(frame.f_code))
            call = self._calls.kind(frame) if found is None else found[0]
            if call:
                self._enter(call, frame)
        elif event == "return" and frame is self._stack[-1].frame:
            self._leave()

    def _both(self, frame: FrameType, event: str, arg: object) -> None:
        """The same beside who was told before."""
        self._before = before = _still_on(self._before)
        if before is not None:
            before(frame, event, arg)
        self.event(frame, event, arg)

    # Told by the profile

    def begin(self) -> None:
        """Go on, from now."""
        self._before = sys.getprofile()
        if not self._cost:
            self._operation = sys._getframe()  # as within an operation, where most events are
            self._cost = cost_of(self.event)
            self._operation, self._events = None, 0
        self._begin = self._last = perf_counter()
        self._stack = [_Open("user", None, "", self._begin, self._outside)]
        self._is_on = True
        if self._start is None:
            self._start = self._begin
        sys.setprofile(self.event if self._before is None else self._both)

    def end(self) -> None:
        """Close what is open."""
        if getattr(sys.getprofile(), "__self__", None) is self:  # else who began later comes back to who was before
            sys.setprofile(_still_on(self._before))
        now = perf_counter()
        self._settle()
        self._other += self._passed(now) + sum([one.own + one.waiting for one in self._stack])
        self._seconds += now - self._begin
        self._is_on = False
        self._stack = []
        self._layer = self._outside
        self._operation = self._of_operation = self._value = None

    # Asked

    @property
    def records(self) -> list[Record]:
        """What has ended, in the order of the beginnings."""
        self._settle()
        start = self._start or 0.0
        records = [span.record(start) for span in self._spans]
        return sorted(records, key=lambda record: (record.begin, -record.duration))

    @property
    def seconds(self) -> float:
        """The time while it was on."""
        return self._seconds + (perf_counter() - self._begin if self._is_on else 0.0)

    @property
    def other(self) -> float:
        """The time that no record has."""
        return self._other + sum([one.own + one.waiting for one in self._stack])

    def _enter(self, call: Call, frame: FrameType) -> None:
        top = self._stack[-1]
        if (top.call, call) in WITHIN:
            return
        now = perf_counter()
        name, layer = frame.f_code.co_name, self._layer
        if call == "operation":
            top.waiting += self._passed(now)
            self._operation, self._of_operation = frame, None
            self._resume(now)
            return
        if call == "rule":
            node = self_of(frame) if is_by_walk(frame) else None
            name = name_of(type(node)) if isinstance(node, GradFn) else ""
            if not name:
                return
            self._settle()
            self._layer = self._layer_of.get(node) or self._outside
        elif call == "walk":
            name = "backward"
        elif call == "optimizer" and is_by_optimizer(frame):
            return
        elif call == "module" and isinstance(module := self_of(frame), Module):
            self._layer = self._layer.below(module)
            name = self._layer.path
        top.waiting += self._passed(now)
        self._stack.append(_Open(call, frame, name, now, layer))
        self._resume(now)

    def _leave(self) -> None:
        now = perf_counter()
        self._settle()
        one = self._stack.pop()
        one.waiting += self._passed(now)
        if one.call == "user":
            self._stack[-1].waiting += one.waiting
        else:
            layer = one.layer if one.call in ("walk", "optimizer") else self._layer
            self._spans.append(_Span(one.name, _KINDS[one.call], layer, one.begin, now, one.own + one.waiting))
            self._layer = one.layer
            self._forget(now)
        self._resume(now)

    def _leave_operation(self) -> None:
        now = perf_counter()
        span = self._of_operation
        if span is None:
            self._stack[-1].waiting += self._passed(now)
        else:
            span.own += self._passed(now)
            span.end = now
            self._settle()
            self._forget(now)
        self._operation = self._of_operation = None
        self._resume(now)

    def _take(self, value: tuple[Array, object], frame: FrameType) -> None:
        now = perf_counter()
        data, node = value
        maker = _maker(frame)
        name = name_of(type(node)) if node is not CONSTANT else self._name_of_constant(maker)
        if not name:
            return
        self._settle()
        if maker.f_code.co_name == "record":
            self._memory.given(maker.f_locals.values())
        top, begin, own = self._stack[-1], self._last, self._passed(now)
        if self._operation is None:  # a layer's, or the user's own
            begin, own = top.since, top.waiting + own
            top.waiting = 0.0
        span = _Span(name, "forward", self._layer, begin, now, own)
        span.shape, span.dtype, span.made = data.shape, data.dtype, self._memory.made(data)
        self._spans.append(span)
        if isinstance(node, GradFn) and node is not CONSTANT:
            self._unsettled = node, span, self._layer
        if self._operation is None:
            self._forget(now)
        self._of_operation = span
        self._resume(now)

    def _settle(self) -> None:
        """See what the last node saves, and remember its layer."""
        if self._unsettled is not None:
            node, span, layer = self._unsettled
            self._unsettled = None
            span.kept = self._memory.kept(node)
            if layer is not self._outside:
                self._layer_of.set(node, layer)

    def _forget(self, now: float) -> None:
        """After a record: what passed before it in the call around it is no part of an operation that follows."""
        top = self._stack[-1]
        if top.call == "user":
            self._other += top.waiting
        else:
            top.own += top.waiting
        top.waiting, top.since = 0.0, now

    def _passed(self, now: float) -> float:
        """The time since the last that was shared out, less what the interpreter's events in it cost."""
        passed = now - self._last
        cost = min(self._events * self._cost, passed)
        self._events = 0
        self.overhead += cost
        return passed - cost

    def _resume(self, now: float) -> None:
        self._last = perf_counter()
        self.overhead += self._last - now

    def _name_of_constant(self, maker: FrameType) -> str:
        """The name of the operation that made a constant; none if it was only given, as a number or an array."""
        if maker.f_code is _CONSTANT:
            return ""
        if maker.f_code.co_name == "record":
            return name_of(type(self_of(maker)))
        if self._operation is None:
            of_layer = maker.f_code.co_name == "forward" and self._calls.kind(maker) != "user"
            return name_of(type(self_of(maker))) if of_layer else ""
        name = self._operation.f_code.co_name
        caller: FrameType | None = maker
        while caller is not None and caller is not self._operation:
            if self._calls.kind(caller) == "operation" and not caller.f_code.co_name.startswith("_"):
                name = caller.f_code.co_name
                break
            caller = caller.f_back
        return name.strip("_")


def _maker(frame: FrameType) -> FrameType:
    """What called `make`, in which a watcher is told in `frame`."""
    while (caller := frame.f_back) is not None and frame.f_code.co_name != "make":
        frame = caller
    return frame if caller is None else caller


def _still_on(function: Callable[..., object] | None) -> Callable[..., object] | None:
    """Who is told of the interpreter's events, or who was before, if it is a recorder that has ended."""
    while isinstance(one := getattr(function, "__self__", None), Recorder) and not one._is_on:
        function = one._before
    return function


_MADE, _CONSTANT = Recorder.made.__code__, constant.__code__
_KINDS: dict[Call, Kind] = {"rule": "backward", "walk": "walk", "optimizer": "optimizer", "module": "module"}
