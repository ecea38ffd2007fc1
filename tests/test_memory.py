"""Free memory is kept, up to a limit, and what anybody still sees is no free memory."""

import ctypes
import gc
import os
import platform
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, nn, optim
from kytorch.kernels import memory

NAMES = [*memory._SET_BY_USER, memory.VARIABLE, "GLIBC_TUNABLES"]
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")


class Libc:
    """The C library, which notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, *tuple[int, ...]]] = []

    def mallopt(self, name: int, value: int) -> int:
        self.calls.append(("mallopt", name, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.calls.append(("malloc_trim", pad))
        return 1


@pytest.fixture
def libc(monkeypatch: pytest.MonkeyPatch) -> Libc:
    found = Libc()
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: found)
    monkeypatch.setattr(memory, "_is_glibc", lambda: True)
    monkeypatch.setattr(memory, "_use", memory._Use())
    return found


@pytest.mark.parametrize(
    ("variables", "mebibytes"),
    [
        ({}, 256),
        ({"KYTORCH_KEEP_MEMORY": " 64 "}, 64),
        ({"KYTORCH_KEEP_MEMORY": ""}, 256),
        ({"KYTORCH_KEEP_MEMORY": "999999"}, 2047),
        ({"KYTORCH_KEEP_MEMORY": "64", "MALLOC_TRIM_THRESHOLD_": "131072"}, 64),
        ({"MALLOC_ARENA_MAX": "2"}, 256),
        ({"GLIBC_TUNABLES": "glibc.rtld.nns=2"}, 256),
    ],
)
def test_glibc_is_told_how_much_to_keep(
    libc: Libc, variables: dict[str, str], mebibytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    memory.keep()
    assert libc.calls == [("mallopt", -3, 32 << 20), ("mallopt", -1, mebibytes << 20)]


@pytest.mark.parametrize(
    "variables",
    [
        {"KYTORCH_KEEP_MEMORY": "0"},
        *[{name: "131072"} for name in memory._SET_BY_USER],
        {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=131072"},
    ],
    ids=str,
)
def test_what_the_user_set_is_left_as_it_is(
    libc: Libc, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    memory.keep()
    assert not libc.calls


def test_another_c_library_is_left_alone(libc: Libc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_is_glibc", lambda: False)
    memory.keep()
    kt.release_memory()
    assert not libc.calls


@pytest.mark.parametrize("answer", ["musl 1.2", None, ValueError("unrecognized configuration name"), AttributeError()])
def test_what_does_not_say_that_it_is_glibc_is_none(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def confstr(name: str) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(os, "confstr", confstr, raising=False)
    assert not memory._is_glibc()


def test_memory_is_given_back_when_it_is_asked_for(libc: Libc) -> None:
    kt.release_memory()
    assert libc.calls == [("malloc_trim", 0)]


@pytest.mark.parametrize("value", ["-1", "1.5", "64 MiB", "off", "1e3"])
def test_a_setting_that_is_no_number_of_mebibytes_is_named(
    value: str, libc: Libc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KYTORCH_KEEP_MEMORY", value)
    with pytest.raises(ValueError, match=rf"^KYTORCH_KEEP_MEMORY is '{value}'; it is to be a whole number of MiB"):
        memory.keep()
    assert not libc.calls


def waiting_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "kytorch-memory"]


def test_only_a_process_that_may_keep_too_much_has_a_thread_that_waits_for_its_end(
    libc: Libc, monkeypatch: pytest.MonkeyPatch
) -> None:
    for thread in waiting_threads():  # of tests before this one
        thread.join(10)
    monkeypatch.setattr(memory, "IDLE", 0.05)
    resident = 256
    monkeypatch.setattr(memory, "_resident", lambda: resident)
    memory.used()
    assert not memory._use.is_awaited  # nothing is kept
    memory.keep()
    libc.calls.clear()
    memory._use.look = 0.0
    memory.used()
    assert not memory._use.is_awaited
    resident = 257
    memory.used()
    assert not memory._use.is_awaited  # it is not looked at again so soon
    memory._use.look = 0.0
    memory.used()
    (waiting,) = waiting_threads()
    waiting.join(10)
    assert libc.calls == [("malloc_trim", 0)] and not memory._use.is_awaited


BEGINNING = """
import resource, threading
import numpy as np
import kytorch as kt
from kytorch import nn, optim
from kytorch.kernels import memory

def status(name):  # MiB
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(name + ":"))

