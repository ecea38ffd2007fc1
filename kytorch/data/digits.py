"""The handwritten digits that ship with the package."""

from __future__ import annotations

from pathlib import Path

from kytorch.data.datasets import TensorDataset
from kytorch.data.tables import read_csv

_FILE = Path(__file__).with_name("digits_8x8.csv.gz")


def read_digits() -> TensorDataset:
    """1,797 handwritten digits, each with its label: float32 in [0, 1] of shape (1, 8, 8), and int64.

    In the order in which they were collected, so that the last ones are of writers of their own. E. Alpaydin and
    C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository 1998, doi:10.24432/C50P49,
    as published, CC BY 4.0.
    """
    table = read_csv(_FILE, label=-1, header=False)
    return TensorDataset(table.values.reshape(-1, 1, 8, 8) / 16.0, table.labels)
