"""LDDPM's generator: a U-Net from noisy details and a latent code to clean details, given the low-resolution image.

Wang et al., 2023, figure 2: the U-Net's encoder gives F_X; with the code's map F_R it becomes the fused feature F_g,
a shallow flow changes it, and cross-attention to the tokens of the low-resolution image follows in the middle. The
blocks are those of diffusers. As in denoising diffusion GANs (Xiao et al., 2022, section 4) the network says what
the clean image is.

What is diffused is ours: not images but their details, the difference to an average image that the encoder of the
low-resolution image makes, divided by "residual". In whole images the details drown in the noise of the first of only
four steps. Details live on a grid: squares of ``patch`` x ``patch`` pixels are the channels of one cell.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.unets.unet_2d_blocks import DownBlock2D, UpBlock2D
from torch import nn
from torch.nn import functional

from inference.samplers.device import exact
from inference.samplers.lddpm.conditioning import (
    CodeDecoder,
    CodeEncoder,
    CrossAttention,
    LowResEncoder,
    Modulation,
)
from inference.samplers.lddpm.glow import SQUEEZE, FeatureGlow

STEP_SPREAD = 250  # the few time steps of the chain, as far apart as a sinusoidal embedding expects them


class Condition(NamedTuple):
    """All that depends on the low-resolution image alone; the maps have the sizes of the grid (g) or the middle (m).

    base: the average image (B, C * patch**2, gh, gw) that details are added to
    told: what it and tau add to the first layer's answer to a state (B, F, gh, gw): the two are not stacked on the
        state, as in the paper, but convolved apart and added, which is the same sum and needed once per image
    tokens: tau in the middle (B, t, mh, mw);  keys, values: of the cross-attention (B, c, mh, mw)
    """

    base: torch.Tensor
    told: torch.Tensor
    tokens: torch.Tensor
    keys: torch.Tensor
    values: torch.Tensor

    def take(self, rows: torch.Tensor) -> Condition:
        """The conditions of these pictures, in this order."""
        return Condition(*(maps[rows] for maps in self))


class LatentFeatureNetworks(nn.Module):
    """All networks that a sample needs and, where the config has "encoder", the one that reads a code from an image.

    config: "scale", "channels", "patch", "residual", "low_res", "unet", "code", "glow", "encoder" and the switches
    "use_attention", "use_cvae" and "use_glow" of the paper's ablations
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        unet, low_res, code = config["unet"], config["low_res"], config["code"]
        widths, groups = unet["channels"], unet["groups"]
        self.scale, self.patch, self.residual = config["scale"], config["patch"], config["residual"]
        self.middle = 2 ** (len(widths) - 1)  # grid cells per cell of the middle, per side
        self.block = SQUEEZE * self.middle  # and per cell of the code
        area, embedding = config["channels"] * self.patch**2, 4 * widths[0]
        self.code_channels, self.skips = code["channels"], unet["layers"] + 1
        self.low_res = LowResEncoder(
            config["channels"], area, width=low_res["width"], blocks=low_res["blocks"], growth=self.scale // self.patch
        )
        self.steps = Timesteps(widths[0], flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time = TimestepEmbedding(widths[0], embedding)
        self.tokens = nn.Conv2d(
            low_res["width"], low_res["tokens"], 2 * self.middle - 1, stride=self.middle, padding=self.middle - 1
        )
        self.inlet = nn.Conv2d(area, widths[0], 3, padding=1)
        self.told = nn.Conv2d(area + low_res["width"], widths[0], 3, padding=1, bias=False)
        self.down, self.up = _sides(widths, unet["layers"], embedding, groups)
        self.before, self.after = (_residual(widths[-1], embedding, groups) for _ in range(2))
        self.attention = (
            CrossAttention(widths[-1], low_res["tokens"], heads=unet["heads"], groups=groups)
            if config["use_attention"]
            else None
        )
        self.decoder = self.modulation = self.encoder = self.glow = None
        if config["use_cvae"]:
            self.decoder = CodeDecoder(self.code_depth, widths[-1], width=code["width"], groups=groups)
            self.modulation = Modulation(widths[-1])
            if config["encoder"] is not None:
                shrinks = self.block.bit_length() - 1
                self.encoder = CodeEncoder(area, self.code_depth, **config["encoder"], shrinks=shrinks)
        if config["use_glow"]:
            self.glow = FeatureGlow(widths[-1], low_res["tokens"], **config["glow"])
        self.norm = nn.GroupNorm(groups, widths[0])
        self.outlet = nn.Conv2d(widths[0], area, 3, padding=1)

    @property
    def code_depth(self) -> int:
        """Channels of the code on its own grid."""
        return int(self.code_channels * self.block**2)

    def condition(self, low: torch.Tensor) -> Condition:
        """Everything the steps need of low-resolution images (B, C, h, w) in [-1, 1]."""
        base, features = self.estimate(low)
        tokens = self.tokens(features)
        told = self.told(torch.cat([base, features], dim=1))
        keys = values = tokens
        if self.attention is not None:
            keys, values = self.attention.keys_values(tokens)
        return Condition(base, told.float(), tokens.float(), keys.float(), values.float())

    def estimate(self, low: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The average image (B, C * patch**2, gh, gw) as the encoder sees it, and the encoder's features."""
        features = self.low_res(low)
        return self._enlarged(low) + self.low_res.outlet(features).float(), features

    def _enlarged(self, low: torch.Tensor) -> torch.Tensor:
        """The bicubic enlargement on the grid."""
        with exact(low.device):
            size = [self.scale * side for side in low.shape[-2:]]
            large = functional.interpolate(low.float(), size, mode="bicubic", antialias=True, align_corners=False)
            return self.to_grid(large)

    def to_grid(self, images: torch.Tensor) -> torch.Tensor:
        """Pixels (B, C, H, W) to cells (B, C * patch**2, H / patch, W / patch)."""
        return functional.pixel_unshuffle(images, self.patch)

    def to_pixels(self, cells: torch.Tensor) -> torch.Tensor:
        """Cells back to pixels."""
        return functional.pixel_shuffle(cells, self.patch)

    def details(self, images: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """What images on the grid, in [-1, 1], have beyond the average image."""
        return (images - base) / self.residual

    def images(self, details: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """Images on the grid, in about [-1, 1], from details."""
        return base + self.residual * details

    def within(self, details: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """The nearest details whose images lie in [-1, 1]."""
        return self.details(self.images(details, base).clamp(-1, 1), base)

    def posterior(self, details: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance (B, code, gh, gw) of the codes of details, in the form `predict` takes."""
        assert self.encoder is not None
        mean, log_variance = self.encoder(details)
        return functional.pixel_shuffle(mean, self.block), functional.pixel_shuffle(log_variance, self.block)

    def predict(
        self, state: torch.Tensor, step: torch.Tensor, code: torch.Tensor, condition: Condition
    ) -> torch.Tensor:
        """The clean details; see `predict_with_volume`."""
        return self.predict_with_volume(state, step, code, condition)[0]

    def predict_with_volume(
        self, state: torch.Tensor, step: torch.Tensor, code: torch.Tensor, condition: Condition, *, fit: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The clean details (B, C * patch**2, gh, gw), and the flow's log |det| (B,) per element.

        state: noisy details;  step: (B,) from 0;  code: standard normal (B, code, gh, gw)
        fit: set the flow's actnorms from this batch first
        """
        time = self.time(self.steps(step * STEP_SPREAD).to(state.dtype))
        hidden = self.inlet(state) + condition.told
        skips = [hidden]
        for block in self.down:
            hidden, outputs = block(hidden, time)
            skips += outputs
        fused = self._fused(hidden, code)
        fused, volume = self._flow(fused, condition.tokens, fit)
        hidden = self.before(fused, time)
        if self.attention is not None:
            hidden = self.attention(hidden, condition.keys, condition.values)
        hidden = self.after(hidden, time)
        for block in self.up:
            hidden = block(hidden, tuple(skips[-self.skips :]), time)
            skips = skips[: -self.skips]
        return self.outlet(functional.silu(self.norm(hidden))).float(), volume

    def _fused(self, features: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        if self.decoder is None or self.modulation is None:
            return features
        return self.modulation(features, self.decoder(functional.pixel_unshuffle(code, self.block)))

    def _flow(self, fused: torch.Tensor, tokens: torch.Tensor, fit: bool) -> tuple[torch.Tensor, torch.Tensor]:
        if self.glow is None:
            return fused, fused.new_zeros(len(fused), dtype=torch.float32)
        with exact(fused.device):
            changed, volume = self.glow(fused.float(), tokens.float(), fit=fit)
        return changed, volume / changed[0].numel()


def _sides(widths: list[int], layers: int, embedding: int, groups: int) -> tuple[nn.ModuleList, nn.ModuleList]:
    """The ways down and up, as `UNet2DModel` builds them."""
    common = {"temb_channels": embedding, "resnet_groups": groups, "resnet_time_scale_shift": "scale_shift"}
    down, up, last = nn.ModuleList(), nn.ModuleList(), len(widths) - 1
    for level, width in enumerate(widths):
        before = widths[max(0, level - 1)]
        down.append(DownBlock2D(before, width, num_layers=layers, add_downsample=level < last, **common))
    for level, width in reversed(list(enumerate(widths))):
        arriving, skip = widths[min(last, level + 1)], widths[max(0, level - 1)]
        up.append(UpBlock2D(skip, arriving, width, num_layers=layers + 1, add_upsample=level > 0, **common))
    return down, up


def _residual(channels: int, embedding: int, groups: int) -> ResnetBlock2D:
    return ResnetBlock2D(
        in_channels=channels, temb_channels=embedding, groups=groups, time_embedding_norm="scale_shift"
    )
