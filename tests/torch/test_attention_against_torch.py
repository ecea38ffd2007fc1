"""Attention and transformers beside PyTorch's: sizes that are computed in blocks, edge cases, first weights, reprs."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside

from kytorch import Tensor, nn
from kytorch.nn.functional import scaled_dot_product_attention

torch = pytest.importorskip("torch")

Array = np.ndarray[Any, Any]
SIZES = [
    ((4, 4, 128, 32), (4, 4, 128, 32), (4, 4, 128, 32)),
    ((1, 2, 300, 16), (1, 2, 300, 16), (1, 2, 300, 8)),
    ((2, 2, 100, 8), (2, 2, 170, 8), (2, 2, 170, 8)),
    ((2, 2, 170, 8), (2, 2, 100, 8), (2, 2, 100, 8)),
    ((1, 1, 8, 16), (1, 1, 8, 16), (1, 1, 8, 16)),
    ((2, 2, 0, 4), (2, 2, 3, 4), (2, 2, 3, 4)),
    ((2, 3, 4), (2, 0, 4), (2, 0, 4)),
]


def draw(shapes: tuple[tuple[int, ...], ...], dtype: Any, size: float = 1.0) -> tuple[Array, ...]:
    generator = np.random.default_rng(1)
    return tuple([(generator.standard_normal(shape) * size).astype(dtype) for shape in shapes])


@pytest.mark.parametrize("shapes", SIZES, ids=str)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_attention_is_pytorchs_at_any_size(shapes: Any, causal: bool, dtype: Any) -> None:
    theirs = torch.nn.functional.scaled_dot_product_attention
    beside(
        lambda *x: scaled_dot_product_attention(*x, is_causal=causal),
        lambda *x: theirs(*x, is_causal=causal),
        draw(shapes, dtype),
        CLOSE[dtype],
    )


MASKS = {
    "bool": np.random.default_rng(2).random((100, 100)) < 0.5,
    "rows that see nothing": np.arange(100)[:, None] % 3 > np.zeros(100),
    "floats": np.random.default_rng(3).standard_normal((2, 1, 100, 100)),
    "infinities": np.where(np.random.default_rng(4).random((2, 2, 100, 100)) < 0.5, 0.0, -np.inf),
    "large numbers": np.where(np.random.default_rng(4).random((100, 100)) < 0.5, 0.0, -1e9),
    "padding": (np.arange(100) < np.array([[60], [90]]))[:, None, None],
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("size", [1.0, 3.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masks_are_pytorchs(name: str, size: float, dtype: Any) -> None:
    mask = MASKS[name]
    mask = mask if mask.dtype == bool else mask.astype(dtype)
    theirs = torch.nn.functional.scaled_dot_product_attention
    close = CLOSE[dtype] if dtype == np.float64 else {"rtol": 2e-4, "atol": 2e-4}
    beside(
        lambda *x: scaled_dot_product_attention(*x, Tensor(mask)),
        lambda *x: theirs(*x, torch.tensor(mask)),
        draw(((2, 2, 100, 8),) * 3, dtype, size),
        close,
    )


@pytest.mark.parametrize("need_weights", [False, True])
def test_a_query_of_several_heads_that_sees_nothing_is_as_pytorch_has_it(need_weights: bool) -> None:
    ours, theirs = nn.MultiheadAttention(4, 2), torch.nn.MultiheadAttention(4, 2)
    theirs.load_state_dict({name: torch.tensor(array) for name, array in ours.state_dict().items()})
    x = draw(((3, 2, 4),), np.float32)[0]
    mask = np.array([[False] * 3, [True] * 3, [False] * 3])
    y = ours(*[Tensor(x)] * 3, need_weights=need_weights, attn_mask=Tensor(mask))[0]
    expected = theirs(*[torch.tensor(x)] * 3, need_weights=need_weights, attn_mask=torch.tensor(mask))[0]
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)


LAYERS = [
    ("MultiheadAttention", (64, 4), {}),
    ("MultiheadAttention", (64, 4), {"kdim": 32, "vdim": 48, "add_bias_kv": True}),
    ("MultiheadAttention", (64, 4), {"bias": False}),
    ("TransformerEncoderLayer", (64, 4, 32), {}),
    ("TransformerDecoderLayer", (64, 4, 32), {"norm_first": True}),
    ("Transformer", (64, 4, 2, 2, 32), {"batch_first": True}),
    ("Transformer", (64, 4, 1, 2, 32), {"bias": False}),
]


@pytest.mark.parametrize(("name", "arguments", "keywords"), LAYERS, ids=str)
def test_first_weights_are_spread_as_pytorchs(name: str, arguments: Any, keywords: Any) -> None:
    ours = getattr(nn, name)(*arguments, **keywords, generator=np.random.default_rng(1)).state_dict()
    torch.manual_seed(1)
    with warnings.catch_warnings(action="ignore"):
        theirs = getattr(torch.nn, name)(*arguments, **keywords).state_dict()
    assert list(ours) == list(theirs)
    for path, array in ours.items():
        expected = theirs[path].numpy()
        assert array.shape == expected.shape, path
        few = 0.35 if array.size < 1000 else 0.05
        assert array.std() == pytest.approx(expected.std(), rel=few), path
        assert abs(array).max() == pytest.approx(abs(expected).max(), rel=few if array.size > 1000 else 0.7), path


@pytest.mark.parametrize(("name", "arguments", "keywords"), LAYERS, ids=str)
def test_reprs_are_pytorchs_but_for_the_name_of_a_linear_layer(name: str, arguments: Any, keywords: Any) -> None:
    with warnings.catch_warnings(action="ignore"):
        theirs = repr(getattr(torch.nn, name)(*arguments, **keywords))
    ours = repr(getattr(nn, name)(*arguments, **keywords))
    assert ours == theirs.replace("NonDynamicallyQuantizableLinear", "Linear")


@pytest.mark.parametrize("name", ["MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer"])
def test_constructors_take_what_pytorchs_take_in_its_order(name: str) -> None:
    theirs = [x for x in inspect.signature(getattr(torch.nn, name)).parameters if x not in ("device", "dtype")]
    ours = inspect.signature(getattr(nn, name)).parameters
    assert list(ours) == [*theirs, "dtype", "generator"]
    for parameter in theirs:
        default = inspect.signature(getattr(torch.nn, name)).parameters[parameter].default
        assert callable(default) or ours[parameter].default == default


def test_the_causal_mask_is_pytorchs() -> None:
    for size in (0, 1, 4):
        ours = nn.Transformer.generate_square_subsequent_mask(size)
        theirs = torch.nn.Transformer.generate_square_subsequent_mask(size)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
        assert ours.dtype == np.float32
