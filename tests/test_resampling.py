"""Images resized, sampled and rearranged: facts about them, and what is refused."""

import tracemalloc

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn import functional


def ones(*shape, dtype=np.float32):
    return Tensor(np.ones(shape, dtype))


def drawn(*shape, dtype=np.float32):
    return Tensor(np.random.default_rng(0).standard_normal(shape).astype(dtype))


# Values that are known


def test_nearest_repeats_each_element():
    x = Tensor([[[1.0, 2.0, 3.0]]])
    assert functional.interpolate(x, scale_factor=2).tolist() == [[[1, 1, 2, 2, 3, 3]]]
    assert functional.interpolate(x, size=7).tolist() == [[[1, 1, 1, 2, 2, 3, 3]]]
    assert functional.interpolate(x, size=7, mode="nearest-exact").tolist() == [[[1, 1, 2, 2, 2, 3, 3]]]
    assert functional.interpolate(x, size=2).tolist() == [[[1, 2]]]


def test_linear_is_between_the_elements():
    x = Tensor([[[0.0, 4.0]]])
    assert functional.interpolate(x, scale_factor=2, mode="linear").tolist() == [[[0, 1, 3, 4]]]
    assert functional.interpolate(x, size=5, mode="linear", align_corners=True).tolist() == [[[0, 1, 2, 3, 4]]]


def test_area_is_the_mean_of_what_an_output_covers():
    x = Tensor(np.arange(16.0).reshape(1, 1, 4, 4))
    assert functional.interpolate(x, size=2, mode="area").tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [False, True])
def test_an_image_of_one_value_keeps_it(mode, antialias):
    y = functional.interpolate(ones(1, 1, 5, 6), size=(3, 11), mode=mode, antialias=antialias)
    np.testing.assert_allclose(y.numpy(), 1, rtol=1e-6)


def test_the_first_bilinear_image_of_many_blocks_is_that_of_its_taps():
    x = drawn(1, 1, 1, 300, dtype=np.float64)
    y = functional.interpolate(x, size=(1, 517), mode="bilinear", align_corners=True).numpy()[0, 0, 0]
    np.testing.assert_allclose(y, np.interp(np.linspace(0, 299, 517), np.arange(300), x.numpy()[0, 0, 0]), rtol=1e-9)


# What is not finite


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "area", "nearest"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_where_its_element_reaches(mode, bad):
    x = np.ones((1, 1, 20, 20), np.float32)
    x[0, 0, 10, 10] = bad
    weight = TrainableWeight(x)
    y = functional.interpolate(weight.tensor(), scale_factor=2, mode=mode)
    wrong = np.argwhere(~np.isfinite(y.numpy()[0, 0]))
    assert len(wrong)
    assert wrong.min() >= 17 and wrong.max() <= 24
    g = np.ones(y.shape, np.float32)
    g[0, 0, 20, 20] = bad
    ((gradient, _),) = y.backward(Tensor(g))
    wrong = np.argwhere(~np.isfinite(gradient.numpy()[0, 0]))
    assert len(wrong)
    assert wrong.min() >= 8 and wrong.max() <= 12


def test_numbers_whose_squares_overflow_are_resized_as_others_are():
    x = drawn(1, 2, 5, 5)
    y = functional.interpolate(x, size=9, mode="bicubic").numpy()
    np.testing.assert_allclose(
        functional.interpolate(x * 2.0**100, size=9, mode="bicubic").numpy(), y * 2.0**100, rtol=1e-5, atol=1e24
    )


def test_an_element_outside_that_is_not_finite_is_not_sampled():
    x = np.full((1, 1, 2, 2), np.inf, np.float32)
    y = functional.grid_sample(Tensor(x), Tensor(np.full((1, 1, 1, 2), 3.0, np.float32)), align_corners=False)
    assert y.tolist() == [[[[0.0]]]]


# Kinds


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("size", [7, 3, 8])
def test_half_precision_stays(mode, size):
    x = drawn(1, 2, 4, 4)
    y = functional.interpolate(x.to(np.float16), size=size, mode=mode)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.numpy(), functional.interpolate(x, size=size, mode=mode).numpy(), atol=4e-3)


