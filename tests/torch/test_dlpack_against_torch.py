"""PyTorch takes a Tensor's memory, and a copy where it is to write."""

from __future__ import annotations

import pytest

import kytorch as kt

torch = pytest.importorskip("torch")


def test_a_copy_for_torch_may_be_written_to() -> None:
    x = kt.ones(3)
    copied = torch.from_dlpack(x, copy=True)
    copied += 1.0
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_torch_shares_the_memory_otherwise() -> None:
    x = kt.ones(3)
    assert torch.from_dlpack(x).data_ptr() == x.data.__array_interface__["data"][0]
