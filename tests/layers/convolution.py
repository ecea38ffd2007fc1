"""Rows of convolution, its transpose, and images as columns."""

from layers.table import function, layer

# One dimension
layer("Conv1d", 2, 3, 3, inputs=[((2, 2, 6),), ((2, 6),), ((1, 2, 3),), ((0, 2, 6),)])
layer("Conv1d", 2, 4, 3, stride=2, padding=2, dilation=2, groups=2, inputs=[((2, 2, 7),), ((2, 7),)])
layer("Conv1d", 2, 2, 4, padding="same", dilation=2, inputs=[((2, 2, 6),), ((2, 6),)])
layer("Conv1d", 2, 2, 3, padding="valid", bias=False, inputs=[((2, 2, 6),)])
layer("Conv1d", 1, 2, 3, padding=2, padding_mode="reflect", inputs=[((2, 1, 6),), ((1, 6),)])
layer("Conv1d", 1, 2, 3, padding=2, padding_mode="circular", inputs=[((2, 1, 6),)])
layer("Conv1d", 2, 3, 1, inputs=[((2, 2, 4),), ((2, 4),)])
layer("Conv1d", 3, 3, 3, groups=3, padding=1, inputs=[((2, 3, 5),), ((17, 3, 4),)])

# Two dimensions
layer("Conv2d", 2, 3, 3, inputs=[((2, 2, 4, 5),), ((2, 4, 5),), ((1, 2, 3, 3),), ((0, 2, 4, 5),)])
layer("Conv2d", 2, 3, (2, 3), stride=2, padding=1, inputs=[((2, 2, 5, 6),), ((2, 5, 6),), ((17, 2, 4, 4),)])
layer("Conv2d", 2, 2, (3, 2), stride=(1, 2), padding=(2, 0), dilation=(2, 1), inputs=[((2, 2, 5, 4),)])
layer("Conv2d", 4, 2, 3, groups=2, padding=1, inputs=[((2, 4, 3, 4),), ((0, 4, 3, 4),)])
layer("Conv2d", 2, 4, 3, groups=2, inputs=[((2, 2, 4, 4),), ((2, 4, 4),), ((16, 2, 3, 3),)])
layer("Conv2d", 2, 2, 3, groups=2, stride=2, padding=1, bias=False, inputs=[((2, 2, 5, 5),)])
layer("Conv2d", 2, 2, 3, groups=2, stride=2, dilation=3, padding=3, inputs=[((1, 2, 5, 6),)])
layer("Conv2d", 3, 2, 1, inputs=[((2, 3, 3, 2),), ((3, 3, 2),), ((0, 3, 3, 2),), ((16, 3, 2, 2),)])
layer("Conv2d", 3, 2, 1, stride=2, bias=False, inputs=[((2, 3, 5, 4),)])
layer("Conv2d", 2, 2, (3, 2), padding="same", dilation=(1, 2), inputs=[((1, 2, 4, 5),), ((2, 4, 5),)])
layer("Conv2d", 2, 2, 2, padding="same", padding_mode="replicate", inputs=[((2, 2, 3, 4),), ((2, 3, 4),)])
layer("Conv2d", 1, 2, 3, padding=(1, 2), padding_mode="reflect", inputs=[((2, 1, 4, 4),)])
layer("Conv2d", 1, 2, 3, padding=(1, 2), padding_mode="circular", stride=2, inputs=[((2, 1, 4, 4),)])
layer("Conv2d", 1, 2, 3, padding=3, stride=3, inputs=[((2, 1, 3, 4),)])

# Three dimensions
layer("Conv3d", 1, 2, 2, inputs=[((2, 1, 3, 2, 3),), ((1, 3, 2, 3),), ((0, 1, 3, 2, 3),)])
layer("Conv3d", 2, 2, (1, 2, 3), stride=(1, 2, 1), padding=(0, 1, 1), groups=2, inputs=[((1, 2, 2, 3, 3),)])
layer("Conv3d", 2, 2, 2, padding="same", padding_mode="circular", groups=1, bias=False, inputs=[((1, 2, 2, 2, 2),)])

