"""Rows of images resized, sampled and rearranged."""

import numpy as np

from layers.table import Array, Shape, function, layer, torch

LINE, IMAGE, VOLUME = (2, 3, 5), (2, 2, 4, 5), (2, 1, 3, 2, 4)
EMPTY = {3: (0, 3, 5), 4: (0, 2, 4, 5), 5: (0, 1, 3, 2, 4)}


def resized(mode, *shapes, **options):
    function("interpolate", mode=mode, inputs=[(shape,) for shape in shapes], **options)


for nearest in ("nearest", "nearest-exact"):
    for shape in (LINE, IMAGE, VOLUME):
        resized(nearest, shape, (1, *shape[1:]), EMPTY[len(shape)], scale_factor=2, option=f"{nearest} {len(shape)}d")
    resized(nearest, LINE, IMAGE, VOLUME, size=3)
    resized(nearest, LINE, IMAGE, scale_factor=1.7)
    resized(nearest, IMAGE, size=(7, 3))
    resized(nearest, IMAGE, scale_factor=(3, 0.5))
    resized(nearest, IMAGE, scale_factor=(1.3, 1.8), recompute_scale_factor=True)
    resized(nearest, IMAGE, size=(4, 5))

for mode, shape in (("linear", LINE), ("bilinear", IMAGE), ("bicubic", IMAGE), ("trilinear", VOLUME)):
    one = (1, 1, *(1,) * (len(shape) - 2))
    for align_corners in (None, False, True):
        option = f"{mode}, align_corners={align_corners}"
        given = {"align_corners": align_corners}
        resized(mode, shape, EMPTY[len(shape)], one, scale_factor=2, option=f"{option}, twice", **given)
        resized(mode, shape, one, size=4, option=f"{option}, size", **given)
        resized(mode, shape, size=1, option=f"{option}, one", **given)
        resized(mode, shape, scale_factor=1.7, option=f"{option}, scale_factor=1.7", **given)
        resized(mode, shape, scale_factor=1.7, recompute_scale_factor=True, option=f"{option}, recomputed", **given)
    resized(mode, shape, size=shape[2:], option=f"{mode} of the same size")

for mode in ("bilinear", "bicubic"):
    for align_corners in (None, True):
        # PyTorch is wrong for some images of one channel or of width 1.
        for size in ((3, 2), (7, 2), (2, 9)):
            resized(mode, (2, 2, 6, 7), size=size, align_corners=align_corners, antialias=True)
    resized(mode, (2, 2, 6, 7), scale_factor=(0.5, 1.5), antialias=True)
resized("lanczos", (2, 2, 9, 8), size=(4, 3), antialias=True)
resized("lanczos", (2, 2, 5, 6), scale_factor=1.5, antialias=True)

resized("area", LINE, IMAGE, VOLUME, size=2)
resized("area", LINE, IMAGE, (0, 2, 4, 5), size=7)
resized("area", IMAGE, scale_factor=0.5)
resized("area", IMAGE, scale_factor=(1.5, 0.7))

INTERPOLATE = torch and torch.nn.functional.interpolate  # PyTorch's older names warn


def aligned(*inputs, **options):
    return INTERPOLATE(*inputs, mode="bilinear", align_corners=True, **options)


function("upsample", scale_factor=2, inputs=[(IMAGE,)], torch=INTERPOLATE)
function("upsample", size=(3, 6), mode="bilinear", align_corners=True, inputs=[(IMAGE,)], torch=INTERPOLATE)
function("upsample_nearest", scale_factor=2, inputs=[(IMAGE,)], torch=INTERPOLATE)
function("upsample_bilinear", scale_factor=2, inputs=[(IMAGE,)], torch=aligned)

layer("Upsample", scale_factor=2, inputs=[(LINE,), (IMAGE,), (VOLUME,), (EMPTY[4],)])
layer("Upsample", size=(3, 6), mode="bicubic", inputs=[(IMAGE,)])
layer("Upsample", size=3, mode="linear", align_corners=True, inputs=[(LINE,)])
layer("Upsample", scale_factor=(1.5, 2.0), mode="bilinear", recompute_scale_factor=True, inputs=[(IMAGE,)])
layer("UpsamplingNearest2d", scale_factor=2, inputs=[(IMAGE,)])
layer("UpsamplingNearest2d", size=3, inputs=[(IMAGE,)])
layer("UpsamplingBilinear2d", scale_factor=2, inputs=[(IMAGE,)])
layer("UpsamplingBilinear2d", size=(3, 6), inputs=[(IMAGE,)])


# Places to sample at: inside and outside of the image, away from where the gradient jumps.


def images(generator: np.random.Generator, shape: Shape) -> Array:
    return generator.standard_normal(shape)


def places(generator: np.random.Generator, shape: Shape) -> Array:
    """Coordinates that are no multiple of 1/240, so of no edge or middle of an element of the images below."""
    steps = generator.integers(-360, 360, shape)
    return (steps + generator.uniform(0.3, 0.7, shape)) / 240


FLAT = [((2, 3, 4, 5), (2, 2, 3, 2)), ((1, 1, 1, 3), (1, 4, 1, 2)), ((0, 3, 4, 5), (0, 2, 3, 2))]
DEEP = [((2, 2, 3, 2, 4), (2, 1, 2, 2, 3)), ((0, 2, 3, 2, 4), (0, 1, 2, 2, 3))]
SAMPLED = (("bilinear", FLAT), ("bilinear", DEEP), ("nearest", FLAT), ("nearest", DEEP), ("bicubic", FLAT))

for mode, shapes in SAMPLED:
    for padding_mode in ("zeros", "border", "reflection"):
        for align_corners in (True, False):
            options = {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}
            option = f"{mode}, {padding_mode}, align_corners={align_corners}, {len(shapes[0][0])}d"
            live = (0,) if mode == "nearest" else None
            given = {"draw": (images, places), "differentiable": live, **options}
            # PyTorch has no second derivatives of it, so those are tried in a row of their own.
            function("grid_sample", inputs=shapes, second=False, option=option, **given)
            function("grid_sample", inputs=shapes[:1], oracle=False, option=f"{option}, twice", **given)

for align_corners in (True, False):
    function("affine_grid", (2, 1, 3, 4), align_corners, inputs=[((2, 2, 3),)])
    function("affine_grid", (2, 1, 3, 2, 4), align_corners, inputs=[((2, 3, 4),)])

for r in (1, 2, 3):
    shuffled = [((2, 2 * r * r, 2, 3),), ((r * r, 2, 1),), ((2, 1, r * r, 1, 2),)]
    unshuffled = [((2, 2, 2 * r, 3 * r),), ((1, 2 * r, r),), ((2, 1, 1, r, 2 * r),)]
    function("pixel_shuffle", r, inputs=shuffled)
    function("pixel_unshuffle", r, inputs=unshuffled)
    # PyTorch's answer to an empty batch has a gradient of another shape.
    function("pixel_shuffle", r, inputs=[((0, r * r, 2, 3),)], oracle=False, option=f"{r}, empty")
    function("pixel_unshuffle", r, inputs=[((0, 2, r, r),)], oracle=False, option=f"{r}, empty")
    layer("PixelShuffle", r, inputs=shuffled[:2])
    layer("PixelUnshuffle", r, inputs=unshuffled[:2])
for groups in (1, 2, 3):
    function("channel_shuffle", groups, inputs=[((2, 6, 2, 3),), ((2, 6, 3),), ((1, 6, 1, 2, 2),), ((0, 6, 2, 3),)])
    layer("ChannelShuffle", groups, inputs=[((2, 6, 2, 3),)])
