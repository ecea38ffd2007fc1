"""Resizing, padding, shapes, first values and summaries as users write them."""

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn import functional, init

x = Tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
y: Tensor = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
y = functional.interpolate(x, size=[3, 4])
y = functional.interpolate(x, scale_factor=(1.5, 2), antialias=True, mode="bicubic")
y = functional.grid_sample(x, functional.affine_grid(x[0], (1, 1, 2, 2)), "nearest", padding_mode="border")
y = functional.pixel_shuffle(functional.pixel_unshuffle(x, 2), 2)
y = nn.Upsample(scale_factor=2, mode="nearest")(x)
y = nn.Upsample(size=(3, 4))(x)
y = nn.UpsamplingBilinear2d(scale_factor=(2, 2))(x)
y = nn.ReflectionPad2d((1, 1, 0, 0))(nn.ZeroPad1d(1)(x))
y = nn.ConstantPad3d(2, 0.5)(x)
y = nn.Identity(1, unused="x")(x)
y = nn.Bilinear(2, 2, 3)(x, x)
model = nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.Unflatten(1, (2, 3)), nn.PixelShuffle(1), nn.ZeroPad2d(1))
weight: TrainableWeight = init.dirac_(TrainableWeight([[[1.0]]]), groups=1)
weight = init.sparse_(weight, sparsity=0.1)
weight = init.kaiming_uniform_(weight, a=1.0, nonlinearity="conv2d")
gain: float = init.calculate_gain("relu")
found: nn.Summary = nn.summary(model, x)
rows: tuple[nn.SummaryRow, ...] = found.rows
products: int = nn.summary(model, (x,)).multiply_adds