def train(steps, batch, depth=2, width=256, optimizer=optim.adam, state=None):
    kt.manual_seed(0)
    model = nn.Sequential(*[layer for _ in range(depth) for layer in (nn.Linear(width, width), nn.Tanh())])
    x = kt.randn(batch, width)
    state = optim.AdamState() if state is None else state
    for step in range(steps):
        state = optimizer((model(x) ** 2).mean().backward(), state, lr=1e-3)
    return model, state
"""


def program(code: str, **variables: str) -> list[float]:
    """The numbers that a fresh process prints."""
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    path = os.pathsep.join([str(Path(kt.__file__).parents[1]), environment.get("PYTHONPATH", "")])
    environment |= {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", **variables}
    ran = subprocess.run(
        [sys.executable, "-c", BEGINNING + code], env=environment, check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return [float(x) for x in ran.stdout.split()]


@glibc
def test_kept_memory_costs_no_page_faults_and_with_0_nothing_is_kept() -> None:
    code = """
train(3, 1024)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
train(20, 1024)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, memory._use.kept)
"""
    (kept, limit), (given_back, off) = program(code), program(code, KYTORCH_KEEP_MEMORY="0")
    assert (limit, off) == (256, 0)
    assert 4 * kept < given_back


@glibc
@pytest.mark.parametrize("threads", [0, 1, 3])
def test_what_is_kept_beyond_the_limit_is_given_back_after_use(threads: int) -> None:
    code = f"""
