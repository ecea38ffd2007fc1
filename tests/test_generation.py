"""Generating token by token: the cache of keys and values, encoders and decoders step by step."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from test_attention import encoder, normal

from kytorch import Tensor, TrainableWeight, nn, no_grad
from kytorch.nn.attention import cache as cache_module

Array = np.ndarray[Any, Any]


# The cache


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("chunks", [[1] * 9, [4, 1, 1, 3], [9], [1, 8]])
def test_generating_step_by_step_is_the_causal_forward_pass(
    batch_first: bool, norm_first: bool, chunks: list[int]
) -> None:
    model = encoder(3, batch_first, norm_first)
    dim = 1 if batch_first else 0
    x = normal(2, 9, 4) if batch_first else normal(9, 2, 4)
    whole = model(x, nn.Transformer.generate_square_subsequent_mask(9)).numpy()
    for recorded in (True, False):
        caches: tuple[nn.KeyValueCache, ...] = ()
        answers, start = [], 0
        for length in chunks:
            tokens = x.narrow(dim, start, length)
            if recorded:
                y, caches = model.step(tokens, caches)
            else:
                with no_grad():
                    y, caches = model.step(tokens, caches)
            answers.append(y.numpy())
            start += length
            assert [len(cache) for cache in caches] == [start] * 3
        np.testing.assert_allclose(np.concatenate(answers, dim), whole, rtol=1e-12, atol=1e-12)


def test_gradients_flow_through_a_cache() -> None:
    model = encoder(2)
    x = normal(5, 2, 4)
    whole = model(x, nn.Transformer.generate_square_subsequent_mask(5)).square().sum()
    caches: tuple[nn.KeyValueCache, ...] = ()
    total = Tensor(np.zeros(()))
    for i in range(5):
        y, caches = model.step(x[i : i + 1], caches)
        total = total + y.square().sum()
    expected = {weight: gradient.numpy() for gradient, weight in whole.backward()}
    for gradient, weight in total.backward():
        np.testing.assert_allclose(gradient.numpy(), expected[weight], rtol=1e-9, atol=1e-11)


def test_a_cache_is_a_value_from_which_several_may_go_on() -> None:
    cache = nn.KeyValueCache()
    tokens = [(normal(2, 1, 3, seed=i), normal(2, 1, 5, seed=100 + i)) for i in range(6)]
    for key, value in tokens[:3]:
        _, _, cache = cache.append(key, value)
    kept, _, _ = cache.append(*tokens[3])
    before = kept.numpy().copy()
    other, _, branch = cache.append(*tokens[4])
    branch.append(*tokens[5])
    np.testing.assert_array_equal(kept.numpy(), before)
    assert len(cache) == 3 and len(branch) == 4 and len(nn.KeyValueCache()) == 0
    for found, last in ((kept, 3), (other, 4)):
        expected = np.concatenate([tokens[i][0].numpy() for i in (0, 1, 2, last)], 1)
        np.testing.assert_array_equal(found.numpy(), expected)
    assert copy.deepcopy(cache) is cache and copy.copy(cache) is cache
    assert repr(cache) == "KeyValueCache of 3 tokens"
    restored = pickle.loads(pickle.dumps(cache))
    np.testing.assert_array_equal(restored.append(*tokens[3])[0].numpy(), before)
    assert len(pickle.loads(pickle.dumps(nn.KeyValueCache()))) == 0


def test_a_cache_copies_each_token_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = 0

    class Counting(cache_module._Room):
        def write(self, before: int, tokens: Array) -> bool:
            nonlocal copied
            done = super().write(before, tokens)
            copied += tokens.shape[-2] if done else 0
            return done

    monkeypatch.setattr(cache_module, "_Room", Counting)
    cache = nn.KeyValueCache()
    for _ in range(1000):
        _, _, cache = cache.append(normal(1, 2), normal(1, 2))
    assert copied < 2 * 4 * 1000


def test_a_cache_takes_no_other_tokens() -> None:
    _, _, cache = nn.KeyValueCache().append(normal(2, 3, 4), normal(2, 3, 4))
    with pytest.raises(ValueError, match=r"keys of shape \(3, 1, 4\)"):
        cache.append(normal(3, 1, 4), normal(3, 1, 4))
    with pytest.raises(ValueError, match=r"expected keys \(..., S, E\)"):
        cache.append(normal(2, 1, 4), normal(2, 2, 4))
    with pytest.raises(TypeError, match="keys of float32 behind keys of float64"):
        cache.append(normal(2, 1, 4, dtype=np.float32), normal(2, 1, 4, dtype=np.float32))
    with pytest.raises(TypeError, match="expected a Tensor"):
        cache.append(np.ones((2, 1, 4)), normal(2, 1, 4))  # type: ignore[arg-type]


# The decoder, step by step


def decoder(layers: int, batch_first: bool = False, norm_first: bool = False) -> nn.TransformerDecoder:
    layer = nn.TransformerDecoderLayer(
        4, 2, 8, 0.0, "gelu", batch_first=batch_first, norm_first=norm_first, dtype=np.float64
    )
    return nn.TransformerDecoder(layer, layers, nn.LayerNorm(4, dtype=np.float64))


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("chunks", [[1] * 5, [2, 1, 2], [5]])
def test_decoding_step_by_step_is_the_causal_forward_pass(
    batched: bool, batch_first: bool, norm_first: bool, padded: bool, chunks: list[int]
) -> None:
    model = decoder(3, batch_first, norm_first)
    dim = 1 if batch_first and batched else 0
    tgt, memory = normal(5, 2, 4), normal(6, 2, 4, seed=1)
    padding = Tensor(np.arange(6) >= np.array([[4], [6]])) if padded else None
    if not batched:
        tgt, memory, padding = tgt[:, 0], memory[:, 0], None if padding is None else padding[0]
    elif batch_first:
        tgt, memory = tgt.transpose(0, 1), memory.transpose(0, 1)
    whole = model(tgt, memory, memory_key_padding_mask=padding, tgt_is_causal=True)
    caches: tuple[nn.DecoderCache, ...] = ()
    answers, start = [], 0
    for length in chunks:
        y, caches = model.step(tgt.narrow(dim, start, length), memory, caches, padding)
        answers.append(y.numpy())
        start += length
        assert [len(cache.tokens) for cache in caches] == [start] * 3
        assert [len(cache.memory) for cache in caches] == [6] * 3
    np.testing.assert_allclose(np.concatenate(answers, dim), whole.numpy(), rtol=1e-11, atol=1e-12)


def test_a_decoder_projects_the_memory_once() -> None:
    model = decoder(1)
    memory = normal(6, 2, 4)
    _, caches = model.step(normal(1, 2, 4), memory)
    model.layers[0].multihead_attn.requires_grad_(False)
    _, after = model.step(normal(1, 2, 4), memory, caches)
    assert after[0].memory is caches[0].memory
    assert after[0].memory.keys is caches[0].memory.keys


def test_gradients_flow_through_a_decoders_cache() -> None:
    model = decoder(2)
    tgt, memory = normal(4, 2, 4), TrainableWeight(normal(6, 2, 4, seed=1))
    whole = model(tgt, memory.tensor(), tgt_is_causal=True).square().sum()
    expected = {weight: gradient.numpy() for gradient, weight in whole.backward()}
    caches: tuple[nn.DecoderCache, ...] = ()
    total, read = Tensor(np.zeros(())), memory.tensor()
    for i in range(4):
        y, caches = model.step(tgt[i : i + 1], read, caches)
        total = total + y.square().sum()
    found = {weight: gradient.numpy() for gradient, weight in total.backward()}
    assert found.keys() == expected.keys()
    for weight, gradient in found.items():
        np.testing.assert_allclose(gradient, expected[weight], rtol=1e-9, atol=1e-11)


def test_a_decoder_takes_no_other_memory_than_its_caches() -> None:
    model = decoder(2)
    _, caches = model.step(normal(1, 2, 4), normal(6, 2, 4))
    with pytest.raises(ValueError, match=r"a key of shape \(5, 2, 4\) beside a cache of keys"):
        model.step(normal(1, 2, 4), normal(5, 2, 4), caches)
    with pytest.raises(ValueError, match="1 caches for 2 layers"):
        model.step(normal(1, 2, 4), normal(6, 2, 4), caches[:1])
    with pytest.raises(ValueError, match="it is empty"):
        _ = nn.KeyValueCache().keys


def test_appended_keys_are_in_the_cache_of_a_memory() -> None:
    layer = nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True, kdim=3, dtype=np.float64)
    query, key, value = normal(5, 2, 8), normal(4, 2, 3, seed=1), normal(4, 2, 8, seed=2)
    padding = normal(2, 4)
    expected = layer(query, key, value, padding)[0].numpy()
    cache = nn.KeyValueCache()
    for i in range(5):
        y, cache = layer.cross_step(query[i : i + 1], key, value, cache, padding)
        np.testing.assert_allclose(y.numpy(), expected[i : i + 1], rtol=1e-12)


def test_an_error_in_a_step_says_the_layer() -> None:
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)
    with pytest.raises(ValueError, match="has 7 features, expected 8") as raised:
        model.step(normal(1, 2, 7).to(np.float32))
    (note,) = raised.value.__notes__
    assert note.startswith("in layer layers.0.self_attn: MultiheadAttention(")
