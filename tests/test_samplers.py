"""Samplers: which indices, in which order, how often."""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kytorch
from kytorch import Tensor
from kytorch.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def seeded(seed=0):
    return np.random.default_rng(seed)


def test_sequential_indices_are_in_order():
    sampler = SequentialSampler("abcd")
    assert list(sampler) == list(sampler) == [0, 1, 2, 3] and len(sampler) == 4


def test_random_indices_are_each_epoch_another_permutation():
    sampler = RandomSampler(range(50), generator=seeded())
    epochs = [list(sampler) for _ in range(3)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs) and len(sampler) == 50
    assert epochs[0] != epochs[1] != epochs[2]
    assert all(type(index) is int for index in epochs[0])


def test_more_samples_than_items_take_each_once_before_any_again():
    sampler = RandomSampler(range(5), num_samples=13, generator=seeded())
    indices = list(sampler)
    assert len(sampler) == len(indices) == 13
    assert sorted(indices[:5]) == sorted(indices[5:10]) == list(range(5)) and len(set(indices[10:])) == 3
    assert len(set(RandomSampler(range(5), num_samples=3, generator=seeded()))) == 3


def test_with_replacement_each_draw_is_from_all():
    counts = Counter(RandomSampler(range(4), replacement=True, num_samples=40_000, generator=seeded()))
    assert len(RandomSampler(range(4), replacement=True)) == 4
    # Four standard deviations of a binomial of 40,000 draws with probability 1/4.
    assert all(abs(counts[i] - 10_000) < 4 * (40_000 * 3 / 16) ** 0.5 for i in range(4))
    pairs = list(RandomSampler(range(4), replacement=True, num_samples=40_000, generator=seeded()))
    repeats = sum(a == b for a, b in pairwise(pairs))
    assert abs(repeats - 10_000) < 4 * (40_000 * 3 / 16) ** 0.5


def test_all_permutations_are_as_likely():
    sampler = RandomSampler(range(3), generator=seeded())
    counts = Counter(tuple(sampler) for _ in range(3000))
    assert all(abs(counts[order] - 500) < 4 * (3000 * 5 / 36) ** 0.5 for order in permutations(range(3)))


def test_a_random_subset_has_its_indices_once_each():
    sampler = SubsetRandomSampler([7, -1, 7, 3], generator=seeded())
    epochs = [list(sampler) for _ in range(20)]
    assert len(sampler) == 4 and all(sorted(epoch) == [-1, 3, 7, 7] for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 1
    assert list(SubsetRandomSampler([])) == []


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-300, 1e300)), min_size=1, max_size=8).filter(any),
    st.integers(0, 1 << 40),
)
def test_a_weighted_draw_is_where_the_running_sum_passes_a_uniform_number(weights, seed):
    drawn = WeightedRandomSampler(weights, 20).order(seed)
    total = np.cumsum(weights)[-1]
    for index, u in zip(drawn.tolist(), np.random.default_rng(seed).random(20) * total):
        before = 0.0
        for i, weight in enumerate(weights):
            if before <= u < before + weight:
                assert index == i
                break
            before += weight
        assert weights[index] > 0


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-300, 1e300)), min_size=1, max_size=8).filter(any),
    st.integers(0, 1 << 40),
)
def test_a_draw_without_replacement_is_the_order_of_exponential_clocks(weights, seed):
    possible = np.count_nonzero(weights)
    drawn = WeightedRandomSampler(weights, int(possible), replacement=False).order(seed).tolist()
    clocks = np.random.default_rng(seed).standard_exponential(len(weights))
    with np.errstate(over="ignore"):
        arrivals = [clock / weight if weight else np.inf for clock, weight in zip(clocks, weights)]
    assert sorted(drawn) == np.flatnonzero(weights).tolist()
    assert all(arrivals[a] <= arrivals[b] * (1 + 1e-12) for a, b in pairwise(drawn))


def test_a_weight_of_zero_is_never_drawn_even_at_the_ends(monkeypatch):
    class Ends:
        def random(self, n):
            return np.array([0.0, 0.5, np.nextafter(1, 0)])

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Ends())
    assert WeightedRandomSampler([0, 3, 0, 3, 0], 3).order(0).tolist() == [1, 3, 3]
    assert WeightedRandomSampler([0, 5e-324, 0], 3).order(0).tolist() == [1, 1, 1]


def test_weighted_draws_are_in_proportion_to_the_weights():
    weights = np.array([1.0, 0.0, 3.0, 6.0])
    n = 50_000
    counts = np.bincount(list(WeightedRandomSampler(weights, n, generator=seeded(2))), minlength=4)
    p = weights / 10
    assert np.all(np.abs(counts - n * p) <= 4 * np.sqrt(n * p * (1 - p)))
    assert counts[1] == 0


def test_without_replacement_each_draw_is_in_proportion_to_the_weights_that_are_left():
    weights, n = np.array([1.0, 3.0, 6.0]), 20_000
    sampler = WeightedRandomSampler(weights, 2, replacement=False, generator=seeded(3))
    counts = Counter(tuple(sampler) for _ in range(n))
    for first, second in permutations(range(3), 2):
        p = weights[first] / 10 * weights[second] / (10 - weights[first])
        assert abs(counts[first, second] - n * p) < 4 * np.sqrt(n * p * (1 - p))


