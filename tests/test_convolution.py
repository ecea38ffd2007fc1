"""Convolution: its three kernels in every way they can go, its layout in memory, and wrong calls."""

import itertools

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.kernels import columns
from kytorch.kernels import convolution as kernels
from kytorch.kernels.columns import Geometry
from kytorch.testing import check_gradients

F = nn.functional


def normal(*shape, dtype=np.float64, seed=5):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def innermost(x):
    """`x` with its first dimension innermost in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0)


def terms(geometry):
    """Every output p, tap k and input i with p stride + k dilation - low = i."""
    for p in np.ndindex(geometry.out):
        for k in np.ndindex(geometry.kernel):
            sizes = zip(p, geometry.stride, k, geometry.dilation, geometry.low)
            i = tuple(a * s + b * d - low for a, s, b, d, low in sizes)
            if all(0 <= a < n for a, n in zip(i, geometry.size)):
                yield p, k, i


def by_definition(x, w, g, geometry):
    """The convolution, the gradient with respect to x and that with respect to w."""
    y, g_x, g_w = np.zeros_like(g), np.zeros_like(x), np.zeros_like(w)
    inputs, outputs = x.shape[1] // geometry.groups, g.shape[1] // geometry.groups
    for p, k, i in terms(geometry):
        for group in range(geometry.groups):
            a = slice(group * inputs, (group + 1) * inputs)
            b = slice(group * outputs, (group + 1) * outputs)
            of_x, of_y, of_w = (slice(None), a, *i), (slice(None), b, *p), (b, slice(None), *k)
            y[of_y] += x[of_x] @ w[of_w].T
            g_x[of_x] += g[of_y] @ w[of_w]
            g_w[of_w] += g[of_y].T @ x[of_x]
    return y, g_x, g_w


GEOMETRIES = [
    Geometry((7,), (3,), (5,), (1,), (1,), (0,), 1),
    Geometry((7,), (4,), (3,), (3,), (2,), (3,), 2),
    Geometry((5, 6), (3, 2), (5, 7), (1, 1), (1, 1), (1, 1), 1),
    Geometry((6, 5), (3, 3), (3, 2), (2, 2), (1, 1), (1, 0), 4),
    Geometry((6, 7), (2, 3), (3, 3), (2, 3), (3, 2), (1, 2), 2),
    Geometry((4, 4), (1, 1), (2, 2), (2, 2), (1, 1), (0, 0), 1),
    Geometry((4, 4), (1, 1), (4, 4), (1, 1), (1, 1), (0, 0), 1),
    Geometry((3, 3), (5, 5), (3, 3), (1, 1), (1, 1), (2, 2), 2),
    Geometry((2, 2), (1, 2), (4, 6), (2, 1), (1, 1), (3, 3), 1),  # padding that no tap crosses
    Geometry((3, 4, 3), (2, 2, 3), (2, 3, 2), (1, 2, 2), (1, 1, 1), (0, 1, 1), 2),
    Geometry((11, 5), (3, 3), (11, 5), (1, 1), (1, 2), (1, 2), 3),  # as large as the input
    Geometry((5, 7), (3, 5), (3, 4), (2, 2), (1, 1), (1, 2), 1),  # taps that meet what others do, a stride away
    Geometry((3, 6), (2, 2), (2, 4), (1, 1), (1, 3), (0, 0), 1),  # and that meet more than others do, behind
    Geometry((3, 7), (2, 2), (2, 4), (1, 1), (1, 4), (0, 1), 1),  # and before
    Geometry((70,), (5,), (34,), (2,), (1,), (1,), 2),
    Geometry((5, 3), (4, 5), (4, 3), (1, 1), (1, 3), (1, 6), 1),  # taps that reach outside everywhere
    Geometry((3, 3, 4), (3, 3, 3), (3, 3, 4), (1, 1, 1), (1, 1, 1), (1, 1, 1), 2),
]
WAYS = {
    "as chosen": {},
    "by rows, by phases": {"_ROW": 1, "_WASTE": np.inf},
    "by rows in small parts, products one by one": {"_ROW": 1, "_CHUNK": 1, "_FEW": 0},
    "by blocks, scattered": {"_ROW": 10**9, "_WASTE": 0},
    "by blocks of one row": {"_ROW": 1, "_CHUNK": 1, "_WASTE": 0},
}


def go(way, monkeypatch):
    for name, value in WAYS[way].items():
        for module in (columns, kernels):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_every_way_of_each_kernel_is_the_definition(geometry, way, monkeypatch):
    go(way, monkeypatch)
    for batch, inputs, outputs in ((1, 1, 1), (3, 2, 1), (17, 1, 3)):
        x = normal(batch, inputs * geometry.groups, *geometry.size)
        w = normal(outputs * geometry.groups, inputs, *geometry.kernel, seed=6)
        g = normal(batch, outputs * geometry.groups, *geometry.out, seed=7)
        y, g_x, g_w = by_definition(x, w, g, geometry)
        for lay_x, lay_g in itertools.product((np.array, innermost), repeat=2):
            a, b = lay_x(x), lay_g(g)
            np.testing.assert_allclose(kernels.convolution(a, w, None, geometry), y, atol=1e-12)
            np.testing.assert_allclose(kernels.transposed(b, w, None, geometry), g_x, atol=1e-12)
            np.testing.assert_allclose(kernels.weight_gradient(a, b, geometry), g_w, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_a_bias_is_added_once_everywhere(way, monkeypatch):
    go(way, monkeypatch)
    for geometry in GEOMETRIES:
        b = normal(2 * geometry.groups)
        zeros = np.zeros((2, 3 * geometry.groups, *geometry.size))
        w = normal(2 * geometry.groups, 3, *geometry.kernel)
        y = kernels.convolution(zeros, w, b, geometry)
        np.testing.assert_array_equal(y, np.broadcast_to(b.reshape(-1, *[1] * len(geometry.out)), y.shape))
        w = normal(3 * geometry.groups, 2, *geometry.kernel)
        x = kernels.transposed(np.zeros((2, 3 * geometry.groups, *geometry.out)), w, b, geometry)
        np.testing.assert_array_equal(x, np.broadcast_to(b.reshape(-1, *[1] * len(geometry.size)), x.shape))


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_derivatives_of_third_order_are_right(name):
    function = getattr(F, name)
    inputs = [Tensor(normal(2, 2, 3, 3)), Tensor(normal(2, 2, 2, 2, seed=6)), Tensor(normal(2, seed=7))]
    check_gradients(lambda x, w, b: function(x, w, b, stride=2, padding=1) ** 2, *inputs, order=3)


def test_the_gradient_with_respect_to_a_constant_is_not_computed(monkeypatch):
    layer = nn.Conv2d(2, 3, 3)
    y = layer(Tensor(normal(2, 2, 5, 5, dtype=np.float32))).sum()
    monkeypatch.setattr(kernels, "transposed", None)
    assert [weight for _, weight in y.backward()] == [layer.weight, layer.bias]
    monkeypatch.undo()
    layer = nn.ConvTranspose2d(2, 3, 3)
    y = layer(Tensor(normal(2, 2, 5, 5, dtype=np.float32))).sum()
    monkeypatch.setattr(kernels, "convolution", None)
    assert [weight for _, weight in y.backward()] == [layer.weight, layer.bias]


def test_a_frozen_weight_has_no_gradient(monkeypatch):
    x = TrainableWeight(normal(2, 2, 5, 5))
    y = F.conv2d(x.tensor(), Tensor(normal(3, 2, 3, 3))).sum()
    monkeypatch.setattr(kernels, "weight_gradient", None)
    assert [weight for _, weight in y.backward()] == [x]


def test_a_gradient_lies_in_memory_as_its_weight_does():
    for layer in (nn.Conv2d(2, 3, 3), nn.ConvTranspose2d(2, 3, 3), nn.Conv2d(4, 4, 3, groups=4)):
        x = Tensor(normal(2, layer.in_channels, 5, 5, dtype=np.float32))
        for gradient, weight in layer(x).sum().backward():
            assert gradient.numpy().strides == weight.data.strides


def test_a_large_batch_lies_innermost_in_memory():
    x = Tensor(normal(16, 2, 6, 6, dtype=np.float32))
    y = nn.Conv2d(2, 3, 3)(x).numpy()
    assert y.strides == (4, 4 * 16 * 16, 4 * 16 * 4, 4 * 16)


def test_a_row_of_one_image_lies_innermost_in_memory():
    x = Tensor(normal(2, 2, 6, 6, dtype=np.float32))
    assert nn.Conv2d(2, 3, 3)(x).numpy().strides[3] == 4


@pytest.mark.parametrize("name", ["Conv2d", "ConvTranspose2d"])
def test_numbers_are_the_same_at_each_run(name):
    x = Tensor(normal(20, 4, 9, 9, dtype=np.float32))

    def run():
        layer = getattr(nn, name)(4, 6, 3, stride=2, generator=np.random.default_rng(1))
        y = layer(x)
        return [y.numpy(), *[g.numpy() for g, _ in (y * y).sum().backward()]]

    for first, second in zip(run(), run()):
        np.testing.assert_array_equal(first, second)


def test_parts_of_another_size_make_the_same_numbers_but_for_rounding(monkeypatch):
    x, w, g = (normal(*shape, dtype=np.float32) for shape in ((8, 3, 30, 30), (4, 3, 3, 3), (8, 4, 28, 28)))
    geometry = Geometry((30, 30), (3, 3), (28, 28), (1, 1), (1, 1), (0, 0), 1)
    whole = kernels.convolution(x, w, None, geometry), kernels.weight_gradient(x, g, geometry)
    go("by rows in small parts, products one by one", monkeypatch)
    parts = kernels.convolution(x, w, None, geometry), kernels.weight_gradient(x, g, geometry)
    np.testing.assert_allclose(parts[0], whole[0], atol=1e-5)
    np.testing.assert_allclose(parts[1], whole[1], rtol=1e-4, atol=1e-3)


def test_an_even_kernel_pads_more_behind_for_same():
    x, w = Tensor([[[1.0, 2.0, 3.0]]]), Tensor([[[1.0, 10.0]]])
    assert F.conv1d(x, w, padding="same").tolist() == [[[21.0, 32.0, 3.0]]]


def test_float16_is_multiplied_in_float32():
    x = Tensor(np.full((1, 4096, 1, 2), 0.5, np.float16))
    w = Tensor(np.full((1, 4096, 1, 2), 0.5, np.float16))
    y = F.conv2d(x, w)
    assert y.dtype == np.float16
    assert y.item() == 2048
    layer = nn.Conv2d(1, 2, 3, dtype=np.float16)
    assert [g.dtype for g, _ in layer(Tensor(np.ones((1, 1, 4, 4), np.float16))).sum().backward()] == [np.float16] * 2


def test_the_gradient_of_a_float16_bias_is_summed_in_float32():
    g = normal(16, 3, 40, 40, dtype=np.float16)
    for lay in (np.array, innermost):
        expected = g.sum((0, 2, 3), dtype=np.float64).astype(np.float16)
        np.testing.assert_array_equal(kernels.sum_of_channels(lay(g)), expected)


def test_sizes_may_be_numpys_ints():
    one = np.int64(1)
    y = F.conv2d(IMAGE, WEIGHT, stride=(one, one), padding=one, dilation=one, groups=one)
    np.testing.assert_array_equal(y.numpy(), F.conv2d(IMAGE, WEIGHT, padding=1).numpy())


def test_a_transposed_convolution_is_the_transpose():
    w = Tensor(normal(4, 2, 3, 2))
    x, y = Tensor(normal(2, 4, 7, 6)), Tensor(normal(2, 4, 4, 5, seed=6))
    options = {"stride": (2, 1), "padding": (1, 0), "groups": 2}
    left = (F.conv2d(x, w, **options) * y).sum().item()
    right = (x * F.conv_transpose2d(y, w, **options)).sum().item()
    assert left == pytest.approx(right, rel=1e-12)


def test_unfold_times_the_weights_is_the_convolution():
    x, w = Tensor(normal(2, 3, 5, 6)), Tensor(normal(4, 3, 2, 3))
    patches = F.unfold(x, (2, 3), padding=1, stride=2)
    y = (w.reshape(4, -1) @ patches).reshape(2, 4, 3, 3)
    np.testing.assert_allclose(y.numpy(), F.conv2d(x, w, padding=1, stride=2).numpy(), atol=1e-12)


def test_fold_adds_what_overlaps():
    ones = Tensor(np.ones((1, 4, 4)))
    assert F.fold(ones, 3, 2).tolist() == [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]


def test_weights_are_drawn_within_their_bound():
    for layer, fan in ((nn.Conv2d(6, 40, 3, groups=2), 27), (nn.ConvTranspose2d(40, 6, 3, groups=2), 27)):
        for weight in (layer.weight, layer.bias):
            assert np.abs(weight.data).max() <= fan**-0.5
        assert np.abs(layer.weight.data).max() > 0.95 * fan**-0.5
        assert layer.weight.data.std() == pytest.approx((3 * fan) ** -0.5, rel=0.1)


def test_a_layer_loads_a_state_in_any_layout():
    layer = nn.Conv2d(2, 3, 3)
    state = {"weight": np.asfortranarray(normal(3, 2, 3, 3, dtype=np.float32)), "bias": np.zeros(3, np.float32)}
    layer.load_state_dict(state)
    np.testing.assert_array_equal(layer.state_dict()["weight"], state["weight"])
    assert layer.weight.data.strides == nn.Conv2d(2, 3, 3).weight.data.strides


IMAGE, WEIGHT = Tensor(normal(2, 3, 5, 5)), Tensor(normal(4, 3, 3, 3))
WRONG = {
    "a kernel larger than the input": (lambda: F.conv2d(IMAGE, Tensor(normal(4, 3, 6, 3))), ValueError, "covers"),
    "a kernel that dilation makes too large": (lambda: F.conv2d(IMAGE, WEIGHT, dilation=3), ValueError, r"\(7, 7\)"),
    "another number of channels": (lambda: F.conv2d(Tensor(normal(2, 4, 5, 5)), WEIGHT), ValueError, "4 channels"),
    "too few dimensions": (lambda: F.conv2d(Tensor(normal(5, 5)), WEIGHT), ValueError, "2 dimensions"),
    "too many dimensions": (lambda: F.conv1d(IMAGE, Tensor(normal(4, 3, 3))), ValueError, "batch, 3, length"),
    "a weight of other dimensions": (lambda: F.conv1d(Tensor(normal(2, 3, 5)), WEIGHT), ValueError, "expected 3"),
    "groups that do not divide": (lambda: F.conv2d(IMAGE, WEIGHT, groups=3), ValueError, "3 groups"),
    "no groups": (lambda: F.conv2d(IMAGE, WEIGHT, groups=0), ValueError, "0 groups"),
    "a bias of another size": (lambda: F.conv2d(IMAGE, WEIGHT, Tensor(normal(3))), ValueError, "4 output channels"),
    "same with a stride": (lambda: F.conv2d(IMAGE, WEIGHT, padding="same", stride=2), ValueError, "stride of 1"),
    "another word for padding": (lambda: F.conv2d(IMAGE, WEIGHT, padding="full"), ValueError, "'full'"),
    "a stride of 0": (lambda: F.conv2d(IMAGE, WEIGHT, stride=0), ValueError, "stride"),
    "a negative padding": (lambda: F.conv2d(IMAGE, WEIGHT, padding=(0, -1)), ValueError, "padding"),
    "a stride for three dimensions": (lambda: F.conv2d(IMAGE, WEIGHT, stride=(1, 1, 1)), ValueError, "2 of them"),
    "a stride that is no int": (lambda: F.conv2d(IMAGE, WEIGHT, stride=1.5), TypeError, "stride"),
    "a stride whose second is no int": (lambda: F.conv2d(IMAGE, WEIGHT, stride=(1, 1.0)), TypeError, "conv2d: stride"),
    "a padding that is no int": (lambda: F.conv2d(IMAGE, WEIGHT, padding=1.0), TypeError, "conv2d: padding"),
    "no padding at all": (lambda: F.conv2d(IMAGE, WEIGHT, padding=None), TypeError, "conv2d: padding"),
    "a padding of lists": (lambda: F.conv2d(IMAGE, WEIGHT, padding=[[1], [1]]), TypeError, "conv2d: padding"),
    "groups that are no int": (lambda: F.conv2d(IMAGE, WEIGHT, groups=1.0), TypeError, "conv2d: groups"),
    "an empty image that padding fills": (
        lambda: F.conv2d(Tensor(normal(2, 3, 0, 5)), WEIGHT, padding=2),
        ValueError,
        "only the batch may be empty",
    ),
    "integers": (lambda: F.conv2d(Tensor(np.ones((1, 3, 5, 5), np.int64)), WEIGHT), TypeError, "floats, not int64"),
    "an array": (lambda: F.conv2d(IMAGE.numpy(), WEIGHT), TypeError, "expected a Tensor"),
    "a weight that is not read": (lambda: F.conv2d(IMAGE, TrainableWeight(WEIGHT)), TypeError, "weight.tensor"),
    "a transposed input of other channels": (lambda: F.conv_transpose2d(IMAGE, WEIGHT), ValueError, "expects 4"),
    "output padding of a stride": (
        lambda: F.conv_transpose2d(IMAGE, Tensor(normal(3, 2, 3, 3)), output_padding=1),
        ValueError,
        "smaller than the stride",
    ),
    "padding that leaves nothing": (
        lambda: F.conv_transpose2d(IMAGE, Tensor(normal(3, 2, 1, 1)), padding=3),
        ValueError,
        "an output of size",
    ),
    "an output size out of reach": (
        lambda: nn.ConvTranspose2d(3, 2, 3, stride=2)(IMAGE, output_size=(14, 11)),
        ValueError,
        r"\(11, 11\) to \(12, 12\)",
    ),
    "an output size of one number": (
        lambda: nn.ConvTranspose2d(3, 2, 3, stride=2)(IMAGE, output_size=(11,)),
        ValueError,
        "expected 2 or 4",
    ),
    "an output size that is no int": (
        lambda: nn.ConvTranspose2d(3, 2, 3, stride=2)(IMAGE, output_size=(11.0, 11.0)),
        TypeError,
        "conv_transpose2d: sizes",
    ),
    "an output size without a sequence": (
        lambda: nn.ConvTranspose2d(3, 2, 3, stride=2)(IMAGE, output_size=11),
        ValueError,
        "expected 2 or 4",
    ),
    "patches larger than the image": (lambda: F.unfold(IMAGE, 6), ValueError, "does not fit"),
    "patches of a volume": (lambda: F.unfold(Tensor(normal(1, 1, 2, 2, 2)), 2), ValueError, "unfold"),
    "columns that are no patches": (lambda: F.fold(Tensor(normal(1, 8, 5)), 3, 2), ValueError, "multiple of 4, 4"),
    "rows that are no taps": (lambda: F.fold(Tensor(normal(1, 7, 4)), 3, 2), ValueError, "multiple of 4"),
    "a layer of no channels": (lambda: nn.Conv2d(0, 3, 3), ValueError, "Conv2d: in_channels"),
    "a layer of half a channel": (lambda: nn.Conv2d(1.5, 3, 3), TypeError, "Conv2d: in_channels"),
    "a layer whose groups do not divide": (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "in_channels, 3"),
    "a layer whose groups leave outputs": (lambda: nn.Conv2d(4, 3, 3, groups=2), ValueError, "out_channels, 3"),
    "a layer with a kernel of 0": (lambda: nn.Conv1d(4, 3, 0), ValueError, "Conv1d: kernel_size"),
    "a layer with a word for a kernel": (lambda: nn.Conv1d(4, 3, "3"), TypeError, "Conv1d: kernel_size"),
    "a layer with same and a stride": (lambda: nn.Conv2d(3, 4, 3, 2, "same"), ValueError, "stride of 1"),
    "a layer with another padding mode": (
        lambda: nn.Conv2d(3, 4, 3, padding_mode="wrap"),
        ValueError,
        "padding_mode is one of",
    ),
    "a transposed layer with a padding mode": (
        lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"),
        ValueError,
        "padding_mode is 'zeros'",
    ),
    "a transposed layer with same": (lambda: nn.ConvTranspose2d(3, 4, 3, padding="same"), TypeError, "padding"),
    "a layer that folds with a stride of 0": (lambda: nn.Fold(3, 2, stride=0), ValueError, "Fold: stride"),
}


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_call_says_what_is_wrong(call):
    function, kind, message = WRONG[call]
    with pytest.raises(kind, match=message):
        function()


def test_an_error_names_the_layer():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 4))
    with pytest.raises(ValueError, match="covers") as error:
        model(IMAGE.to(np.float32))
    assert error.value.__notes__ == ["in layer 1: Conv2d(4, 4, kernel_size=(4, 4), stride=(1, 1))"]
