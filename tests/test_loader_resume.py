"""Exact resumption: a loader that loads another's state gives the batches that the other would have given."""

import json
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kytorch
from kytorch import Tensor
from kytorch.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

EPOCHS = 4


class Rows:
    """A dataset of one's own."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return (Tensor(index),)


class Drawn(Sampler[int]):
    """A sampler of one's own, which draws as it goes from a generator of its own."""

    def __init__(self, n, generator):
        self.n = n
        self.generator = generator

    def __len__(self):
        return self.n

    def __iter__(self):
        for _ in range(self.n):
            yield int(self.generator.integers(self.n))


class DrawnBatches(Drawn):
    """Batches of sizes at random."""

    def __len__(self):
        return (self.n + 1) // 2

    def __iter__(self):
        for _ in range(len(self)):
            yield self.generator.integers(self.n, size=self.generator.integers(1, 4)).tolist()


class Reversed(BatchSampler):
    """A batch sampler around another's order."""

    def __iter__(self):
        return reversed(list(super().__iter__()))


def noisy(batch, generator):
    return batch[0] * 1.0, Tensor(generator.random(2))


# Each makes a loader's options of the dataset's length and two generators.
SAMPLING = {
    "in order": lambda n, g, h: {},
    "shuffled": lambda n, g, h: {"shuffle": True, "generator": g},
    "random": lambda n, g, h: {"sampler": RandomSampler(range(n), num_samples=2 * n + 1, generator=g)},
    "replaced": lambda n, g, h: {"sampler": RandomSampler(range(n), True, n + 3, g), "generator": h},
    "subset": lambda n, g, h: {"sampler": SubsetRandomSampler(range(0, n, 2), g)},
    "weighted": lambda n, g, h: {"sampler": WeightedRandomSampler(range(1, n + 1), n, True, g)},
    "one's own": lambda n, g, h: {"sampler": Drawn(n, g), "generator": h},
    "listed": lambda n, g, h: {"sampler": list(range(n))[::-1], "generator": h},
    "batches": lambda n, g, h: {"batch_sampler": BatchSampler(RandomSampler(range(n), generator=g), 3, False)},
    "reversed batches": lambda n, g, h: {"batch_sampler": Reversed(RandomSampler(range(n), generator=g), 3, False)},
    "own batches": lambda n, g, h: {"batch_sampler": DrawnBatches(n, g), "generator": h},
}


def values(batch):
    return [x.tolist() for x in batch]


def epochs(loader, count):
    return [[values(batch) for batch in loader] for _ in range(count)]


@st.composite
def cases(draw):
    """A way to make a loader, and how long the epoch is at most."""
    n = draw(st.integers(1, 12))
    sampling = draw(st.sampled_from(sorted(SAMPLING)))
    kind = draw(st.sampled_from([Rows, lambda n: TensorDataset(np.arange(n))]))
    common = {"transform": draw(st.sampled_from([None, noisy]))}
    if "batches" not in sampling:
        common |= {"batch_size": draw(st.integers(1, 5)), "drop_last": draw(st.booleans())}

    def make(seed, num_workers):
        options = SAMPLING[sampling](n, np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1]))
        if common["transform"] is not None:
            options.setdefault("generator", np.random.default_rng([seed, 1]))
        return DataLoader(kind(n), num_workers=num_workers, **common, **options)

    return make


@settings(deadline=None, max_examples=150)
@given(cases(), st.integers(0, 20), st.integers(0, 2), st.sampled_from([(0, 0), (0, 2), (2, 0), (1, 2)]))
def test_interrupted_anywhere_and_resumed_the_batches_are_the_same(make, at, epoch, workers):
    expected = epochs(make(5, 0), EPOCHS)
    at = min(at, len(expected[epoch]))
    before, after = make(5, workers[0]), make(6, workers[1])
    assert epochs(before, epoch) == expected[:epoch]
    batches = iter(before)
    got = [values(batch) for batch in islice(batches, at)]
    state = json.loads(json.dumps(before.state_dict()))
    rest = [values(batch) for batch in batches]
    assert got + rest == expected[epoch]  # saving does not disturb what goes on
    assert epochs(before, EPOCHS - 1 - epoch) == expected[epoch + 1 :]
    after.load_state_dict(state)
    assert json.loads(json.dumps(after.state_dict())) == state
    resumed = epochs(after, EPOCHS - epoch)
    assert resumed[0] == expected[epoch][at:]
    assert resumed[1:] == expected[epoch + 1 :]


@settings(deadline=None, max_examples=50)
@given(cases(), st.lists(st.integers(1, 3), min_size=1, max_size=12))
def test_resumed_again_and_again_the_batches_are_the_same(make, steps):
    uninterrupted, expected = make(5, 0), []
    while len(expected) < sum(steps):
        found = epochs(uninterrupted, 1)[0]
        if not found:
            return
        expected += found
    got, state = [], make(5, 0).state_dict()
    for step in steps:
        loader = make(6, 0)
        loader.load_state_dict(state)
        while step:
            for batch in loader:
                got.append(values(batch))
                step -= 1
                state = loader.state_dict()
                if not step:
                    break
    assert got == expected[: len(got)] and len(got) == sum(steps)


