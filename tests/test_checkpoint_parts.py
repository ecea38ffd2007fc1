"""Checkpoints of a loader's position and of generators, and that a load changes all or nothing."""

import os

import numpy as np
import pytest
from checkpoint_files import METADATA, Small, edit_head, state_of, trained

from kytorch import Tensor, manual_seed, optim, randn
from kytorch.checkpoint import CheckpointError, load, save
from kytorch.data import DataLoader, TensorDataset

KINDS = ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"]


class Counter:
    """A loader whose position is a number, of which it takes those below 5."""

    def __init__(self, position=0):
        self.position = position

    def state_dict(self):
        return {"position": self.position}

    def load_state_dict(self, state):
        if state["position"] >= 5:
            raise ValueError("a position is below 5")
        self.position = state["position"]


def generator(kind="PCG64", seed=0):
    return np.random.Generator(getattr(np.random, kind)(seed))


def drawn(generator):
    """Some draws, that leave half a 64-bit number behind."""
    return [generator.random(3).tolist(), generator.integers(0, 100, 3, np.int32).tolist(), generator.normal()]


# The loader


def digits(seed, num_workers=0):
    return DataLoader(
        TensorDataset(Tensor(np.arange(20.0))),
        batch_size=3,
        shuffle=True,
        num_workers=num_workers,
        generator=np.random.default_rng(seed),
    )


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_loader_goes_on_in_the_middle_of_an_epoch(tmp_path, num_workers):
    loader, epoch = digits(1, num_workers), []
    for i, (batch,) in enumerate(loader):
        if i == 3:
            save(Small(), tmp_path / "m", loader=loader)
        epoch.append(batch.tolist())
    following = [batch.tolist() for (batch,) in loader]
    other = digits(2)
    load(Small(), tmp_path / "m", loader=other)
    assert [batch.tolist() for (batch,) in other] == epoch[4:]
    assert [batch.tolist() for (batch,) in other] == following


def test_whatever_has_a_position_is_a_loader(tmp_path):
    save(Small(), tmp_path / "m", loader=Counter(3))
    load(Small(), tmp_path / "m", loader=(other := Counter()))
    assert other.position == 3


def test_a_loader_that_does_not_take_its_position_leaves_all_as_it_was(tmp_path):
    save(Small(), tmp_path / "m", loader=Counter(7), generators=generator(seed=1))
    model, loader, mine = Small(7), Counter(2), generator()
    before, stood = state_of(model), mine.bit_generator.state
    with pytest.raises(CheckpointError, match="m: a position is below 5"):
        load(model, tmp_path / "m", loader=loader, generators=mine)
    assert (state_of(model), loader.position, mine.bit_generator.state) == (before, 2, stood)


def test_the_position_of_another_loader_is_refused(tmp_path):
    save(Small(), tmp_path / "m", loader=digits(1))
    longer = DataLoader(TensorDataset(Tensor(np.arange(21.0))), 3, shuffle=True, generator=np.random.default_rng(1))
    before = longer.state_dict()
    with pytest.raises(CheckpointError, match="m: "):
        load(Small(), tmp_path / "m", loader=longer)
    assert longer.state_dict() == before


def test_a_file_without_a_loaders_state_is_refused(tmp_path):
    save(Small(), tmp_path / "m")
    with pytest.raises(CheckpointError, match="holds no loader's state; holds no generator's state"):
        load(Small(), tmp_path / "m", loader=Counter(), generators=generator())


@pytest.mark.parametrize("loader", [3, Counter, [1, 2]])
def test_what_is_no_loader_is_refused(tmp_path, loader):
    for call in (save, load):
        with pytest.raises(TypeError, match=f"{call.__name__}: loader is to have state_dict"):
            call(Small(), tmp_path / "m", loader=loader)


@pytest.mark.parametrize("position", [np.int64(3), {3: 4}, b"3"])
def test_a_position_that_json_cannot_hold_is_refused(tmp_path, position):
    with pytest.raises(TypeError, match="save: the loader's state h"):
        save(Small(), tmp_path / "m", loader=Counter(position))
    assert not os.listdir(tmp_path)


# Generators


@pytest.mark.parametrize("kind", KINDS)
def test_a_generator_goes_on_where_it_stood(tmp_path, kind):
    mine, other = generator(kind), generator(kind, 1)
    drawn(mine), mine.spawn(2)
    save(Small(), tmp_path / "m", generators=mine)
    bits = other.bit_generator
    load(Small(), tmp_path / "m", generators=other)
    assert other.bit_generator is bits
    assert drawn(other) == drawn(mine)
    assert drawn(other.spawn(1)[0]) == drawn(mine.spawn(1)[0])


def test_generators_have_names(tmp_path):
    one, two = generator(seed=1), generator("MT19937", 2)
    save(Small(), tmp_path / "m", generators={"one": one, "two": two})
    others = {"two": generator("MT19937"), "one": generator()}
    load(Small(), tmp_path / "m", generators=others)
    assert (drawn(others["one"]), drawn(others["two"])) == (drawn(one), drawn(two))


