"""A variational autoencoder (Kingma & Welling 2014)."""

import numpy as np

import kytorch as kt
from kytorch import Tensor, nn


class Autoencoder(nn.Module):
    """Codes of `latent` numbers for images of `pixels` pixels, and images for codes."""

    def __init__(self, pixels: int, latent: int) -> None:
        self.encoder = nn.Sequential(
            nn.Linear(pixels, 400), nn.ReLU(), nn.Linear(400, 200), nn.ReLU(), nn.Linear(200, 2 * latent)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, 200), nn.ReLU(), nn.Linear(200, 400), nn.ReLU(), nn.Linear(400, pixels)
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The means of the codes of images x (n, pixels), and the logarithms of the variances, each (n, latent)."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, log_variance

    def decode(self, z: Tensor) -> Tensor:
        """How likely each pixel is to be ink, (n, pixels), for codes z (n, latent)."""
        return self.decoder(z).sigmoid()

    def forward(self, x: Tensor, generator: np.random.Generator) -> Tensor:
        """The bound for images x (n, pixels), in nats an image, estimated with one code for each."""
        mean, log_variance = self.encode(x)
        # The noise is drawn apart from the code, so that gradients reach mean and variance (section 2.4).
        z = mean + (0.5 * log_variance).exp() * kt.randn(*mean.shape, generator=generator)
        surprise = nn.functional.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="sum")
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1.0 - log_variance).sum()  # appendix B
        return -(surprise + divergence) / len(x)
