"""Prints hashes of what training and single operations make, for `test_thread_policy`, as JSON.

The argument says how: "once", in two "threads" at the same time, in a "fork" or on one "core".
"""

import hashlib
import json
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import numpy as np

import kytorch as kt
from kytorch import Tensor, nn, optim

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
seeding = threading.Lock()


def digest(*arrays: object) -> str:
    """The hash of the arrays' bits."""
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()[:16]


class Characters(nn.Module):
    """An LSTM, and a matrix that makes letters of what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.recurrent, self.head = nn.LSTM(65, 128), nn.Linear(128, 65)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.recurrent(x)[0]).reshape(-1, 65)


class Transformer(nn.Module):
    """A small one of two causal layers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(65, 96)
        self.layers = nn.ModuleList([nn.TransformerEncoderLayer(96, 4, 384, 0.0, "gelu", batch_first=True)] * 2)
        self.norm, self.head = nn.LayerNorm(96), nn.Linear(96, 65, bias=False)
        self.mask = nn.Transformer.generate_square_subsequent_mask(80)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, src_mask=self.mask.to(x.dtype))
        return self.head(self.norm(x)).reshape(-1, 65)


def perceptron() -> tuple[nn.Module, Tensor, int]:
    layers = [nn.Linear(784, 128), nn.Sigmoid(), nn.Linear(128, 64), nn.GELU(), nn.Linear(64, 10)]
    return nn.Sequential(*layers), kt.randn(509, 784), 10


def lenet() -> tuple[nn.Module, Tensor, int]:
    first = [nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 5), nn.BatchNorm2d(64), nn.ReLU()]
    return nn.Sequential(*first, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1024, 10)), kt.randn(18, 1, 28, 28), 10


def transformer() -> tuple[nn.Module, Tensor, int]:
    return Transformer(), kt.randint(0, 65, (6, 80)), 65


def recurrent() -> tuple[nn.Module, Tensor, int]:
    return Characters(), kt.randn(20, 32, 65), 65


def trained(
    make: Callable[[], tuple[nn.Module, Tensor, int]], dtype: np.dtype[np.generic], steps: int = 2
) -> Iterator[str]:
    """The hash of the losses, and those of each weight with its last gradient."""
    with seeding:
        kt.manual_seed(0)
        model, x, classes = make()
        x = x.to(dtype) if x.dtype.kind == "f" else x
        model.to(dtype.type)
        target = kt.randint(0, classes, (len(model(x)),))
    state, losses = optim.AdamState(), []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(x), target)
        gradients = optim.clip_by_norm(loss.backward(), 0.5)
        state = optim.adamw(gradients, state, lr=1e-2)
        losses.append(loss.item())
    yield f"losses {digest(losses, model(x).data)}"
    for (name, weight), (g, _) in zip(model.named_weights(), gradients):
        yield f"{name} {digest(weight.data, g.data)}"


def muon(dtype: np.dtype[np.generic]) -> str:
    rng = np.random.default_rng(0)
    weights = [kt.TrainableWeight(rng.standard_normal(shape).astype(dtype)) for shape in ((300, 256), (500, 200))]
    state = optim.MuonState()
    for _ in range(2):
        state = optim.muon([(Tensor(np.sin(w.data)), w) for w in weights], state, lr=0.1)
    return digest(*[w.data for w in weights])


def lbfgs(dtype: np.dtype[np.generic]) -> str:
    rng = np.random.default_rng(0)
    w = kt.TrainableWeight(rng.standard_normal((150, 100)).astype(dtype))
    a = Tensor(rng.standard_normal((120, 150)).astype(dtype))

    def loss() -> Tensor:
        return ((a @ w.tensor()).sin() ** 2).mean()

    state = optim.lbfgs(loss, optim.LBFGSState(), max_iter=6)
    return digest(w.data, state.loss)