def test_images_of_bytes_are_resized_by_copies_only():
    x = Tensor(np.arange(4, dtype=np.uint8).reshape(1, 1, 2, 2))
    assert functional.interpolate(x, scale_factor=2).dtype == np.uint8
    for mode in ("bilinear", "area"):
        with pytest.raises(TypeError, match=r"interpolate: expected images of floats, not of uint8"):
            functional.interpolate(x, scale_factor=2, mode=mode)
    with pytest.raises(TypeError, match=r"expected images of floats, not of int64"):
        functional.interpolate(x.to(np.int64), scale_factor=2)


def test_the_same_size_gives_the_same_image():
    x = drawn(2, 3, 4, 5)
    for mode in ("nearest", "bilinear", "bicubic", "area"):
        np.testing.assert_array_equal(functional.interpolate(x, size=(4, 5), mode=mode).numpy(), x.numpy())


# What is refused

IMAGES = (1, 2, 4, 4)
WRONG = [
    ({}, ValueError, "interpolate: give either size or scale_factor"),
    ({"size": 2, "scale_factor": 2}, ValueError, "give either size or scale_factor"),
    ({"size": (2, 3, 4)}, ValueError, r"size \(2, 3, 4\) has 3 numbers for images of shape \(4, 4\)"),
    ({"scale_factor": (2.0,)}, ValueError, r"scale_factor \(2.0,\) has 1 numbers"),
    ({"size": 2.5}, TypeError, "size is of ints, not 2.5"),
    ({"size": 0}, ValueError, r"cannot resize shape \(1, 2, 4, 4\) to \(0, 0\)"),
    ({"size": (3, -1)}, ValueError, "cannot resize"),
    ({"scale_factor": 0.1}, ValueError, "cannot resize"),
    ({"scale_factor": -1}, ValueError, "scale_factor is to be positive, not -1"),
    ({"scale_factor": float("nan")}, ValueError, "scale_factor is to be positive"),
    ({"scale_factor": "2"}, TypeError, "scale_factor is of numbers"),
    ({"size": 2, "mode": "cubic"}, ValueError, "mode 'cubic' is none of nearest, linear"),
    ({"size": 2, "align_corners": True}, ValueError, "align_corners is not for mode 'nearest'"),
    ({"size": 2, "mode": "area", "align_corners": False}, ValueError, "align_corners is not for mode 'area'"),
    (
        {"size": 2, "mode": "linear"},
        ValueError,
        r"mode 'linear' resizes images of shape \(N, C, W\), and the input has 4",
    ),
    ({"size": 2, "mode": "trilinear"}, ValueError, r"resizes images of shape \(N, C, D, H, W\)"),
    ({"size": 2, "antialias": True}, ValueError, "antialias is for modes bilinear, bicubic and lanczos"),
    ({"size": 2, "mode": "lanczos"}, ValueError, "mode 'lanczos' is for antialias=True"),
    ({"size": 2, "recompute_scale_factor": True}, ValueError, "recompute_scale_factor is for a scale_factor"),
]


@pytest.mark.parametrize("options, kind, message", WRONG, ids=[str(options) for options, _, _ in WRONG])
def test_options_that_do_not_go_together_are_refused(options, kind, message):
    with pytest.raises(kind, match=message):
        functional.interpolate(ones(*IMAGES), **options)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (1, 1, 1, 1, 1, 1)])
def test_what_has_no_images_is_refused(shape):
    with pytest.raises(ValueError, match="interpolate: mode 'nearest' resizes images of shape"):
        functional.interpolate(ones(*shape), scale_factor=2)


def test_an_image_without_elements_is_refused_and_an_empty_batch_is_not():
    with pytest.raises(ValueError, match="cannot resize"):
        functional.interpolate(ones(2, 3, 0, 4), size=2)
    assert functional.interpolate(ones(0, 3, 4, 4), scale_factor=2).shape == (0, 3, 8, 8)


def test_a_weight_for_an_image_is_refused():
    weight = TrainableWeight(np.ones((1, 4, 2, 2), np.float32))
    calls = [
        lambda: functional.interpolate(weight, size=2),
        lambda: functional.grid_sample(weight, ones(1, 1, 1, 2)),
        lambda: functional.affine_grid(weight, (1, 1, 2, 2)),
        lambda: functional.pixel_shuffle(weight, 2),
        lambda: functional.pixel_unshuffle(weight, 2),
        lambda: functional.channel_shuffle(weight, 2),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"expected a Tensor, not TrainableWeight; weight.tensor\(\) reads it"):
            call()


