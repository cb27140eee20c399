"""The networks of CompVis/latent-diffusion, model ``bsr_sr``, written again from their layer names and shapes.

U-Net: Dhariwal and Nichol 2021, without its FiLM; first stage: the VQGAN of Esser et al. 2021. Only what is needed
to compare outputs, in any size. Attribute names give the names of the official checkpoints.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


def norm(channels: int, eps: float) -> nn.GroupNorm:
    return nn.GroupNorm(32, channels, eps)


class Residual(nn.Module):
    def __init__(self, before: int, after: int, time: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(norm(before, 1e-5), nn.SiLU(), nn.Conv2d(before, after, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(time, after))
        self.out_layers = nn.Sequential(
            norm(after, 1e-5), nn.SiLU(), nn.Dropout(0.0), nn.Conv2d(after, after, 3, padding=1)
        )
        self.skip_connection = nn.Identity() if before == after else nn.Conv2d(before, after, 1)

    def forward(self, image: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        hidden = self.in_layers(image) + self.emb_layers(time)[:, :, None, None]
        return self.skip_connection(image) + self.out_layers(hidden)


class Attention(nn.Module):
    """One convolution for queries, keys and values; its rows are ordered head by head, 32 channels each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = norm(channels, 1e-5)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, image: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        flat = image.flatten(2)
        outcome = []
        for head in self.qkv(self.norm(flat)).split(96, dim=1):
            query, key, value = head.split(32, dim=1)
            weights = (query.transpose(1, 2) @ key / math.sqrt(32)).softmax(-1)
            outcome.append(value @ weights.transpose(1, 2))
        return (flat + self.proj_out(torch.cat(outcome, 1))).view_as(image)


