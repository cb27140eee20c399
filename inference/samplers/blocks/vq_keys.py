"""The official VQ autoencoder of latent diffusion and ResShift under the names of diffusers' `VQModel`.

Both are the same network. The official decoder counts its levels from the finest to the coarsest, diffusers the other
way round; the attention in the middle is made of 1x1 convolutions there and of linear layers here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from inference.core.weights import WeightsError

RESNET = {"nin_shortcut": "conv_shortcut"}
ATTENTION = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
WHOLE = ("quantize.embedding.", "quant_conv.", "post_quant_conv.")
ENDS = {"conv_in": "conv_in", "norm_out": "conv_norm_out", "conv_out": "conv_out"}
LEVEL = re.compile(
    r"(encoder|decoder)\.(down|up)\.(\d+)\.(?:block\.(\d+)\.(\w+)|(?:downsample|upsample)\.(conv))\.(\w+)"
)
MIDDLE = re.compile(r"(encoder|decoder)\.mid\.(?:block_([12])\.(\w+)|attn_1\.(\w+))\.(\w+)")
END = re.compile(r"(encoder|decoder)\.(conv_in|norm_out|conv_out)\.(\w+)")


def convert_vq(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The arguments of a `VQModel`, read from the tensors' shapes, and its tensors.

    tensors: keys as in the official network, without a prefix: ``encoder.*``, ``decoder.*``, ``quantize.*``, ...

    Raises WeightsError that names keys without a place, or what is missing.
    """
    levels = 1 + max((int(match[3]) for key in tensors if (match := LEVEL.fullmatch(key))), default=-1)
    named = {key: new_name(key, levels) for key in tensors}
    strange = sorted(key for key, name in named.items() if name is None)
    if strange:
        raise WeightsError(f"The VQ autoencoder has {len(strange)} unknown tensors, {strange[0]} among them.")
    converted = {name: _as_linear(name, tensors[key]) for key, name in named.items() if name is not None}
    try:
        return _config(converted, levels), converted
    except KeyError as error:
        raise WeightsError(f"The VQ autoencoder lacks the tensor that becomes {error.args[0]}.") from None


def new_name(key: str, levels: int) -> str | None:
    """diffusers' name of an official tensor, or None."""
    if key.startswith(WHOLE):
        return key
    if match := END.fullmatch(key):
        return f"{match[1]}.{ENDS[match[2]]}.{match[3]}"
    if match := MIDDLE.fullmatch(key):
        half, block, layer, attention, kind = match.groups()
        if attention is None:
            return f"{half}.mid_block.resnets.{int(block) - 1}.{RESNET.get(layer, layer)}.{kind}"
        return f"{half}.mid_block.attentions.0.{ATTENTION[attention]}.{kind}" if attention in ATTENTION else None
    if match := LEVEL.fullmatch(key):
        half, way, level, block, layer, sampling, kind = match.groups()
        place = int(level) if way == "down" else levels - 1 - int(level)
        rest = f"{way}samplers.0.{sampling}" if sampling else f"resnets.{block}.{RESNET.get(layer, layer)}"
        return f"{half}.{way}_blocks.{place}.{rest}.{kind}"
    return None


def _as_linear(name: str, tensor: torch.Tensor) -> torch.Tensor:
    return tensor[:, :, 0, 0] if ".attentions." in name and tensor.ndim == 4 else tensor


def _config(tensors: Mapping[str, torch.Tensor], levels: int) -> dict[str, Any]:
    widths = [tensors[f"encoder.down_blocks.{level}.resnets.0.conv1.weight"].shape[0] for level in range(levels)]
    blocks = [name for name in tensors if re.fullmatch(r"encoder\.down_blocks\.0\.resnets\.\d+\.conv1\.weight", name)]
    codes = tensors["quantize.embedding.weight"]
    return {
        "in_channels": tensors["encoder.conv_in.weight"].shape[1],
        "out_channels": tensors["decoder.conv_out.weight"].shape[0],
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "block_out_channels": widths,
        "layers_per_block": len(blocks),
        "latent_channels": tensors["quant_conv.weight"].shape[1],
        "num_vq_embeddings": codes.shape[0],
        "vq_embed_dim": codes.shape[1],
    }
