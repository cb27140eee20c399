"""SRDiff's networks once more: functions over a dictionary of official names, without modules of this project.

Written from the paper (section 4.2, figure 3) and the names and shapes of the published tensors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Sizes:
    """What a checkpoint's shapes tell."""

    scale: int = 4
    width: int = 6
    multipliers: tuple[int, ...] = (1, 2, 3, 4)
    blocks: int = 5
    features: int = 4
    growth: int = 2
    steps: int = 100


CELEBA_X8 = Sizes(8, 64, (1, 2, 2, 4), 8, 32, 16)
DF2K_X4 = Sizes(4, 64, (1, 2, 3, 4), 8, 32, 16)
DF2K_X4_LARGE = Sizes(4, 64, (1, 2, 3, 4), 17, 64, 32)


def shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Official name -> shape of all weights; biases have the outputs' size."""
    width, features = sizes.width, sizes.features
    widths = [width * each for each in sizes.multipliers]
    maps = features * ((sizes.blocks + 1) // 3)
    found: dict[str, tuple[int, ...]] = {
        "denoise_fn.cond_proj": (maps, width, 2 * sizes.scale, 2 * sizes.scale),
        "denoise_fn.mlp.0": (4 * width, width),
        "denoise_fn.mlp.2": (width, 4 * width),
        "denoise_fn.final_conv.0.block.1": (width, width, 3, 3),
        "denoise_fn.final_conv.1": (3, width, 1, 1),
    }

    def block(name: str, inputs: int, outputs: int) -> None:
        found[f"denoise_fn.{name}.mlp.1"] = (outputs, width)
        found[f"denoise_fn.{name}.block1.block.1"] = (outputs, inputs, 3, 3)
        found[f"denoise_fn.{name}.block2.block.1"] = (outputs, outputs, 3, 3)
        if inputs != outputs:
            found[f"denoise_fn.{name}.res_conv"] = (outputs, inputs, 1, 1)

    for level, (inputs, outputs) in enumerate(zip([3, *widths], widths, strict=False)):
        block(f"downs.{level}.0", inputs, outputs)
        block(f"downs.{level}.1", outputs, outputs)
        if level < len(widths) - 1:
            found[f"denoise_fn.downs.{level}.2.conv.1"] = (outputs, outputs, 3, 3)
    block("mid_block1", widths[-1], widths[-1])
    block("mid_block2", widths[-1], widths[-1])
    for level in range(len(widths) - 1):
        inputs, outputs = 2 * widths[-1 - level], widths[-2 - level]
        block(f"ups.{level}.0", inputs, outputs)
        block(f"ups.{level}.1", outputs, outputs)
        found[f"denoise_fn.ups.{level}.2.conv.0"] = (outputs, outputs, 4, 4)
    found["rrdb.conv_first"] = (features, 3, 3, 3)
    for number in range(sizes.blocks):
        for dense in (1, 2, 3):
            for layer in (1, 2, 3, 4, 5):
                inputs = features + (layer - 1) * sizes.growth
                outputs = sizes.growth if layer < 5 else features
                found[f"rrdb.RRDB_trunk.{number}.RDB{dense}.conv{layer}"] = (outputs, inputs, 3, 3)
    for name in ("trunk_conv", "upconv1", "upconv2", *(["upconv3"] if sizes.scale == 8 else []), "HRconv"):
        found[f"rrdb.{name}"] = (features, features, 3, 3)
    found["rrdb.conv_last"] = (3, features, 3, 3)
    return found


def published_betas(steps: int = 100) -> Tensor:
    """Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", equation 17 with s = 0.008."""
    angle = torch.arange(steps + 1, dtype=torch.float64) / steps
    kept = torch.cos((angle + 0.008) / 1.008 * math.pi / 2) ** 2
    return (1 - kept[1:] / kept[:-1]).clamp(max=0.999)


def random_tensors(sizes: Sizes, device: str = "cpu") -> dict[str, Tensor]:
    """A checkpoint with random weights: networks, and the twelve buffers of the schedule."""
    source = torch.Generator().manual_seed(7)
    tensors: dict[str, Tensor] = {}
    for name, shape in shapes(sizes).items():
        outputs = shape[1] if name.endswith(("cond_proj", "conv.0")) else shape[0]
        for key, size in ((f"{name}.weight", shape), (f"{name}.bias", (outputs,))):
            fan = max(1, math.prod(size) // outputs)
            on_meta = device == "meta"
            tensors[key] = (
                torch.empty(size, device="meta") if on_meta else torch.randn(size, generator=source) / fan**0.5
            )
    betas = published_betas(sizes.steps).float()
    buffers = ("alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod")
    buffers += ("log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod")
    buffers += ("posterior_variance", "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2")
    return {**tensors, "betas": betas, **{name: torch.zeros(sizes.steps) for name in buffers}}


class Reference:
    """Both networks over a checkpoint."""

    def __init__(self, tensors: dict[str, Tensor], sizes: Sizes) -> None:
        self.tensors, self.sizes = tensors, sizes

    def features(self, low: Tensor) -> list[Tensor]:
        """Of low-resolution images (B, 3, h, w) in [-1, 1]."""
        first = state = self._conv("rrdb.conv_first", (low + 1) / 2, 1)
        found = []
        for number in range(self.sizes.blocks):
            inside = state
            for dense in (1, 2, 3):
                inside = self._dense(f"rrdb.RRDB_trunk.{number}.RDB{dense}", inside)
            state = state + 0.2 * inside
            found.append(state)
        return [*found, first + self._conv("rrdb.trunk_conv", state, 1)]

    def guess(self, last: Tensor) -> Tensor:
        """The encoder's enlarged image in [0, 1] units, not clipped."""
        state = last
        for name in ("upconv1", "upconv2", *(["upconv3"] if self.sizes.scale == 8 else [])):
            state = state.repeat_interleave(2, 2).repeat_interleave(2, 3)
            state = functional.leaky_relu(self._conv(f"rrdb.{name}", state, 1), 0.2)
        return self._conv("rrdb.conv_last", functional.leaky_relu(self._conv("rrdb.HRconv", state, 1), 0.2), 1)

    def noise(self, state: Tensor, steps: Tensor, features: list[Tensor]) -> Tensor:
        """What the U-Net predicts for residuals (B, 3, H, W) at time steps (B,)."""
        half = self.sizes.width // 2
        angles = steps[:, None] * torch.exp(-math.log(10000) * torch.arange(half) / (half - 1))
        embedded = torch.cat([angles.sin(), angles.cos()], dim=1)
        time = self._linear("denoise_fn.mlp.2", _mish(self._linear("denoise_fn.mlp.0", embedded)))
        chosen = torch.cat([features[index] for index in range(2, len(features), 3)], dim=1)
        scale = self.sizes.scale
        weight, bias = self._pair("denoise_fn.cond_proj")
        condition = functional.conv_transpose2d(chosen, weight, bias, stride=scale, padding=scale // 2)
        kept, levels = [], len(self.sizes.multipliers)
        for level in range(levels):
            state = self._residual(f"downs.{level}.1", self._residual(f"downs.{level}.0", state, time), time)
            state = state + condition if level == 0 else state
            kept.append(state)
            if level < levels - 1:
                state = self._mirrored(f"denoise_fn.downs.{level}.2.conv.1", state, stride=2)
        state = self._residual("mid_block2", self._residual("mid_block1", state, time), time)
        for level in range(levels - 1):
            state = self._residual(f"ups.{level}.0", torch.cat([state, kept.pop()], dim=1), time)
            state = self._residual(f"ups.{level}.1", state, time)
            weight, bias = self._pair(f"denoise_fn.ups.{level}.2.conv.0")
            state = functional.conv_transpose2d(state, weight, bias, stride=2, padding=1)
        state = _mish(self._mirrored("denoise_fn.final_conv.0.block.1", state))
        return self._conv("denoise_fn.final_conv.1", state, 0)

    def _residual(self, name: str, state: Tensor, time: Tensor) -> Tensor:
        name = f"denoise_fn.{name}"
        inner = _mish(self._mirrored(f"{name}.block1.block.1", state))
        inner = inner + self._linear(f"{name}.mlp.1", _mish(time))[:, :, None, None]
        inner = _mish(self._mirrored(f"{name}.block2.block.1", inner))
        around = self._conv(f"{name}.res_conv", state, 0) if f"{name}.res_conv.weight" in self.tensors else state
        return inner + around

    def _dense(self, name: str, state: Tensor) -> Tensor:
        seen = [state]
        for layer in (1, 2, 3, 4):
            seen.append(functional.leaky_relu(self._conv(f"{name}.conv{layer}", torch.cat(seen, 1), 1), 0.2))
        return state + 0.2 * self._conv(f"{name}.conv5", torch.cat(seen, 1), 1)

    def _mirrored(self, name: str, state: Tensor, stride: int = 1) -> Tensor:
        return functional.conv2d(functional.pad(state, (1, 1, 1, 1), "reflect"), *self._pair(name), stride=stride)

    def _conv(self, name: str, state: Tensor, padding: int) -> Tensor:
        return functional.conv2d(state, *self._pair(name), padding=padding)

    def _linear(self, name: str, state: Tensor) -> Tensor:
        return functional.linear(state, *self._pair(name))

    def _pair(self, name: str) -> tuple[Tensor, Tensor]:
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]


def _mish(state: Tensor) -> Tensor:
    return state * torch.tanh(torch.log1p(torch.exp(state)))