def test_weights_may_be_a_list_an_array_or_a_tensor():
    kinds = [[0.5, 2.0, 1.0], np.array([0.5, 2.0, 1.0]), Tensor([0.5, 2.0, 1.0])]
    assert len({tuple(WeightedRandomSampler(weights, 9, generator=seeded())) for weights in kinds}) == 1
    sampler = WeightedRandomSampler(kinds[1], 9)
    kinds[1][:] = 7
    assert sampler.weights.tolist() == [0.5, 2.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        sampler.weights[0] = -1


@pytest.mark.parametrize(
    "make",
    [
        lambda generator: RandomSampler(range(20), generator=generator),
        lambda generator: RandomSampler(range(20), True, 30, generator),
        lambda generator: SubsetRandomSampler(range(5, 25), generator),
        lambda generator: WeightedRandomSampler(range(1, 20), 20, True, generator),
        lambda generator: WeightedRandomSampler(range(1, 20), 10, False, generator),
    ],
)
def test_a_seed_fixes_all_epochs_and_another_one_changes_them(make):
    runs = [[list(sampler) for _ in range(2)] for sampler in (make(seeded(1)), make(seeded(1)), make(seeded(2)))]
    assert runs[0] == runs[1] != runs[2]
    assert runs[0][0] != runs[0][1]
    kytorch.manual_seed(7)
    by_default = list(make(None))
    kytorch.manual_seed(7)
    assert by_default == list(make(None))


@pytest.mark.parametrize("n", [0, 1, 6, 7])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_are_lists_of_indices(n, drop_last):
    sampler = BatchSampler(SequentialSampler(range(n)), 3, drop_last)
    batches = list(sampler)
    expected = [list(range(n))[i : i + 3] for i in range(0, n, 3)]
    assert batches == [batch for batch in expected if len(batch) == 3 or not drop_last]
    assert len(sampler) == len(batches)


def test_a_batch_sampler_takes_any_indices():
    assert list(BatchSampler((i * i for i in range(5)), 2, False)) == [[0, 1], [4, 9], [16]]
    with pytest.raises(TypeError, match="BatchSampler: sampler, a generator, has no length"):
        len(BatchSampler((i for i in range(5)), 2, False))


def test_a_sampler_must_say_its_indices():
    class Nothing(Sampler[int]):
        pass

    with pytest.raises(TypeError):
        Nothing()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SequentialSampler(3), TypeError, "SequentialSampler: data_source"),
        (lambda: RandomSampler(3), TypeError, "RandomSampler: data_source"),
        (lambda: RandomSampler(range(3), replacement=1), TypeError, "replacement is to be True or False"),
        (lambda: RandomSampler(range(3), num_samples=0), ValueError, "num_samples is 0"),
        (lambda: RandomSampler(range(3), num_samples=2.0), TypeError, "num_samples is to be an int"),
        (lambda: RandomSampler(range(3), generator=3), TypeError, "default_rng"),
        (lambda: list(RandomSampler([], num_samples=3)), ValueError, "no items"),
        (lambda: list(RandomSampler([], True, 3)), ValueError, "no items"),
        (lambda: SubsetRandomSampler([0.5]), TypeError, "SubsetRandomSampler: indices"),
        (lambda: SubsetRandomSampler([1], 3), TypeError, "default_rng"),
        (lambda: WeightedRandomSampler([1, -1], 2), ValueError, "weight -1.0 is negative"),
        (lambda: WeightedRandomSampler([1, float("nan")], 2), ValueError, "not finite"),
        (lambda: WeightedRandomSampler([0, 0], 2), ValueError, "add up to 0.0"),
        (lambda: WeightedRandomSampler([1e308, 1e308], 2), ValueError, "add up to inf"),
        (lambda: WeightedRandomSampler([[1.0]], 2), TypeError, "sequence of numbers"),
        (lambda: WeightedRandomSampler(["a"], 2), TypeError, "sequence of numbers"),
        (lambda: WeightedRandomSampler([[1], [1, 2]], 2), TypeError, "sequence of numbers"),
        (lambda: WeightedRandomSampler([], 2), ValueError, "add up to 0.0"),
        (lambda: WeightedRandomSampler([1.0], 0), ValueError, "num_samples is 0"),
        (lambda: WeightedRandomSampler([1.0, 0.0], 2, False), ValueError, "more than the 1 weights above 0"),
        (lambda: WeightedRandomSampler([1.0], 1, generator=3), TypeError, "default_rng"),
        (lambda: BatchSampler(range(3), 0, False), ValueError, "batch_size is 0"),
        (lambda: BatchSampler(range(3), True, False), TypeError, "batch_size"),
        (lambda: BatchSampler(range(3), 2, None), TypeError, "drop_last"),
        (lambda: BatchSampler(3, 2, False), TypeError, "BatchSampler: sampler is to give indices"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_epoch_of_no_items_is_empty():
    assert list(RandomSampler([])) == list(RandomSampler([], replacement=True)) == []
