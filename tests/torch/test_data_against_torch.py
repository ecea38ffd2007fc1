"""Datasets, samplers and loaders beside PyTorch's, and with them."""

import importlib.util
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.utils.data as td  # noqa: E402

import kytorch  # noqa: E402
from kytorch import Tensor, data  # noqa: E402


class Rows(td.Dataset):
    """A dataset as users of PyTorch write them."""

    def __init__(self, n, kind=torch.tensor):
        self.n = n
        self.kind = kind

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return self.kind([float(index), index**2]), index


class AtOnce(Rows):
    """One that reads many items at once."""

    def __getitems__(self, indices):
        return [self[i] for i in indices]


class Pair(NamedTuple):
    x: object
    label: int


def compared(ours, theirs):
    """Both batches have the same structure and numbers."""
    if isinstance(theirs, torch.Tensor):
        assert type(ours) is Tensor
        if theirs.dtype != torch.float64:  # of Python's floats we make float32
            assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key, part in theirs.items():
            compared(ours[key], part)
    elif isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs) and (hasattr(theirs, "_fields") <= (type(ours) is type(theirs)))
        for a, b in zip(ours, theirs):
            compared(a, b)
    else:
        assert type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize("dataset", [Rows(7), Rows(7, np.array), AtOnce(7), td.TensorDataset(torch.eye(7))])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("num_workers", [0, 2])
def test_our_loader_reads_pytorchs_datasets(dataset, drop_last, num_workers):
    ours = data.DataLoader(dataset, 3, num_workers=num_workers, drop_last=drop_last)
    theirs = td.DataLoader(dataset, 3, drop_last=drop_last)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        compared(a, b)


def test_pytorchs_subsets_concatenations_and_splits_are_datasets_too():
    parts = td.random_split(Rows(9), [4, 5], torch.Generator().manual_seed(0))
    for dataset in (*parts, td.ConcatDataset(parts), td.Subset(AtOnce(9), [3, 1])):
        for a, b in zip(data.DataLoader(dataset, 2), td.DataLoader(dataset, 2), strict=True):
            compared(a, b)
        assert len(data.Subset(dataset, [0, -1])) == 2
        assert sum(map(len, data.random_split(dataset, [0.5, 0.5]))) == len(dataset)


@pytest.mark.parametrize(
    "dataset",
    [
        data.TensorDataset(np.arange(7.0, dtype=np.float32), np.arange(7)),
        data.Subset(data.TensorDataset(np.arange(7)), [6, 1, 2, -4]),
        Rows(7),
        [{"x": np.ones(2) * i, "name": str(i), "more": [i, (True, i / 2)]} for i in range(5)],
        [np.float32(1), np.float32(2)],
        [np.int16(1), np.int16(2)],
        [Pair(torch.ones(2), 3), Pair(torch.zeros(2), 4)],
        ["a", "b", "c"],
        [True, False],
        list(range(5)),
    ],
    ids=repr,
)
def test_pytorchs_loader_takes_our_collate_function(dataset):
    def shown(items):
        if isinstance(dataset, (data.TensorDataset, data.Subset)):  # PyTorch's own knows no Tensors of ours
            items = [tuple(torch.tensor(x.numpy()) for x in item) for item in items]
        return td.default_collate(items)

    ours = td.DataLoader(dataset, 2, collate_fn=data.default_collate)
    theirs = td.DataLoader(dataset, 2, collate_fn=shown)
    for a, b in zip(ours, theirs, strict=True):
        compared(a, b)


def test_floats_become_float32_where_pytorch_makes_float64():
    assert td.default_collate([1.5, 2.5]).dtype == torch.float64
    assert data.default_collate([1.5, 2.5]).dtype == np.float32


def test_tensors_of_pytorch_are_taken_without_a_warning():
    numbers = torch.tensor([1, 2])
    assert data.TensorDataset(numbers)[1][0].item() == 2
    assert data.Subset(Rows(7), numbers)[1][1] == 2
    assert data.WeightedRandomSampler(numbers, 2).weights.tolist() == [1.0, 2.0]
    copied, half = Tensor(numbers), Tensor(numbers, dtype=np.float16)
    numbers[:] = 7
    assert copied.tolist() == [1, 2] and copied.dtype == np.int64
    assert half.tolist() == [1.0, 2.0] and half.dtype == np.float16


def test_a_tensor_that_is_being_trained_must_be_detached_first():
    with pytest.raises(RuntimeError, match="detach"):
        data.default_collate([torch.ones(2, requires_grad=True)])


@pytest.mark.parametrize("sampling", ["shuffle", "sampler", "batch_sampler"])
def test_pytorchs_samplers_work_and_resume(sampling):
    def loader():
        generator = torch.Generator().manual_seed(3)
        sampler = td.RandomSampler(range(9), generator=generator)
        if sampling == "batch_sampler":
            return data.DataLoader(Rows(9), batch_sampler=td.BatchSampler(sampler, 4, True))
        return data.DataLoader(Rows(9), 4, sampler=sampler)

    before, after = loader(), loader()
    batches = iter(before)
    next(batches)
    after.load_state_dict(before.state_dict())
    for a, b in zip(after, batches, strict=True):
        assert a[1].tolist() == b[1].tolist()


