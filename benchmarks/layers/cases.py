"""The layers that are timed: each made by one function of kytorch.nn, or torch.nn, and called with the same arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from benchmarks.prepared import Array

Make: TypeAlias = Callable[[Any], Any]
Draw: TypeAlias = Callable[[np.random.Generator], Array]


@dataclass(frozen=True)
class Case:
    """A layer. `make` takes kytorch.nn or torch.nn; the inputs that are floats are differentiated, and its weights."""

    name: str
    make: Make
    draws: tuple[Draw, ...]
    random: bool
    """Whether the answer is another every time."""

    def inputs(self) -> list[Array]:
        """The same arrays at every call."""
        return [draw(np.random.default_rng(i)) for i, draw in enumerate(self.draws)]


CASES: list[Case] = []


def case(name: str, make: Make, *draws: Draw, random: bool = False) -> None:
    """Add a layer."""
    CASES.append(Case(name, make, draws, random))


def named(name: str) -> Make:
    """The layer of that name, with its defaults."""
    return lambda nn: getattr(nn, name)()


def normal(*shape: int) -> Draw:
    """Numbers of both signs."""
    return lambda generator: generator.standard_normal(shape, np.float32)


def unit(*shape: int) -> Draw:
    """Numbers in (0, 1)."""
    return lambda generator: generator.uniform(0.01, 0.99, shape).astype(np.float32)


def labels(classes: int, *shape: int) -> Draw:
    """Integers below `classes`."""
    return lambda generator: np.asarray(generator.integers(0, classes, shape))


def log_probabilities(*shape: int) -> Draw:
    """Logarithms of probabilities along the last dimension."""

    def draw(generator: np.random.Generator) -> Array:
        x = generator.standard_normal(shape)
        y: Array = x - np.log(np.exp(x).sum(-1, keepdims=True))
        return y.astype(np.float32)

    return draw


# Affine maps and embeddings

case("Linear 784-128, batch 64", lambda nn: nn.Linear(784, 128), normal(64, 784))
case("Linear 128-512, (16, 128, 128)", lambda nn: nn.Linear(128, 512), normal(16, 128, 128))
case("Linear 3-2, batch 1", lambda nn: nn.Linear(3, 2), normal(1, 3))
case("Bilinear 64, 64-32, batch 64", lambda nn: nn.Bilinear(64, 64, 32), normal(64, 64), normal(64, 64))
case("Embedding 65 x 128, (16, 128)", lambda nn: nn.Embedding(65, 128), labels(65, 16, 128))
case("Embedding 30000 x 256, (32, 128)", lambda nn: nn.Embedding(30_000, 256), labels(30_000, 32, 128))

# Convolution

case("Conv2d 1-32, 5x5, (64, 1, 28, 28)", lambda nn: nn.Conv2d(1, 32, 5), normal(64, 1, 28, 28))
case("Conv2d 32-64, 5x5, (64, 32, 12, 12)", lambda nn: nn.Conv2d(32, 64, 5), normal(64, 32, 12, 12))
case("Conv2d 64-64, 3x3, (8, 64, 56, 56)", lambda nn: nn.Conv2d(64, 64, 3, padding=1), normal(8, 64, 56, 56))
case("Conv2d 64-64, 3x3, (1, 64, 28, 28)", lambda nn: nn.Conv2d(64, 64, 3, padding=1), normal(1, 64, 28, 28))
case("Conv2d 64-128, 1x1, (8, 64, 28, 28)", lambda nn: nn.Conv2d(64, 128, 1), normal(8, 64, 28, 28))
case("Conv2d 3-64, 7x7, stride 2, (4, 3, 112, 112)", lambda nn: nn.Conv2d(3, 64, 7, 2, 3), normal(4, 3, 112, 112))
case(
    "Conv2d depthwise 64, 3x3, (8, 64, 28, 28)",
    lambda nn: nn.Conv2d(64, 64, 3, padding=1, groups=64),
    normal(8, 64, 28, 28),
)
case("Conv1d 64-64, 5, (16, 64, 256)", lambda nn: nn.Conv1d(64, 64, 5, padding=2), normal(16, 64, 256))
case("Conv3d 8-16, 3x3x3, (4, 8, 16, 16, 16)", lambda nn: nn.Conv3d(8, 16, 3, padding=1), normal(4, 8, 16, 16, 16))
case("ConvTranspose2d 64-32, 4x4, stride 2", lambda nn: nn.ConvTranspose2d(64, 32, 4, 2, 1), normal(8, 64, 16, 16))

# Pooling

case("MaxPool2d 2, (64, 32, 24, 24)", lambda nn: nn.MaxPool2d(2), normal(64, 32, 24, 24))
case("MaxPool2d 3, stride 2, (8, 64, 56, 56)", lambda nn: nn.MaxPool2d(3, 2, 1), normal(8, 64, 56, 56))
case("AvgPool2d 2, (64, 32, 24, 24)", lambda nn: nn.AvgPool2d(2), normal(64, 32, 24, 24))
case("AdaptiveAvgPool2d 1, (64, 128, 7, 7)", lambda nn: nn.AdaptiveAvgPool2d(1), normal(64, 128, 7, 7))
case("AdaptiveMaxPool2d 3, (8, 64, 14, 14)", lambda nn: nn.AdaptiveMaxPool2d(3), normal(8, 64, 14, 14))

# Normalisation

case("LayerNorm 128, (16, 128, 128)", lambda nn: nn.LayerNorm(128), normal(16, 128, 128))
case("LayerNorm 1024, (4096, 1024)", lambda nn: nn.LayerNorm(1024), normal(4096, 1024))
case("BatchNorm1d 128, batch 256", lambda nn: nn.BatchNorm1d(128), normal(256, 128))
case("BatchNorm2d 32, (64, 32, 24, 24)", lambda nn: nn.BatchNorm2d(32), normal(64, 32, 24, 24))
case("GroupNorm 8, (16, 64, 28, 28)", lambda nn: nn.GroupNorm(8, 64), normal(16, 64, 28, 28))
case("InstanceNorm2d 32, (16, 32, 28, 28)", lambda nn: nn.InstanceNorm2d(32), normal(16, 32, 28, 28))
case("RMSNorm 512, (2048, 512)", lambda nn: nn.RMSNorm(512), normal(2048, 512))

# Recurrent layers

case("LSTM 65-256, 64 steps, batch 32", lambda nn: nn.LSTM(65, 256), normal(64, 32, 65))
case("LSTM 128-128, 128 steps, batch 1", lambda nn: nn.LSTM(128, 128), normal(128, 1, 128))
case(
    "LSTM 32-64, two layers both ways, 20 steps, batch 8",
    lambda nn: nn.LSTM(32, 64, 2, bidirectional=True),
    normal(20, 8, 32),
)
case("GRU 64-256, 64 steps, batch 32", lambda nn: nn.GRU(64, 256), normal(64, 32, 64))
case("RNN 64-256, 64 steps, batch 32", lambda nn: nn.RNN(64, 256), normal(64, 32, 64))
case("LSTMCell 128-128, batch 32", lambda nn: nn.LSTMCell(128, 128), normal(32, 128))

# Attention

case(
    "attention, causal, (16, 4, 128, 32)",
    lambda nn: lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
    *[normal(16, 4, 128, 32)] * 3,
)
case(
    "attention, (2, 8, 512, 64)",
    lambda nn: nn.functional.scaled_dot_product_attention,
    *[normal(2, 8, 512, 64)] * 3,
)
case(
    "MultiheadAttention 128, 4 heads, (16, 128, 128)",
    lambda nn: nn.MultiheadAttention(128, 4, batch_first=True),
    *[normal(16, 128, 128)] * 3,
)
case(
    "TransformerEncoderLayer 128, 4 heads, (16, 64, 128)",
    lambda nn: nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True),
    normal(16, 64, 128),
)

# Activations

for _name in (
    "ReLU", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Softplus", "Softsign", "Softshrink",
    "Hardshrink", "Tanh", "Tanhshrink", "Hardtanh", "Hardsigmoid", "Hardswish", "Sigmoid", "LogSigmoid",
):  # fmt: skip
    case(f"{_name}, (2048, 512)", named(_name), normal(2048, 512))
case("GELU by tanh, (2048, 512)", lambda nn: nn.GELU(approximate="tanh"), normal(2048, 512))
case("Softmax, (2048, 512)", lambda nn: nn.Softmax(-1), normal(2048, 512))
case("LogSoftmax, (2048, 65)", lambda nn: nn.LogSoftmax(-1), normal(2048, 65))
case("GLU, (2048, 512)", lambda nn: nn.GLU(), normal(2048, 512))
case("Dropout, (2048, 512)", lambda nn: nn.Dropout(), normal(2048, 512), random=True)

# Resampling and padding

case("Upsample 2, nearest, (16, 32, 32, 32)", lambda nn: nn.Upsample(scale_factor=2), normal(16, 32, 32, 32))
case(
    "Upsample 2, bilinear, (16, 32, 32, 32)",
    lambda nn: nn.Upsample(scale_factor=2, mode="bilinear"),
    normal(16, 32, 32, 32),
)
case(
    "Upsample 2, bicubic, (4, 32, 32, 32)",
    lambda nn: nn.Upsample(scale_factor=2, mode="bicubic"),
    normal(4, 32, 32, 32),
)
case("PixelShuffle 2, (16, 32, 32, 32)", lambda nn: nn.PixelShuffle(2), normal(16, 32, 32, 32))
case("ReflectionPad2d 2, (16, 32, 32, 32)", lambda nn: nn.ReflectionPad2d(2), normal(16, 32, 32, 32))

# Losses

case("CrossEntropyLoss, (64, 10)", lambda nn: nn.CrossEntropyLoss(), normal(64, 10), labels(10, 64))
case("CrossEntropyLoss, (2048, 65)", lambda nn: nn.CrossEntropyLoss(), normal(2048, 65), labels(65, 2048))
case(
    "CrossEntropyLoss, smooth, (256, 1000)",
    lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1),
    normal(256, 1000),
    labels(1000, 256),
)
case(
    "CrossEntropyLoss, (16, 10, 32, 32)",
    lambda nn: nn.CrossEntropyLoss(),
    normal(16, 10, 32, 32),
    labels(10, 16, 32, 32),
)
case("NLLLoss, (2048, 65)", lambda nn: nn.NLLLoss(), log_probabilities(2048, 65), labels(65, 2048))
for _name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCEWithLogitsLoss"):
    case(f"{_name}, (4096, 128)", named(_name), normal(4096, 128), unit(4096, 128))
case("BCELoss, (4096, 128)", lambda nn: nn.BCELoss(), unit(4096, 128), unit(4096, 128))
case(
    "CTCLoss, 100 steps, batch 16, 40 classes",
    lambda nn: lambda x, y: nn.functional.ctc_loss(nn.functional.log_softmax(x, -1), y, (100,) * 16, (20,) * 16),
    normal(100, 16, 40),
    lambda generator: np.asarray(generator.integers(1, 40, (16, 20))),
)
