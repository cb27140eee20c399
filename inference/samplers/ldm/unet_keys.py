"""The U-Net of CompVis' latent diffusion under the names of diffusers' `UNet2DModel`, which is the same network.

Official blocks are numbered through: a convolution, then residual blocks and a reduction per level, and the same back
with one more residual block per level. How many belong to a level is read from the tensors' names, all sizes from
their shapes. Queries, keys and values come from one convolution there, whose rows are ordered by head.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from inference.core.weights import WeightsError
from inference.samplers.blocks.published import RESIDUAL

HEAD = 32  # channels of an attention head in ``bsr_sr``: the one size that no shape tells
FIXED = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
}
ATTENTION = {"norm": "group_norm", "qkv": "qkv", "proj_out": "to_out.0"}
BLOCK = re.compile(r"(input_blocks|output_blocks)\.(\d+)\.\d\.(.+)")
MIDDLE = re.compile(r"middle_block\.([012])\.(.+)")


def convert_unet(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The arguments of a `UNet2DModel` and its tensors, from those of the official network (without a prefix).

    Raises WeightsError that names keys without a place, or what is missing.
    """
    try:
        config = _config(tensors)
    except KeyError as error:
        raise WeightsError(f"The U-Net lacks the tensor {error.args[0]}.") from None
    converted: dict[str, torch.Tensor] = {}
    strange = []
    for key, tensor in tensors.items():
        stem, _, kind = key.rpartition(".")
        part = new_part(stem, config["layers_per_block"])
        if part is None:
            strange.append(key)
        elif part.endswith(".qkv"):
            converted.update(split_heads(part.removesuffix("qkv"), kind, tensor))
        else:
            converted[f"{part}.{kind}"] = tensor[:, :, 0] if part.endswith(".to_out.0") and kind == "weight" else tensor
    if strange:
        raise WeightsError(f"The U-Net has {len(strange)} unknown tensors, {min(strange)} among them.")
    return config, converted


def new_part(part: str, layers: int) -> str | None:
    """diffusers' name of an official layer, or None; ``layers``: residual blocks per level on the way down."""
    if part in FIXED:
        return FIXED[part]
    if match := MIDDLE.fullmatch(part):
        return _named(f"mid_block.{{}}.{int(match[1]) // 2}", match[2])
    if not (match := BLOCK.fullmatch(part)):
        return None
    way, block, layer = ("down" if match[1] == "input_blocks" else "up"), int(match[2]), match[3]
    level, index = divmod(block - (way == "down"), layers + 1)
    if layer == ("op" if way == "down" else "conv"):
        return f"{way}_blocks.{level}.{way}samplers.0.conv"
    return _named(f"{way}_blocks.{level}.{{}}.{index}", layer)


def _named(place: str, layer: str) -> str | None:
    if layer in RESIDUAL:
        return f"{place.format('resnets')}.{RESIDUAL[layer]}"
    return f"{place.format('attentions')}.{ATTENTION[layer]}" if layer in ATTENTION else None


def split_heads(place: str, kind: str, tensor: torch.Tensor) -> dict[str, torch.Tensor]:
    """Queries, keys and values: rows (heads, 3, channels of a head) become three times (heads, channels of a head)."""
    width = tensor.shape[0] // 3
    if width % HEAD:
        raise WeightsError(f"The U-Net's attention has {width} channels, which are no heads of {HEAD}.")
    rows = tensor.reshape(width // HEAD, 3, HEAD, -1)
    shape = (width, width) if kind == "weight" else (width,)
    return {f"{place}to_{letter}.{kind}": rows[:, which].reshape(shape) for which, letter in enumerate("qkv")}


def _config(tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    blocks = {int(match[2]) for key in tensors if (match := BLOCK.fullmatch(key)) and match[1] == "input_blocks"}
    reductions = [block for block in blocks if f"input_blocks.{block}.0.op.weight" in tensors]
    layers = min(reductions, default=len(blocks)) - 1
    if layers < 1:
        raise WeightsError("There is no U-Net in it.")
    starts = range(1, max(blocks, default=0) + 1, layers + 1)
    widths = [tensors[f"input_blocks.{start}.0.out_layers.3.weight"].shape[0] for start in starts]
    attended = [f"input_blocks.{start}.1.qkv.weight" in tensors for start in starts]
    return {
        "sample_size": 64,
        "in_channels": tensors["input_blocks.0.0.weight"].shape[1],
        "out_channels": tensors["out.2.weight"].shape[0],
        "layers_per_block": layers,
        "block_out_channels": widths,
        "down_block_types": ["AttnDownBlock2D" if one else "DownBlock2D" for one in attended],
        "up_block_types": ["AttnUpBlock2D" if one else "UpBlock2D" for one in reversed(attended)],
        "attention_head_dim": HEAD,
    }