@pytest.mark.parametrize("n", [1, 5, 6])
@pytest.mark.parametrize("drop_last", [False, True])
def test_samplers_have_pytorchs_lengths_and_multisets(n, drop_last):
    weights = list(range(1, n + 1))
    for module in (td, data):
        assert list(module.SequentialSampler(range(n))) == list(range(n))
        assert sorted(module.SubsetRandomSampler(weights)) == weights
        assert sorted(module.WeightedRandomSampler(weights, n, False)) == list(range(n))
        twice = list(module.RandomSampler(range(n), num_samples=2 * n + 1))
        assert sorted(twice[:n]) == sorted(twice[n : 2 * n]) == list(range(n))
    for make in (
        lambda module: module.SequentialSampler(range(n)),
        lambda module: module.RandomSampler(range(n)),
        lambda module: module.RandomSampler(range(n), True, 17),
        lambda module: module.SubsetRandomSampler(weights),
        lambda module: module.WeightedRandomSampler(weights, 11),
        lambda module: module.BatchSampler(module.SequentialSampler(range(n)), 4, drop_last),
    ):
        ours, theirs = make(data), make(td)
        assert len(ours) == len(theirs) == len(list(ours)) == len(list(theirs))
    batches = [list(module.BatchSampler(module.SequentialSampler(range(n)), 4, drop_last)) for module in (td, data)]
    assert batches[0] == batches[1]


def test_weighted_draws_have_pytorchs_frequencies():
    weights, n = [0.5, 0.0, 2.0, 1.5], 40_000
    torch.manual_seed(0)
    ours = np.bincount(list(data.WeightedRandomSampler(weights, n, generator=np.random.default_rng(0))), minlength=4)
    theirs = np.bincount(list(td.WeightedRandomSampler(weights, n)), minlength=4)
    # Five standard deviations of the difference of two binomials.
    assert np.all(np.abs(ours - theirs) <= 5 * np.sqrt(2 * n * 0.25)) and ours[1] == theirs[1] == 0


@pytest.mark.parametrize("index", [0, 4, 5, -1, -9])
def test_a_concatenation_is_pytorchs(index):
    parts = [list(range(5)), list(range(10, 12)), list(range(20, 22))]
    ours, theirs = data.ConcatDataset(parts), td.ConcatDataset(parts)
    assert ours.cumulative_sizes == theirs.cumulative_sizes and len(ours) == len(theirs)
    assert ours[index] == theirs[index]


@pytest.mark.parametrize("lengths", [[3, 7], [0.3, 0.7], [0.25, 0.25, 0.5]])
def test_a_split_has_pytorchs_lengths(lengths):
    ours, theirs = [module.random_split(range(10), lengths) for module in (data, td)]
    assert [len(part) for part in ours] == [len(part) for part in theirs]


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": [0], "shuffle": True},
        {"sampler": [0], "batch_sampler": [[0]]},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_sampler": [[0]], "shuffle": True},
        {"batch_sampler": [[0]], "drop_last": True},
        {"batch_size": 0},
        {"num_workers": -1},
    ],
)
def test_what_pytorch_refuses_is_refused(options):
    for loader in (td.DataLoader, data.DataLoader):
        with pytest.raises(ValueError):
            loader(Rows(3), **options)


def test_an_epoch_that_is_left_and_one_at_the_same_time_are_as_pytorchs():
    for loader in (td.DataLoader(Rows(6), 2), data.DataLoader(Rows(6), 2)):
        first = [batch[1].tolist() for batch in islice(loader, 1)]
        assert first + [batch[1].tolist() for batch in loader] == [[0, 1], [0, 1], [2, 3], [4, 5]]
        assert [(a[1].tolist(), b[1].tolist()) for a, b in zip(loader, loader)] == [
            ([i, i + 1],) * 2 for i in (0, 2, 4)
        ]


TYPED = """
from typing import assert_type

import torch
import torch.utils.data as td

from kytorch import Tensor
from kytorch.data import DataLoader, RandomSampler, Subset, default_collate


class Mine(td.Dataset[tuple[torch.Tensor, int]]):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return torch.ones(2), index


assert_type(DataLoader(Mine(), 2), DataLoader[tuple[Tensor, ...]])
assert_type(DataLoader(Subset(Mine(), [0])), DataLoader[tuple[Tensor, ...]])
assert_type(default_collate([torch.ones(2)]), Tensor)
td.DataLoader(Mine(), 2, sampler=RandomSampler(Mine()), collate_fn=default_collate)
"""

# Of PyTorch mypy reads what the datasets and the loader need, and checks the bodies of nobody's functions: a quarter of
# the time.
SETTINGS = """
[mypy]
strict = True
ignore_errors = True
[mypy-typed]
ignore_errors = False
[mypy-torch.*]
follow_imports = skip
[mypy-torch,torch._C,torch._tensor,torch.utils.data.*]
follow_imports = normal
"""


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_pytorchs_datasets_and_loader_fit_the_types(tmp_path):
    (tmp_path / "typed.py").write_text(TYPED)
    (tmp_path / "mypy.ini").write_text(SETTINGS)
    command = [sys.executable, "-m", "mypy", "--config-file=mypy.ini", "--cache-dir=cache"]
    environment = {**os.environ, "MYPYPATH": str(Path(kytorch.__file__).parent.parent)}
    done = subprocess.run(
        [*command, "typed.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_data_does_not_import_pytorch():
    root = Path(kytorch.__file__).parent.parent
    code = "import sys, kytorch.data as d; d.default_collate([1]); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
