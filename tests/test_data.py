"""Datasets."""

from collections.abc import Sequence

import numpy as np
import pytest

import kytorch
from kytorch import Tensor
from kytorch.data import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset, random_split


def numbered(n):
    """A dataset whose item i is (i, i squared)."""
    return TensorDataset(np.arange(n), Tensor(np.arange(n, dtype=np.float32) ** 2))


def firsts(loader):
    """The first Tensor of every batch, as a list."""
    return [batch[0].tolist() for batch in loader]


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


class Squares(Dataset[int]):
    """A dataset of one's own."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return index**2


def test_a_subclass_of_dataset_must_have_a_length_and_items():
    class NoLength(Dataset[int]):
        def __getitem__(self, index):
            return index

    class NoItems(Dataset[int]):
        def __len__(self):
            return 1

    assert len(Squares()) == 4
    for wrong in (NoLength, NoItems, Dataset):
        with pytest.raises(TypeError):
            wrong()


# ConcatDataset


def test_a_concatenation_has_the_items_of_all_in_order():
    whole = ConcatDataset([numbered(3), numbered(0), Subset(numbered(10), [7, 5]), numbered(1)])
    assert len(whole) == 6 and whole.cumulative_sizes == [3, 3, 5, 6]
    assert [int(x) for x, _ in whole] == [0, 1, 2, 7, 5, 0]
    assert [int(whole[i][0]) for i in range(-6, 0)] == [0, 1, 2, 7, 5, 0]
    assert ConcatDataset([Squares(), [7]])[-1] == 7


@pytest.mark.parametrize("index", [6, -7, 100])
def test_an_index_outside_of_a_concatenation_is_refused(index):
    with pytest.raises(IndexError, match=f"ConcatDataset: index {index} is out of range for 6 items"):
        ConcatDataset([numbered(4), numbered(2)])[index]


def test_a_concatenation_of_nothing_or_of_no_datasets_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="several in a list"):
        ConcatDataset(3)
    with pytest.raises(TypeError, match="dataset is to have a length"):
        ConcatDataset([numbered(3), None])


def test_the_batches_of_a_concatenation_run_over_its_seams():
    assert firsts(DataLoader(ConcatDataset([numbered(3), numbered(2)]), 2)) == [[0, 1], [2, 0], [1]]


# Subset


def test_a_subset_has_the_items_at_its_indices():
    part = Subset(numbered(10), [7, -1, 7])
    assert [int(part[i][0]) for i in range(3)] == [7, 9, 7]
    assert int(part[-2][0]) == 9 and len(part) == 3
    assert [int(x) for x, _ in Subset(part, [2, 1])] == [7, 9]
    assert list(Subset(Squares(), [3, 1])) == [9, 1]


def test_a_subset_counts_from_the_end_for_a_dataset_that_cannot():
    assert Squares()[-1] == 1 and list(Subset(Squares(), [-1, -4])) == [9, 0]


@pytest.mark.parametrize(
    ("indices", "error"),
    [([10], IndexError), ([-11], IndexError), ([0.5], TypeError), ([[1]], TypeError), ([[1], [1, 2]], TypeError)],
)
def test_wrong_indices_are_refused(indices, error):
    with pytest.raises(error, match="Subset"):
        Subset(numbered(10), indices)


def test_a_subsets_indices_are_its_own():
    chosen = np.array([1, 2])
    part = Subset(numbered(10), chosen)
    chosen[0] = 5
    assert int(part[0][0]) == 1
    with pytest.raises(ValueError, match="read-only"):
        part.indices[0] = 5


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
        (10, [1 - 5e-10], [10]),
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


def test_a_list_is_a_dataset_and_no_sequence_need_be_one():
    assert firsts(DataLoader([(Tensor(1.0),), (Tensor(2.0),)], 2)) == [[1.0, 2.0]]
    assert not isinstance(Squares(), Sequence) and [batch.tolist() for batch in DataLoader(Squares(), 4)] == [
        [0, 1, 4, 9]
    ]
