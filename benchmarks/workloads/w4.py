"""W4: a GPT of 4 layers, width 128, 4 heads and context 128, layer norm before each sublayer, gelu, AdamW."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import training
from benchmarks.measure import Goal
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Workload

if TYPE_CHECKING:
    import torch

    from kytorch import nn

VOCABULARY, CONTEXT, WIDTH, HEADS, LAYERS = 65, 128, 128, 4, 4
HEAD = WIDTH // HEADS
LR, BETAS, DECAY = 1e-3, (0.9, 0.999), 0.01
# So large that a gradient which is nothing but rounding moves no weight.
EPS = 1e-4
NORM_EPS = 1e-5
_CUBE = 0.044715
_RATE = math.sqrt(2 / math.pi)


def weights() -> dict[str, Array]:
    """The weights to begin with, by PyTorch's paths."""
    rng = np.random.default_rng(1)
    shapes = {"token.weight": (VOCABULARY, WIDTH), "position.weight": (CONTEXT, WIDTH)}
    for i in range(LAYERS):
        for name, outputs, inputs in (("qkv", 3, 1), ("proj", 1, 1), ("up", 4, 1), ("down", 1, 4)):
            shapes[f"blocks.{i}.{name}.weight"] = (outputs * WIDTH, inputs * WIDTH)
    shapes["head.weight"] = (VOCABULARY, WIDTH)
    named = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    for name in (*[f"blocks.{i}.norm{j}" for i in range(LAYERS) for j in (1, 2)], "norm"):
        named[f"{name}.weight"] = np.ones(WIDTH, np.float32)
        named[f"{name}.bias"] = np.zeros(WIDTH, np.float32)
    for i in range(LAYERS):  # but for queries, keys and values: the keys' would have no gradient
        for name, n in (("proj", 1), ("up", 4), ("down", 1)):
            named[f"blocks.{i}.{name}.bias"] = np.zeros(n * WIDTH, np.float32)
    return named


def examples(batch: int) -> tuple[Array, Array]:
    """Tokens, and the tokens to be told."""
    rng = np.random.default_rng(2)
    return rng.integers(0, VOCABULARY, (batch, CONTEXT)), rng.integers(0, VOCABULARY, (batch, CONTEXT))


