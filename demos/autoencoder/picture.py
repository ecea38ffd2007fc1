"""The picture of what an autoencoder has learned."""

import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import kytorch as kt
from autoencoder.model import Autoencoder
from kytorch import Tensor, nn


@kt.no_grad()
def draw(
    path: Path, model: Autoencoder, latent: int, x: Tensor, labels: Tensor, generator: np.random.Generator
) -> None:
    """Write a picture of samples, of images and what they become, and of a plane of codes as PNG."""
    plane = latent == 2
    figure = Figure(figsize=(11, 11) if plane else (11, 5.5), layout="constrained")
    axes = figure.subplots(2 if plane else 1, 2).flat
    show(axes[0], "Drawn from N(0, 1) and decoded", model.decode(kt.randn(100, latent, generator=generator)), 10)
    codes = model.encode(x)[0]
    beside = kt.stack([x[:50], model.decode(codes[:50])], 1).flatten(0, 1)
    show(axes[1], "Held out, each with what its code decodes to on its right", beside, 10)
    if plane:
        levels = Tensor([NormalDist().inv_cdf((i + 0.5) / 20) for i in range(20)])
        down, across = kt.meshgrid(levels.flip(0), levels, indexing="ij")
        show(
            axes[2],
            "Codes at even quantiles of N(0, 1), decoded",
            model.decode(kt.stack([across, down], 2).flatten(0, 1)),
            20,
        )
        spots = axes[3].scatter(*codes.numpy().T, s=9, c=labels.numpy(), cmap="tab10", vmin=-0.5, vmax=9.5)
        axes[3].set(title="Codes of the held-out digits", xlabel="first number", ylabel="second number")
        axes[3].set_aspect("equal")
        figure.colorbar(spots, ax=axes[3], ticks=range(10), label="digit")
    figure.savefig(path, format="png", dpi=100)


def show(axes: Axes, title: str, images: Tensor, columns: int) -> None:
    """Draw square images (n, pixels) in rows of `columns`, ink black, and nothing where the last row has no more."""
    side = math.isqrt(images.shape[1])
    full = nn.functional.pad(images, (0, 0, 0, -len(images) % columns))
    framed = nn.functional.pad(full.reshape(-1, columns, side, side), (1, 1, 1, 1))
    sheet = framed.transpose(1, 2).reshape(-1, columns * (side + 2))
    axes.imshow(sheet.numpy(), cmap="gray_r", vmin=0, vmax=1)
    axes.set_title(title)
    axes.set_axis_off()
