"""Datasets, and the loader that gives them in batches."""

from kytorch.data.datasets import Dataset, Subset, TensorDataset, random_split
from kytorch.data.loader import DataLoader
from kytorch.data.mnist import read_idx, read_mnist

__all__ = ["DataLoader", "Dataset", "Subset", "TensorDataset", "random_split", "read_idx", "read_mnist"]