def kytorch_model() -> nn.Module:
    """The model in kytorch, with the weights to begin with."""
    from kytorch import Tensor, arange, nn

    class Block(nn.Module):
        def __init__(self) -> None:
            self.norm1 = nn.LayerNorm(WIDTH)
            self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
            self.proj = nn.Linear(WIDTH, WIDTH)
            self.norm2 = nn.LayerNorm(WIDTH)
            self.up = nn.Linear(WIDTH, 4 * WIDTH)
            self.gelu = nn.GELU("tanh")
            self.down = nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, x: Tensor) -> Tensor:
            batch, length, width = x.shape
            q, k, v = [
                part.reshape(batch, length, HEADS, HEAD).transpose(1, 2)
                for part in self.qkv(self.norm1(x)).split(width, dim=2)
            ]
            y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).reshape(batch, length, width))
            return x + self.down(self.gelu(self.up(self.norm2(x))))

    class GPT(nn.Module):
        def __init__(self) -> None:
            self.token = nn.Embedding(VOCABULARY, WIDTH)
            self.position = nn.Embedding(CONTEXT, WIDTH)
            self.blocks = nn.ModuleList([Block() for _ in range(LAYERS)])
            self.norm = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

        def forward(self, tokens: Tensor) -> Tensor:
            x = self.token(tokens) + self.position(arange(tokens.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    model = GPT()
    model.load_state_dict(weights())
    return model


def torch_model() -> torch.nn.Module:
    """The model in PyTorch, with the weights to begin with."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1 = nn.LayerNorm(WIDTH)
            self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
            self.proj = nn.Linear(WIDTH, WIDTH)
            self.norm2 = nn.LayerNorm(WIDTH)
            self.up = nn.Linear(WIDTH, 4 * WIDTH)
            self.gelu = nn.GELU("tanh")
            self.down = nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            batch, length, width = x.shape
            q, k, v = [
                part.view(batch, length, HEADS, HEAD).transpose(1, 2)
                for part in self.qkv(self.norm1(x)).split(width, dim=2)
            ]
            y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).reshape(batch, length, width))
            return x + self.down(self.gelu(self.up(self.norm2(x))))

    class GPT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Embedding(VOCABULARY, WIDTH)
            self.position = nn.Embedding(CONTEXT, WIDTH)
            self.blocks = nn.ModuleList([Block() for _ in range(LAYERS)])
            self.norm = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            x = self.token(tokens) + self.position(torch.arange(tokens.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    model = GPT()
    training.load_torch(model, weights())
    return model


def with_kytorch(batch: int) -> Prepared:
    """As a user writes it."""
    from kytorch import Gradients, Tensor, nn, optim

    def loss_of(logits: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(logits.reshape(-1, VOCABULARY), targets.reshape(-1))

    state = optim.AdamState()

    def update(gradients: Gradients) -> None:
        nonlocal state
        state = optim.adamw(gradients, state, lr=LR, betas=BETAS, eps=EPS, weight_decay=DECAY)

    return training.kytorch_training(kytorch_model(), loss_of, *examples(batch), update)


def with_torch(batch: int) -> Prepared:
    """As a user of PyTorch writes it."""
    import torch

    def loss_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1))

    model = torch_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, betas=BETAS, eps=EPS, weight_decay=DECAY)
    return training.torch_training(model, loss_of, *examples(batch), optimizer)


# By hand: no autodiff. Rows are tokens, (batch x context, features).


def norm_forward(x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """Layer norm, and for its gradients the normalised rows and what each was multiplied by."""
    ones = np.full(WIDTH, 1 / WIDTH, np.float32)
    h = x - (x @ ones)[:, None]
    rate = 1 / np.sqrt(np.vecdot(h, h) * np.float32(1 / WIDTH) + np.float32(NORM_EPS))[:, None]
    h *= rate
    y = h * w
    y += b
    return y, h, rate


def norm_backward(g: Array, h: Array, rate: Array, w: Array) -> tuple[Array, Array, Array]:
    """The gradients with respect to x, w and b."""
    ones = np.ones(len(g), np.float32)
    g_w, g_b = ones @ (g * h), ones @ g
    g_h = g * w
    along = np.vecdot(g_h, h)[:, None] * np.float32(1 / WIDTH)
    g_h -= (g_h @ np.full(WIDTH, 1 / WIDTH, np.float32))[:, None]
    g_h -= h * along
    g_h *= rate
    return g_h, g_w, g_b


def heads_of(qkv: Array) -> list[Array]:
    """Queries, keys and values of each head, (batch, heads, context, head's width), as views of the rows."""
    parts = qkv.reshape(-1, CONTEXT, 3, HEADS, HEAD)
    return [parts[:, :, i].transpose(0, 2, 1, 3) for i in range(3)]


def attention_forward(qkv: Array, later: Array) -> tuple[Array, Array]:
    """The answers as rows, and the weights; one example after the other, whose scores stay in the cache."""
    q, k, v = heads_of(qkv)
    weights = np.empty((len(q), HEADS, CONTEXT, CONTEXT), np.float32)
    y = np.empty((len(q), CONTEXT, HEADS, HEAD), np.float32)
    for i, p in enumerate(weights):
        np.matmul(q[i] * np.float32(HEAD**-0.5), k[i].mT, p)
        p += later
        p -= np.maximum.reduce(p, -1, keepdims=True)
        np.exp(p, p)
        p /= np.add.reduce(p, -1, keepdims=True)
        np.matmul(p, v[i], y[i].transpose(1, 0, 2))
    return y.reshape(-1, WIDTH), weights


def attention_backward(g: Array, qkv: Array, y: Array, weights: Array) -> Array:
    """The gradient with respect to the rows of queries, keys and values."""
    q, k, v = heads_of(qkv)
    g_qkv = np.empty_like(qkv)
    g_q, g_k, g_v = heads_of(g_qkv)
    g = g.reshape(-1, CONTEXT, HEADS, HEAD).transpose(0, 2, 1, 3)
    y = y.reshape(-1, CONTEXT, HEADS, HEAD).transpose(0, 2, 1, 3)
    for i, p in enumerate(weights):
        np.matmul(p.mT, g[i], g_v[i])
        g_p = g[i] @ v[i].mT
        g_p -= np.vecdot(g[i], y[i])[..., None]
        g_p *= p
        g_p *= np.float32(HEAD**-0.5)
        np.matmul(g_p, k[i], g_q[i])
        np.matmul(g_p.mT, q[i], g_k[i])
    return g_qkv


def gelu_forward(x: Array) -> tuple[Array, Array]:
    """x (1 + tanh u) / 2 and tanh u, u = sqrt(2/pi) (x + 0.044715 x^3)."""
    t = x * x
    t *= np.float32(_RATE * _CUBE)
    t += np.float32(_RATE)
    t *= x
    np.tanh(t, t)
    y = t + np.float32(1)
    y *= x
    y *= np.float32(0.5)
    return y, t


def gelu_backward(g: Array, x: Array, t: Array) -> Array:
    """The gradient with respect to x."""
    slope = x * x
    slope *= np.float32(3 * _RATE * _CUBE)
    slope += np.float32(_RATE)
    slope *= x
    slope *= 1 - t * t
    slope += t
    slope += np.float32(1)
    slope *= g
    slope *= np.float32(0.5)
    return slope


def one_hot(classes: Array, count: int) -> Array:
    """Rows with a one each, whose product with gradients sums these by class."""
    rows = np.zeros((len(classes), count), np.float32)
    rows[np.arange(len(classes)), classes] = 1
    return rows


def with_numpy(batch: int) -> Prepared:
    """By hand."""
    w = weights()
    means = {name: np.zeros_like(x) for name, x in w.items()}
    squares = {name: np.zeros_like(x) for name, x in w.items()}
    tokens, targets = [x.reshape(-1) for x in examples(batch)]
    places = np.arange(len(tokens))
    hot = one_hot(tokens, VOCABULARY)
    ones = np.ones(len(tokens), np.float32)
    later = np.triu(np.full((CONTEXT, CONTEXT), -np.inf, np.float32), 1)
    count = 0

    def differentiated() -> tuple[np.float32, dict[str, Array]]:
        """The loss and its gradients."""
        x = w["token.weight"][tokens]
        x.reshape(batch, CONTEXT, WIDTH)[...] += w["position.weight"]
        kept = []
        for i in range(LAYERS):
            at = f"blocks.{i}."
            a, h1, rate1 = norm_forward(x, w[at + "norm1.weight"], w[at + "norm1.bias"])
            qkv = a @ w[at + "qkv.weight"].T
            y, p = attention_forward(qkv, later)
            x = x + (y @ w[at + "proj.weight"].T + w[at + "proj.bias"])
            b, h2, rate2 = norm_forward(x, w[at + "norm2.weight"], w[at + "norm2.bias"])
            up = b @ w[at + "up.weight"].T
            up += w[at + "up.bias"]
            z, t = gelu_forward(up)
            x = x + (z @ w[at + "down.weight"].T + w[at + "down.bias"])
            kept.append((a, h1, rate1, qkv, y, p, b, h2, rate2, up, z, t))
        a, h, rate = norm_forward(x, w["norm.weight"], w["norm.bias"])
        logits = a @ w["head.weight"].T
        logits -= np.maximum.reduce(logits, 1, keepdims=True)
        told = logits[places, targets]
        np.exp(logits, logits)
        total = np.add.reduce(logits, 1)
        loss: np.float32 = (np.add.reduce(np.log(total)) - np.add.reduce(told)) / np.float32(len(tokens))

        d: dict[str, Array] = {}
        logits /= total[:, None]
        logits[places, targets] -= 1
        logits *= np.float32(1 / len(tokens))
        d["head.weight"] = logits.T @ a
        g, d["norm.weight"], d["norm.bias"] = norm_backward(logits @ w["head.weight"], h, rate, w["norm.weight"])
        for i in reversed(range(LAYERS)):
            at = f"blocks.{i}."
            a, h1, rate1, qkv, y, p, b, h2, rate2, up, z, t = kept.pop()
            d[at + "down.weight"], d[at + "down.bias"] = g.T @ z, ones @ g
            g_up = gelu_backward(g @ w[at + "down.weight"], up, t)
            d[at + "up.weight"], d[at + "up.bias"] = g_up.T @ b, ones @ g_up
            g_b = g_up @ w[at + "up.weight"]
            g_x, d[at + "norm2.weight"], d[at + "norm2.bias"] = norm_backward(g_b, h2, rate2, w[at + "norm2.weight"])
            g = g + g_x
            d[at + "proj.weight"], d[at + "proj.bias"] = g.T @ y, ones @ g
            g_qkv = attention_backward(g @ w[at + "proj.weight"], qkv, y, p)
            d[at + "qkv.weight"] = g_qkv.T @ a
            g_a = g_qkv @ w[at + "qkv.weight"]
            g_x, d[at + "norm1.weight"], d[at + "norm1.bias"] = norm_backward(g_a, h1, rate1, w[at + "norm1.weight"])
            g = g + g_x
        d["token.weight"] = hot.T @ g
        d["position.weight"] = np.add.reduce(g.reshape(batch, CONTEXT, WIDTH), 0)
        return loss, d

    def step() -> np.float32:
        loss, gradients = differentiated()
        adamw(gradients)
        return loss

    def adamw(gradients: dict[str, Array]) -> None:
        """Move the weights; the gradients' arrays are used up."""
        nonlocal count
        count += 1
        beta1, beta2 = BETAS
        root = math.sqrt(1 - beta2**count)
        for name, g in gradients.items():
            mean, square, x = means[name], squares[name], w[name]
            mean *= np.float32(beta1)
            mean += g * np.float32(1 - beta1)
            square *= np.float32(beta2)
            g *= g
            g *= np.float32(1 - beta2)
            square += g
            np.sqrt(square, g)
            g += np.float32(EPS * root)
            np.divide(mean, g, g)
            g *= np.float32(LR * root / (1 - beta1**count))
            x *= np.float32(1 - LR * DECAY)
            x -= g

    def answers() -> Mapping[str, Array]:
        loss, gradients = differentiated()
        kept = {name: g.copy() for name, g in gradients.items()}
        adamw(gradients)
        return training.answered(loss, kept, w)

    return Prepared(step, answers)


WORKLOAD = Workload(
    "W4",
    "GPT of 4 layers, width 128, 4 heads, context 128, vocabulary 65, gelu, AdamW",
    (Case(16, "batch 16", ratio=2.0, goal=Goal(0.9, 0.6, counted=True), quick=Case(2, "batch 2")),),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch},
)
