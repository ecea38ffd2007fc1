"""Attention, positions and the transformer: edge cases, options and wrong calls."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.kernels import attention as kernels
from kytorch.nn.functional import rotary_positions, scaled_dot_product_attention, sinusoidal_positions

Array = np.ndarray[Any, Any]


def normal(*shape: int, seed: int = 0, dtype: Any = np.float64) -> Tensor:
    return Tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def reference(q: Tensor, k: Tensor, v: Tensor, seen: Array | None = None, scale: float | None = None) -> Array:
    """Attention by its formula, with the queries that see nothing zero."""
    q, k, v = q.numpy(), k.numpy(), v.numpy()
    s = q @ np.swapaxes(k, -1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    s = np.where(np.ones(s.shape, bool) if seen is None else seen, s, -np.inf)
    greatest = s.max(-1, keepdims=True)
    p = np.exp(s - np.where(np.isinf(greatest), 0, greatest))
    return np.divide(p, p.sum(-1, keepdims=True), where=np.isfinite(greatest), out=np.zeros_like(p)) @ v


def encoder(layers: int, batch_first: bool = False, norm_first: bool = False) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(
        4, 2, 8, 0.0, "gelu", batch_first=batch_first, norm_first=norm_first, dtype=np.float64
    )
    return nn.TransformerEncoder(layer, layers, nn.LayerNorm(4, dtype=np.float64))


# Scaled dot-product attention

LENGTHS = [(1, 1), (1, 9), (9, 1), (65, 65), (130, 130), (70, 150), (150, 70)]


@pytest.mark.parametrize(("length", "count"), LENGTHS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("size", [0.3, 40.0])
def test_blocks_of_any_size_give_the_formula(
    length: int, count: int, causal: bool, size: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    q, k, v = normal(2, 3, length, 4) * size, normal(2, 3, count, 4, seed=1) * size, normal(2, 3, count, 5, seed=2)
    seen = np.tri(length, count, dtype=bool) if causal else None
    for block in (1, 300, 1 << 16):
        monkeypatch.setattr(kernels, "_BLOCK", block)
        for few in (0, 1 << 12):
            monkeypatch.setattr(kernels, "_FEW", few)
            found = scaled_dot_product_attention(q, k, v, is_causal=causal)
            np.testing.assert_allclose(found.numpy(), reference(q, k, v, seen), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("length", "count"), LENGTHS)
@pytest.mark.parametrize("option", ["none", "causal", "bool", "float", "dropout"])
def test_blocks_of_any_size_give_the_compositions_gradients(
    length: int, count: int, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = [TrainableWeight(normal(2, 3, n, 4, seed=n)) for n in (length, count, count)]
    keywords: dict[str, Any] = {"is_causal": option == "causal", "dropout_p": 0.3 if option == "dropout" else 0.0}
    mask = np.random.default_rng(1).random((3, length, count)) < 0.7
    if option == "float":
        weights.append(TrainableWeight(np.where(mask, normal(3, length, count).numpy(), -np.inf)))
    g = normal(2, 3, length, 4, seed=5)
    for block, few in ((1, 0), (300, 0), (300, 1 << 12), (1 << 16, 0)):
        monkeypatch.setattr(kernels, "_BLOCK", block)
        monkeypatch.setattr(kernels, "_FEW", few)
        q, k, v, *masks = [weight.tensor() for weight in weights]
        given = masks[0] if masks else Tensor(mask) if option == "bool" else None
        y = scaled_dot_product_attention(q, k, v, given, generator=np.random.default_rng(3), **keywords)
        expected = {weight: gradient.numpy() for gradient, weight in y.backward(g, create_graph=True)}
        for gradient, weight in y.backward(g):
            np.testing.assert_allclose(gradient.numpy(), expected[weight], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("lowest", [-np.inf, -1e9, np.finfo(np.float32).min])
@pytest.mark.parametrize("length", [3, 200])
def test_a_row_of_one_large_negative_number_is_uniform_and_one_of_infinities_zero(lowest: float, length: int) -> None:
    q, k, v = [normal(2, length, 4, seed=i, dtype=np.float32) for i in range(3)]
    mask = np.zeros((length, length), np.float32)
    mask[1] = lowest
    y = scaled_dot_product_attention(q, k, v, Tensor(mask)).numpy()
    whole = scaled_dot_product_attention(q, k, v).numpy()
    np.testing.assert_allclose(y[:, 0], whole[:, 0], rtol=1e-5)
    if lowest == -np.inf:
        assert not y[:, 1].any()
    else:  # beside so large a number the scores are rounding
        np.testing.assert_allclose(y[:, 1], v.numpy().mean(1), rtol=1e-4, atol=1e-5)


def test_a_query_that_sees_nothing_gets_no_gradient_and_gives_none() -> None:
    weights = [TrainableWeight(normal(3, 4, seed=i)) for i in range(3)]
    seen = Tensor(np.array([[True, True, False], [False] * 3, [True, False, False]]))
    y = scaled_dot_product_attention(*[weight.tensor() for weight in weights], seen)  # type: ignore[arg-type]
    for create_graph in (False, True):
        gradients = [g.numpy() for g, _ in y.backward(Tensor(np.ones((3, 4))), create_graph=create_graph)]
        assert all(np.isfinite(g).all() for g in gradients)
        assert not gradients[0][1].any()  # the query
        assert not gradients[1][2].any() and not gradients[2][2].any()  # the key and value that nobody sees


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_not_hidden(value: float) -> None:
    q = normal(3, 4).at[1, 2].set(value)
    y = scaled_dot_product_attention(q, normal(5, 4, seed=1), normal(5, 2, seed=2)).numpy()
    assert np.isnan(y[1]).all()
    assert np.isfinite(y[[0, 2]]).all()


def test_the_scores_are_not_kept() -> None:
    q, k, v = [TrainableWeight(normal(8, 512, 8, seed=i, dtype=np.float32)) for i in range(3)]
    scores = 8 * 512 * 512 * 4
    tracemalloc.start()
    y = scaled_dot_product_attention(q.tensor(), k.tensor(), v.tensor())
    y.backward(Tensor(np.ones(y.shape, np.float32)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < scores / 2


def test_the_answer_lies_in_memory_as_the_queries_do() -> None:
    packed = normal(2, 6, 3 * 8, dtype=np.float32)
    q, k, v = [packed[:, :, i * 8 : (i + 1) * 8].reshape(2, 6, 2, 4).transpose(1, 2) for i in range(3)]
    y = scaled_dot_product_attention(q, k, v)
    joined = y.transpose(1, 2).reshape(2, 6, 8)
    assert np.shares_memory(y.numpy(), joined.numpy())


def test_dropout_keeps_the_mean_and_draws_from_the_generator() -> None:
    q, k, v = normal(1, 4), normal(50, 4, seed=1), Tensor(np.ones((50, 1)))

    def drawn(p: float, seed: int) -> Array:
        generator = np.random.default_rng(seed)
        draws = [scaled_dot_product_attention(q, k, v, None, p, generator=generator).numpy() for _ in range(200)]
        return np.array(draws)

    assert abs(drawn(0.4, 1).mean() - 1) < 0.05
    assert drawn(0.4, 1).std() > 0.01
    np.testing.assert_array_equal(drawn(0.4, 1), drawn(0.4, 1))
    assert not np.array_equal(drawn(0.4, 1), drawn(0.4, 2))
    assert not drawn(1.0, 1).any()


def test_grouped_queries_are_repeated_keys() -> None:
    q, k, v = normal(2, 6, 3, 4), normal(2, 2, 5, 4, seed=1), normal(2, 2, 5, 4, seed=2)
    repeated = [x.repeat_interleave(3, 1) for x in (k, v)]
    for mask in (None, Tensor(np.tri(3, 5, dtype=bool)), normal(2, 6, 3, 5), normal(2, 1, 1, 5)):
        found = scaled_dot_product_attention(q, k, v, mask, enable_gqa=True)
        expected = scaled_dot_product_attention(q, *repeated, mask)  # type: ignore[arg-type]
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)


def test_float16_is_computed_in_float32() -> None:
    q, k, v = [normal(2, 9, 4, seed=i) for i in range(3)]
    found = scaled_dot_product_attention(*[x.to(np.float16) for x in (q, k, v)], is_causal=True)  # type: ignore[misc]
    assert found.dtype == np.float16
    expected = scaled_dot_product_attention(q, k, v, is_causal=True)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=5e-3, atol=5e-3)


X = normal(2, 3, 4)
CACHE = nn.KeyValueCache()
WRONG: list[tuple[type[Exception], str, Callable[[], object]]] = [
    (ValueError, "expected shapes", lambda: scaled_dot_product_attention(X, normal(2, 5, 3), normal(2, 5, 4))),
    (ValueError, "expected shapes", lambda: scaled_dot_product_attention(X, X, normal(2, 5, 4))),
    (ValueError, "expected shapes", lambda: scaled_dot_product_attention(normal(4), X, X)),
    (ValueError, "do not broadcast", lambda: scaled_dot_product_attention(X, normal(3, 3, 4), normal(3, 3, 4))),
    (TypeError, "one dtype", lambda: scaled_dot_product_attention(X, X.to(np.float32), X)),
    (TypeError, "one dtype", lambda: scaled_dot_product_attention(*[X.to(np.int64)] * 3)),
    (TypeError, "has dtype int64", lambda: scaled_dot_product_attention(X, X, X, Tensor(np.ones((3, 3), int)))),
    (TypeError, "expected a Tensor", lambda: scaled_dot_product_attention(X, X, X, np.ones((3, 3)))),  # type: ignore[arg-type]
    (TypeError, "weight.tensor()", lambda: scaled_dot_product_attention(TrainableWeight(X), X, X)),  # type: ignore[arg-type]
    (ValueError, "a mask of shape", lambda: scaled_dot_product_attention(X, X, X, normal(3, 4))),
    (ValueError, "a mask of shape", lambda: scaled_dot_product_attention(X[0], X[0, :1], X[0, :1], normal(3, 3))),
    (ValueError, "exclude each other", lambda: scaled_dot_product_attention(X, X, X, normal(3, 3), is_causal=True)),
    (ValueError, "probability", lambda: scaled_dot_product_attention(X, X, X, dropout_p=1.5)),
    (
        ValueError,
        "divides the query's",
        lambda: scaled_dot_product_attention(normal(1, 4, 2, 8), *[normal(1, 3, 2, 8)] * 2, enable_gqa=True),
    ),
    (ValueError, "divides the query's", lambda: scaled_dot_product_attention(*[normal(2, 8)] * 3, enable_gqa=True)),
    (ValueError, "heads do not divide", lambda: nn.MultiheadAttention(10, 3)),
    (ValueError, "num_heads is to be at least 1", lambda: nn.MultiheadAttention(10, 0)),
    (TypeError, "embed_dim is to be an int", lambda: nn.MultiheadAttention(1.5, 3)),  # type: ignore[arg-type]
    (ValueError, "probability", lambda: nn.MultiheadAttention(4, 2, dropout=2)),
    (ValueError, "has 4 features, expected 6", lambda: nn.MultiheadAttention(6, 2)(X, X, X)),
    (ValueError, "a key of shape", lambda: nn.MultiheadAttention(4, 2, kdim=5, dtype=np.float64)(X, X, X)),
    (ValueError, "of 3 dimensions, or of 2", lambda: nn.MultiheadAttention(4, 2)(X, X[0], X[0])),
    (ValueError, "equally long", lambda: nn.MultiheadAttention(4, 2)(X, X, X[:1])),
    (ValueError, "one batch size", lambda: nn.MultiheadAttention(4, 2)(X, X[:, :2], X[:, :2])),
    (ValueError, "an attn_mask of shape", lambda: nn.MultiheadAttention(4, 2)(X, X, X, attn_mask=normal(3, 2))),
    (
        TypeError,
        "attn_mask has dtype",
        lambda: nn.MultiheadAttention(4, 2)(X, X, X, attn_mask=Tensor([[1, 0]])),
    ),
    (ValueError, "key_padding_mask of shape", lambda: nn.MultiheadAttention(4, 2)(X, X, X, normal(2, 3))),
    (
        ValueError,
        "not for add_bias_kv",
        lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True).step(X, CACHE),
    ),
    (TypeError, "one dtype of floats", lambda: nn.MultiheadAttention(4, 2)(*[Tensor(np.ones((3, 2, 4), int))] * 3)),
    (TypeError, "one dtype of floats", lambda: nn.MultiheadAttention(4, 2)(X, X.to(np.float32), X)),
    (TypeError, "scale is to be a number", lambda: scaled_dot_product_attention(X, X, X, scale="x")),  # type: ignore[arg-type]
    (TypeError, "probability", lambda: scaled_dot_product_attention(X, X, X, dropout_p="x")),  # type: ignore[arg-type]
    (TypeError, "probability", lambda: nn.MultiheadAttention(4, 2, dropout="x")),  # type: ignore[arg-type]
    (TypeError, "a KeyValueCache", lambda: nn.MultiheadAttention(4, 2).step(X, None)),  # type: ignore[arg-type]
    (TypeError, "a KeyValueCache", lambda: encoder(2).step(X, [None, None])),  # type: ignore[list-item]
    (TypeError, "Tensor, not ndarray", lambda: encoder(2)(X, np.zeros((2, 2)))),  # type: ignore[arg-type]
    (TypeError, "base is to be a number", lambda: rotary_positions(X, base="x")),  # type: ignore[arg-type]
    (ValueError, "activation 'tanh'", lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh")),  # type: ignore[arg-type]
    (TypeError, "transformer's layer", lambda: nn.TransformerEncoder(nn.Linear(4, 4), 2)),  # type: ignore[arg-type]
    (ValueError, "num_layers is to be at least 1", lambda: nn.Transformer(4, 2, 0)),
    (ValueError, "2 features", lambda: nn.Transformer(2, 1, 1, 1, 4)(X, X)),
    (ValueError, "batch size", lambda: nn.Transformer(4, 1, 1, 1, 4)(X, X[:, :2])),
    (ValueError, "1 caches for 2 layers", lambda: encoder(2).step(X, (CACHE,))),
    (ValueError, "is to be even", lambda: rotary_positions(normal(3, 5))),
    (ValueError, "expected a shape", lambda: rotary_positions(normal(4))),
    (TypeError, "floats", lambda: sinusoidal_positions(Tensor(np.ones((2, 4), int)))),
    (TypeError, "the offset is to be an int", lambda: sinusoidal_positions(X, 1.5)),  # type: ignore[arg-type]
    (ValueError, "at least 0", lambda: rotary_positions(X, -1)),
    (ValueError, "the base is to be positive", lambda: nn.RotaryPositions(0)),
]


@pytest.mark.parametrize(("error", "message", "call"), WRONG, ids=[f"{i}-{case[1]}" for i, case in enumerate(WRONG)])
def test_a_wrong_call_is_refused(error: type[Exception], message: str, call: Callable[[], object]) -> None:
    with pytest.raises(error, match=message.replace("(", r"\(").replace(")", r"\)")):
        call()


def test_an_error_in_a_transformer_says_where() -> None:
    with pytest.raises(ValueError) as caught:
        encoder(2)(normal(3, 2, 4), mask=normal(2, 2))
    assert any("layers.0.self_attn" in note for note in caught.value.__notes__)


# Several heads


def test_weights_and_no_weights_give_the_same_answer() -> None:
    layer = nn.MultiheadAttention(8, 2, dtype=np.float64)
    x = normal(5, 3, 8)
    answer, weights = layer(x, x, x)
    assert weights is not None
    np.testing.assert_allclose(weights.numpy().sum(-1), 1)
    other, none = layer(x, x, x, need_weights=False)
    assert none is None
    np.testing.assert_allclose(other.numpy(), answer.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_is_causal_needs_no_mask(need_weights: bool, padded: bool) -> None:
    layer = nn.MultiheadAttention(8, 2, dtype=np.float64)
    x = normal(5, 3, 8)
    padding = Tensor(np.arange(5) >= np.array([[4], [5], [2]])) if padded else None
    later = Tensor(np.triu(np.ones((5, 5), bool), 1))
    found, _ = layer(x, x, x, padding, need_weights, is_causal=True)
    expected, _ = layer(x, x, x, padding, need_weights, later)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12, atol=1e-14)


def test_dropout_is_of_training_and_repeats_with_its_seed() -> None:
    x = normal(5, 3, 8, dtype=np.float32)

    def answers(need_weights: bool) -> list[Array]:
        layer = nn.MultiheadAttention(8, 2, dropout=0.5, generator=np.random.default_rng(1))
        modes = (True, True, False, False)
        return [layer.train(training)(x, x, x, None, need_weights)[0].numpy() for training in modes]

    for need_weights in (False, True):
        first, second, third, fourth = answers(need_weights)
        assert not np.array_equal(first, second)
        np.testing.assert_array_equal(third, fourth)
        np.testing.assert_array_equal(first, answers(need_weights)[0])


# Positions


@pytest.mark.parametrize("offset", [0, 5])
@pytest.mark.parametrize("width", [6, 7])
def test_sinusoidal_positions_are_their_formula(offset: int, width: int) -> None:
    found = sinusoidal_positions(Tensor(np.zeros((2, 4, width))), offset).numpy()
    for i in range(4):
        for j in range(width):
            angle = (offset + i) / 10000 ** (2 * (j // 2) / width)
            expected = np.cos(angle) if j % 2 else np.sin(angle)
            np.testing.assert_allclose(found[:, i, j], expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("interleaved", [False, True])
def test_rotary_positions_are_their_formula(interleaved: bool) -> None:
    x = normal(2, 4, 6)
    found = rotary_positions(x, 3, interleaved=interleaved).numpy()
    for i in range(4):
        for j in range(3):
            angle = (3 + i) * 10000 ** (-2 * j / 6)
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            pair = [2 * j, 2 * j + 1] if interleaved else [j, 3 + j]
            np.testing.assert_allclose(found[:, i, pair], x.numpy()[:, i, pair] @ turn.T, rtol=1e-12)


@pytest.mark.parametrize("interleaved", [False, True])
def test_rotary_products_depend_on_the_distance_alone(interleaved: bool) -> None:
    q, k = normal(1, 8), normal(1, 8, seed=1)

    def product(at: int, other: int) -> float:
        return float((rotary_positions(q, at, 100, interleaved) * rotary_positions(k, other, 100, interleaved)).sum())

    assert product(3, 1) == pytest.approx(product(12, 10), rel=1e-12)
    assert product(3, 1) != pytest.approx(product(4, 1), rel=1e-3)


def test_positions_go_on_where_the_offset_says() -> None:
    for module in (nn.SinusoidalPositions(batch_first=True), nn.SinusoidalPositions(), nn.RotaryPositions()):
        x = normal(7, 4)
        whole = module(x).numpy()
        np.testing.assert_allclose(np.concatenate([module(x[:3]).numpy(), module(x[3:], 3).numpy()]), whole)
    x = normal(7, 2, 4)
    np.testing.assert_allclose(
        nn.SinusoidalPositions()(x).numpy(),
        nn.SinusoidalPositions(batch_first=True)(x.transpose(0, 1)).transpose(0, 1).numpy(),
    )


# The transformer


def test_the_layers_of_a_stack_begin_equal_and_are_apart() -> None:
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    model = nn.TransformerEncoder(layer, 2)
    first, second = model.layers[0], model.layers[1]
    for (_, a), (_, b), (_, c) in zip(first.named_weights(), second.named_weights(), layer.named_weights()):
        assert a is not b and a is not c
        np.testing.assert_array_equal(a.data, b.data)


def test_the_layers_of_a_stack_draw_from_one_generator() -> None:
    generator = np.random.default_rng(1)
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.5, generator=generator), 2)
    for layer in model.layers:
        assert layer.self_attn.generator is generator
        assert layer.dropout.generator is generator


def test_a_causal_mask_is_recognised_and_says_the_same() -> None:
    model = encoder(2)
    x = normal(5, 2, 4)
    mask = nn.Transformer.generate_square_subsequent_mask(5, np.float64)
    answers = [model(x, mask), model(x, mask == -np.inf)]
    answers += [model(x, mask, is_causal=causal) for causal in (True, False)]
    for answer in answers[1:]:
        np.testing.assert_allclose(answer.numpy(), answers[0].numpy(), rtol=1e-12)
    assert not np.allclose(answers[0].numpy(), model(x).numpy())


def test_a_transformer_takes_other_encoders_and_decoders() -> None:
    class Doubled(nn.Module):
        def forward(
            self, src: Tensor, mask: Tensor | None, src_key_padding_mask: Tensor | None, is_causal: bool | None
        ) -> Tensor:
            return src * 2

    class Mean(nn.Module):
        def forward(
            self,
            tgt: Tensor,
            memory: Tensor,
            tgt_mask: Tensor | None,
            memory_mask: Tensor | None,
            tgt_key_padding_mask: Tensor | None,
            memory_key_padding_mask: Tensor | None,
            tgt_is_causal: bool | None,
            memory_is_causal: bool,
        ) -> Tensor:
            return tgt + memory.mean(0)

    src, tgt = normal(3, 2, 4), normal(5, 2, 4)
    found = nn.Transformer(4, 2, custom_encoder=Doubled(), custom_decoder=Mean())(src, tgt)
    np.testing.assert_allclose(found.numpy(), tgt.numpy() + 2 * src.numpy().mean(0))


def test_an_activation_may_be_a_function_or_a_module() -> None:
    x = normal(3, 2, 4)
    made = [
        nn.TransformerEncoderLayer(4, 2, 8, 0.0, activation, dtype=np.float64, generator=np.random.default_rng(1))
        for activation in ("gelu", nn.functional.gelu, nn.GELU())
    ]
    answers = [layer(x).numpy() for layer in made]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])
    assert "(activation): GELU" in repr(made[2])


# Limits: large scores, small gradients, no tokens, masks that are trained


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e-20), (np.float64, 1e-100)])
def test_a_tiny_gradient_is_not_lost_beside_large_scores(dtype: Any, size: float) -> None:
    root = np.sqrt(57 if dtype == np.float32 else 590)  # so that all scores are 57, or 590
    weights = [TrainableWeight((normal(1, 128, 4, seed=i) * 1e-3 + root / np.sqrt(2)).to(dtype)) for i in range(2)]
    weights.append(TrainableWeight(normal(1, 128, 4, seed=2, dtype=dtype)))
    y = scaled_dot_product_attention(*[weight.tensor() for weight in weights])
    g = normal(1, 128, 4, seed=3, dtype=dtype)
    expected = {weight: gradient.numpy() for gradient, weight in y.backward(g)}
    for gradient, weight in y.backward(g * size):
        whole = expected[weight]
        np.testing.assert_allclose(gradient.numpy() / dtype(size), whole, rtol=0, atol=1e-2 * abs(whole).max())


def test_large_values_beside_large_scores_do_not_overflow() -> None:
    x = Tensor(np.full((1, 128, 4), np.sqrt(57 / 2), np.float32))
    y = scaled_dot_product_attention(x, x, Tensor(np.full((1, 128, 4), 1e20, np.float32)))
    np.testing.assert_allclose(y.numpy(), np.float32(1e20), rtol=1e-5)


def test_causal_attention_sees_appended_keys_with_weights_and_without() -> None:
    layer = nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True, dtype=np.float64)
    x = normal(5, 3, 8)
    answers = [layer(x, x, x, need_weights=need, is_causal=True)[0].numpy() for need in (True, False)]
    np.testing.assert_allclose(answers[0], answers[1], rtol=1e-12)


def test_a_trained_mask_that_begins_causal_gets_its_gradient() -> None:
    mask = TrainableWeight(nn.Transformer.generate_square_subsequent_mask(5, np.float64))
    y = encoder(1)(normal(5, 2, 4), mask.tensor())
    assert any(weight is mask for _, weight in y.square().sum().backward())


def test_positions_of_no_tokens_are_none() -> None:
    for function in (sinusoidal_positions, rotary_positions):
        for shape in ((0, 4), (3, 0), (2, 0, 4)):
            assert function(Tensor(np.zeros(shape))).shape == shape


def test_a_zero_key_is_appended_to_no_keys() -> None:
    layer = nn.MultiheadAttention(4, 2, add_zero_attn=True, dtype=np.float64)
    empty = Tensor(np.zeros((0, 2, 4)))
    for need_weights in (True, False):
        y, _ = layer(normal(3, 2, 4), empty, empty, need_weights=need_weights)
        np.testing.assert_array_equal(y.numpy(), np.zeros((3, 2, 4)))


def test_the_encodings_that_are_kept_are_few() -> None:
    tracemalloc.start()
    for length in range(1000, 1040):
        sinusoidal_positions(Tensor(np.zeros((length, 64))))
        rotary_positions(Tensor(np.zeros((length, 64))))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 10 * 1040 * 64 * 8
