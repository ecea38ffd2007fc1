"""What is no longer used is freed at once, without the collector: also after errors."""

import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, nn


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_an_error_in_a_model_leaves_nothing_behind(no_collector: None) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Sin(), nn.Linear(5, 2)))
    for _ in range(3):
        with pytest.raises(ValueError, match="linear"):
            model(Tensor(np.ones((2, 3))))
    assert gc.collect() == 0


def test_detect_anomaly_keeps_no_graph_that_is_dropped(no_collector: None) -> None:
    w = TrainableWeight(np.ones(3))
    with kytorch.detect_anomaly():
        loss = (w.tensor() * 2.0).sum()
        node = weakref.ref(loss.grad_fn)
        loss.backward()
        del loss
        assert node() is None
    assert gc.collect() == 0


def test_a_value_beside_its_gradient_holds_no_graph() -> None:
    value, _ = kytorch.func.value_and_grad(lambda x: (x * x).sum())(kytorch.ones(3))
    assert not value.requires_grad


def test_a_quotient_by_a_constant_does_not_keep_its_numerator(no_collector: None) -> None:
    w = TrainableWeight(np.ones(3))
    x = w.tensor().exp() * 1.0
    numerator = weakref.ref(x)
    held = x._data
    y = x / 2.0
    del x
    assert numerator() is None
    assert all(value is not held for value in gc.get_referents(y.grad_fn))