# Transposed
layer("ConvTranspose1d", 2, 3, 3, inputs=[((2, 2, 4),), ((2, 4),), ((1, 2, 1),), ((0, 2, 4),)])
layer("ConvTranspose1d", 2, 4, 3, stride=3, padding=1, output_padding=2, groups=2, inputs=[((2, 2, 3),), ((2, 3),)])
layer("ConvTranspose1d", 2, 2, 2, stride=4, bias=False, inputs=[((2, 2, 3),), ((16, 2, 3),)])
layer("ConvTranspose2d", 2, 3, 3, inputs=[((2, 2, 2, 3),), ((2, 2, 3),), ((0, 2, 2, 3),)])
layer("ConvTranspose2d", 2, 2, 4, stride=2, padding=1, inputs=[((2, 2, 3, 2),), ((2, 3, 2),), ((16, 2, 2, 2),)])
layer("ConvTranspose2d", 2, 2, (3, 2), stride=(2, 1), output_padding=(1, 0), dilation=(1, 2), inputs=[((1, 2, 3, 2),)])
layer("ConvTranspose2d", 3, 3, 3, stride=2, padding=1, output_padding=1, groups=3, inputs=[((2, 3, 2, 2),)])
layer("ConvTranspose2d", 4, 2, 2, groups=2, dilation=2, stride=2, bias=False, inputs=[((1, 4, 2, 3),)])
layer("ConvTranspose2d", 2, 3, 1, inputs=[((2, 2, 3, 2),)])
layer("ConvTranspose2d", 2, 1, 3, stride=2, call={"output_size": (6, 5)}, inputs=[((2, 2, 2, 2),), ((2, 2, 2),)])
layer("ConvTranspose3d", 2, 1, 2, stride=2, inputs=[((1, 2, 2, 1, 2),), ((2, 2, 1, 2),), ((0, 2, 2, 1, 2),)])
layer("ConvTranspose3d", 1, 2, (1, 2, 3), stride=(2, 1, 2), padding=(0, 0, 1), output_padding=(1, 0, 1),
      inputs=[((2, 1, 1, 2, 2),)])  # fmt: skip

# Functions
function("conv1d", inputs=[((2, 2, 5), (3, 2, 3), (3,)), ((2, 5), (3, 2, 3)), ((0, 2, 5), (3, 2, 3), (3,))])
function("conv1d", None, 2, 1, 2, 2, inputs=[((2, 4, 7), (2, 2, 3))])
function("conv2d", inputs=[((2, 2, 4, 3), (3, 2, 3, 2), (3,)), ((2, 4, 3), (3, 2, 3, 2))])
function("conv2d", None, (2, 1), "valid", 1, 2, inputs=[((2, 4, 4, 3), (2, 2, 2, 2))])
function("conv2d", padding="same", groups=2, inputs=[((2, 2, 3, 3), (4, 1, 3, 1), (4,))])
function("conv3d", inputs=[((1, 2, 2, 3, 2), (2, 2, 2, 2, 1), (2,)), ((2, 2, 3, 2), (2, 2, 2, 2, 1))])
function("conv3d", None, 2, 1, inputs=[((1, 1, 2, 3, 2), (2, 1, 2, 2, 3))])
function("conv_transpose1d", inputs=[((2, 2, 3), (2, 3, 2), (3,)), ((2, 3), (2, 3, 2)), ((0, 2, 3), (2, 3, 2))])
function("conv_transpose1d", None, 3, 1, 2, 2, 2, inputs=[((2, 4, 3), (4, 1, 3))])
function("conv_transpose2d", inputs=[((2, 2, 2, 3), (2, 3, 2, 2), (3,)), ((2, 2, 3), (2, 3, 2, 2))])
function("conv_transpose2d", None, (2, 1), (1, 0), (1, 0), inputs=[((2, 2, 2, 3), (2, 2, 3, 2))])
function("conv_transpose3d", inputs=[((1, 2, 2, 1, 2), (2, 2, 2, 2, 1), (2,)), ((2, 2, 1, 2), (2, 2, 2, 2, 1))])

# Patches
layer("Unfold", 2, inputs=[((2, 2, 3, 4),), ((2, 3, 4),), ((0, 2, 3, 4),)])
layer("Unfold", (2, 3), dilation=(2, 1), padding=(1, 2), stride=2, inputs=[((2, 2, 4, 3),), ((2, 4, 3),)])
layer("Fold", (3, 4), 2, inputs=[((2, 8, 6),), ((8, 6),), ((0, 8, 6),)])
layer("Fold", (4, 3), (2, 3), dilation=(2, 1), padding=(1, 2), stride=(2, 1), inputs=[((2, 6, 10),), ((6, 10),)])
function("unfold", (3, 1), 1, (1, 0), 2, inputs=[((2, 1, 4, 3),), ((1, 4, 3),)])
function("fold", 3, 2, padding=1, stride=2, inputs=[((2, 8, 4),), ((4, 4),)])