def operations(dtype: np.dtype[np.generic]) -> Iterator[tuple[str, Callable[[], object]]]:
    """By name what answers Tensors that depend on a weight."""
    rng = np.random.default_rng(0)

    def one(*shape: int) -> Tensor:
        return kt.TrainableWeight((rng.standard_normal(shape) / 16).astype(dtype)).tensor()

    a, b, long = one(300, 300), one(300, 300), one(100_003)
    spd = a @ a.mT + 3.0 * kt.eye(300, dtype=dtype)
    batch, tall, wide = one(12, 90, 110), one(9001, 11), one(11, 9001)
    yield "matmul", lambda: a @ b
    yield "matmul of big ones", lambda: one(389, 401) @ one(401, 403)
    yield "a a^T", lambda: a @ a.mT
    yield "mm mv dot", lambda: (a.mm(b), tall.mv(one(11)), long.dot(long), wide @ one(9001), one(9001) @ tall)
    yield "batches", lambda: (batch @ one(110, 70), batch @ batch.mT, one(90) @ batch, batch @ one(110))
    yield "einsum", lambda: kt.einsum("bij,kj,bl->kil", batch, one(50, 110), one(12, 40))
    yield "einsum of vectors", lambda: (kt.einsum("i,i->", long, long), kt.einsum("i,ij->j", one(9001), tall))
    yield "sums", lambda: (long.sum(), tall.sum(0), tall.sum(1), wide.sum(0), wide.sum(1), batch.sum((0, 2)))
    yield "means", lambda: (long.mean(), tall.var(0), wide.std(1), long.var())
    yield "norms", lambda: (long.norm(), tall.norm(dim=0), wide.norm(dim=1), long.norm(1), long.norm(3))
    yield "running sums", lambda: (long.cumsum(0), wide.cumsum(1), tall.cumsum(0))
    yield "softmax", lambda: (wide.softmax(1), tall.log_softmax(0), long.logsumexp(0))
    yield "resampling", lambda: nn.functional.interpolate(one(3, 2, 70, 80), (150, 160), mode="bicubic")
    yield "bilinear", lambda: nn.functional.bilinear(one(200, 40), one(200, 30), one(20, 40, 30))
    yield (
        "normalisation",
        lambda: (
            nn.functional.layer_norm(one(200, 600), (600,), one(600), one(600)),
            nn.functional.batch_norm(one(60, 20, 9, 9), None, None, one(20), one(20), training=True),
            nn.functional.group_norm(one(20, 24, 11, 11), 4, one(24), one(24)),
            nn.functional.rms_norm(one(200, 600), (600,), one(600)),
        ),
    )
    yield (
        "attention",
        lambda: nn.functional.scaled_dot_product_attention(one(4, 3, 130, 40), one(4, 3, 140, 40), one(4, 3, 140, 50)),
    )
    yield "embedding", lambda: nn.functional.embedding(kt.randint(0, 70, (9000,)), one(70, 40))
    yield (
        "convolutions",
        lambda: (
            nn.functional.conv1d(one(5, 20, 300), one(30, 20, 7)),
            nn.functional.conv2d(one(4, 16, 30, 30), one(32, 8, 3, 3), one(32), groups=2),
            nn.functional.conv_transpose2d(one(4, 16, 15, 15), one(16, 24, 4, 4), one(24), stride=2),
            nn.functional.conv3d(one(2, 8, 9, 9, 9), one(16, 8, 3, 3, 3)),
        ),
    )
    yield (
        "pooling",
        lambda: (nn.functional.avg_pool2d(one(9, 9, 70, 70), 3), nn.functional.max_pool1d(one(9, 9, 900), 2)),
    )
    yield (
        "losses",
        lambda: (
            nn.functional.cross_entropy(tall, kt.randint(0, 11, (9001,))),
            nn.functional.mse_loss(long, one(100_003)),
            nn.functional.binary_cross_entropy_with_logits(long, one(100_003).sigmoid().detach()),
            nn.functional.kl_div(tall.log_softmax(1), one(9001, 11).softmax(1).detach()),
        ),
    )
    yield "cells", lambda: (nn.functional.gelu(long), nn.functional.silu(wide), nn.functional.prelu(tall, one(11)))
    yield (
        "inv solve",
        lambda: (
            kt.linalg.inv(spd),
            kt.linalg.solve(spd, b),
            kt.linalg.solve_triangular(a.tril() + 9.0 * kt.eye(300, dtype=dtype), b, upper=False),
        ),
    )
    yield "decompositions", lambda: (kt.linalg.cholesky(spd), *kt.linalg.qr(a), *kt.linalg.eigh(spd))
    yield (
        "svd pinv lstsq",
        lambda: (
            *kt.linalg.svd(one(120, 90), full_matrices=False),
            kt.linalg.pinv(one(120, 90)),
            kt.linalg.lstsq(one(400, 90), one(400, 50)).solution,
        ),
    )
    yield "determinants", lambda: (kt.linalg.det(spd[:120, :120] / 3.3), kt.linalg.slogdet(spd).logabsdet)
    yield "powers", lambda: (kt.linalg.matrix_exp(a), kt.linalg.matrix_power(a, 5), kt.linalg.multi_dot([a, b, spd]))


def answers(quick: bool = False) -> dict[str, str]:
    """All hashes by name."""
    found: dict[str, str] = {}
    for dtype in (F32, F64):
        for make in (perceptron, lenet, transformer, recurrent):
            if quick and (make is not perceptron or dtype is F64):
                continue
            for line in trained(make, dtype):
                name, found_hash = line.rsplit(" ", 1)
                found[f"{dtype} {make.__name__} {name}"] = found_hash
        found[f"{dtype} muon"], found[f"{dtype} lbfgs"] = muon(dtype), lbfgs(dtype)
        kt.manual_seed(0)
        for name, operation in operations(dtype):
            if quick and name not in ("matmul of big ones", "decompositions", "sums", "norms", "mm mv dot"):
                continue
            made = operation()
            several = made if isinstance(made, tuple) else (made,)
            loss = sum([(y * y).sum() for y in several], kt.zeros((), dtype=dtype))
            gradients = loss.backward()
            found[f"{dtype} {name}"] = digest(*[y.data for y in several])
            found[f"{dtype} {name}, gradients"] = digest(*[g.data for g, _ in gradients])
    weight = kt.TrainableWeight(np.zeros((200, 150)))
    nn.init.orthogonal_(weight, generator=np.random.default_rng(0))
    found["orthogonal"] = digest(weight.data)
    return found


def main(how: str) -> None:
    several: list[dict[str, str]] = []
    if how == "threads":

        def work() -> None:
            several.append(answers(quick=True))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    elif how == "fork":
        answers(quick=True)
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the threads that the child will not have
            child = os.fork()
        if not child:
            with os.fdopen(writing, "w") as file:
                json.dump(answers(quick=True), file)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as file:
            several.append(json.load(file))
        os.waitpid(child, 0)
    else:
        if how == "core":
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        several.append(answers(quick=how == "core"))
    json.dump(several, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