class Down(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, image: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return self.op(image)


class Up(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, image: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return self.conv(image.repeat_interleave(2, -1).repeat_interleave(2, -2))


class UNet(nn.Module):
    """``attended``: per level, whether attention follows each residual block (bsr_sr: the last level alone)."""

    def __init__(self, base: int, multiples: list[int], layers: int, attended: list[bool]) -> None:
        super().__init__()
        self.base, time = base, 4 * base
        self.time_embed = nn.Sequential(nn.Linear(base, time), nn.SiLU(), nn.Linear(time, time))
        self.input_blocks = nn.ModuleList([nn.ModuleList([nn.Conv2d(6, base, 3, padding=1)])])
        width, skips = base, [base]
        for level, multiple in enumerate(multiples):
            for _ in range(layers):
                block = nn.ModuleList([Residual(width, multiple * base, time)])
                width = multiple * base
                self.input_blocks.append(block.append(Attention(width)) if attended[level] else block)
                skips.append(width)
            if level < len(multiples) - 1:
                self.input_blocks.append(nn.ModuleList([Down(width)]))
                skips.append(width)
        self.middle_block = nn.ModuleList(
            [Residual(width, width, time), Attention(width), Residual(width, width, time)]
        )
        self.output_blocks = nn.ModuleList()
        for level, multiple in reversed(list(enumerate(multiples))):
            for layer in range(layers + 1):
                block = nn.ModuleList([Residual(width + skips.pop(), multiple * base, time)])
                width = multiple * base
                if attended[level]:
                    block.append(Attention(width))
                if level and layer == layers:
                    block.append(Up(width))
                self.output_blocks.append(block)
        self.out = nn.Sequential(norm(width, 1e-5), nn.SiLU(), nn.Conv2d(width, 3, 3, padding=1))

    def forward(self, image: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        half = self.base // 2
        angles = steps[:, None] * torch.exp(-math.log(10000) * torch.arange(half) / half)
        time = self.time_embed(torch.cat([angles.cos(), angles.sin()], dim=1))
        image, skips = self.input_blocks[0][0](image), []
        skips.append(image)
        for block in self.input_blocks[1:]:
            for layer in block:
                image = layer(image, time)
            skips.append(image)
        for layer in self.middle_block:
            image = layer(image, time)
        for block in self.output_blocks:
            image = torch.cat([image, skips.pop()], dim=1)
            for layer in block:
                image = layer(image, time)
        return self.out(image)


class Block(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = norm(before, 1e-6), nn.Conv2d(before, after, 3, padding=1)
        self.norm2, self.conv2 = norm(after, 1e-6), nn.Conv2d(after, after, 3, padding=1)
        if before != after:
            self.nin_shortcut = nn.Conv2d(before, after, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        hidden = self.conv1(functional.silu(self.norm1(image)))
        hidden = self.conv2(functional.silu(self.norm2(hidden)))
        return hidden + (self.nin_shortcut(image) if hasattr(self, "nin_shortcut") else image)


class OneHead(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = norm(channels, 1e-6)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        normed = self.norm(image)
        query, key, value = (layer(normed).flatten(2) for layer in (self.q, self.k, self.v))
        weights = (query.transpose(1, 2) @ key / math.sqrt(image.shape[1])).softmax(-1)
        return image + self.proj_out((value @ weights.transpose(1, 2)).view_as(image))


def level(blocks: list[Block], **sampling: nn.Module) -> nn.Module:
    place = nn.Module()
    place.block = nn.ModuleList(blocks)
    for name, layer in sampling.items():
        place.add_module(name, nn.ModuleDict({"conv": layer}))
    return place


def middle(width: int) -> nn.Module:
    place = nn.Module()
    place.block_1, place.attn_1, place.block_2 = Block(width, width), OneHead(width), Block(width, width)
    return place


def through(place: nn.Module, image: torch.Tensor) -> torch.Tensor:
    return place.block_2(place.attn_1(place.block_1(image)))


class Encoder(nn.Module):
    def __init__(self, base: int, multiples: list[int], layers: int) -> None:
        super().__init__()
        self.conv_in, self.down, width = nn.Conv2d(3, base, 3, padding=1), nn.ModuleList(), base
        for place, multiple in enumerate(multiples):
            wide = [width] + [multiple * base] * layers
            blocks = [Block(*pair) for pair in pairwise(wide)]
            width = multiple * base
            last = place == len(multiples) - 1
            self.down.append(level(blocks, **({} if last else {"downsample": nn.Conv2d(width, width, 3, stride=2)})))
        self.mid = middle(width)
        self.norm_out, self.conv_out = norm(width, 1e-6), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        image = self.conv_in(image)
        for place in self.down:
            for block in place.block:
                image = block(image)
            if hasattr(place, "downsample"):
                image = place.downsample["conv"](functional.pad(image, (0, 1, 0, 1)))
        return self.conv_out(functional.silu(self.norm_out(through(self.mid, image))))


class Decoder(nn.Module):
    def __init__(self, base: int, multiples: list[int], layers: int) -> None:
        super().__init__()
        width, places = multiples[-1] * base, []
        self.conv_in, self.mid = nn.Conv2d(3, width, 3, padding=1), middle(width)
        for place, multiple in reversed(list(enumerate(multiples))):
            wide = [width] + [multiple * base] * (layers + 1)
            blocks = [Block(*pair) for pair in pairwise(wide)]
            width = multiple * base
            places.append(level(blocks, **({"upsample": nn.Conv2d(width, width, 3, padding=1)} if place else {})))
        self.up = nn.ModuleList(reversed(places))  # counted from the finest level
        self.norm_out, self.conv_out = norm(width, 1e-6), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        image = through(self.mid, self.conv_in(latent))
        for place in reversed(self.up):
            for block in place.block:
                image = block(image)
            if hasattr(place, "upsample"):
                image = place.upsample["conv"](image.repeat_interleave(2, -1).repeat_interleave(2, -2))
        return self.conv_out(functional.silu(self.norm_out(image)))


class VQ(nn.Module):
    def __init__(self, base: int, multiples: list[int], layers: int, codes: int) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(base, multiples, layers), Decoder(base, multiples, layers)
        self.quantize = nn.ModuleDict({"embedding": nn.Embedding(codes, 3)})
        self.quant_conv, self.post_quant_conv = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return self.quant_conv(self.encoder(images))

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        codes = self.quantize["embedding"].weight
        distances = (latents.unsqueeze(1) - codes[None, :, :, None, None]).square().sum(2)
        nearest = codes[distances.argmin(1)].permute(0, 3, 1, 2)
        kept = latents + (nearest - latents)  # the straight-through estimator, which moves the last bits
        return self.decoder(self.post_quant_conv(kept))


def randomise(network: nn.Module, seed: int) -> nn.Module:
    """Small random numbers everywhere, also where training starts from zeros and ones."""
    source = torch.Generator().manual_seed(seed)
    for name, value in network.named_parameters():
        scale = 0.5 / math.sqrt(value[0].numel()) if value.ndim > 1 else 0.1
        noise = scale * torch.randn(value.shape, generator=source)
        value.data = noise + (1.0 if value.ndim == 1 and name.endswith("weight") else 0.0)
    return network.eval().requires_grad_(False)


def checkpoint(unet: UNet, first_stage: VQ, *, averaged: bool = False) -> dict[str, torch.Tensor]:
    """The ``state_dict`` of a Lightning checkpoint; with ``averaged``, its plain U-Net is zero and the average is not.

    Averages have lost the dots of their names, since they are buffers (ldm/modules/ema.py).
    """
    betas = torch.linspace(0.0015**0.5, 0.0155**0.5, 1000, dtype=torch.float64) ** 2
    tensors = {"betas": betas.float(), "alphas_cumprod": (1 - betas).cumprod(0).float()}
    tensors |= {f"first_stage_model.{key}": value for key, value in first_stage.state_dict().items()}
    for key, value in unet.state_dict().items():
        tensors[f"model.diffusion_model.{key}"] = torch.zeros_like(value) if averaged else value
        if averaged:
            tensors["model_ema." + f"diffusion_model.{key}".replace(".", "")] = value
    if averaged:
        tensors |= {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(7)}
    return tensors