def numbered(n=10, batch_size=2, seed=0, **options):
    generator = np.random.default_rng(seed)
    return DataLoader(TensorDataset(np.arange(n)), batch_size, shuffle=True, generator=generator, **options)


def resumed(state, **options):
    loader = numbered(seed=9, **options)
    loader.load_state_dict(state)
    return loader


# What the state means


def test_the_state_behind_the_last_batch_is_an_epoch_with_nothing_left_and_the_next_follows():
    expected = epochs(numbered(), 3)
    loader = numbered()
    for _ in loader:
        state = loader.state_dict()
    assert epochs(resumed(state), 3) == [[], *expected[1:]]
    assert epochs(resumed(loader.state_dict()), 2) == expected[1:]


def test_a_new_loaders_state_is_the_beginning_of_an_epoch():
    assert epochs(resumed(numbered().state_dict()), 2) == epochs(numbered(), 2)


def test_an_epoch_that_was_left_is_gone_on_with_where_its_state_is_loaded_and_left_behind_where_not():
    expected = epochs(numbered(), 2)
    loader = numbered()
    next(iter(loader))
    state = loader.state_dict()
    assert epochs(resumed(state), 2) == [expected[0][1:], expected[1]]
    assert epochs(loader, 1) == expected[1:]


def test_of_two_iterations_the_state_is_that_of_the_one_that_gave_the_last_batch():
    loader = numbered()
    first, second = iter(loader), iter(loader)
    next(first), next(second), next(second), next(first), next(first)
    in_first = loader.state_dict()
    next(second)
    in_second = loader.state_dict()
    assert epochs(resumed(in_first), 1)[0] == [values(batch) for batch in first]
    assert epochs(resumed(in_second), 1)[0] == [values(batch) for batch in second]


def test_the_end_of_another_iteration_does_not_end_the_one_that_gave_the_last_batch():
    loader = numbered()
    outer, inner = iter(loader), iter(loader)
    next(outer)
    list(islice(inner, 5))
    next(outer)
    assert next(inner, None) is None
    state = loader.state_dict()
    assert epochs(resumed(state), 1)[0] == [values(batch) for batch in outer]


def test_prefetched_batches_count_as_not_given():
    loader = numbered(num_workers=2, prefetch_factor=2)
    batches = iter(loader)
    next(batches)
    assert loader.state_dict()["batch"] == 1
    assert epochs(resumed(loader.state_dict()), 1)[0] == [values(batch) for batch in batches]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_batch_that_could_not_be_read_is_tried_again(num_workers):
    broken = {5}

    class Broken(Rows):
        def __getitem__(self, index):
            if index in broken:
                raise OSError("no such file")
            return super().__getitem__(index)

    loader = DataLoader(Broken(8), 2, num_workers=num_workers)
    with pytest.raises(OSError, match="no such file"):
        list(loader)
    state = loader.state_dict()
    broken.clear()
    after = DataLoader(Broken(8), 2, num_workers=num_workers)
    after.load_state_dict(state)
    assert epochs(after, 1) == [[[[4, 5]], [[6, 7]]]]


def test_the_first_batch_could_not_be_read_and_its_epoch_keeps_its_order():
    class Broken(Rows):
        working = False

        def __getitem__(self, index):
            if not self.working:
                raise OSError("no such file")
            return super().__getitem__(index)

    loader = DataLoader(Broken(10), 2, shuffle=True, generator=np.random.default_rng(0))
    with pytest.raises(OSError, match="no such file"):
        list(loader)
    loader.load_state_dict(loader.state_dict())
    Broken.working = True
    assert epochs(loader, 2) == epochs(numbered(), 2)


def test_loading_the_beginning_of_an_epoch_leaves_the_one_that_is_begun():
    loader = numbered()
    fresh = loader.state_dict()
    next(iter(loader))
    loader.load_state_dict(fresh)
    assert loader.state_dict() == fresh
    assert epochs(loader, 2) == epochs(numbered(), 2)


def test_the_default_generator_is_not_moved_by_loading():
    kytorch.manual_seed(3)
    loader = DataLoader(TensorDataset(np.arange(10)), 2, shuffle=True)
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    assert state["generators"] == []
    generator = kytorch.manual_seed(4)
    before = generator.bit_generator.state
    after = DataLoader(TensorDataset(np.arange(10)), 2, shuffle=True)
    after.load_state_dict(state)
    assert epochs(after, 1)[0] == [values(batch) for batch in batches]
    assert generator.bit_generator.state == before


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "Philox", "SFC64"])
def test_any_kind_of_generator_is_part_of_the_state(kind):
    def loader(seed):
        generator = np.random.Generator(getattr(np.random, kind)(seed))
        return DataLoader(TensorDataset(np.arange(10)), 2, shuffle=True, generator=generator)

    before, after = loader(0), loader(1)
    epochs(before, 2)
    after.load_state_dict(json.loads(json.dumps(before.state_dict())))
    assert epochs(before, 2) == epochs(after, 2)