def test_wrong_options_of_upsample_are_refused_at_once():
    with pytest.raises(ValueError, match="Upsample: give either size or scale_factor"):
        nn.Upsample(size=2, scale_factor=2)
    with pytest.raises(ValueError, match="Upsample: mode 'cubic' is none of"):
        nn.Upsample(size=2, mode="cubic")


SAMPLES = [
    ((1, 2, 3, 3), (1, 2, 2, 3), {}, ValueError, "grid_sample: images of shape"),
    ((1, 2, 3, 3), (2, 2, 2, 2), {}, ValueError, "grid_sample: images of shape"),
    ((1, 2, 3), (1, 2, 1), {}, ValueError, "grid_sample: images of shape"),
    ((1, 2, 0, 3), (1, 2, 2, 2), {}, ValueError, "have no element to sample"),
    ((1, 2, 3, 3, 3), (1, 1, 2, 2, 3), {"mode": "bicubic"}, ValueError, "mode 'bicubic' is for images of shape"),
    ((1, 2, 3, 3), (1, 2, 2, 2), {"mode": "linear"}, ValueError, "mode 'linear' is none of"),
    ((1, 2, 3, 3), (1, 2, 2, 2), {"padding_mode": "edge"}, ValueError, "padding_mode 'edge' is none of"),
]


@pytest.mark.parametrize("image, grid, options, kind, message", SAMPLES)
def test_wrong_calls_of_grid_sample_are_refused(image, grid, options, kind, message):
    with pytest.raises(kind, match=message):
        functional.grid_sample(ones(*image), ones(*grid), **options)


def test_images_and_places_of_two_dtypes_are_refused():
    with pytest.raises(TypeError, match="of one floating dtype, not float32 and float64"):
        functional.grid_sample(ones(1, 1, 2, 2), ones(1, 1, 1, 2, dtype=np.float64))


def test_wrong_calls_of_affine_grid_are_refused():
    for theta, size in (((1, 2, 3), (1, 1, 2)), ((1, 2, 3), (2, 1, 2, 2)), ((1, 3, 4), (1, 1, 2, 2))):
        with pytest.raises(ValueError, match="affine_grid: a theta of shape"):
            functional.affine_grid(ones(*theta), size)
    with pytest.raises(ValueError, match=r"affine_grid: size \(1, 1, 0, 2\) has no element"):
        functional.affine_grid(ones(1, 2, 3), (1, 1, 0, 2))
    with pytest.raises(TypeError, match="expected a theta of floats"):
        functional.affine_grid(ones(1, 2, 3, dtype=np.int64), (1, 1, 2, 2))


@pytest.mark.parametrize("align_corners", [True, False])
def test_the_identity_map_samples_the_image_itself(align_corners):
    x = drawn(2, 3, 4, 5, dtype=np.float64)
    theta = Tensor(np.tile(np.eye(2, 3), (2, 1, 1)))
    grid = functional.affine_grid(theta, x.shape, align_corners)
    for mode in ("bilinear", "nearest", "bicubic"):
        y = functional.grid_sample(x, grid, mode, align_corners=align_corners)
        np.testing.assert_allclose(y.numpy(), x.numpy(), atol=1e-12)


def test_the_nearest_element_has_no_gradient_for_the_places():
    x, grid = TrainableWeight(np.ones((1, 1, 2, 2), np.float32)), TrainableWeight(np.zeros((1, 1, 1, 2), np.float32))
    y = functional.grid_sample(x.tensor(), grid.tensor(), "nearest")
    assert [weight for _, weight in y.sum().backward()] == [x]


# Pixels and channels


