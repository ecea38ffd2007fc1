"""Convolution at random options, on the edges and in other layouts, against PyTorch."""

import warnings

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside

from kytorch import Tensor, nn

torch = pytest.importorskip("torch")


def drawn(generator, n, transposed):
    """A random call of a convolution of `n` dimensions that fits."""
    while True:
        groups, inputs, outputs = generator.choice([1, 1, 2, 3]), generator.integers(1, 4), generator.integers(1, 4)
        batch = int(generator.choice([1, 2, 16, 18]))
        size, kernel, stride, dilation, padding = (
            [int(x) for x in generator.integers(low, high, n)]
            for low, high in ((1, 10), (1, 5), (1, 4), (1, 4), (0, 3))
        )
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": int(groups)}
        extent = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
        if transposed:
            more = [int(generator.integers(0, max(s, d))) for s, d in zip(stride, dilation)]
            options["output_padding"] = more
            sizes = zip(size, stride, padding, extent, more)
            if min((m - 1) * s - 2 * p + e + a for m, s, p, e, a in sizes) < 1:
                continue
            channels, weight, bias = groups * inputs, (groups * inputs, outputs, *kernel), groups * outputs
        else:
            if any(m + 2 * p < e for m, p, e in zip(size, padding, extent)):
                continue
            channels, weight, bias = groups * inputs, (groups * outputs, inputs, *kernel), groups * outputs
        arrays = [generator.standard_normal(shape) for shape in ((batch, channels, *size), weight, (bias,))]
        return arrays, options


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(
    "name", ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]
)
def test_random_options_are_pytorchs(name, seed):
    arrays, options = drawn(np.random.default_rng(seed), int(name[-2]), "transpose" in name)
    ours, theirs = getattr(nn.functional, name), getattr(torch.nn.functional, name)
    calls = [lambda x, w, b, f=f: f(x, w, b, **options) for f in (ours, theirs)]
    beside(*calls, tuple(arrays), CLOSE[np.float64] | {"rtol": 1e-10, "atol": 1e-10})
    if seed < 6:
        second_beside(*calls, tuple([a[:2] if i == 0 else a for i, a in enumerate(arrays)]))


@pytest.mark.parametrize("kernel", [2, 4, (2, 3)])
@pytest.mark.parametrize("mode", ["zeros", "replicate"])
def test_same_with_an_even_kernel_is_pytorchs(kernel, mode):
    x = np.random.default_rng(1).standard_normal((2, 2, 5, 6)).astype(np.float32)
    theirs = torch.nn.Conv2d(2, 3, kernel, padding="same", padding_mode=mode)
    ours = nn.Conv2d(2, 3, kernel, padding="same", padding_mode=mode)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that it pads by a copy
        expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(Tensor(x)).numpy(), expected, rtol=2e-5, atol=1e-6)


LAYERS = {
    "a kernel of 3 on 2": ("Conv2d", (1, 1, 3), {}, (1, 1, 2, 2)),
    "two channels too few": ("Conv2d", (3, 1, 1), {}, (1, 1, 2, 2)),
    "two dimensions": ("Conv2d", (1, 1, 1), {}, (2, 2)),
    "groups": ("Conv2d", (3, 3, 1), {"groups": 2}, (1, 3, 2, 2)),
    "same with a stride": ("Conv1d", (1, 1, 3), {"padding": "same", "stride": 2}, (1, 1, 4)),
    "output padding": ("ConvTranspose1d", (1, 1, 3), {"output_padding": 1}, (1, 1, 4)),
    "nothing left": ("ConvTranspose1d", (1, 1, 1), {"padding": 3}, (1, 1, 4)),
    "a padding mode": ("ConvTranspose1d", (1, 1, 1), {"padding_mode": "reflect"}, (1, 1, 4)),
    "patches": ("Unfold", (3,), {}, (1, 1, 2, 2)),
    "columns": ("Fold", (3, 2), {}, (1, 4, 5)),
}


@pytest.mark.parametrize("case", LAYERS)
def test_what_pytorch_refuses_is_refused(case):
    name, arguments, options, shape = LAYERS[case]
    with pytest.raises((RuntimeError, ValueError)):
        getattr(torch.nn, name)(*arguments, **options)(torch.ones(shape))
    with pytest.raises(ValueError, match=r"."):
        getattr(nn, name)(*arguments, **options)(Tensor(np.ones(shape, np.float32)))


def test_a_convolution_takes_a_batch_that_is_innermost_in_memory():
    x = np.moveaxis(np.random.default_rng(1).standard_normal((3, 5, 6, 18)), -1, 0)
    w = np.random.default_rng(2).standard_normal((4, 3, 3, 3))
    beside(nn.functional.conv2d, torch.nn.functional.conv2d, (x, w), CLOSE[np.float64] | {"atol": 1e-11})
