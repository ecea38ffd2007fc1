"""What a call of a pooling layer answers is known from how the layer was made."""

from typing import Literal, assert_type

import kytorch
from kytorch import Tensor, nn

F = nn.functional
x = kytorch.randn(2, 3, 8, 8)

assert_type(nn.MaxPool2d(2)(x), Tensor)
assert_type(nn.MaxPool2d((3, 2), stride=2, padding=1, ceil_mode=True)(x), Tensor)
assert_type(nn.MaxPool2d(2, return_indices=False)(x), Tensor)
assert_type(nn.MaxPool2d(2, return_indices=True)(x), tuple[Tensor, Tensor])
assert_type(nn.MaxPool1d(2, return_indices=True)(x[0]), tuple[Tensor, Tensor])
assert_type(nn.MaxPool2d(3, 2, 1, 1, True, True)(x), tuple[Tensor, Tensor])
assert_type(nn.MaxPool3d(2)(x), Tensor)
assert_type(nn.AvgPool2d(2)(x), Tensor)
assert_type(nn.AdaptiveAvgPool2d((None, 3))(x), Tensor)
assert_type(nn.AdaptiveMaxPool2d(3)(x), Tensor)
assert_type(nn.AdaptiveMaxPool2d(3, return_indices=True)(x), tuple[Tensor, Tensor])
assert_type(nn.FractionalMaxPool2d(2, output_ratio=0.5)(x), Tensor)
assert_type(nn.FractionalMaxPool3d(2, 3, return_indices=True)(x), tuple[Tensor, Tensor])
assert_type(nn.LPPool2d(2, 2)(x), Tensor)

assert_type(F.max_pool2d(x, 2), Tensor)
assert_type(F.max_pool2d(x, 2, return_indices=True), tuple[Tensor, Tensor])
assert_type(F.max_pool2d(x, 2, return_indices=False), Tensor)
assert_type(F.max_pool2d_with_indices(x, 2), tuple[Tensor, Tensor])
assert_type(F.adaptive_max_pool2d(x, 2), Tensor)
assert_type(F.adaptive_max_pool2d(x, (2, None), True), tuple[Tensor, Tensor])
assert_type(F.fractional_max_pool2d(x, 2, 3, return_indices=True), tuple[Tensor, Tensor])
assert_type(F.avg_pool2d(x, [2, 2]), Tensor)


def either(indices: bool) -> None:
    """Of a flag that is known at run time only, both answers are to be expected."""
    assert_type(nn.MaxPool2d(2, return_indices=indices)(x), Tensor | tuple[Tensor, Tensor])
    assert_type(nn.AdaptiveMaxPool2d(2, indices)(x), Tensor | tuple[Tensor, Tensor])
    assert_type(F.max_pool2d(x, 2, return_indices=indices), Tensor | tuple[Tensor, Tensor])
    assert_type(F.adaptive_max_pool2d(x, 2, indices), Tensor | tuple[Tensor, Tensor])
    assert_type(F.fractional_max_pool2d(x, 2, 3, return_indices=indices), Tensor | tuple[Tensor, Tensor])


class Autoencoder(nn.Module):
    """A layer that returns indices beside one that does not."""

    plain: nn.MaxPool2d
    pool: nn.MaxPool2d[Literal[True]]

    def __init__(self) -> None:
        self.plain = nn.MaxPool2d(2)
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)
        self.layers = nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveMaxPool2d(1))

    def forward(self, x: Tensor) -> Tensor:
        small, indices = self.pool(self.plain(x))
        return self.unpool(small, indices, output_size=(4, 4))


assert_type(Autoencoder()(x), Tensor)
