"""Transforms of images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight
from kytorch.data import DataLoader, TensorDataset
from kytorch.data.images import (
    cutout,
    normalize,
    random_crop,
    random_horizontal_flip,
    random_shift,
    random_vertical_flip,
)
from kytorch.testing import check_gradients

RANDOM: dict[str, Callable[..., Tensor]] = {
    "random_crop": partial(random_crop, size=(4, 3)),
    "random_crop of padded images": partial(random_crop, size=5, padding=2),
    "random_shift": partial(random_shift, distance=2),
    "random_horizontal_flip": random_horizontal_flip,
    "random_vertical_flip": partial(random_vertical_flip, p=0.3),
    "cutout": partial(cutout, size=3),
}
every = pytest.mark.parametrize("transform", RANDOM.values(), ids=RANDOM)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def numbered(n: int, channels: int = 2, height: int = 5, width: int = 6) -> np.ndarray:
    """Images in which no two pixels are alike, and none is 0."""
    return np.arange(1, n * channels * height * width + 1, dtype=np.float64).reshape(n, channels, height, width)


def padded(image: np.ndarray, by: int) -> np.ndarray:
    return np.pad(image, ((0, 0), (by, by), (by, by)))


def even(counts: Counter[Any], kinds: int) -> bool:
    """Whether each of `kinds` outcomes came about equally often: within five standard deviations of the mean."""
    n = sum(counts.values())
    return len(counts) == kinds and all(abs(c - n / kinds) < 5 * (n / kinds) ** 0.5 for c in counts.values())


# All that are random


@every
def test_a_seed_fixes_what_is_drawn_and_another_one_changes_it(transform: Callable[..., Tensor]) -> None:
    images = Tensor(numbered(50))
    first, again, other = [transform(images, generator=seeded(seed)).numpy() for seed in (1, 1, 2)]
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@every
def test_without_a_generator_the_default_one_draws(transform: Callable[..., Tensor]) -> None:
    images = Tensor(numbered(50))
    kt.manual_seed(3)
    drawn = transform(images).numpy()
    np.testing.assert_array_equal(drawn, transform(images, generator=seeded(3)))
    assert (drawn != transform(images).numpy()).any()


@every
def test_the_images_of_a_batch_are_changed_apart(transform: Callable[..., Tensor]) -> None:
    same = Tensor(np.repeat(numbered(1), 30, 0))
    assert len(np.unique(transform(same, generator=seeded()).numpy(), axis=0)) > 1


@every
@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_the_dtype_is_kept_and_the_images_are_not_changed(transform: Callable[..., Tensor], dtype: type) -> None:
    array = (numbered(4) % 200).astype(dtype)
    images = Tensor(array)
    assert transform(images, generator=seeded()).dtype == dtype
    np.testing.assert_array_equal(images, array)


@every
def test_a_batch_may_be_empty(transform: Callable[..., Tensor]) -> None:
    assert len(transform(Tensor(numbered(0)), generator=seeded())) == 0


@every
def test_a_gradient_flows_through(transform: Callable[..., Tensor]) -> None:
    check_gradients(lambda x: transform(x, generator=seeded()), Tensor(seeded(1).normal(size=(3, 2, 5, 6))))


@every
@pytest.mark.parametrize(
    ("images", "error", "said"),
    [
        (np.zeros((1, 1, 5, 6)), TypeError, "expected a Tensor of images, not ndarray"),
        (Tensor(np.zeros((1, 5, 6))), ValueError, r"expected images of shape \(N, C, H, W\), not \(1, 5, 6\)"),
        (Tensor(np.zeros((2, 1, 0, 6))), ValueError, r"images of shape \(2, 1, 0, 6\) have no pixels"),
        (Tensor(np.zeros((2, 1, 5, 0))), ValueError, r"images of shape \(2, 1, 5, 0\) have no pixels"),
    ],
)
def test_what_is_no_batch_of_images_is_refused(
    transform: Callable[..., Tensor], images: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=rf"^[a-z_]+: {said}"):
        transform(images)


@every
def test_a_seed_for_a_generator_is_refused(transform: Callable[..., Tensor]) -> None:
    with pytest.raises(TypeError, match="generator"):
        transform(Tensor(numbered(1)), generator=0)


def test_a_loader_transforms_each_batch_alike_with_and_without_threads() -> None:
    def augmented(batch: tuple[Tensor, ...], generator: np.random.Generator) -> tuple[Tensor, ...]:
        images, labels = batch
        images = random_crop(images, 4, padding=1, generator=generator)
        images = random_horizontal_flip(images, generator=generator)
        return normalize(images, 0.5, 0.5), labels

    dataset = TensorDataset(numbered(40), np.arange(40))
    runs = [
        DataLoader(dataset, 8, shuffle=True, transform=augmented, num_workers=n, generator=seeded()) for n in (0, 2)
    ]
    first, second = [[x.numpy() for x, _ in loader] for loader in runs], [[x.numpy() for x, _ in runs[0]]]
    np.testing.assert_array_equal(first[0], first[1])
    assert first[0][0].shape == (8, 2, 4, 4)
    assert (np.array(first[0]) != np.array(second[0])).any()


# random_crop and random_shift


@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize(("size", "height", "width"), [(4, 4, 4), ((3, 5), 3, 5), ([5, 1], 5, 1), (np.int64(2), 2, 2)])
def test_each_crop_is_a_part_of_its_image_at_a_place_drawn_evenly(
    padding: int, size: Any, height: int, width: int
) -> None:
    n = 3000
    images = np.repeat(numbered(2), n, 0)
    crops = random_crop(Tensor(images), size, padding=padding, generator=seeded()).numpy()
    assert crops.shape == (2 * n, 2, height, width)
    down, right = 5 + 2 * padding - height + 1, 6 + 2 * padding - width + 1
    for image, of_it in ((numbered(2)[0], crops[:n]), (numbered(2)[1], crops[n:])):
        whole = padded(image, padding)
        parts = {whole[:, i : i + height, j : j + width].tobytes(): (i, j) for i in range(down) for j in range(right)}
        if len(parts) == down * right:
            assert even(Counter(parts[crop.tobytes()] for crop in of_it), down * right)
        else:  # some lie in the padding alone and look alike
            assert {crop.tobytes() for crop in of_it} == set(parts)


def test_a_crop_of_the_whole_is_the_image() -> None:
    np.testing.assert_array_equal(random_crop(Tensor(numbered(3)), (5, 6)), numbered(3))


def test_a_shift_moves_evenly_and_zeros_move_in() -> None:
    image, n, by = numbered(1)[0], 5000, 2
    shifted = random_shift(Tensor(np.repeat(image[None], n, 0)), by, generator=seeded()).numpy()
    assert shifted.shape == (n, 2, 5, 6)
    whole = padded(image, by)
    moved = {whole[:, i : i + 5, j : j + 6].tobytes(): (i, j) for i in range(5) for j in range(5)}
    assert even(Counter(moved[x.tobytes()] for x in shifted), 25)


def test_a_shift_of_no_distance_changes_nothing() -> None:
    np.testing.assert_array_equal(random_shift(Tensor(numbered(3)), 0), numbered(3))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (partial(random_crop, size=6), ValueError, "random_crop: a part of 6 x 6 in images of 5 x 6, padding included"),
        (partial(random_crop, size=(5, 9), padding=1), ValueError, "a part of 5 x 9 in images of 7 x 8"),
        (partial(random_crop, size=0), ValueError, "a part of 0 x 0"),
        (partial(random_crop, size=(1, 2, 3)), ValueError, r"expected a size of \(height, width\), not \(1, 2, 3\)"),
        (partial(random_crop, size=2.0), TypeError, "random_crop: sizes are ints"),
        (partial(random_crop, size=2, padding=-1), ValueError, "a negative number of pixels of padding, -1"),
        (partial(random_shift, distance=-1), ValueError, "a negative number of pixels of distance, -1"),
        (partial(random_shift, distance=1.5), TypeError, "random_shift: pixels of distance is an int, not float"),
        (partial(random_horizontal_flip, p=1.5), ValueError, "random_horizontal_flip: .* not 1.5"),
        (partial(random_vertical_flip, p=-0.1), ValueError, "random_vertical_flip: .* not -0.1"),
        (partial(random_vertical_flip, p=float("nan")), ValueError, "not nan"),
        (partial(random_vertical_flip, p="half"), TypeError, "str"),
        (partial(cutout, size=-1), ValueError, "cutout: a negative number of pixels of size, -1"),
    ],
)
def test_a_wrong_option_is_refused(call: Callable[..., Tensor], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call(Tensor(numbered(2)))


# Flips


@pytest.mark.parametrize(("flip", "axis"), [(random_horizontal_flip, -1), (random_vertical_flip, -2)])
@pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 1.0])
def test_each_image_is_flipped_with_the_probability(flip: Callable[..., Tensor], axis: int, p: float) -> None:
    n = 4000
    images = numbered(n)
    found = flip(Tensor(images), p, generator=seeded()).numpy()
    flipped = (found == np.flip(images, axis)).all((1, 2, 3))
    assert (flipped | (found == images).all((1, 2, 3))).all()
    assert abs(flipped.mean() - p) <= 5 * (p * (1 - p) / n) ** 0.5


def test_half_of_the_images_are_flipped_unless_told_otherwise() -> None:
    for flip in (random_horizontal_flip, random_vertical_flip):
        images = Tensor(numbered(30))
        np.testing.assert_array_equal(flip(images, generator=seeded()), flip(images, 0.5, generator=seeded()))


# cutout


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 20])
def test_a_square_about_a_centre_drawn_evenly_is_cut_out(size: int) -> None:
    image, n = numbered(1)[0], 6000
    cut = cutout(Tensor(np.repeat(image[None], n, 0)), size, generator=seeded()).numpy()
    expected = Counter()
    for y in range(5):
        for x in range(6):
            copy = image.copy()
            top, left = y - size // 2, x - size // 2
            copy[:, max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
            expected[copy.tobytes()] += 1 / 30
    found = Counter(x.tobytes() for x in cut)
    assert found.keys() == expected.keys()
    for kind, share in expected.items():
        assert abs(found[kind] - n * share) <= 5 * (n * share) ** 0.5


# normalize


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_each_channel_is_centred_and_scaled(dtype: type) -> None:
    images = seeded().normal(3, 2, (4, 3, 5, 6)).astype(dtype)
    mean, std = [0.5, -1.0, 2.0], (0.25, 2.0, 3.0)
    found = normalize(Tensor(images), mean, std)
    assert found.dtype == dtype
    for channel in range(3):
        expected = (images[:, channel] - dtype(mean[channel])) / dtype(std[channel])
        np.testing.assert_array_equal(found[:, channel], expected)


def test_with_the_images_own_statistics_the_mean_is_0_and_the_deviation_1() -> None:
    images = Tensor(seeded().normal(3, 2, (4, 3, 5, 6)))
    dims = (0, 2, 3)
    found = normalize(images, images.mean(dims), images.std(dims, correction=0))
    np.testing.assert_allclose(found.mean(dims), 0, atol=1e-12)
    np.testing.assert_allclose(found.std(dims, correction=0), 1, atol=1e-12)


def test_one_number_is_for_all_channels() -> None:
    images = Tensor(numbered(2))
    np.testing.assert_array_equal(normalize(images, 2, 4.0), (numbered(2) - 2) / 4)
    np.testing.assert_array_equal(normalize(images, np.array(2), [4.0, 4.0]), (numbered(2) - 2) / 4)


def test_a_gradient_flows_through_normalize() -> None:
    weight = TrainableWeight(np.ones((1, 2, 1, 1)))
    [(gradient, _)] = normalize(weight.tensor(), [1.0, 2.0], [2.0, 4.0]).sum().backward()
    assert gradient.reshape(2).tolist() == [0.5, 0.25]


def test_a_gradient_flows_through_the_statistics() -> None:
    check_gradients(
        lambda x: normalize(x, x.mean((0, 2, 3)), x.std((0, 2, 3))), Tensor(seeded().normal(size=(3, 2, 4, 5)))
    )
    images, mean = Tensor(numbered(2).astype(np.float32)), TrainableWeight(np.zeros(2))
    [(gradient, _)] = normalize(images, mean.tensor(), 0.5).sum().backward()
    assert gradient.tolist() == [-120.0, -120.0] and gradient.dtype == np.float64


@pytest.mark.parametrize(
    ("images", "mean", "std", "error", "said"),
    [
        (Tensor(np.zeros((1, 3, 2, 2), np.uint8)), 0.5, 0.5, TypeError, "expected images of floats, not uint8"),
        (Tensor(np.zeros((1, 3, 2, 2))), [0.5] * 2, 1.0, ValueError, r"mean of shape \(2,\) for images of shape"),
        (Tensor(np.zeros((1, 3, 2, 2))), 0.5, [[1.0] * 3], ValueError, r"std of shape \(1, 3\) for images of shape"),
        (Tensor(np.zeros((1, 3, 2, 2))), 0.5, 0.0, ValueError, "std is to be above 0 and finite, not 0.0 as float64"),
        (Tensor(np.zeros((1, 3, 2, 2))), 0.5, [1.0, -1.0, 1.0], ValueError, "std is to be above 0"),
        (Tensor(np.zeros((1, 3, 2, 2))), 0.5, float("nan"), ValueError, "std is to be above 0"),
        (Tensor(np.zeros((1, 3, 2, 2))), 0.5, float("inf"), ValueError, "std is to be above 0 and finite, not inf"),
        (Tensor(np.zeros((1, 3, 2, 2))), float("nan"), 0.5, ValueError, "mean is to be finite, not nan"),
        (Tensor(np.zeros((1, 3, 2, 2))), [0.5, -float("inf"), 0], 0.5, ValueError, "mean is to be finite, not .0.5"),
        (Tensor(np.zeros((1, 3, 2, 2), np.float16)), 1e6, 0.5, ValueError, "mean is to be finite, not inf as float16"),
        (Tensor(np.zeros((3, 2, 2))), 0.5, 1.0, ValueError, "normalize: expected images of shape"),
        (np.zeros((1, 3, 2, 2)), 0.5, 1.0, TypeError, "normalize: expected a Tensor of images"),
    ],
)
def test_statistics_that_do_not_fit_are_refused(
    images: Any, mean: Any, std: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        normalize(images, mean, std)
