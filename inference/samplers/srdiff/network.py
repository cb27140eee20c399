"""The networks of SRDiff: an RRDB encoder of the low-resolution image and a U-Net that denoises the residual.

Li et al., "SRDiff: Single Image Super-Resolution with Diffusion Probabilistic Models", Neurocomputing 2022,
section 4.2 and figure 3. Neither has normalisation layers; the U-Net mirrors at its borders and uses Mish.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from diffusers.models.embeddings import Timesteps
from torch import nn
from torch.nn import functional

from inference.samplers.blocks.rrdb import RRDBEncoder

EVERY = 3  # every third of the encoder's features conditions the U-Net
BICUBIC, GUESS = "bicubic", "guess"  # what residuals are to
MIRRORED = 4  # low-resolution pixels beyond the border that the bicubic kernel may read


class Networks(nn.Module):
    """Encoder and U-Net under one roof, with the units that belong to them.

    config: "scale", "channels"; "encoder" with "width", "blocks", and "growth" where that is not half the width;
        "unet" with "width" and "multipliers"; "residual" with "rescale", "clip" and "divisor", see `residual`, `base`,
        and "to": "bicubic" as published, or "guess", see `encode`
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.scale, channels = config["scale"], config["channels"]
        width, blocks = config["encoder"]["width"], config["encoder"]["blocks"]
        growth = config["encoder"].get("growth", width // 2)
        self.encoder = RRDBEncoder(channels, width, blocks, growth, self.scale.bit_length() - 1)
        conditions = width * ((blocks + 1) // EVERY)
        self.unet = UNet(channels, conditions, self.scale, config["unet"]["width"], config["unet"]["multipliers"])
        self.rescale, self.clip = config["residual"]["rescale"], config["residual"]["clip"]
        self.divisor = config["residual"]["divisor"]
        self.guesses = config["residual"].get("to", BICUBIC) == GUESS

    def base(self, low_res: torch.Tensor) -> torch.Tensor:
        """The bicubic enlargement (B, C, H, W), in about [-1, 1], of images (B, C, h, w) in [0, 1].

        ``divisor`` is 256 in the official weights, which saw 8-bit images divided by it here and by 255 elsewhere.
        """
        return enlarged(low_res, self.scale) * (255 / self.divisor) * 2 - 1

    def features(self, low_res: torch.Tensor) -> list[torch.Tensor]:
        """The encoder's features (B, width, h, w) of images (B, C, h, w) in [0, 1]; they do not know the time step."""
        return self.encoder.features(low_res)

    def condition(self, features: list[torch.Tensor]) -> torch.Tensor:
        """What the U-Net adds at full size (B, width, H, W), the same in every step."""
        return self.unet.project(torch.cat(features[EVERY - 1 :: EVERY], dim=1))

    def encode(self, low_res: torch.Tensor) -> torch.Tensor:
        """All that the encoder tells of images (B, C, h, w) in [0, 1], at full size: `condition`, and channels to add.

        The latter, C of them, bring the bicubic enlargement to the encoder's guess of the picture, where residuals are
        to that (predict and refine: Whang et al., CVPR 2022, section 3.1); there are none where they are to bicubic.
        """
        features = self.features(low_res)
        condition = self.condition(features)
        if not self.guesses:
            return condition
        return torch.cat([condition, self.encoder.guess(features[-1]) / self.rescale], dim=1)

    def residual(self, pictures: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """What is diffused: rescale * (picture - base), cut at +-clip; pictures (B, C, H, W) in [-1, 1]."""
        return ((pictures - base) * self.rescale).clamp(-self.clip, self.clip)

    def pictures(self, residual: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """Images (B, C, H, W) in about [-1, 1] from residuals."""
        return residual.clamp(-self.clip, self.clip) / self.rescale + base


def enlarged(images: torch.Tensor, scale: int) -> torch.Tensor:
    """Bicubic enlargement (a = -0.5) with mirrored borders, of images (B, C, h, w); values may overshoot."""
    rows, columns = (_mirrored(size).to(images.device) for size in images.shape[-2:])
    wide = images[..., rows, :][..., columns]
    size = [side * scale for side in wide.shape[-2:]]
    grown = functional.interpolate(wide, size, mode="bicubic", align_corners=False, antialias=True)
    edge = MIRRORED * scale
    return grown[..., edge:-edge, edge:-edge]


def _mirrored(size: int) -> torch.Tensor:
    """Indices that read a line of pixels forwards and backwards, from MIRRORED before its start to after its end."""
    place = torch.arange(-MIRRORED, size + MIRRORED) % (2 * size)
    return torch.minimum(place, 2 * size - 1 - place)


class UNet(nn.Module):
    """Noise predictor: two residual blocks per size, all sizes but the last halved; no attention.

    channels: of the residual; conditions: of the encoder's concatenated features; width: at full size
    multipliers: of the width, one per size
    """

    def __init__(self, channels: int, conditions: int, scale: int, width: int, multipliers: list[int]) -> None:
        super().__init__()
        widths = [width * multiplier for multiplier in multipliers]
        self.project = nn.ConvTranspose2d(conditions, width, 2 * scale, scale, scale // 2)
        self.frequencies = Timesteps(width, flip_sin_to_cos=False, downscale_freq_shift=1)
        self.time = nn.Sequential(nn.Linear(width, 4 * width), nn.Mish(), nn.Linear(4 * width, width))
        self.downs = nn.ModuleList(
            Level(inputs, outputs, width, nn.Conv2d(outputs, outputs, 3, 2, 1, padding_mode="reflect"))
            for inputs, outputs in pairwise([channels, *widths[:-1]])
        )
        self.bottom = Level(widths[-2], widths[-1], width)
        self.middle = Level(widths[-1], widths[-1], width)
        self.ups = nn.ModuleList(
            Level(2 * inputs, outputs, width, nn.ConvTranspose2d(outputs, outputs, 4, 2, 1))
            for inputs, outputs in pairwise(reversed(widths))
        )
        self.last = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect"), nn.Mish(), nn.Conv2d(width, channels, 1)
        )

    def forward(self, state: torch.Tensor, step: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """The prediction (B, C, H, W) for noisy residuals; step: (B,); condition: (B or 1, width, H, W)."""
        time = self.time(self.frequencies(step))
        skips = []
        for place, level in enumerate(self.downs):
            state = level(state, time)
            skips.append(state + condition if place == 0 else state)
            state = level.get_submodule("resize")(skips[-1])
        skips.append(self.bottom(state, time))
        state = self.middle(skips[-1], time)
        for level in self.ups:  # the last skip, at full size, is used by none, in the official network neither
            state = level.get_submodule("resize")(level(torch.cat([state, skips.pop()], dim=1), time))
        return self.last(state)


class Level(nn.Module):
    """Two residual blocks at one size, and the layer that leads to the next size."""

    def __init__(self, inputs: int, outputs: int, time: int, resize: nn.Module | None = None) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([ResidualBlock(inputs, outputs, time), ResidualBlock(outputs, outputs, time)])
        self.resize = resize

    def forward(self, state: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            state = block(state, time)
        return state


class ResidualBlock(nn.Module):
    """Two convolutions with Mish, the time step (B, time) added between them, and a way around."""

    def __init__(self, inputs: int, outputs: int, time: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")
        self.time = nn.Linear(time, outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, padding_mode="reflect")
        self.around = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, state: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        found = functional.mish(self.first(state))
        found = found + self.time(functional.mish(time))[:, :, None, None]
        return functional.mish(self.second(found)) + self.around(state)