memory.IDLE = 0.3
states = []
def work():
    weight, state = kt.TrainableWeight(np.zeros(1 << 17, np.float32)), optim.AdamState()
    for step in range(2):
        y = weight.tensor()
        for i in range(1200 // {max(threads, 1)}):
            y = y.tanh()
        state = optim.adam(y.sum().backward(), state)
    states.append(state)  # which was made while the graph was there
if {threads}:
    several = [threading.Thread(target=work) for _ in range({threads})]
    for thread in several: thread.start()
    for thread in several: thread.join()
else:
    work()
before = status("VmRSS")
for thread in threading.enumerate():
    if thread.name == "kytorch-memory": thread.join(10)
after = status("VmRSS")
kt.release_memory()
print(status("VmHWM"), before, after, status("VmRSS"))
"""
    peak, before, after, least = program(code)
    assert peak > least + 500 and before > least + 256  # so much there was to keep, and was kept
    assert after < least + 8


@glibc
def test_the_memory_of_a_training_loop_does_not_grow() -> None:
    code = """
model, state = train(100, 64)
first = status("VmHWM")
x = kt.randn(64, 256)
for step in range(1000):
    state = optim.adam((model(x) ** 2).mean().backward(), state, lr=1e-3)
print(first, status("VmHWM"))
"""
    first, last = program(code)
    assert last < first + 2


MODELS: dict[str, Callable[[], tuple[nn.Module, Tensor]]] = {
    "a perceptron": lambda: (
        nn.Sequential(nn.Linear(128, 256), nn.Tanh(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)),
        kt.randn(128, 128),
    ),
    "a convolution": lambda: (
        nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.GELU(), nn.MaxPool2d(2), nn.Flatten()),
        kt.randn(16, 3, 32, 32),
    ),
    "a transformer": lambda: (nn.TransformerEncoderLayer(64, 4, 128, 0.0, batch_first=True), kt.randn(16, 32, 64)),
    "a recurrent layer": lambda: (Last(nn.LSTM(64, 64, batch_first=True)), kt.randn(32, 16, 64)),
}
STEPS: list[tuple[Callable[..., object], object]] = [
    (optim.adamw, optim.AdamState()),
    (optim.rmsprop, optim.RMSpropState()),
    (optim.lamb, optim.LambState()),
    (optim.nadam, optim.NAdamState()),
]


class Last(nn.Module):
    """Hidden states."""

    def __init__(self, layer: nn.LSTM) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        _, (h, c) = self.layer(x)
        return h + c


def saved(grad_fn: object) -> Iterator[np.ndarray]:
    """The arrays that a graph's rules read."""
    unseen, seen = [grad_fn], set()
    while unseen:
        node = unseen.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        unseen.extend(node.inputs)  # type: ignore[attr-defined]
        for kind in type(node).__mro__:
            for name in getattr(kind, "__slots__", ()):
                value = getattr(node, name, None)
                several = value if isinstance(value, (tuple, list)) else [value]
                yield from (x for x in several if isinstance(x, np.ndarray))


def seen_by_a_user(model: nn.Module, x: Tensor, step: Callable[..., object], state: object) -> dict[str, object]:
    """Every kind of thing that holds values, by name: an array, or a function that answers what it holds."""
    loader = iter(kt.data.DataLoader(kt.data.TensorDataset(kt.randn(64, 32, 32)), batch_size=64))
    (batch,) = next(loader)
    weight = next(model.weights())
    own = np.random.default_rng(0).standard_normal((128, 128)).astype(np.float32)
    y = model(x)
    node, ones = y.grad_fn, kt.ones_like(y)
    loss = (y * y).mean()
    gradients = loss.backward()
    before = weight.data
    made = {name: y * float(i) for i, name in enumerate("abcdefghijkl")}
    watched = made["l"]
    averages = optim.average_weights(model, optim.average_weights(model, optim.AverageState()))
    checkpointed = kt.func.checkpoint(lambda z: (z.tanh() * 3.0).exp(), y).mean()
    arrays = {
        "Tensor": made["a"],
        "a Tensor that was reshaped": made["b"].reshape(-1),
        "a Tensor that was transposed": made["c"].mT if y.ndim > 1 else made["c"],
        "a part of a Tensor": made["d"][1:],
        "a Tensor that was detached": made["e"].detach(),
        "Tensor.data": made["f"].data,
        "numpy()": made["g"].numpy(),
        "np.asarray": np.asarray(made["h"]),
        "a buffer": memoryview(made["i"].data),
        "a capsule": np.from_dlpack(made["j"]) if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else made["j"],
        "an array of a Tensor's part": made["k"].data[::2],
        "a weak reference": weakref.ref(watched._data),
        "a Tensor that shares the memory of the user's array": kt.from_numpy(own),
        "the user's array": own,
        "a weight before its updates": before,
        "a weight after some": weight.data,
        "a weight as a Tensor": weight.tensor(),
        "a batch": batch,
        "running statistics": [buffer.data for buffer in model.buffers()],
        "gradients": [g for g, _ in gradients],
        "a gradient as an array": gradients[-1][0].numpy(),
        "a state": [array for by_weight in state.arrays().values() for array in by_weight.values()],  # type: ignore[attr-defined]
        "averages": list(averages.average.values()),
        "a state_dict": list(model.state_dict().values()),
    }
    found: dict[str, object] = dict(arrays)
    found["what holds the watched array"] = watched
    found["what a graph saved"] = list(saved(loss.grad_fn))
    found["a graph"] = lambda: [g for g, _ in loss.backward()]
    found["a GradFn"] = lambda: [g for g, _ in node.backward(ones)]
    found["a checkpointed graph"] = lambda: [g for g, _ in checkpointed.backward()]
    return found


def bits(value: object) -> list[bytes]:
    """Of all that a holder holds."""
    if isinstance(value, list):
        return [one for part in value for one in bits(part)]
    if isinstance(value, (Tensor, np.ndarray, memoryview)):
        return [np.asarray(value).tobytes()]
    assert callable(value)
    return bits(value())


def train(model: nn.Module, x: Tensor, step: Callable[..., object], state: object, steps: int) -> None:
    """Make and drop arrays of the sizes of what is seen, and replace weights and states that are."""
    for _ in range(steps):
        loss = (model(x) ** 2).mean()
        state = step(loss.backward(), state, lr=1e-3)


@pytest.mark.parametrize("threads", [1, 3])
def test_nothing_that_anybody_sees_changes_while_training_goes_on(threads: int) -> None:
    kt.manual_seed(0)
    held: dict[str, object] = {}
    seen = []
    for (name, make), (step, state) in zip(MODELS.items(), STEPS):
        model, x = make()
        for _ in range(3):
            state = step((model(x) ** 2).mean().backward(), state, lr=1e-3)
            things = seen_by_a_user(model, x, step, state)
            held |= {f"{kind} with {name}": thing for kind, thing in things.items()}
        seen.append((model, x, step, state))
    gc.collect()
    copies = {name: bits(thing) for name, thing in held.items()}
    assert all(copies[name] for name in held if not name.startswith("running")) and sum(map(len, copies.values())) > 200

    def work(steps: int) -> None:
        for make, (step, state) in zip(MODELS.values(), STEPS):
            train(*make(), step, state, steps)

    several = [threading.Thread(target=work, args=(6,)) for _ in range(threads - 1)]
    for thread in several:
        thread.start()
    for going_on in seen:
        train(*going_on, 12)
    for thread in several:
        thread.join()
    kt.release_memory()
    assert [name for name, copy in copies.items() if bits(held[name]) != copy] == []
