"""Kernels beside the plain compositions that they stand for, with how many ulp they may be apart."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import kytorch
from kytorch import Tensor
from kytorch.kernels import attention, blocks, cross_entropy, loss, row_norm, softmax
from kytorch.nn import functional as fn
from kytorch.nn.recurrent.gru import gru_states
from kytorch.nn.recurrent.lstm import lstm_states
from kytorch.nn.recurrent.rnn import rnn_states

Array = npt.NDArray[Any]
Of = Callable[..., Tensor]
# What a kernel computes; its plain composition, or None where its node has one; and inputs.
Trial = tuple[Of, Of | None, list[Array]]

SMALL = (0, 1, 2, 7, 97, 1009)


class Kernel(NamedTuple):
    """Something that a kernel computes, and at which sizes it is tried."""

    name: str
    trial: Callable[[int, np.random.Generator], Trial]
    sizes: Sequence[int]
    ulps: float
    """The greatest error of a value, in units of the last place."""
    slopes: float
    """The same of a gradient."""
    floor: float
    """Values below this part of the greatest one have its units."""


def around(block: int) -> tuple[int, ...]:
    """Awkward sizes, the last of them at a block and beyond."""
    return (*[n for n in SMALL if n < block - 1], block - 1, block, block + 1, 2 * block + 3)


ROWS: list[Kernel] = []


def kernel(
    name: str, ulps: float, slopes: float, sizes: Sequence[int] = SMALL, floor: float = 1.0
) -> Callable[[Callable[[int, np.random.Generator], Trial]], None]:
    """Enter what is decorated."""
    return lambda trial: ROWS.append(Kernel(name, trial, sizes, ulps, slopes, floor))


def enter(name: str, ulps: float, slopes: float, quick: Of, plain: Of | None, *shapes: Any, **more: Any) -> None:
    """Enter a kernel whose inputs are normal, of `shapes`, in which "n" is the size."""

    def trial(n: int, rng: np.random.Generator) -> Trial:
        return quick, plain, [rng.standard_normal([n if k == "n" else k for k in shape]) for shape in shapes]

    kernel(name, ulps, slopes, **more)(trial)


# Elementwise

ELEMENTWISE: dict[str, tuple[Of, Of, float, float]] = {
    "sigmoid": (kytorch.sigmoid, lambda x: 1.0 / (1.0 + (-x).exp()), 4, 8),
    "gelu": (fn.gelu, lambda x: 0.5 * x * (1.0 + (x / 2**0.5).erf()), 8, 8),
    "gelu, tanh": (
        lambda x: fn.gelu(x, "tanh"),
        lambda x: 0.5 * x * (1.0 + ((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x)).tanh()),
        8,
        16,
    ),
    "silu": (fn.silu, lambda x: x / (1.0 + (-x).exp()), 4, 4),
    "mish": (fn.mish, lambda x: x * x.exp().log1p().tanh(), 4, 8),
    "elu": (fn.elu, lambda x: kytorch.where(x > 0, x, x.expm1()), 4, 4),
    "celu": (lambda x: fn.celu(x, 2.0), lambda x: kytorch.where(x > 0, x, 2.0 * (x / 2.0).expm1()), 4, 4),
    "selu": (
        fn.selu,
        lambda x: 1.0507009873554805 * kytorch.where(x > 0, x, 1.6732632423543772 * x.expm1()),
        4,
        4,
    ),
    "softplus": (fn.softplus, lambda x: x.exp().log1p(), 4, 4),
    "softsign": (fn.softsign, lambda x: x / (1.0 + abs(x)), 2, 4),
    "logsigmoid": (fn.logsigmoid, lambda x: -(-x).exp().log1p(), 4, 4),
    "hardswish": (fn.hardswish, lambda x: x * (x + 3.0).clamp(0.0, 6.0) / 6.0, 4, 4),
    "leaky_relu": (fn.leaky_relu, lambda x: kytorch.where(x > 0, x, 0.01 * x), 1, 1),
    "tanhshrink": (fn.tanhshrink, lambda x: x - x.tanh(), 16, 8),
    "tanh": (kytorch.tanh, lambda x: x.sinh() / x.cosh(), 4, 8),
    "erf": (kytorch.erf, lambda x: 1.0 - x.erfc(), 4, 8),
    "dropout": (
        lambda x: fn.dropout(x, 0.3, generator=np.random.default_rng(5)),
        lambda x: x * fn.dropout(x.detach() * 0.0 + 1.0, 0.3, generator=np.random.default_rng(5)),
        1,
        1,
    ),
}
for name, (quick, plain, ulps, slopes) in ELEMENTWISE.items():
    enter(name, ulps, slopes, quick, plain, ("n",), sizes=around(blocks.BLOCK), floor=0.25)
enter(
    "hypot",
    2,
    4,
    kytorch.hypot,
    lambda x, y: (x * x + y * y).sqrt(),
    ("n",),
    ("n",),
    sizes=around(blocks.BLOCK),
    floor=0.01,
)
enter("glu", 2, 2, fn.glu, None, (2, "n", 6), sizes=around(blocks.BLOCK // 3))
enter("prelu", 1, 8, fn.prelu, None, ("n", 3), (3,), sizes=around(blocks.BLOCK // 3))


# Losses of many elements


@kernel("binary cross-entropy", 4, 4, around(loss.BLOCK))
def _(n: int, rng: np.random.Generator) -> Trial:
    target = rng.integers(0, 2, n).astype(np.float64)

    def of(x: Tensor) -> Tensor:
        return Tensor(target.astype(x.dtype))

    return (
        lambda x: fn.binary_cross_entropy_with_logits(x, of(x), reduction="sum"),
        lambda x: ((1.0 + x.exp()).log() - x * of(x)).sum(),
        [rng.standard_normal(n)],
    )


enter(
    "mse_loss",
    4,
    2,
    lambda x, y: fn.mse_loss(x, y, "sum"),
    lambda x, y: ((x - y) * (x - y)).sum(),
    ("n",),
    ("n",),
    sizes=around(loss.BLOCK),
)
enter(
    "huber_loss",
    4,
    2,
    lambda x, y: fn.huber_loss(x, y, "sum", 0.7),
    lambda x, y: kytorch.where(abs(x - y) < 0.7, 0.5 * (x - y) * (x - y), 0.7 * (abs(x - y) - 0.35)).sum(),
    ("n",),
    ("n",),
    sizes=around(loss.BLOCK),
)


# Of classes


def plain_softmax(x: Tensor, dim: int) -> Tensor:
    """The powers' shares in their sum."""
    powers = (x - x.detach().amax(dim, True)).exp()
    return powers / powers.sum(dim, True)


