"""Datasets and the loader."""

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight
from kytorch.data import DataLoader, Subset, TensorDataset, random_split


def numbered(n):
    """A dataset whose item i is (i, i squared)."""
    return TensorDataset(np.arange(n), Tensor(np.arange(n, dtype=np.float32) ** 2))


def firsts(loader):
    """The first Tensor of every batch, as a list."""
    return [batch[0].tolist() for batch in loader]


def epoch(batches):
    """The elements of the first Tensors of all batches."""
    return [int(element) for batch in batches for element in batch[0]]


# Datasets


def test_an_item_is_the_tuple_of_the_tensors_elements():
    dataset = TensorDataset(np.eye(3, dtype=np.float32), Tensor([1, 2, 3]))
    x, y = dataset[1]
    assert len(dataset) == 3
    assert x.tolist() == [0.0, 1.0, 0.0] and x.dtype == np.float32
    assert y.item() == 2 and y.dtype == np.int64
    assert dataset[-1][1].item() == 3
    with pytest.raises(IndexError):
        dataset[3]


def test_iterating_a_dataset_ends_at_its_length():
    assert [int(x) for x, _ in numbered(3)] == [0, 1, 2]


def test_an_array_is_copied():
    array = np.zeros(2)
    dataset = TensorDataset(array)
    array[:] = 1
    assert dataset[0][0].item() == 0


@pytest.mark.parametrize("tensors", [(), (np.zeros(3), np.zeros(2)), (Tensor(1.0),), (np.zeros((2, 1)), np.zeros(()))])
def test_tensors_of_different_lengths_are_refused(tensors):
    with pytest.raises(ValueError, match="TensorDataset"):
        TensorDataset(*tensors)


def test_a_subset_has_the_items_at_its_indices():
    part = Subset(numbered(10), [7, -1, 7])
    assert [int(part[i][0]) for i in range(3)] == [7, 9, 7]
    assert int(part[-2][0]) == 9 and len(part) == 3
    assert [int(x) for x, _ in Subset(part, [2, 1])] == [7, 9]


@pytest.mark.parametrize(
    ("indices", "error"), [([10], IndexError), ([-11], IndexError), ([0.5], TypeError), ([[1]], TypeError)]
)
def test_wrong_indices_are_refused(indices, error):
    with pytest.raises(error, match="Subset"):
        Subset(numbered(10), indices)


# random_split