def test_shuffling_back_gives_the_image_again():
    x = drawn(2, 3, 18, 2, 5)
    np.testing.assert_array_equal(functional.pixel_unshuffle(functional.pixel_shuffle(x, 3), 3).numpy(), x.numpy())


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: functional.pixel_shuffle(ones(1, 6, 2, 2), 2), "pixel_shuffle: the 6 channels of shape"),
        (lambda: functional.pixel_shuffle(ones(2, 2), 2), r"pixel_shuffle: expected images of shape \(..., C, H, W\)"),
        (
            lambda: functional.pixel_shuffle(ones(1, 4, 2, 2), 0),
            "pixel_shuffle: upscale_factor is to be at least 1, not 0",
        ),
        (lambda: functional.pixel_unshuffle(ones(1, 1, 3, 2), 2), r"pixel_unshuffle: images of \(3, 2\) in shape"),
        (lambda: functional.pixel_unshuffle(ones(2, 2), 2), "pixel_unshuffle: expected images"),
        (lambda: functional.channel_shuffle(ones(1, 5, 2, 2), 2), r"channel_shuffle: expected shape \(N, C, ...\)"),
        (lambda: functional.channel_shuffle(ones(2, 4), 2), "channel_shuffle: expected shape"),
        (lambda: nn.PixelShuffle(-2), "PixelShuffle: upscale_factor is to be at least 1, not -2"),
        (lambda: nn.PixelUnshuffle(0), "PixelUnshuffle: downscale_factor is to be at least 1"),
        (lambda: nn.ChannelShuffle(0), "ChannelShuffle: groups is to be at least 1"),
    ],
)
def test_what_cannot_be_shuffled_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_factor_that_is_no_int_is_refused():
    with pytest.raises(TypeError, match="PixelShuffle: upscale_factor is to be an int, not float"):
        nn.PixelShuffle(2.0)


def test_sizes_and_scales_may_be_any_sequences():
    x = Tensor(np.arange(8.0, dtype=np.float32).reshape(1, 1, 2, 4))
    for size in ([4, 2], (4, 2), np.array([4, 2])):
        assert functional.interpolate(x, size).shape == (1, 1, 4, 2)
    for scale in ([2, 0.5], (2.0, 0.5), np.array([2, 0.5])):
        assert functional.interpolate(x, scale_factor=scale).shape == (1, 1, 4, 2)
        assert repr(nn.Upsample(scale_factor=scale)) == "Upsample(scale_factor=(2.0, 0.5), mode='nearest')"


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"size": 2.0}, TypeError, "interpolate: size is of ints, not 2.0"),
        ({"size": [2, [3]]}, TypeError, "interpolate: size is of ints, not"),
        ({"size": Tensor([2.0, 3.0])}, TypeError, "interpolate: size is of ints, not"),
        ({"scale_factor": "ab"}, TypeError, "interpolate: scale_factor is of numbers, not 'ab'"),
        ({"scale_factor": [2, [3]]}, TypeError, "interpolate: scale_factor is of numbers, not"),
        ({"size": 2, "mode": ["nearest"]}, ValueError, "interpolate: mode ['nearest'] is none of"),
    ],
)
def test_wrong_sizes_are_refused_whatever_was_asked_for_before(options, kind, words):
    x = Tensor(np.ones((1, 1, 4, 4), np.float32))
    functional.interpolate(x, 2)
    with pytest.raises(kind) as caught:
        functional.interpolate(x, **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "kind"), [("a", TypeError), ([2, "a"], TypeError), (0.0, ValueError), (-1, ValueError)]
)
def test_an_upsampling_by_a_wrong_scale_is_refused_at_once(wrong, kind):
    with pytest.raises(kind, match="Upsample: scale_factor is"):
        nn.Upsample(scale_factor=wrong)


@pytest.mark.parametrize("padding_mode", ["border", "reflection"])
def test_a_place_that_is_no_number_takes_nothing_from_another_image(padding_mode):
    x = Tensor(np.arange(1.0, 9.0, dtype=np.float32).reshape(2, 1, 2, 2))
    grid = Tensor(np.full((2, 1, 1, 2), np.nan, np.float32))
    y = functional.grid_sample(x, grid, "nearest", padding_mode)
    assert y.numpy().ravel().tolist() == [1.0, 5.0]  # the first of each, as in PyTorch


@pytest.mark.parametrize("mode", ["bicubic", "area"])
def test_a_dimension_that_keeps_its_size_costs_no_matrix_of_its_size_squared(mode):
    x = drawn(1, 1, 3001, 1)
    tracemalloc.start()
    y = functional.interpolate(x, size=(3001, 1), mode=mode)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(y.numpy(), x.numpy())
    assert peak < 4e6