LONG = (1, 2, 7, 97, 1009, softmax._BLOCK // 3, softmax._BLOCK + 1)
MANY = (0, *LONG)
for shape, dim, sizes in [(("n", 7), 1, MANY), ((3, "n"), 1, LONG), ((2, "n", 3), 1, LONG), ((5, "n"), 0, MANY)]:
    named = f"{shape} along {dim}".replace("'", "")
    softmax_of = lambda x, dim=dim: kytorch.softmax(x, dim)
    enter(f"softmax {named}", 8, 12, softmax_of, lambda x, dim=dim: plain_softmax(x, dim), shape, sizes=sizes)
    enter(
        f"log_softmax {named}",
        4,
        12,
        lambda x, dim=dim: kytorch.log_softmax(x, dim),
        lambda x, dim=dim: plain_softmax(x, dim).log(),
        shape,
        sizes=sizes,
    )
    enter(
        f"logsumexp {named}",
        4,
        8,
        lambda x, dim=dim: kytorch.logsumexp(x, dim),
        lambda x, dim=dim: x.exp().sum(dim).log(),
        shape,
        sizes=sizes,
    )


def labelled(classes: int, **keywords: Any) -> Callable[[int, np.random.Generator], Trial]:
    """Cross-entropy with labels."""

    def trial(n: int, rng: np.random.Generator) -> Trial:
        labels = Tensor(rng.integers(0, classes, n))
        return lambda x: fn.cross_entropy(x, labels, **keywords), None, [rng.standard_normal((n, classes))]

    return trial


NARROW = around(cross_entropy._BLOCK // 257)
kernel("cross_entropy", 4, 4, NARROW)(labelled(257, reduction="sum"))
kernel("cross_entropy, each", 4, 2, NARROW)(labelled(257, reduction="none", ignore_index=3))
kernel("cross_entropy, smooth", 4, 4, NARROW)(labelled(257, reduction="sum", label_smoothing=0.2))
kernel("cross_entropy, few classes", 4, 4, around(cross_entropy._BLOCK // 4))(labelled(4, reduction="sum"))


@kernel("cross_entropy of probabilities", 4, 6, NARROW)
def _(n: int, rng: np.random.Generator) -> Trial:
    shares = rng.random((n, 257))
    shares /= shares.sum(1, keepdims=True)
    return lambda x, t: fn.cross_entropy(x, t, reduction="sum"), None, [rng.standard_normal((n, 257)), shares]


@kernel("linear_cross_entropy", 4, 16, (0, 1, 7, 97, 255, 256, 257, 521))
def _(n: int, rng: np.random.Generator) -> Trial:
    labels = Tensor(rng.integers(0, 1031, n))
    return (
        lambda x, w, b: fn.linear_cross_entropy(x, w, labels, linear_bias=b, reduction="sum"),
        lambda x, w, b: fn.cross_entropy((x.unsqueeze(1) * w).sum(-1) + b, labels, reduction="sum"),
        [rng.standard_normal((n, 5)), rng.standard_normal((1031, 5)), rng.standard_normal(1031)],
    )


@kernel("nll_loss", 1, 1, SMALL)
def _(n: int, rng: np.random.Generator) -> Trial:
    labels = Tensor(rng.integers(0, 5, n))
    return lambda x: fn.nll_loss(x, labels, reduction="sum"), None, [rng.standard_normal((n, 5))]


@kernel("ctc_loss", 4, 1000, (5, 7, 97))  # 97 steps: powers of what is small beside its parts
def _(n: int, rng: np.random.Generator) -> Trial:
    labels = Tensor(rng.integers(1, 4, (3, 2)))
    x = rng.standard_normal((n, 3, 4))
    x -= np.log(np.exp(x).sum(-1, keepdims=True))
    return lambda x: fn.ctc_loss(x, labels, [n, n - 1, n], [2, 1, 2], reduction="sum"), None, [x]


# Normalisation

# Of one or two numbers the gradients are only what eps leaves of them.
for shape, sizes in [(("n", 7), around(row_norm.BLOCK // 7)), ((3, "n"), (7, 97, 1009, 4096, 40_009))]:
    last = shape[1]
    layer = lambda x, w, b: fn.layer_norm(x, w.shape, w, b)
    enter(f"layer_norm {shape}".replace("'", ""), 4, 64, layer, None, shape, (last,), (last,), sizes=sizes)
    enter(
        f"rms_norm {shape}".replace("'", ""),
        4,
        64,
        lambda x, w: fn.rms_norm(x, w.shape, w, 1e-5),
        None,
        shape,
        (last,),
        sizes=sizes,
    )
enter(
    "group_norm",
    4,
    12,
    lambda x, w, b: fn.group_norm(x, 2, w, b),
    None,
    (2, 4, "n"),
    (4,),
    (4,),
    sizes=(2, 7, 97, 1009, 65_537),
)
enter("group_norm of many", 4, 8, lambda x, w, b: fn.group_norm(x, 2, w, b), None, ("n", 4, 3), (4,), (4,))
enter(
    "batch_norm",
    4,
    12,
    lambda x, w, b: fn.batch_norm(x, None, None, w, b, True),
    None,
    ("n", 3, 2),
    (3,),
    (3,),
    sizes=(2, 7, 97, 1009, 65_537),
)
enter(
    "batch_norm, fixed",
    2,
    8,
    lambda x, w, b: fn.batch_norm(x, w.detach() * 0.0 + 0.5, w.detach() * 0.0 + 2.0, w, b),
    None,
    ("n", 3, 2),
    (3,),
    (3,),
    sizes=(*SMALL, 65_537),
)


# Attention

SCORES = (0, 1, 2, 7, 97, *[int(attention._BLOCK**0.5) + i for i in (-1, 0, 1)], 397)
HEADS = ((2, "n", 5), (2, "n", 5), (2, "n", 3))
enter("attention", 12, 24, fn.scaled_dot_product_attention, None, *HEADS, sizes=SCORES)
enter(
    "attention, causal",
    6,
    48,
    lambda q, k, v: fn.scaled_dot_product_attention(q, k, v, is_causal=True),
    None,
    *HEADS,
    sizes=SCORES,
)
enter("attention, added mask", 12, 32, fn.scaled_dot_product_attention, None, *HEADS, ("n", "n"), sizes=SCORES)


@kernel("attention, mask", 12, 16, SCORES)
def _(n: int, rng: np.random.Generator) -> Trial:
    mask = rng.random((n, n)) < 0.5
    mask[:1] = False  # sees nothing
    return (
        lambda q, k, v: fn.scaled_dot_product_attention(q, k, v, Tensor(mask)),
        None,
        [rng.standard_normal((2, n, width)) for width in (5, 5, 3)],
    )


# Recurrence

for name, states, gates in [("rnn", rnn_states, 1), ("lstm", lstm_states, 4), ("gru", gru_states, 3)]:
    for length, batch, sizes in [("n", 3, (1, 2, 7, 97)), (2, "n", (0, 1, 2, 7, 97, 1009, 4097))]:
        hidden = [(batch, 5)] * (2 if name == "lstm" else 1)
        shapes = [(length, batch, 3), *hidden, (5 * gates, 3), (5 * gates, 5), (5 * gates,), (5 * gates,)]
        for reverse in (False, True):

            def recurrent(
                x: Tensor, *others: Tensor, states: Of = states, k: int = len(hidden), back: Any = reverse
            ) -> Tensor:
                kind = ["tanh"] if states is rnn_states else []
                return states(0.5 * x, others[:k], [0.3 * w for w in others[k:]], True, *kind, reverse=back)

            title = f"{name} of {'many steps' if length == 'n' else 'a large batch'}{', reversed' if reverse else ''}"
            enter(title, 4, 64, recurrent, None, *shapes, sizes=sizes)


# Images and tables


def plain_conv(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The sum over the kernel's places of what each sees."""
    rows, columns = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    y = b.reshape(1, -1, 1, 1)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            seen = x[:, :, i : i + rows, j : j + columns]
            y = y + (seen.unsqueeze(1) * w[:, :, i, j].reshape(1, *w.shape[:2], 1, 1)).sum(2)
    return y


IMAGES = (("n", 2, 5, 6), (3, 2, 3, 2), (3,))
enter("conv2d of many", 4, 32, fn.conv2d, plain_conv, *IMAGES)
enter(
    "conv2d of a wide one",
    4,
    32,
    fn.conv2d,
    plain_conv,
    (1, 2, 4, "n"),
    (3, 2, 3, 2),
    (3,),
    sizes=(2, 7, 97, 1009, 20_011),
)
enter(
    "max_pool2d",
    0,
    0,
    lambda x: fn.max_pool2d(x, 2),
    lambda x: x.reshape(-1, 2, 3, 2, 2, 2).amax((3, 5)),
    ("n", 2, 6, 4),
    sizes=(1, 2, 7, 97, 1009, 5001),
)
enter(
    "avg_pool2d",
    2,
    1,
    lambda x: fn.avg_pool2d(x, 2),
    lambda x: x.reshape(-1, 2, 3, 2, 2, 2).mean((3, 5)),
    ("n", 2, 6, 4),
    sizes=(1, 2, 7, 97, 1009, 5001),
)
enter(
    "linear",
    4,
    64,
    fn.linear,
    lambda x, w, b: (x.unsqueeze(1) * w).sum(-1) + b,
    ("n", 7),
    (5, 7),
    (5,),
    sizes=(*SMALL, 40_009),
)


enter(
    "max_pool2d, overlapping",
    0,
    1,
    lambda x: fn.max_pool2d(x, 3, 1),
    lambda x: kytorch.stack([x[:, :, i : i + 4, j : j + 2] for i in range(3) for j in range(3)]).amax(0),
    ("n", 2, 6, 4),
    sizes=(1, 2, 7, 97, 1009),
)
enter(
    "matmul",
    4,
    64,
    kytorch.matmul,
    lambda x, y: (x.unsqueeze(3) * y.unsqueeze(1)).sum(2),
    (2, "n", 7),
    (2, 7, 5),
    sizes=(*SMALL, 20_011),
)
enter(
    "conv_transpose2d",
    4,
    32,
    fn.conv_transpose2d,
    lambda x, w, b: plain_conv(kytorch.pad(x, (1, 1, 2, 2)), w.transpose(0, 1).flip((2, 3)), b),
    ("n", 2, 3, 4),
    (2, 3, 3, 2),
    (3,),
)


@kernel("grid_sample", 12, 12, (0, 1, 2, 7, 97))
def _(n: int, rng: np.random.Generator) -> Trial:
    places = rng.uniform(-0.9, 0.9, (2, n, 3, 2))
    return lambda x, p: fn.grid_sample(x, p, align_corners=False), None, [rng.standard_normal((2, 2, 5, 6)), places]


@kernel("embedding", 0, 4, (*SMALL, 20_011))
def _(n: int, rng: np.random.Generator) -> Trial:
    index = rng.integers(0, 13, n)
    chosen = np.eye(13)[index]
    return (
        lambda w: fn.embedding(Tensor(index), w),
        lambda w: (Tensor(chosen.astype(w.dtype)).unsqueeze(2) * w).sum(1),
        [rng.standard_normal((13, 5))],
    )


# Along a dimension


def square(x: Tensor, dim: int) -> Tensor:
    """The sum of the squares."""
    return (x * x).sum(dim)


def below(n: int) -> Tensor:
    """Ones where an earlier element is in a later one's sum."""
    return Tensor(np.tril(np.ones((n, n))))


ALONG = (1, 2, 7, 97, 255, 256, 257, 1009)
enter("cumsum", 4, 2, lambda x: x.cumsum(0), lambda x: (below(len(x)).unsqueeze(2) * x).sum(1), ("n", 3), sizes=ALONG)
enter(
    "logcumsumexp",
    4,
    10,
    lambda x: kytorch.logcumsumexp(x, 0),
    lambda x: (below(len(x)).unsqueeze(2) * x.exp()).sum(1).log(),
    ("n", 3),
    sizes=ALONG,
)
for dim in (0, 1):
    for shape in ((3, "n"), ("n", 3)):
        named, sizes = f"{shape} along {dim}".replace("'", ""), (2, 7, 97, 1009, 40_009)
        enter(f"sum {named}", 4, 0, lambda x, d=dim: x.sum(d), lambda x, d=dim: (x * 1.0).sum(d), shape, sizes=sizes)
        enter(
            f"var {named}",
            4,
            4,
            lambda x, d=dim: x.var(d),
            lambda x, d=dim: square(x - x.mean(d, True), d) / (x.shape[d] - 1),
            shape,
            sizes=sizes,
        )
        enter(
            f"norm {named}",
            4,
            4,
            lambda x, d=dim: x.norm(2, d),
            lambda x, d=dim: square(x, d).sqrt(),
            shape,
            sizes=sizes,
        )