@pytest.mark.parametrize(
    ("n", "lengths", "sizes"),
    [
        (10, [7, 3], [7, 3]),
        (10, [10, 0], [10, 0]),
        (10, [0.7, 0.3], [7, 3]),
        (10, [0.5, 0.25, 0.25], [6, 2, 2]),
        (11, [1 / 3, 1 / 3, 1 / 3], [4, 4, 3]),
        (10, [0.1] * 10, [1] * 10),
        (10, [np.float32(0.5), 0.5], [5, 5]),
        (3, np.array([2, 1]), [2, 1]),
        (3, [1.0, 0.0], [3, 0]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_a_split_has_the_lengths_and_each_item_once(n, lengths, sizes):
    parts = random_split(numbered(n), lengths, np.random.default_rng(0))
    assert [len(part) for part in parts] == sizes
    assert sorted(int(x) for part in parts for x, _ in part) == list(range(n))


def test_a_seed_fixes_the_split_and_another_one_changes_it():
    drawn = [
        [part.indices.tolist() for part in random_split(numbered(50), [25, 25], np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_default_generator_splits_and_shuffles():
    dataset = numbered(20)
    runs = []
    for _ in range(2):
        kytorch.manual_seed(5)
        runs.append((firsts(random_split(dataset, [0.5, 0.5])[0]), firsts(DataLoader(dataset, 4, shuffle=True))))
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    "lengths", [[7, 2], [11], [-1, 11], [0.5, 0.4], [0.5, 0.6], [1.5, -0.5], [float("nan"), 1.0], []]
)
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match="random_split"):
        random_split(numbered(10), lengths)


@pytest.mark.parametrize("lengths", [["5", "5"], [True, 9], [None]])
def test_lengths_that_are_no_numbers_are_refused(lengths):
    with pytest.raises(TypeError, match="random_split"):
        random_split(numbered(10), lengths)


# DataLoader


def test_batches_are_tuples_of_tensors_in_order():
    batches = list(DataLoader(numbered(5), batch_size=2))
    assert all(isinstance(batch, tuple) and all(isinstance(x, Tensor) for x in batch) for batch in batches)
    assert [x.tolist() for x, _ in batches] == [[0, 1], [2, 3], [4]]
    assert [y.tolist() for _, y in batches] == [[0.0, 1.0], [4.0, 9.0], [16.0]]
    assert batches[0][0].dtype == np.int64 and batches[0][1].dtype == np.float32


@pytest.mark.parametrize("n", [0, 1, 5, 6])
@pytest.mark.parametrize("drop_last", [False, True])
def test_the_length_is_the_number_of_batches(n, drop_last):
    loader = DataLoader(numbered(n), batch_size=3, drop_last=drop_last)
    assert len(loader) == len(list(loader)) == (n // 3 if drop_last else -(-n // 3))
    assert not drop_last or all(len(x) == 3 for x, _ in loader)


def test_each_epoch_is_another_permutation():
    loader = DataLoader(numbered(30), batch_size=7, shuffle=True, generator=np.random.default_rng(0))
    epochs = [epoch(loader) for _ in range(3)]
    assert all(sorted(order) == list(range(30)) for order in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_a_seed_fixes_the_batches_of_all_epochs():
    runs = [DataLoader(numbered(30), 4, shuffle=True, generator=np.random.default_rng(3)) for _ in range(2)]
    for _ in range(3):
        assert firsts(runs[0]) == firsts(runs[1])


def test_shuffling_keeps_the_tensors_of_an_item_together():
    for x, y in DataLoader(numbered(30), 4, shuffle=True):
        np.testing.assert_array_equal(x.numpy() ** 2, y.numpy())


def test_two_iterations_at_once_do_not_disturb_each_other():
    loader = DataLoader(numbered(6), batch_size=2, shuffle=True)
    pairs = list(zip(loader, loader))
    for side in (0, 1):
        assert sorted(epoch(pair[side] for pair in pairs)) == list(range(6))


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


def test_the_items_of_any_dataset_are_stacked():
    (x, i), last = DataLoader(Squares(), batch_size=3)
    assert (x.tolist(), i.tolist()) == ([[0.0], [1.0], [4.0]], [0, 1, 2])
    assert x.dtype == np.float32 and i.dtype == np.int64 and i.shape == (3,)
    assert last[0].tolist() == [[9.0], [16.0]]
    assert firsts(DataLoader(Subset(Squares(), [4, 0]), 2)) == [[[16.0], [0.0]]]
    assert firsts(DataLoader([(Tensor(1.0),), (Tensor(2.0),)], 2)) == [[1.0, 2.0]]


def test_a_subclass_gives_its_own_items():
    assert firsts(DataLoader(Doubled(np.arange(3)), 3)) == [[0, 2, 4]]
    assert firsts(DataLoader(Subset(Doubled(np.arange(3)), [1, 2]), 2)) == [[2, 4]]


def test_the_batches_of_a_subset_of_a_subset_are_its_items():
    part = Subset(Subset(numbered(10), [9, 7, 5, 3]), [3, -4, 1])
    assert firsts(DataLoader(part, 2)) == [[3, 9], [7]]


def test_a_recorded_tensor_stays_recorded_in_its_batches():
    weight = TrainableWeight([1.0, 2.0, 3.0])
    (_, (batch,)) = DataLoader(TensorDataset(weight.tensor()), 2)
    ((g, _),) = batch.sum().backward()
    assert g.tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([Tensor(1.0)], TypeError),
        ([(1.0,)], TypeError),
        ([[Tensor(1.0)]], TypeError),
        ([(Tensor(1.0),), (Tensor(1.0), Tensor(2.0))], ValueError),
        ([(Tensor([1.0]),), (Tensor([1.0, 2.0]),)], ValueError),
    ],
)
def test_items_that_do_not_stack_are_refused(items, error):
    with pytest.raises(error):
        list(DataLoader(items, batch_size=2))


@pytest.mark.parametrize(
    ("batch_size", "error"),
    [(0, ValueError), (-1, ValueError), (2.0, TypeError), ("2", TypeError), (True, TypeError)],
)
def test_a_wrong_batch_size_is_refused(batch_size, error):
    with pytest.raises(error, match="batch_size"):
        DataLoader(numbered(3), batch_size)


def test_a_seed_is_no_generator():
    with pytest.raises(TypeError, match="default_rng"):
        DataLoader(numbered(3), 1, True, 42)


def test_a_splits_wrong_arguments_are_named():
    with pytest.raises(TypeError, match=r"random_split: generator.*default_rng"):
        random_split(numbered(10), [5, 5], 0)
    with pytest.raises(TypeError, match="lengths is to be a list"):
        random_split(numbered(10), 0.8)


@pytest.mark.parametrize("wrong", [None, 3, TensorDataset])
def test_what_is_no_dataset_is_refused(wrong):
    for call in (DataLoader, lambda d: random_split(d, [1.0]), lambda d: Subset(d, [0])):
        with pytest.raises(TypeError, match="dataset is to have a length"):
            call(wrong)
