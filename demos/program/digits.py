"""Digits to learn: those that ship (`kytorch.data.read_digits` names their source), or MNIST from a folder."""

import argparse
from pathlib import Path

from kytorch import Tensor, nn
from kytorch.data import TensorDataset, read_digits, read_mnist
from program.ending import Problem


def add_mnist(parser: argparse.ArgumentParser) -> None:
    """Give the parser the option --mnist, the folder for `digits`."""
    parser.add_argument(
        "--mnist", metavar="FOLDER", type=Path, help="a folder with MNIST's files (default: small digits)"
    )


def digits(folder: Path | None) -> tuple[TensorDataset, TensorDataset]:
    """Images (n, 1, 28, 28) from 0 to 1 with their labels (n,), to train on and to test with; says how many.

    They are MNIST's two parts, or where the folder has the test part only, its first four fifths and the rest;
    without a folder, the digits that ship. Raises Problem for a folder that has not MNIST's files.
    """
    try:
        training, test = _mnist(folder) if folder else _that_ship()
    except (OSError, ValueError) as error:
        raise Problem(f"--mnist {error}") from None
    print(f"{len(training)} digits to train on, {len(test)} to test with.", flush=True)
    return training, test


def _mnist(folder: Path) -> tuple[TensorDataset, TensorDataset]:
    test = read_mnist(folder, train=False)
    if any(folder.glob("train-*")):
        return read_mnist(folder), test
    return _split(*test.tensors)


def _that_ship() -> tuple[TensorDataset, TensorDataset]:
    """The first four fifths to train on and the rest; 8 x 8 pixels are made 24 x 24 in a frame of 2.

    They are in the order in which they were collected, so that the rest has writers of its own.
    """
    images, labels = read_digits().tensors
    return _split(nn.functional.pad(nn.functional.interpolate(images, scale_factor=3.0), (2, 2, 2, 2)), labels)


def _split(images: Tensor, labels: Tensor) -> tuple[TensorDataset, TensorDataset]:
    n = int(0.8 * len(images))
    return TensorDataset(images[:n], labels[:n]), TensorDataset(images[n:], labels[n:])
