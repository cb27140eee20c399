"""The U-Net of ResShift with Swin layers, and the two spaces that it works in: latents or pixels.

Yue et al., NeurIPS 2023, section 4.1: the U-Net of latent diffusion, its self-attention replaced by window attention,
so that it takes images of any size that the windows divide.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from diffusers.models.downsampling import Downsample2D
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch import nn
from torch.nn import functional

from inference.samplers.blocks.latent import LatentNetworks
from inference.samplers.resshift.swin import GROUPS, SwinLayer


class SwinUNet(nn.Module):
    """Residual blocks with feature-wise modulation by the time step, a Swin layer after the first of each level.

    channels: of each level, the first of which has the size of the state; multiples of 32
    blocks: residual blocks per level on the way down; one more on the way up
    size: pixels per side of the states that the network is trained on: levels that are no larger than a window there
        are attended to in one window, without shifts, whatever the size of later states
    swin: "width", "heads", "window", "depth", "mlp_ratio" of all Swin layers
    """

    def __init__(
        self,
        *,
        in_channels: int,
        out_channels: int,
        channels: list[int],
        blocks: int,
        size: int,
        swin: dict[str, int],
    ) -> None:
        super().__init__()
        embedding = 4 * channels[0]
        self.steps = Timesteps(channels[0], flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time = TimestepEmbedding(channels[0], embedding)
        self.inlet = nn.Conv2d(in_channels, channels[0], 3, padding=1)
        layers = [swin_options(size >> level, swin) for level in range(len(channels))]
        self.size = size
        self.multiple = math.lcm(*(layer["window"] << level for level, layer in enumerate(layers)))
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips, last = [channels[0]], len(channels) - 1
        for level, width in enumerate(channels):
            self.down.append(Down(skips[-1], width, blocks, embedding, layers[level], level < last))
            skips += [width] * (blocks + (level < last))
        self.middle = Middle(channels[-1], embedding, layers[-1])
        present = channels[-1]
        for level, width in reversed(list(enumerate(channels))):
            widths = [skips.pop() for _ in range(blocks + 1)]
            self.up.append(Up(present, widths, width, embedding, layers[level], level > 0))
            present = width
        self.norm = nn.GroupNorm(GROUPS, channels[0])
        self.outlet = nn.Conv2d(channels[0], out_channels, 3, padding=1)

    def forward(self, images: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """images: (B, in_channels, h, w), h and w multiples of ``multiple``; timesteps: whole numbers (B,)."""
        time = self.time(self.steps(timesteps))
        hidden = self.inlet(images)
        skips = [hidden]
        for level in self.down:
            hidden = level(hidden, time, skips)
        hidden = self.middle(hidden, time)
        for level in self.up:
            hidden = level(hidden, time, skips)
        return self.outlet(functional.silu(self.norm(hidden)))


class Down(nn.Module):
    """One level on the way down; appends what the way up needs to ``skips``."""

    def __init__(
        self, before: int, channels: int, blocks: int, embedding: int, swin: dict[str, int], shrinks: bool
    ) -> None:
        super().__init__()
        widths = [before] + [channels] * (blocks - 1)
        self.blocks = nn.ModuleList(residual(width, channels, embedding) for width in widths)
        self.swin = SwinLayer(channels, **swin)
        self.resize = Downsample2D(channels, use_conv=True, name="op") if shrinks else None

    def forward(self, hidden: torch.Tensor, time: torch.Tensor, skips: list[torch.Tensor]) -> torch.Tensor:
        for index, block in enumerate(self.blocks):
            hidden = block(hidden, time)
            hidden = hidden if index else self.swin(hidden)
            skips.append(hidden)
        if self.resize is not None:
            hidden = self.resize(hidden)
            skips.append(hidden)
        return hidden


class Middle(nn.Module):
    """Between the ways down and up: a Swin layer between two residual blocks."""

    def __init__(self, channels: int, embedding: int, swin: dict[str, int]) -> None:
        super().__init__()
        self.first = residual(channels, channels, embedding)
        self.swin = SwinLayer(channels, **swin)
        self.second = residual(channels, channels, embedding)

    def forward(self, hidden: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        return self.second(self.swin(self.first(hidden, time)), time)


class Up(nn.Module):
    """One level on the way up; ``widths`` are the channels of the features it takes from ``skips``, from their end."""

    def __init__(
        self, before: int, widths: list[int], channels: int, embedding: int, swin: dict[str, int], grows: bool
    ) -> None:
        super().__init__()
        present = [before] + [channels] * (len(widths) - 1)
        self.blocks = nn.ModuleList(
            residual(one + other, channels, embedding) for one, other in zip(present, widths, strict=True)
        )
        self.swin = SwinLayer(channels, **swin)
        self.resize = Upsample2D(channels, use_conv=True) if grows else None

    def forward(self, hidden: torch.Tensor, time: torch.Tensor, skips: list[torch.Tensor]) -> torch.Tensor:
        for index, block in enumerate(self.blocks):
            hidden = block(torch.cat([hidden, skips.pop()], dim=1), time)
            hidden = hidden if index else self.swin(hidden)
        return hidden if self.resize is None else self.resize(hidden)


def residual(before: int, channels: int, embedding: int) -> ResnetBlock2D:
    """A residual block that begins as its shortcut; the time step scales and shifts its second normalisation."""
    block = ResnetBlock2D(
        in_channels=before,
        out_channels=channels,
        temb_channels=embedding,
        groups=GROUPS,
        eps=1e-5,
        time_embedding_norm="scale_shift",
    )
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)
    return block


def swin_options(size: int, swin: dict[str, int]) -> dict[str, int]:
    """The options of a Swin layer at a level of ``size`` pixels per side: windows move only where there are several."""
    several = size > swin["window"]
    return {**swin, "window": swin["window"] if several else size, "shift": swin["window"] // 2 if several else 0}


class Shifting(nn.Module, ABC):
    """What both spaces have in common: a U-Net that guesses the clean state. Keys ``unet.*``.

    The space says how to ``encode`` images to states and to ``decode`` them; ``factor`` is the size of an image in
    states.
    """

    unet: SwinUNet
    scale: int
    factor: int

    @abstractmethod
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """States (B, c, H, W) of images (B, C, factor * H, factor * W) in [-1, 1]."""

    def shifted(self, low: torch.Tensor) -> torch.Tensor:
        """What the chain shifts to, y: states of low-resolution images (B, C, h, w) in [-1, 1], enlarged (bicubic)."""
        return self.encode(enlarged(low, self.scale))

    def condition(self, low: torch.Tensor) -> torch.Tensor:
        """Low-resolution images (B, C, h, w) at the size of states: as they are where that is their size."""
        return enlarged(low, self.scale // self.factor)

    def predict(self, state: torch.Tensor, timesteps: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """The guess of the clean states (B, c, H, W), from scaled states and the conditions at time steps (B,)."""
        return self.unet(torch.cat([state, condition], dim=1), timesteps)


class LatentShifting(LatentNetworks, Shifting):
    """ResShift as published: states are latents of an autoencoder, keys ``autoencoder.*``."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.scale = config["scale"]
        self.unet = SwinUNet(**config["unet"])


class PixelShifting(Shifting):
    """States are the images themselves."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.scale, self.factor = config["scale"], 1
        self.unet = SwinUNet(**config["unet"])

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return images

    def decode(self, states: torch.Tensor) -> torch.Tensor:
        return states


def networks(config: dict[str, Any]) -> LatentShifting | PixelShifting:
    """The networks of a config: in the latent space of its "autoencoder", in pixels where it has none."""
    return LatentShifting(config) if "autoencoder" in config else PixelShifting(config)


def enlarged(images: torch.Tensor, factor: int) -> torch.Tensor:
    """Bicubic enlargement with a = -0.75, as torch and the official programs have it."""
    return images if factor == 1 else functional.interpolate(images, scale_factor=factor, mode="bicubic")
