"""Padding layers, layers of shapes and the bilinear map: facts about them, and what is refused."""

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn import functional

KINDS = ["Zero", "Constant", "Reflection", "Replication", "Circular"]


def ones(*shape, dtype=np.float32):
    return Tensor(np.ones(shape, dtype))


def made(kind, n, padding):
    layer = getattr(nn, f"{kind}Pad{n}d")
    return layer(padding, 7.0) if kind == "Constant" else layer(padding)


def test_each_kind_of_padding_puts_in_its_own_elements():
    x = Tensor([[[1.0, 2.0, 3.0]]])
    expected = {
        "Zero": [0, 0, 1, 2, 3, 0],
        "Constant": [7, 7, 1, 2, 3, 7],
        "Reflection": [3, 2, 1, 2, 3, 2],
        "Replication": [1, 1, 1, 2, 3, 3],
        "Circular": [2, 3, 1, 2, 3, 1],
    }
    for kind, row in expected.items():
        assert made(kind, 1, (2, 1))(x).tolist() == [[row]]


def test_the_first_pair_is_of_the_last_dimension():
    assert nn.ZeroPad2d((1, 2, 3, 4))(ones(1, 1, 5, 5)).shape == (1, 1, 12, 8)
    assert nn.ZeroPad3d((0, 0, 0, 0, 1, 2))(ones(1, 1, 5, 5, 5)).shape == (1, 1, 8, 5, 5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_padding_of_the_wrong_length_or_kind_is_refused_at_once(kind, n):
    with pytest.raises(ValueError, match=f"{kind}Pad{n}d: padding is an int or {2 * n} of them"):
        made(kind, n, (1,) * (2 * n + 1))
    for padding in (1.5, "ab", (1.0,) * (2 * n), None):
        with pytest.raises(TypeError, match=f"{kind}Pad{n}d: padding is an int or {2 * n} of them"):
            made(kind, n, padding)


@pytest.mark.parametrize("kind", ["Reflection", "Replication", "Circular"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_an_input_of_other_dimensions_is_refused(kind, n):
    for ndim in (n, n + 3):
        with pytest.raises(ValueError, match=f"{kind}Pad{n}d: an input of shape"):
            made(kind, n, 1)(ones(*(2,) * ndim))


def test_more_than_there_is_to_copy_is_refused():
    with pytest.raises(ValueError, match="reflects dim 2 of shape"):
        nn.ReflectionPad1d(3)(ones(1, 1, 3))
    with pytest.raises(ValueError, match="goes round dim 2 of shape"):
        nn.CircularPad1d(4)(ones(1, 1, 3))
    with pytest.raises(ValueError, match="takes more than the 3 elements"):
        nn.ZeroPad1d(-2)(ones(1, 1, 3))


def test_a_weight_for_a_tensor_is_refused_by_padding():
    weight = TrainableWeight(np.ones((1, 1, 4), np.float32))
    for kind in KINDS:
        with pytest.raises(TypeError, match=r"weight.tensor\(\) reads it"):
            made(kind, 1, 1)(weight)


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="ConstantPad1d: value is to be a number, not str"):
        nn.ConstantPad1d(1, "0")


# Shapes


def test_identity_ignores_what_it_is_made_of_and_answers_its_input():
    x = ones(2, 3)
    assert nn.Identity(54, unused=0.1)(x) is x


def test_flatten_keeps_the_batch():
    assert nn.Flatten()(ones(2, 3, 4)).shape == (2, 12)
    assert nn.Flatten(0)(ones(2, 3, 4)).shape == (24,)
    with pytest.raises(IndexError):
        nn.Flatten()(ones(3))
    with pytest.raises(ValueError, match="flatten: start_dim 2 comes after end_dim 1"):
        nn.Flatten(2, 1)(ones(2, 3, 4))


def test_unflatten_undoes_flatten():
    assert nn.Unflatten(1, (3, -1))(ones(2, 12)).shape == (2, 3, 4)
    with pytest.raises(ValueError, match="unflatten: sizes"):
        nn.Unflatten(1, (5, 2))(ones(2, 12))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: nn.Flatten("a"), "Flatten: start_dim is to be an int, not str"),
        (lambda: nn.Flatten(1, 2.0), "Flatten: end_dim is to be an int"),
        (lambda: nn.Unflatten("a", (1, 2)), "Unflatten: dim is to be an int, not str"),
        (lambda: nn.Unflatten(1, 4), "Unflatten: unflattened_size is to be a tuple of ints"),
        (lambda: nn.Unflatten(1, (2.0, 3)), "Unflatten: unflattened_size is to be of ints"),
    ],
)
def test_layers_of_shapes_refuse_what_is_no_int(call, message):
    with pytest.raises(TypeError, match=message):
        call()


# The bilinear map


def test_the_bilinear_map_is_a_sum_of_products():
    draw = np.random.default_rng(1).standard_normal
    a, b, w, c = draw((5, 3)), draw((5, 2)), draw((4, 3, 2)), draw(4)
    y = functional.bilinear(Tensor(a), Tensor(b), Tensor(w), Tensor(c))
    np.testing.assert_allclose(y.numpy(), np.einsum("ni,oij,nj->no", a, w, b) + c, rtol=1e-12)


def test_the_weights_of_a_bilinear_layer_are_uniform_within_their_bound():
    layer = nn.Bilinear(16, 3, 200, generator=np.random.default_rng(0))
    for weight in layer.weights():
        assert 0.24 < np.abs(weight.data).max() <= 0.25
        assert abs(weight.data.std() * np.sqrt(12) / 0.5 - 1) < 0.15


@pytest.mark.parametrize(
    "a, b, w, c",
    [
        ((5, 3), (5, 2), (4, 3, 3), None),
        ((5, 3), (4, 2), (4, 3, 2), None),
        ((5, 3), (1, 2), (4, 3, 2), None),
        ((5, 3), (2,), (4, 3, 2), None),
        ((5, 3), (5, 2), (3, 2), None),
        ((), (), (4, 3, 2), None),
        ((5, 3), (5, 2), (4, 3, 2), (3,)),
    ],
)
def test_shapes_that_do_not_fit_a_bilinear_map_are_refused(a, b, w, c):
    with pytest.raises(ValueError, match=r"bilinear: .*shapes?"):
        functional.bilinear(ones(*a), ones(*b), ones(*w), None if c is None else ones(*c))


def test_wrong_sizes_of_a_bilinear_layer_are_refused_at_once():
    with pytest.raises(ValueError, match="Bilinear: in2_features is to be at least 1, not 0"):
        nn.Bilinear(3, 0, 2)
    with pytest.raises(TypeError, match="Bilinear: out_features is to be an int, not float"):
        nn.Bilinear(3, 2, 2.0)
    with pytest.raises(TypeError, match=r"bilinear: expected a Tensor, not TrainableWeight"):
        functional.bilinear(ones(1, 3), ones(1, 2), nn.Bilinear(3, 2, 4).weight)


def test_a_padding_may_be_of_numpys_numbers():
    layer = nn.ConstantPad1d(np.int64(1), np.float32(0.5))
    assert layer(Tensor([[[2.0]]])).tolist() == [[[0.5, 2.0, 0.5]]]
    assert repr(nn.ReflectionPad2d(np.array([1, 1, 0, 0]))) == "ReflectionPad2d((1, 1, 0, 0))"
