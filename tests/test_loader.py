"""The loader: what is in its batches, in which order."""

import gc
import weakref

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight
from kytorch.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    default_collate,
)


def numbered(n):
    """A dataset whose item i is (i, i squared)."""
    return TensorDataset(np.arange(n), Tensor(np.arange(n, dtype=np.float32) ** 2))


def firsts(loader):
    """The first Tensor of every batch, as a list."""
    return [batch[0].tolist() for batch in loader]


def epoch(batches):
    """The elements of the first Tensors of all batches."""
    return [int(element) for batch in batches for element in batch[0]]


def seeded(seed=0):
    return np.random.default_rng(seed)


def test_batches_are_tuples_of_tensors_in_order():
    batches = list(DataLoader(numbered(5), batch_size=2))
    assert all(isinstance(batch, tuple) and all(isinstance(x, Tensor) for x in batch) for batch in batches)
    assert [x.tolist() for x, _ in batches] == [[0, 1], [2, 3], [4]]
    assert [y.tolist() for _, y in batches] == [[0.0, 1.0], [4.0, 9.0], [16.0]]
    assert batches[0][0].dtype == np.int64 and batches[0][1].dtype == np.float32


@pytest.mark.parametrize("n", [0, 1, 5, 6])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_length_is_the_number_of_batches(n, drop_last, shuffle, num_workers):
    loader = DataLoader(numbered(n), batch_size=3, shuffle=shuffle, drop_last=drop_last, num_workers=num_workers)
    assert len(loader) == len(list(loader)) == (n // 3 if drop_last else -(-n // 3))
    assert not drop_last or all(len(x) == 3 for x, _ in loader)


def test_each_epoch_is_another_permutation():
    loader = DataLoader(numbered(30), batch_size=7, shuffle=True, generator=seeded())
    epochs = [epoch(loader) for _ in range(3)]
    assert all(sorted(order) == list(range(30)) for order in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_a_seed_fixes_the_batches_of_all_epochs():
    runs = [DataLoader(numbered(30), 4, shuffle=True, generator=seeded(3)) for _ in range(2)]
    for _ in range(3):
        assert firsts(runs[0]) == firsts(runs[1])


def test_shuffling_keeps_the_tensors_of_an_item_together():
    for x, y in DataLoader(numbered(30), 4, shuffle=True):
        np.testing.assert_array_equal(x.numpy() ** 2, y.numpy())


def test_an_epoch_draws_one_number_and_only_if_it_is_at_random():
    generator, same = seeded(), seeded()
    list(DataLoader(numbered(30), 4, shuffle=True, generator=generator))
    same.integers(1 << 63)
    assert generator.bit_generator.state == same.bit_generator.state
    list(DataLoader(numbered(30), 4, generator=generator))
    assert generator.bit_generator.state == same.bit_generator.state


def test_two_iterations_at_once_do_not_disturb_each_other():
    loader = DataLoader(numbered(6), batch_size=2, shuffle=True)
    pairs = list(zip(loader, loader))
    for side in (0, 1):
        assert sorted(epoch(pair[side] for pair in pairs)) == list(range(6))
    for outer in loader:
        assert sorted(epoch(loader)) == list(range(6)) and len(outer[0]) == 2


# Many small batches are cut from one block, of 2**18 bytes.


@pytest.mark.parametrize("width", [1, 100, 30_000, 70_000])
@pytest.mark.parametrize("batch_size", [1, 3, 7])
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_the_same_however_wide_the_rows(width, batch_size, shuffle):
    x = np.arange(10 * width, dtype=np.float32).reshape(10, width)
    loader = DataLoader(TensorDataset(x, np.arange(10)), batch_size, shuffle, generator=seeded())
    batches = list(loader)
    order = [i for _, index in batches for i in index.tolist()]
    assert sorted(order) == list(range(10)) and (order == list(range(10))) == (not shuffle)
    assert [len(index) for _, index in batches] == [batch_size] * (10 // batch_size) + [10 % batch_size or batch_size][
        : 10 % batch_size > 0
    ]
    for rows, index in batches:
        np.testing.assert_array_equal(rows.numpy(), x[index.numpy()])


def test_a_large_dataset_comes_in_several_blocks():
    n = 70_000
    for shuffle in (False, True):
        batches = list(DataLoader(TensorDataset(np.arange(n)), 1000, shuffle))
        assert all(len(x) == 1000 for (x,) in batches)
        assert sorted(epoch(batches)) == list(range(n))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_batch_cannot_be_written_to_and_outlives_its_dataset(shuffle, num_workers):
    loader = DataLoader(TensorDataset(np.arange(8.0)), 2, shuffle, num_workers=num_workers)
    ((x,), *_) = loader
    before = x.tolist()
    for array in (x.numpy(), x.data, np.asarray(x)):
        with pytest.raises(ValueError):
            array[0] = 7
        with pytest.raises(ValueError):
            array.setflags(write=True)
        with pytest.raises((AttributeError, TypeError, ValueError)):
            array.base.setflags(write=True)
    assert not x._data.flags.writeable and (x._data.base is None or not x._data.base.flags.writeable)
    del loader
    gc.collect()
    assert x.tolist() == before


def test_batches_in_order_are_views_of_the_dataset():
    dataset = TensorDataset(np.arange(8.0))
    (x,), _ = DataLoader(dataset, 4)
    assert np.shares_memory(x._data, dataset.tensors[0]._data)
    (x,) = next(iter(DataLoader(Subset(dataset, range(2, 7)), 3)))
    assert np.shares_memory(x._data, dataset.tensors[0]._data) and x.tolist() == [2.0, 3.0, 4.0]


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_a_shuffled_batch_that_is_kept_keeps_a_block_alive_and_no_more(batch_size):
    (x, _) = next(iter(DataLoader(TensorDataset(np.zeros((50_000, 4)), np.zeros(50_000)), batch_size, True)))
    base = x._data
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert x._data.nbytes <= base.nbytes <= 1 << 18


def test_tensors_of_any_strides_and_sizes_are_cut():
    x = Tensor(np.arange(24.0).reshape(4, 6)).T
    dataset = TensorDataset(x, np.zeros((6, 0)), np.arange(6).reshape(6, 1, 1))
    for shuffle in (False, True):
        for a, b, i in DataLoader(dataset, 2, shuffle):
            assert b.shape == (2, 0) and i.shape == (2, 1, 1)
            np.testing.assert_array_equal(a.numpy(), x.numpy()[i.numpy().ravel()])


# Datasets of all kinds


class Squares:
    """A dataset of one's own: item i is (i squared,), twice."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return Tensor([float(index**2)]), Tensor(index)


class Doubled(TensorDataset):
    """A TensorDataset whose items are changed on the way out."""

    def __getitem__(self, index):
        return tuple(x * 2 for x in super().__getitem__(index))


class Negative(Subset):
    """And a Subset whose are."""

    def __getitem__(self, index):
        return -super().__getitem__(index)


class AtOnce(Squares):
    """A dataset that reads many items at once, as PyTorch's can."""

    def __init__(self, extra=0):
        self.asked = []
        self.extra = extra

    def __getitems__(self, indices):
        self.asked.append(indices)
        return [self[i] for i in indices] + [self[0]] * self.extra


def test_the_items_of_any_dataset_are_stacked():
    (x, i), last = DataLoader(Squares(), batch_size=3)
    assert (x.tolist(), i.tolist()) == ([[0.0], [1.0], [4.0]], [0, 1, 2])
    assert x.dtype == np.float32 and i.dtype == np.int64 and i.shape == (3,)
    assert last[0].tolist() == [[9.0], [16.0]]
    assert firsts(DataLoader(Subset(Squares(), [4, 0]), 2)) == [[[16.0], [0.0]]]


def test_a_subclass_gives_its_own_items():
    assert firsts(DataLoader(Doubled(np.arange(3)), 3)) == [[0, 2, 4]]
    assert firsts(DataLoader(Subset(Doubled(np.arange(3)), [1, 2]), 2)) == [[2, 4]]
    assert [x.tolist() for x in DataLoader(Negative(range(9), [7, 5]), 2)] == [[-7, -5]]


def test_the_batches_of_a_subset_of_a_subset_are_its_items():
    part = Subset(Subset(numbered(10), [9, 7, 5, 3]), [3, -4, 1])
    for num_workers in (0, 1):
        assert firsts(DataLoader(part, 2, num_workers=num_workers)) == [[3, 9], [7]]
    assert firsts(DataLoader(Subset(Squares(), [-1, 1]), 2)) == [[[16.0], [1.0]]]


def test_items_are_read_at_once_where_the_dataset_can():
    dataset = AtOnce()
    assert firsts(DataLoader(Subset(dataset, [4, 0, 1]), 2)) == [[[16.0], [0.0]], [[1.0]]]
    assert dataset.asked == [[4, 0], [1]]
    with pytest.raises(ValueError, match="3 items for 2 indices"):
        list(DataLoader(AtOnce(extra=1), 2))


def test_a_recorded_tensor_stays_recorded_in_its_batches():
    weight = TrainableWeight([1.0, 2.0, 3.0])
    for options in ({}, {"num_workers": 1}, {"sampler": [0, 1, 2]}):
        (_, (batch,)) = DataLoader(TensorDataset(weight.tensor()), 2, **options)
        ((g, _),) = batch.sum().backward()
        assert g.tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_collate_function_gets_the_items_and_makes_the_batch(num_workers):
    words = ["a", "bb", "ccc"]
    loader = DataLoader(words, 2, num_workers=num_workers, collate_fn=lambda items: (type(items), " ".join(items)))
    assert list(loader) == [(list, "a bb"), (list, "ccc")]
    rows = DataLoader(numbered(3), 3, collate_fn=lambda items: [(int(x), float(y)) for x, y in items])
    assert list(rows) == [[(0, 0.0), (1, 1.0), (2, 4.0)]]
    assert firsts(DataLoader(numbered(3), 2, collate_fn=default_collate)) == [[0, 1], [2]]


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([(None,)], TypeError),
        ([(Tensor(1.0),), (Tensor(1.0), Tensor(2.0))], ValueError),
        ([(Tensor([1.0]),), (Tensor([1.0, 2.0]),)], ValueError),
    ],
)
def test_items_that_do_not_stack_are_refused(items, error):
    with pytest.raises(error, match="default_collate"):
        list(DataLoader(items, batch_size=2))