def test_the_default_generator_is_one_of_them(tmp_path):
    randn(3)
    save(Small(), tmp_path / "m", generators=manual_seed(5))
    expected = randn(3).tolist()
    load(Small(), tmp_path / "m", generators=manual_seed(6))
    assert randn(3).tolist() == expected


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"a": generator()}, "missing generators['a']; unexpected generators['one']; unexpected generators['two']"),
        (generator(), "missing the single generator; unexpected generators['one']"),
        (
            {"one": generator("SFC64"), "two": generator("MT19937")},
            "generators['one']: the state is that of PCG64; this one is a SFC64",
        ),
    ],
)
def test_other_generators_are_refused(tmp_path, asked, said):
    save(Small(), tmp_path / "m", generators={"one": generator(), "two": generator("MT19937")})
    with pytest.raises(CheckpointError) as caught:
        load(Small(), tmp_path / "m", generators=asked)
    assert said in str(caught.value)


def changed(state, **numbers):
    """Change those of the `numbers` that the state has."""
    for part in (state, state["state"]):
        part.update({name: value for name, value in numbers.items() if name in part})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "edit",
    [
        lambda state: state.clear(),
        lambda state: changed(state, has_uint32=2, buffer_pos=5, pos=625),
        lambda state: changed(state, has_uint32=-1, buffer_pos=-1, pos=-1),
        lambda state: state["state"].clear(),
        lambda state: state["state"].update(dict.fromkeys(state["state"], -1)),
        lambda state: state["state"].update(dict.fromkeys(state["state"], 1 << 200)),
        lambda state: state["state"].update(dict.fromkeys(state["state"], "a")),
        lambda state: state.update(seeds={"entropy": "a"}),
        lambda state: state.update(seeds={"stranger": 1}),
        lambda state: state.update(seeds=3),
        lambda state: state.pop("seeds"),
    ],
)
def test_a_state_that_no_generator_has_is_refused(tmp_path, kind, edit):
    """NumPy itself would take some, and then read beyond its array."""
    save(Small(), tmp_path / "m", generators=generator(kind))
    edit_head(tmp_path / "m", lambda head: edit(head["generators"][""]) and None)
    other = generator(kind, 1)
    before = str(other.bit_generator.state)
    with pytest.raises(CheckpointError, match="the single generator: the state is"):
        load(Small(), tmp_path / "m", generators=other)
    assert str(other.bit_generator.state) == before


@pytest.mark.parametrize("kind", ["MT19937", "Philox", "SFC64"])
@pytest.mark.parametrize("edit", [lambda words: words.pop(), lambda words: words.__setitem__(0, 0.5)])
def test_a_state_with_other_words_is_refused(tmp_path, kind, edit):
    save(Small(), tmp_path / "m", generators=generator(kind))
    name = "key" if kind == "MT19937" else "counter" if kind == "Philox" else "state"
    edit_head(tmp_path / "m", lambda head: edit(head["generators"][""]["state"][name]) and None)
    with pytest.raises(CheckpointError, match=f"the single generator: the state is no {kind}'s"):
        load(Small(), tmp_path / "m", generators=generator(kind))


class Own(np.random.PCG64):
    """A bit generator that is not NumPy's own."""


@pytest.mark.parametrize(
    ("generators", "said"),
    [
        (3, "not int"),
        (np.random.RandomState(0), "not RandomState"),
        (np.random.PCG64(0), "not PCG64"),
        ({"a": None}, "'a' is NoneType"),
        ({1: generator()}, "has the key 1"),
    ],
)
def test_what_is_no_generator_is_refused(tmp_path, generators, said):
    for call in (save, load):
        with pytest.raises(TypeError, match=f"{call.__name__}: generators .*{said}"):
            call(Small(), tmp_path / "m", generators=generators)


def test_the_state_of_another_librarys_bit_generator_is_refused(tmp_path):
    with pytest.raises(TypeError, match="the state of a Own is not known, only that of MT19937, PCG64"):
        save(Small(), tmp_path / "m", generators=np.random.Generator(Own(0)))
    assert not os.listdir(tmp_path)


# All or nothing


@pytest.mark.parametrize("wrong", ["optimizer", "loader", "generators", "model"])
def test_one_part_that_does_not_fit_leaves_all_as_they_were(tmp_path, wrong):
    model, state = trained()
    save(model, tmp_path / "m", optimizer=state, loader=Counter(3), generators=generator(seed=1), metadata=METADATA)
    if wrong == "loader":
        edit_head(tmp_path / "m", lambda head: head.update(loader={"position": 9}))
    if wrong == "model":
        edit_head(tmp_path / "m", lambda head: head["optimizer"]["counts"]["steps"].update(stranger=1))
    other, loader, mine = Small(7), Counter(), generator("SFC64" if wrong == "generators" else "PCG64")
    before, stood = state_of(other), str(mine.bit_generator.state)
    kind = optim.MomentumState() if wrong == "optimizer" else optim.AdamState()
    with pytest.raises(CheckpointError):
        load(other, tmp_path / "m", optimizer=kind, loader=loader, generators=mine)
    assert (state_of(other), loader.position, str(mine.bit_generator.state)) == (before, 0, stood)
