"""Mistakes with resizing, padding, shapes, first values and summaries."""

from kytorch import Tensor, nn
from kytorch.nn import functional, init

x = Tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
functional.interpolate(x, size=2, mode="cubic")  # error
functional.interpolate(x, size=2.5)  # error
functional.grid_sample(x, x, "linear")  # error
functional.pixel_shuffle(x, 2.0)  # error
nn.Upsample(mode="quadratic")  # error
nn.ZeroPad2d((1, 1))  # error
nn.ConstantPad1d(1)  # error
nn.Unflatten(1, 4)  # error
nn.Bilinear(2, 2, 3)(x)  # error
nn.Identity()("x")  # error
init.dirac_(x)  # error
init.calculate_gain("gelu")  # error
nn.summary(model=nn.Identity(), input="x")  # error
text: str = nn.summary(nn.Identity(), x)  # error
