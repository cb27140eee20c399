"""An independent ResShift U-Net for comparison: plain functions on a state dict with the official names.

Written from the paper and the shapes of the published tensors, with loops over windows, heads and pixels where the
network of this project has reshapes, so that the two can hardly be wrong in the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import torch
from torch.nn import functional

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Sizes:
    """As the official configuration names them: ``image`` is the side of the states that it is built for."""

    channels: tuple[int, ...] = (32, 64)
    blocks: int = 2
    image: int = 16
    window: int = 8
    width: int = 32
    heads: int = 2
    depth: int = 2
    ratio: int = 2
    states: int = 3
    condition: int = 3


OFFICIAL = Sizes((160, 320, 320, 640), 2, 64, 8, 192, 6, 2, 4)


def random_tensors(sizes: Sizes, device: str = "cpu") -> Tensors:
    """A state dict of the official network with random values, buffers included; shapes alone on "meta"."""
    source, tensors = torch.Generator().manual_seed(0), Tensors()
    embedding = 4 * sizes.channels[0]

    def draw(*shape: int) -> torch.Tensor:
        return torch.empty(shape, device="meta") if device == "meta" else torch.randn(shape, generator=source)

    def layer(name: str, *shape: int) -> None:
        scale = 1 / math.sqrt(math.prod(shape[1:]))
        tensors[f"{name}.weight"] = scale * draw(*shape)
        tensors[f"{name}.bias"] = 0.1 * draw(shape[0])

    def norm(name: str, channels: int) -> None:
        tensors[f"{name}.weight"] = 1 + 0.1 * draw(channels)
        tensors[f"{name}.bias"] = 0.1 * draw(channels)

    def residual(name: str, before: int, after: int) -> None:
        norm(f"{name}.in_layers.0", before)
        layer(f"{name}.in_layers.2", after, before, 3, 3)
        layer(f"{name}.emb_layers.1", 2 * after, embedding)
        norm(f"{name}.out_layers.0", after)
        layer(f"{name}.out_layers.3", after, after, 3, 3)
        if before != after:
            layer(f"{name}.skip_connection", after, before, 1, 1)

    def swin(name: str, channels: int, side: int) -> None:
        window, width = min(sizes.window, side), sizes.width
        layer(f"{name}.patch_embed.proj", width, channels, 1, 1)
        layer(f"{name}.patch_unembed.proj", channels, width, 1, 1)
        for index in range(sizes.depth):
            block = f"{name}.blocks.{index}"
            norm(f"{block}.norm1", width)
            table = draw((2 * window - 1) ** 2, sizes.heads)
            tensors[f"{block}.attn.relative_position_bias_table"] = table
            tensors[f"{block}.attn.relative_position_index"] = torch.zeros(window**2, window**2, dtype=torch.int64)
            layer(f"{block}.attn.qkv", 3 * width, width)
            layer(f"{block}.attn.proj", width, width)
            norm(f"{block}.norm2", width)
            layer(f"{block}.mlp.fc1", sizes.ratio * width, width, 1, 1)
            layer(f"{block}.mlp.fc2", width, sizes.ratio * width, 1, 1)
            if index % 2 and side > sizes.window:
                tensors[f"{block}.attn_mask"] = torch.zeros((side // window) ** 2, window**2, window**2)

    layer("time_embed.0", embedding, sizes.channels[0])
    layer("time_embed.2", embedding, embedding)
    layer("input_blocks.0.0", sizes.channels[0], sizes.states + sizes.condition, 3, 3)
    present, skips, number = sizes.channels[0], [sizes.channels[0]], 1
    for level, channels in enumerate(sizes.channels):
        for index in range(sizes.blocks):
            residual(f"input_blocks.{number}.0", present, channels)
            if index == 0:
                swin(f"input_blocks.{number}.1", channels, sizes.image >> level)
            present, number = channels, number + 1
            skips.append(channels)
        if level + 1 < len(sizes.channels):
            layer(f"input_blocks.{number}.0.op", channels, channels, 3, 3)
            number += 1
            skips.append(channels)
    residual("middle_block.0", present, present)
    swin("middle_block.1", present, sizes.image >> len(sizes.channels) - 1)
    residual("middle_block.2", present, present)
    number = 0
    for level, channels in reversed(list(enumerate(sizes.channels))):
        for index in range(sizes.blocks + 1):
            residual(f"output_blocks.{number}.0", present + skips.pop(), channels)
            if index == 0:
                swin(f"output_blocks.{number}.1", channels, sizes.image >> level)
            present, number = channels, number + 1
        if level:
            layer(f"output_blocks.{number - 1}.1.conv", channels, channels, 3, 3)
    norm("out.0", sizes.channels[0])
    layer("out.2", sizes.states, sizes.channels[0], 3, 3)
    return tensors


class Reference:
    """The forward pass, one window, head and pixel at a time."""

    def __init__(self, tensors: Tensors, sizes: Sizes) -> None:
        self.tensors, self.sizes = tensors, sizes

    def __call__(self, images: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        base = self.sizes.channels[0]
        rates = 10000 ** (-torch.arange(base // 2) / (base // 2))
        waves = torch.cat([torch.cos(steps[:, None] * rates), torch.sin(steps[:, None] * rates)], dim=1)
        time = self.layer("time_embed.2", functional.silu(self.layer("time_embed.0", waves)))
        hidden, number = self.layer("input_blocks.0.0", images), 1
        skips = [hidden]
        for level in range(len(self.sizes.channels)):
            for index in range(self.sizes.blocks):
                hidden = self.residual(f"input_blocks.{number}.0", hidden, time)
                if index == 0:
                    hidden = self.swin(f"input_blocks.{number}.1", hidden, level)
                skips.append(hidden)
                number += 1
            if level + 1 < len(self.sizes.channels):
                hidden = self.layer(f"input_blocks.{number}.0.op", hidden, stride=2)
                skips.append(hidden)
                number += 1
        hidden = self.residual("middle_block.0", hidden, time)
        hidden = self.swin("middle_block.1", hidden, level)
        hidden = self.residual("middle_block.2", hidden, time)
        number = 0
        for level in reversed(range(len(self.sizes.channels))):
            for index in range(self.sizes.blocks + 1):
                hidden = torch.cat([hidden, skips.pop()], dim=1)
                hidden = self.residual(f"output_blocks.{number}.0", hidden, time)
                if index == 0:
                    hidden = self.swin(f"output_blocks.{number}.1", hidden, level)
                number += 1
            if level:
                hidden = hidden.repeat_interleave(2, 2).repeat_interleave(2, 3)
                hidden = self.layer(f"output_blocks.{number - 1}.1.conv", hidden)
        return self.layer("out.2", functional.silu(self.norm("out.0", hidden)))

    def layer(self, name: str, images: torch.Tensor, stride: int = 1) -> torch.Tensor:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        if weight.ndim == 2:
            return images @ weight.T + bias
        return functional.conv2d(images, weight, bias, stride, padding=weight.shape[-1] // 2)

    def norm(self, name: str, images: torch.Tensor) -> torch.Tensor:
        groups = images.reshape(len(images), 32, -1)
        centred = groups - groups.mean(dim=2, keepdim=True)
        scaled = centred / (centred.square().mean(dim=2, keepdim=True) + 1e-5).sqrt()
        weight, bias = (self.tensors[f"{name}.{end}"][None, :, None, None] for end in ("weight", "bias"))
        return scaled.reshape(images.shape) * weight + bias

    def residual(self, name: str, images: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        hidden = self.layer(f"{name}.in_layers.2", functional.silu(self.norm(f"{name}.in_layers.0", images)))
        modulation = self.layer(f"{name}.emb_layers.1", functional.silu(time))[:, :, None, None]
        scale, shift = modulation[:, : hidden.shape[1]], modulation[:, hidden.shape[1] :]
        hidden = self.norm(f"{name}.out_layers.0", hidden) * (1 + scale) + shift
        hidden = self.layer(f"{name}.out_layers.3", functional.silu(hidden))
        shortcut = images if images.shape == hidden.shape else self.layer(f"{name}.skip_connection", images)
        return shortcut + hidden

    def swin(self, name: str, images: torch.Tensor, level: int) -> torch.Tensor:
        side = self.sizes.image >> level
        window, several = min(self.sizes.window, side), side > self.sizes.window
        hidden = self.layer(f"{name}.patch_embed.proj", images)
        for index in range(self.sizes.depth):
            block = f"{name}.blocks.{index}"
            shift = window // 2 if several and index % 2 else 0
            hidden = hidden + self.attention(f"{block}.attn", self.norm(f"{block}.norm1", hidden), window, shift)
            mixed = functional.gelu(self.layer(f"{block}.mlp.fc1", self.norm(f"{block}.norm2", hidden)))
            hidden = hidden + self.layer(f"{block}.mlp.fc2", mixed)
        return self.layer(f"{name}.patch_unembed.proj", hidden)

    def attention(self, name: str, images: torch.Tensor, window: int, shift: int) -> torch.Tensor:
        """Pixels see those of their window; windows begin at ``shift`` and the cut ones at the edges wrap around.

        In a window that holds both ends of the image, pixels see their own end as before, the other one less by 100.
        """
        height, width = images.shape[2:]
        result = torch.zeros_like(images)
        for top in range(shift, shift + height, window):
            for left in range(shift, shift + width, window):
                rows = torch.tensor([row % height for row in range(top, top + window) for _ in range(window)])
                columns = torch.tensor([column % width for column in range(left, left + window)] * window)
                apart = torch.zeros(window**2, window**2)
                for ends, length in ((rows, height), (columns, width)):
                    wrapped = (ends < shift) if ends.max() == length - 1 and shift else torch.zeros_like(ends).bool()
                    apart[wrapped[:, None] != wrapped[None, :]] = -100.0
                pixels = images[:, :, rows, columns].transpose(1, 2)
                result[:, :, rows, columns] = self.window(name, pixels, apart, window).transpose(1, 2)
        return result

    def window(self, name: str, pixels: torch.Tensor, apart: torch.Tensor, window: int) -> torch.Tensor:
        """pixels: (B, window^2, width), row by row; scores get the bias for how far two pixels are apart."""
        heads, table = self.sizes.heads, self.tensors[f"{name}.relative_position_bias_table"]
        size = pixels.shape[2] // heads
        query, key, value = self.layer(f"{name}.qkv", pixels).chunk(3, dim=2)
        parts = []
        for head in range(heads):
            own = slice(head * size, (head + 1) * size)
            scores = query[..., own] @ key[..., own].transpose(1, 2) / math.sqrt(size)
            bias = table[offsets(window), head]
            parts.append(torch.softmax(scores + bias + apart, dim=2) @ value[..., own])
        return self.layer(f"{name}.proj", torch.cat(parts, dim=2))


@lru_cache
def offsets(window: int) -> torch.Tensor:
    """Rows of the bias table for each pair of pixels: down and across from the other one to the one, both from 0."""
    side, pixels = 2 * window - 1, list(product(range(window), repeat=2))
    return torch.tensor(
        [
            [(row - other[0] + window - 1) * side + column - other[1] + window - 1 for other in pixels]
            for row, column in pixels
        ]
    )
