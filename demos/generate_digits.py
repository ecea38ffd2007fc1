"""A variational autoencoder learns to write digits: those that ship with kytorch, or MNIST's from a folder.

Kingma & Welling 2014, "Auto-encoding variational Bayes": for an image x the encoder tells the mean and the variance of
a code z, and for a code the decoder tells how likely each pixel is to be ink, where grey is ink in part. Both learn to
raise the lower bound of log p(x), E log p(x | z) - KL(q(z | x) || N(0, 1)). Codes drawn from N(0, 1) then decode to
digits that nobody wrote.

With codes of 2 numbers, 50 epochs raise the bound for the last 2,000 test images of MNIST, of which it learns the other
8,000, to -151 nats an image in 40 seconds of one core, and for the digits that ship, each of whose pixels is nine here,
to -195 in 10 seconds. `--latent 10` copies MNIST's images better, at -111 nats, but fewer of the new ones are digits.
"""

import os

# Before NumPy is imported: on a busy machine two threads wait for each other at each of many small products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import kytorch as kt
from autoencoder.model import Autoencoder
from kytorch import Tensor, optim
from kytorch.data import DataLoader, TensorDataset
from program import Checkpoints, add_mnist, at_least, digits, need, parser, progress_of, run


def train(
    model: Autoencoder,
    images: Tensor,
    held_out: Tensor,
    epochs: int,
    generator: np.random.Generator,
    checkpoints: Checkpoints,
) -> float:
    """Train with Adam in batches of 64; the bound for the images held out."""
    loader = DataLoader(TensorDataset(images), batch_size=64, shuffle=True, generator=generator)
    state, history = checkpoints.resumed(model, optim.AdamState(), generator, loader)
    rate = optim.schedule.cosine(1e-3, epochs * len(loader))
    with checkpoints, progress_of(epochs, every=10) as progress:
        for epoch in range(len(history) + 1, epochs + 1):
            total = 0.0
            for (x,) in loader:
                bound = model(x, generator)
                state = optim.adam((-bound).backward(), state, lr=rate(state.step))
                total += bound.item() * len(x)
            with kt.no_grad():
                bounds = [total / len(images), model(held_out, np.random.default_rng(0)).item()]
            history.append(bounds)
            checkpoints.save(model, state, generator, history, loader)
            progress(epoch, f"bound {bounds[0]:.2f}, held out {bounds[1]:.2f}")
    return history[-1][1]


def main() -> None:
    """Train, say how well, draw."""
    options = parser(__doc__, out="generated_digits.png", epochs=50, resume=True)
    add_mnist(options)
    options.add_argument("--latent", metavar="N", type=at_least(1), default=2, help="numbers in a code (default: 2)")
    given = options.parse_args()
    need("matplotlib", "plot", "drawing")
    training, test = digits(given.mnist)
    images, held_out = training.tensors[0].flatten(1), test.tensors[0].flatten(1)

    generator = kt.manual_seed(given.seed)
    model = Autoencoder(images.shape[1], given.latent)
    checkpoints = Checkpoints(given.out.with_name(f"{given.out.stem}_{given.latent}.npz"), given.resume)
    bound = train(model, images, held_out, given.epochs, generator, checkpoints)
    print(f"log p of a digit held out is at least {bound:.2f} nats on average.")
    from autoencoder.picture import draw  # which imports an extra

    draw(given.out, model, given.latent, held_out, test.tensors[1], np.random.default_rng(given.seed))
    print(f"Drew new digits: {given.out}")


if __name__ == "__main__":
    run(main)