# Samplers


def test_shuffling_is_a_random_sampler():
    by_sampler = DataLoader(numbered(9), 2, sampler=RandomSampler(range(9), generator=seeded(4)))
    assert firsts(by_sampler) == firsts(DataLoader(numbered(9), 2, shuffle=True, generator=seeded(4)))
    assert isinstance(DataLoader(numbered(9)).sampler, SequentialSampler)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_sampler_says_which_items_come(num_workers):
    def loader(**options):
        return DataLoader(numbered(6), num_workers=num_workers, **options)

    assert firsts(loader(batch_size=2, sampler=[5, -6, 3])) == [[5, 0], [3]]
    assert firsts(loader(batch_size=2, sampler=(i for i in [5, 0, 3]), drop_last=True)) == [[5, 0]]
    assert firsts(loader(batch_size=2, sampler=np.array([4, 4, 4]))) == [[4, 4], [4]]
    assert sorted(epoch(loader(batch_size=2, sampler=SubsetRandomSampler([4, -1, 2])))) == [2, 4, 5]
    assert firsts(loader(sampler=SubsetRandomSampler([-1]))) == [[5]]
    assert firsts(loader(batch_sampler=[[5], [0, 3], (1, 1)])) == [[5], [0, 3], [1, 1]]
    assert firsts(loader(batch_sampler=BatchSampler([3, 1, 2], 2, False))) == [[3, 1], [2]]
    assert len(loader(batch_size=2, sampler=[5, 0, 3])) == len(loader(batch_sampler=[[5], [0, 3]])) == 2
    assert len(loader(batch_sampler=BatchSampler([3, 1, 2], 2, True))) == 1
    with pytest.raises(IndexError):
        list(loader(sampler=[0, 6]))
    with pytest.raises(IndexError):
        list(loader(batch_size=4, sampler=SequentialSampler(range(7))))
    for options in ({"sampler": [0.5]}, {"sampler": [[0]]}, {"batch_sampler": [["a"]]}, {"batch_sampler": [0]}):
        with pytest.raises(TypeError, match=r"DataLoader: .*sampler is to give"):
            list(loader(**options))


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("dataset", [numbered(6), Subset(numbered(9), range(6))])
def test_an_index_out_of_range_comes_in_its_turn_with_its_place(num_workers, dataset):
    batches = iter(DataLoader(dataset, 2, sampler=SequentialSampler(range(7)), num_workers=num_workers))
    assert [next(batches)[0].tolist() for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(IndexError, match="6 is out of bounds") as caught:
        next(batches)
    assert caught.value.__notes__ == ["DataLoader: in batch 3 of the epoch"]


class Backwards(SequentialSampler):
    """A subclass that iterates in its own way."""

    def __iter__(self):
        return iter(range(len(self) - 1, -1, -1))


class Fixed(RandomSampler):
    """Another one, of a sampler at random."""

    def __iter__(self):
        return iter([2, 2, 0])


class BackwardBatches(BatchSampler):
    """And one of batches."""

    def __iter__(self):
        return reversed(list(super().__iter__()))


def test_a_sampler_that_is_a_subclass_is_asked_itself():
    assert firsts(DataLoader(numbered(3), sampler=Backwards(range(3)))) == [[2], [1], [0]]
    assert firsts(DataLoader(numbered(3), sampler=Fixed(range(3)))) == [[2], [2], [0]]
    batches = BackwardBatches(SequentialSampler(range(3)), 2, False)
    assert firsts(DataLoader(numbered(3), batch_sampler=batches)) == [[2], [0, 1]]


def test_a_sampler_without_end_is_asked_for_one_batch_at_a_time():
    class Endless(Sampler[int]):
        def __iter__(self):
            while True:
                yield from range(3)

    loader = DataLoader(numbered(3), 2, sampler=Endless())
    assert [x.tolist() for (x, _), _ in zip(loader, range(3))] == [[0, 1], [2, 0], [1, 2]]
    with pytest.raises(TypeError, match="DataLoader: its sampler, a Endless, has no length"):
        len(loader)


def test_a_weighted_sampler_and_a_concatenation_go_together():
    dataset = ConcatDataset([numbered(3), numbered(3)])
    sampler = kytorch.data.WeightedRandomSampler([0, 0, 1, 0, 0, 1], 100, generator=seeded())
    assert set(epoch(DataLoader(dataset, 7, sampler=sampler))) == {2}


# transform


def shifted(batch, generator):
    return tuple(x + float(generator.integers(1000)) for x in batch)


def test_a_transform_changes_each_batch_with_a_generator_of_its_own():
    seen = []

    def transform(batch, generator):
        seen.append(generator.random())
        return [int(x) for x in batch[0]]

    loader = DataLoader(numbered(4), 2, transform=transform, generator=seeded())
    assert list(loader) == [[0, 1], [2, 3]] and list(loader) == [[0, 1], [2, 3]]
    assert len(set(seen)) == 4
    again = seen[:]
    del seen[:]
    list(DataLoader(numbered(4), 2, transform=transform, generator=seeded()))
    assert seen == again[:2]


def test_a_transform_draws_from_the_default_generator_where_none_is_given():
    runs = []
    for _ in range(2):
        kytorch.manual_seed(2)
        loader = DataLoader(numbered(8), 3, transform=shifted)
        runs.append(firsts(loader) + firsts(loader))
    assert runs[0] == runs[1] and runs[0][:3] != runs[0][3:]


# Wrong arguments


@pytest.mark.parametrize(
    ("batch_size", "error"),
    [(0, ValueError), (-1, ValueError), (2.0, TypeError), ("2", TypeError), (True, TypeError), (None, TypeError)],
)
def test_a_wrong_batch_size_is_refused(batch_size, error):
    with pytest.raises(error, match="batch_size"):
        DataLoader(numbered(3), batch_size)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"generator": 42}, TypeError, "default_rng"),
        ({"shuffle": 42}, TypeError, "shuffle is to be True or False"),
        ({"drop_last": None}, TypeError, "drop_last is to be True or False"),
        ({"sampler": 3}, TypeError, "sampler is to give indices"),
        ({"sampler": SequentialSampler}, TypeError, "sampler is to give indices"),
        ({"batch_sampler": 3}, TypeError, "batch_sampler is to give indices"),
        ({"sampler": [0], "shuffle": True}, ValueError, "shuffle and a sampler exclude each other"),
        ({"sampler": [0], "batch_sampler": [[0]]}, ValueError, "a batch_sampler excludes"),
        ({"batch_sampler": [[0]], "batch_size": 2}, ValueError, "a batch_sampler excludes"),
        ({"batch_sampler": [[0]], "shuffle": True}, ValueError, "a batch_sampler excludes"),
        ({"batch_sampler": [[0]], "drop_last": True}, ValueError, "a batch_sampler excludes"),
        ({"num_workers": -1}, ValueError, "num_workers is -1; it is to be at least 0"),
        ({"num_workers": 1.5}, TypeError, "num_workers is to be an int"),
        ({"num_workers": None}, TypeError, "num_workers is to be an int"),
        ({"num_workers": 1, "prefetch_factor": 0}, ValueError, "prefetch_factor is 0"),
        ({"collate_fn": 3}, TypeError, "collate_fn is to be a function"),
        ({"transform": 3}, TypeError, "transform is to be a function"),
    ],
)
def test_wrong_arguments_are_named(options, error, message):
    with pytest.raises(error, match=f"DataLoader: .*{message}"):
        DataLoader(numbered(3), **options)


def test_the_arguments_have_pytorchs_order():
    loader = DataLoader(numbered(3), 2, False, None, None, 1, default_collate, True, seeded())
    assert (loader.batch_size, loader.num_workers, loader.drop_last) == (2, 1, True)
    assert firsts(loader) == [[0, 1]]


def test_a_loader_that_was_dropped_is_freed_at_once():
    loader = DataLoader(Squares(), 2, num_workers=1)
    next(iter(loader))
    dataset = weakref.ref(loader.dataset)
    del loader
    assert dataset() is None
