"""Images resized and sampled, and first values of weights, beside PyTorch's."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, torch

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn import functional, init

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@every_dtype
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_the_nearest_element_is_the_one_that_pytorch_takes(mode: Any, dtype: Any) -> None:
    for n, m in itertools.product(range(1, 120, 7), range(1, 200, 3)):
        x = np.arange(n, dtype=dtype)[None, None]
        expected = torch.nn.functional.interpolate(torch.tensor(x), size=m, mode=mode).numpy()
        np.testing.assert_array_equal(functional.interpolate(Tensor(x), size=m, mode=mode).numpy(), expected)


def beside_interpolate(x: np.ndarray, close: dict[str, float], **options: Any) -> None:
    beside(
        lambda x: functional.interpolate(x, **options),
        lambda x: torch.nn.functional.interpolate(x, **options),
        (x,),
        close,
    )


# PyTorch counts places in float32, whose error grows with the size. The gradients of its copies in float64 go to other
# elements than were copied.
ROUGH = {"rtol": 1e-4, "atol": 1e-4}
MODES = [("nearest", np.float32), ("nearest-exact", np.float32), ("area", np.float64)]


@pytest.mark.parametrize("mode, dtype", [*MODES, ("linear", np.float64), ("linear", np.float32)])
def test_many_sizes_are_resized_as_pytorch_does(mode: Any, dtype: Any) -> None:
    draw = rng(1)
    for _ in range(60):
        n, m = draw.integers(1, 300, 2).tolist()
        x = draw.standard_normal((2, 1, n)).astype(dtype)
        close = CLOSE[dtype] if dtype == np.float64 else ROUGH
        options = {"align_corners": bool(draw.integers(2))} if mode == "linear" else {}
        beside_interpolate(x, close, size=m, mode=mode, **options)


@pytest.mark.parametrize("mode, dtype", [*MODES, ("bilinear", np.float64), ("bicubic", np.float64)])
@pytest.mark.parametrize("recompute", [None, True, False])
def test_many_scales_are_resized_as_pytorch_does(mode: Any, dtype: Any, recompute: bool | None) -> None:
    draw = rng(2)
    for _ in range(20):
        x = draw.standard_normal((2, 2, *draw.integers(3, 30, 2))).astype(dtype)
        scales = tuple(draw.uniform(0.4, 3, 2).tolist())
        close = CLOSE[dtype] if dtype == np.float64 else ROUGH
        beside_interpolate(x, close, scale_factor=scales, mode=mode, recompute_scale_factor=recompute)


@pytest.mark.parametrize("mode, n", [("linear", 1), ("nearest", 2), ("bilinear", 2), ("trilinear", 3)])
def test_a_scale_that_keeps_the_size_is_understood_as_pytorch_does(mode: Any, n: int) -> None:
    x = rng(5).standard_normal((1, 2, *(5,) * n))
    for scales in ((1.15,) * n, (2.0, *(1.15,) * (n - 1))):
        beside_interpolate(x, CLOSE[np.float64], scale_factor=scales, mode=mode)


OPTIONS = list(
    itertools.product(["bilinear", "nearest", "bicubic"], ["zeros", "border", "reflection"], [True, False], [2, 3])
)


@pytest.mark.parametrize(
    "mode, padding_mode, align_corners, dims", [row for row in OPTIONS if row[0] != "bicubic" or row[3] == 2]
)
def test_places_on_edges_and_middles_are_sampled_as_pytorch_does(
    mode: Any, padding_mode: Any, align_corners: bool, dims: int
) -> None:
    """Values and gradients of the images at places of the kinks, where the places' own gradients are sides taken."""
    size = (4, 8, 2)[:dims]
    x = rng(3).standard_normal((1, 2, *size))
    line = np.linspace(-2, 2, 17)
    grid = np.stack(np.meshgrid(*[line] * dims), -1)[None]
    beside(
        lambda x: functional.grid_sample(x, Tensor(grid), mode, padding_mode, align_corners),
        lambda x: torch.nn.functional.grid_sample(x, torch.tensor(grid), mode, padding_mode, align_corners),
        (x,),
        CLOSE[np.float64],
    )
    if mode != "nearest":
        beside(
            lambda x, grid: functional.grid_sample(x, grid, mode, padding_mode, align_corners),
            lambda x, grid: torch.nn.functional.grid_sample(x, grid, mode, padding_mode, align_corners),
            (x, grid),
            CLOSE[np.float64],
        )


# First values


@pytest.mark.parametrize("shape, groups", [((4, 3, 3), 1), ((6, 2, 3, 4), 3), ((2, 5, 1, 2, 3), 2), ((4, 2, 3), 4)])
def test_dirac_is_pytorchs(shape: tuple[int, ...], groups: int) -> None:
    expected = torch.nn.init.dirac_(torch.full(shape, 7.0), groups).numpy()
    np.testing.assert_array_equal(init.dirac_(TrainableWeight(np.ones(shape, np.float32)), groups).data, expected)


def test_gains_are_pytorchs() -> None:
    names: list[Any] = ["linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
    for name in names:
        assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5), (4, 3, 5, 2)])
def test_fans_are_pytorchs(shape: tuple[int, ...]) -> None:
    ours = init._calculate_fan_in_and_fan_out(TrainableWeight(np.ones(shape, np.float32)))
    assert ours == torch.nn.init._calculate_fan_in_and_fan_out(torch.ones(shape))


@pytest.mark.parametrize("rows, sparsity", [(10, 0.1), (7, 0.5), (3, 0.99), (5, 0.0)])
def test_sparse_has_as_many_zeros_as_pytorchs(rows: int, sparsity: float) -> None:
    ours = init.sparse_(TrainableWeight(np.ones((rows, 4), np.float32)), sparsity, generator=rng()).data
    theirs = torch.nn.init.sparse_(torch.ones(rows, 4), sparsity).numpy()
    np.testing.assert_array_equal((ours == 0).sum(0), (theirs == 0).sum(0))


def test_a_bilinear_layer_has_pytorchs_bounds() -> None:
    for layer in (nn.Bilinear(9, 4, 300), torch.nn.Bilinear(9, 4, 300)):
        for weight in layer.parameters():
            assert math.isclose(abs(np.asarray(weight.data)).max(), 1 / 3, rel_tol=0.02)
