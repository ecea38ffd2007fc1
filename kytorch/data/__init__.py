"""Datasets, the loader that gives them in batches, readers of files, and transforms of images."""

from importlib import import_module
from typing import TYPE_CHECKING

from kytorch.data import images
from kytorch.data.collate import default_collate
from kytorch.data.datasets import ConcatDataset, Dataset, Subset, TensorDataset, random_split
from kytorch.data.digits import read_digits
from kytorch.data.files import read_text
from kytorch.data.loader import DataLoader
from kytorch.data.mnist import read_idx, read_mnist
from kytorch.data.samplers import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from kytorch.data.tables import LabelledTable, Table, read_csv
from kytorch.data.text import Characters, windows

if TYPE_CHECKING:
    from kytorch.data.download import download_mnist
else:

    def __getattr__(name):
        if name == "download_mnist":  # imported when first asked for: urllib takes long
            return import_module("kytorch.data.download").download_mnist
        raise AttributeError(f"module 'kytorch.data' has no attribute {name!r}")


__all__ = [
    "BatchSampler",
    "Characters",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "LabelledTable",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "Table",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "download_mnist",
    "images",
    "random_split",
    "read_csv",
    "read_digits",
    "read_idx",
    "read_mnist",
    "read_text",
    "windows",
]