# What is refused

STATE = numbered().state_dict()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 12}, "items 10, samples 10, and this one has items 12, samples 12"),
        ({"batch_size": 4}, "batch_size 2, and this one has batch_size 4"),
        ({"drop_last": True}, "drop_last False, and this one has drop_last True"),
    ],
)
def test_the_state_of_a_loader_of_another_shape_is_refused(options, message):
    with pytest.raises(ValueError, match=f"load_state_dict: the state is of a loader with {message}"):
        resumed(STATE, **options)


def test_the_state_of_a_loader_with_another_sampler_or_generator_is_refused():
    dataset = TensorDataset(np.arange(10))
    with pytest.raises(ValueError, match="sampler RandomSampler, seeded True, and this one has sampler Seq"):
        DataLoader(dataset, 2).load_state_dict(STATE)
    with pytest.raises(ValueError, match="seeded False"):
        DataLoader(dataset, 2, transform=noisy).load_state_dict(DataLoader(dataset, 2).state_dict())
    with pytest.raises(ValueError, match="to which 1 generators were given, and this one has 0"):
        DataLoader(dataset, 2, shuffle=True).load_state_dict(STATE)
    with pytest.raises(ValueError, match="batch_size 2"):
        DataLoader(dataset, batch_sampler=[[0]]).load_state_dict(STATE)
    other = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(ValueError, match=r"load_state_dict: .*PCG64"):
        DataLoader(dataset, 2, shuffle=True, generator=other).load_state_dict(STATE)


@pytest.mark.parametrize(
    "change",
    [
        {"batch": -1},
        {"batch": 1.0},
        {"batch": True},
        {"batch": 1},  # of an epoch without a seed
        {"seed": 1, "batch": 6},  # of 5
        {"seed": "1"},
        {"seed": -1},
        {"seed": 1, "left": [[0]]},
        {"left": [[0]]},
        {"generators": None},
        {"generators": [{}]},
        {"generators": [{**STATE["generators"][0], "state": 3}]},
        {"items": None},
    ],
)
def test_a_damaged_state_is_refused_and_changes_nothing(change):
    loader = numbered()
    next(iter(loader))
    before = loader.state_dict()
    with pytest.raises(ValueError, match="load_state_dict"):
        loader.load_state_dict({**STATE, **change})
    assert loader.state_dict() == before


@pytest.mark.parametrize("left", [3, [3], [["3"]], [[1.5]], [[True]], [[1 << 70]]])
def test_indices_that_are_none_are_refused(left):
    loader = DataLoader(Rows(4), sampler=[0, 1])
    state = {**loader.state_dict(), "left": left}
    with pytest.raises(ValueError, match="lists of indices"):
        loader.load_state_dict(state)


def test_a_position_behind_the_end_of_an_epoch_in_order_is_refused():
    loader = DataLoader(Rows(5), 2)
    *_, last = [loader.state_dict() for _ in loader]
    loader.load_state_dict(last)
    assert last["batch"] == 3 and list(loader) == []
    with pytest.raises(ValueError, match="batch 4 of the epoch"):
        loader.load_state_dict({**last, "batch": 4})


def test_what_is_no_state_is_refused():
    with pytest.raises(TypeError, match="expected a loader's state_dict"):
        numbered().load_state_dict([])
    with pytest.raises(ValueError, match="there is no items, batch_size"):
        numbered().load_state_dict({})


def test_a_sampler_without_a_length_has_a_state_between_its_epochs_only():
    loader = DataLoader(Rows(3), sampler=(i for i in range(3)))
    assert loader.state_dict()["batch"] == 0
    for _ in loader:
        with pytest.raises(TypeError, match="state_dict: the sampler, a generator, has no length"):
            loader.state_dict()
    assert loader.state_dict()["batch"] == 0


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_sampler_that_fails_while_the_state_is_taken_loses_no_batch_and_ends_no_epoch_in_silence(num_workers):
    class Failing(Drawn):
        def __iter__(self):
            yield from range(5)
            raise OSError("no more indices")

    loader = DataLoader(Rows(9), 2, sampler=Failing(9, None), num_workers=num_workers)
    batches = iter(loader)
    next(batches)
    with pytest.raises(OSError, match="no more indices"):
        loader.state_dict()
    assert values(next(batches)) == [[2, 3]]
    for call in (lambda: next(batches), loader.state_dict):
        with pytest.raises(OSError, match="no more indices"):
            call()


def test_a_subclass_of_a_sampler_is_not_taken_for_it():
    class Backwards(SequentialSampler):
        def __iter__(self):
            return reversed(range(len(self)))

    loader = DataLoader(Rows(5), 2, sampler=Backwards(range(5)))
    next(iter(loader))
    assert loader.state_dict()["left"] == [[2, 1], [0]]
