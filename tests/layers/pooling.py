"""Rows of pooling."""

import numpy as np

from layers.table import distinct, function, layer, positive

LINE = [((2, 3, 9),), ((3, 9),), ((0, 3, 9),), ((1, 3, 9),)]
PLANE = [((2, 2, 6, 7),), ((2, 6, 7),), ((0, 2, 6, 7),), ((1, 2, 6, 7),)]
SPACE = [((2, 2, 4, 5, 6),), ((2, 4, 5, 6),), ((0, 2, 4, 5, 6),)]
SHAPES = {1: LINE, 2: PLANE, 3: SPACE}


def above(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Distinct numbers above 0, whose absolute values are distinct too."""
    return distinct(generator, shape) + np.prod(shape)


for d, inputs in SHAPES.items():
    layer(f"MaxPool{d}d", 2, inputs=inputs, draw=distinct)
    layer(f"MaxPool{d}d", 3, 2, 1, inputs=inputs, draw=distinct)
    layer(f"MaxPool{d}d", 2, 3, 1, ceil_mode=True, inputs=inputs, draw=distinct)
    layer(f"MaxPool{d}d", 2, 1, dilation=2, inputs=inputs, draw=distinct)
    layer(f"MaxPool{d}d", 3, padding=1, dilation=1, return_indices=True, ceil_mode=True, inputs=inputs, draw=distinct)
    layer(f"AvgPool{d}d", 2, inputs=inputs)
    layer(f"AvgPool{d}d", 3, 2, 1, inputs=inputs)
    layer(f"AvgPool{d}d", 3, 2, 1, True, False, inputs=inputs)
    layer(f"AvgPool{d}d", 2, 3, 1, ceil_mode=True, inputs=inputs)
    layer(f"LPPool{d}d", 2, 2, inputs=inputs)
    layer(f"LPPool{d}d", 3, 2, stride=1, ceil_mode=True, inputs=inputs, draw=positive)
    layer(f"LPPool{d}d", 1.5, 3, 2, True, inputs=inputs, draw=positive)
    layer(f"LPPool{d}d", 1, 2, inputs=inputs, draw=positive)
    layer(f"LPPool{d}d", float("inf"), 2, inputs=inputs, draw=above)
    layer(f"AdaptiveAvgPool{d}d", 1, inputs=inputs)
    layer(f"AdaptiveAvgPool{d}d", 3, inputs=inputs)
    layer(f"AdaptiveAvgPool{d}d", 5, inputs=inputs)
    layer(f"AdaptiveMaxPool{d}d", 1, inputs=inputs, draw=distinct)
    layer(f"AdaptiveMaxPool{d}d", 4, inputs=inputs, draw=distinct)
    layer(f"AdaptiveMaxPool{d}d", 2, return_indices=True, inputs=inputs, draw=distinct)
    function(f"max_pool{d}d", 2, inputs=inputs, draw=distinct)
    function(f"max_pool{d}d", 3, 1, 1, 1, True, inputs=inputs, draw=distinct)
    function(f"max_pool{d}d", 2, return_indices=True, inputs=inputs, draw=distinct)
    function(f"max_pool{d}d_with_indices", 2, 1, inputs=inputs, draw=distinct)
    function(f"avg_pool{d}d", 2, inputs=inputs)
    function(f"avg_pool{d}d", 3, 1, 1, True, False, inputs=inputs)
    function(f"lp_pool{d}d", 2.0, 2, inputs=inputs, draw=positive)
    function(f"lp_pool{d}d", -float("inf"), 2, 1, inputs=inputs, draw=above)
    function(f"adaptive_avg_pool{d}d", 4, inputs=inputs)
    function(f"adaptive_max_pool{d}d", 3, inputs=inputs, draw=distinct)
    function(f"adaptive_max_pool{d}d_with_indices", 3, inputs=inputs, draw=distinct)

layer("MaxPool2d", (3, 2), (2, 1), (1, 0), (1, 2), inputs=PLANE, draw=distinct)
layer("AvgPool2d", (3, 2), (2, 1), (1, 0), inputs=PLANE)
layer("AvgPool2d", 2, divisor_override=3, inputs=PLANE)
layer("AvgPool3d", (2, 3, 1), 2, (1, 1, 0), divisor_override=-2, inputs=SPACE)
layer("LPPool2d", 2, (3, 2), (2, 1), inputs=PLANE)
layer("AdaptiveAvgPool2d", (None, 2), inputs=PLANE)
layer("AdaptiveAvgPool2d", (8, 4), inputs=PLANE)
layer("AdaptiveAvgPool3d", (2, None, 7), inputs=SPACE)
layer("AdaptiveMaxPool2d", (4, None), inputs=PLANE, draw=distinct)
layer("AdaptiveMaxPool3d", (3, 2, 8), inputs=SPACE, draw=distinct)
function("avg_pool2d", 2, divisor_override=5, inputs=PLANE)
function("avg_pool3d", 2, divisor_override=5, inputs=SPACE)


def places(*numbers: int, shape: tuple[int, ...]) -> np.ndarray:
    """The same numbers in every plane."""
    return np.broadcast_to(np.array(numbers).reshape(shape[2:]), shape).copy()


for batch in (2, 0, 1):
    line = places(1, 2, 5, shape=(batch, 2, 3))
    plane = places(1, 6, 13, 15, shape=(batch, 2, 2, 2))
    space = places(0, 3, 5, 6, 32, 35, 45, 63, shape=(batch, 1, 2, 2, 2))
    name = f"batch {batch}"
    layer("MaxUnpool1d", 2, call={"indices": line}, inputs=[(line.shape,)], option=name)
    layer("MaxUnpool2d", 2, call={"indices": plane}, inputs=[(plane.shape,)], option=name)
    layer("MaxUnpool3d", 2, call={"indices": space}, inputs=[(space.shape,)], option=name)
    function("max_unpool1d", line, 2, inputs=[(line.shape,)], option=name)
    function("max_unpool2d", plane, 2, inputs=[(plane.shape,)], option=name)
    function("max_unpool3d", space, 2, inputs=[(space.shape,)], option=name)
layer("MaxUnpool2d", (3, 2), (2, 2), (1, 0), call={"indices": plane[0] % 11}, inputs=[((2, 2, 2),)], option="unbatched")
layer("MaxUnpool2d", 2, call={"indices": plane, "output_size": (5, 4)}, inputs=[(plane.shape,)], option="output_size")
layer("MaxUnpool1d", 3, 2, 1, call={"indices": line[0] % 5}, inputs=[((2, 3),)], option="unbatched")

SAMPLES = np.random.default_rng(4).random((2, 3, 3))
planes, spaces = SAMPLES[..., :2].copy(), SAMPLES[:, :2].copy()
layer("FractionalMaxPool2d", 2, output_size=(4, 3), _random_samples=planes, inputs=[((2, 3, 8, 7),)], draw=distinct)
layer("FractionalMaxPool2d", (2, 3), output_ratio=(0.5, 0.6), _random_samples=planes, inputs=[((2, 3, 8, 9),)],
      draw=distinct)  # fmt: skip
layer("FractionalMaxPool2d", 2, 3, return_indices=True, _random_samples=planes[:1], draw=distinct,
      inputs=[((3, 8, 7),), ((1, 3, 8, 7),)])  # fmt: skip
layer("FractionalMaxPool2d", 2, 3, _random_samples=planes[:0], inputs=[((0, 3, 8, 7),)], draw=distinct)
layer("FractionalMaxPool3d", 2, output_size=(2, 3, 4), _random_samples=spaces, inputs=[((2, 2, 5, 6, 6),)],
      draw=distinct)  # fmt: skip
layer("FractionalMaxPool3d", 2, output_ratio=(0.5, 0.5, 0.6), _random_samples=spaces[:1], inputs=[((2, 5, 6, 6),)],
      draw=distinct)  # fmt: skip
function("fractional_max_pool2d", 2, 3, _random_samples=planes, inputs=[((2, 3, 8, 7),)], draw=distinct)
function("fractional_max_pool2d_with_indices", 2, 3, _random_samples=planes, inputs=[((2, 3, 8, 7),)], draw=distinct)
function("fractional_max_pool3d", 2, 3, _random_samples=spaces, inputs=[((2, 2, 5, 6, 6),)], draw=distinct)
function("fractional_max_pool3d_with_indices", 2, 3, _random_samples=spaces, inputs=[((2, 2, 5, 6, 6),)], draw=distinct)
