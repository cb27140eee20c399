"""The time-conditional discriminator of LDDPM: does this state lead to that one in a chain that began at a real image?

Wang et al., 2023, equation 13; Xiao et al., "Denoising Diffusion GANs", ICLR 2022, section 4. It also sees the
enlarged low-resolution image, so that a fake must fit it. Only training knows it; it is never stored in weights.
"""

from __future__ import annotations

import torch
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from torch import nn
from torch.nn import functional

from inference.samplers.lddpm.network import STEP_SPREAD


class Discriminator(nn.Module):
    """Residual blocks that halve the image, each told the time step; a logit for each place that is left.

    patch: squares of patch x patch pixels are the channels of the first layer
    """

    def __init__(self, channels: int, widths: tuple[int, ...], patch: int) -> None:
        super().__init__()
        self.patch, embedding = patch, 2 * widths[0]
        self.steps = Timesteps(widths[0], flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time = TimestepEmbedding(widths[0], embedding)
        self.inlet = nn.Conv2d(3 * channels * patch**2, widths[0], 3, padding=1)
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.blocks = nn.ModuleList(Halving(before, after, embedding) for before, after in pairs)
        self.outlet = nn.Conv2d(widths[-1], 1, 3, padding=1)
        for part in self.modules():
            if isinstance(part, nn.Conv2d):  # PyTorch's own initial values all but silence five layers in a row
                nn.init.kaiming_normal_(part.weight, a=0.2)

    def forward(
        self, nearer: torch.Tensor, state: torch.Tensor, base: torch.Tensor, timesteps: torch.Tensor
    ) -> torch.Tensor:
        """Logits (B, h, w) that ``nearer`` is real there; images (B, C, H, W), H and W multiples of patch * 2**blocks.

        nearer, state: of the chain, less what the average image gives them;  base: the average image
        """
        time = functional.leaky_relu(self.time(self.steps(timesteps * STEP_SPREAD)), 0.2)
        hidden = self.inlet(functional.pixel_unshuffle(torch.cat([nearer, state, base], dim=1), self.patch))
        for block in self.blocks:
            hidden = block(hidden, time)
        return self.outlet(functional.leaky_relu(hidden, 0.2)).float().squeeze(1)


class Halving(nn.Module):
    """Two convolutions beside a shortcut; the result is half as high and wide."""

    def __init__(self, before: int, after: int, embedding: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.time = nn.Linear(embedding, after)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        self.shortcut = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, maps: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        hidden = self.first(functional.leaky_relu(maps, 0.2)) + self.time(time)[..., None, None]
        hidden = self.second(functional.avg_pool2d(functional.leaky_relu(hidden, 0.2), 2))
        return (self.shortcut(functional.avg_pool2d(maps, 2)) + hidden) / 2**0.5
