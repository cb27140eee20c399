"""Official checkpoints of ResShift (zsyOAOA/ResShift, release v2.0): two files, the U-Net and the VQ-f4 autoencoder.

Sizes are read from the shapes of the tensors. The schedule is in no tensor: `options` reads it from the file's name,
``..._s15_...`` (v1, v2) or ``..._s4...`` (v3, bicsr), and four steps are taken where the name is silent.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import torch

from inference.core.weights import WeightsError
from inference.samplers.blocks.published import RESIDUAL, shape_of
from inference.samplers.blocks.vq_keys import convert_vq
from inference.samplers.resshift.network import LatentShifting

LICENCE = (
    "S-Lab Licence 1.0",
    "https://github.com/zsyOAOA/ResShift/blob/master/LICENSE",
    "Non-commercial use and redistribution only; commercial use needs the consent of the authors.",
)
SIZES = Path(__file__).with_name("official.json")
SMALLEST_NOISE = {15: 0.04, 4: 0.2}  # kappa sqrt(eta_1) by number of steps
SWIN = {"patch_embed.proj": "embed", "patch_unembed.proj": "unembed"}
SWIN_BLOCK = {
    "norm1": "norm_attention",
    "attn.qkv": "attention.qkv",
    "attn.proj": "attention.out",
    "norm2": "norm_mix",
    "mlp.fc1": "mix.0",
    "mlp.fc2": "mix.2",
}
BIAS, SHORT_BIAS = "attn.relative_position_bias_table", "attention.bias"
ENDS = {
    "time_embed.0": "time.linear_1",
    "time_embed.2": "time.linear_2",
    "input_blocks.0.0": "inlet",
    "out.0": "norm",
    "out.2": "outlet",
}
COMPUTED = ("attn.relative_position_index", "attn_mask")  # buffers that follow from the sizes


def options(file_name: str) -> dict[str, int]:
    """What the name of an official file tells `convert`; empty where it tells nothing."""
    found = re.search(r"_s(15|4)(?![0-9])", file_name)
    return {"steps": int(found[1])} if found else {}


def convert(
    tensors: dict[str, torch.Tensor], autoencoder: dict[str, torch.Tensor], *, steps: int = 4
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Config and tensors of `LatentShifting` from the U-Net's state dict and the autoencoder's.

    steps: of the schedule that the U-Net was trained with, 15 or 4
    Raises WeightsError for tensors that are missing, or that are none of these networks'.
    """
    if steps not in SMALLEST_NOISE:
        raise WeightsError(f"The official networks of ResShift take 15 or 4 steps, not {steps}.")
    official = json.loads(SIZES.read_text(encoding="utf-8"))
    schedule = {"num_train_timesteps": steps, "min_noise_level": SMALLEST_NOISE[steps]}
    vq_config, vq_tensors = convert_vq(autoencoder)
    config = {
        **official,
        "autoencoder": vq_config,
        "unet": sizes(tensors),
        "schedule": {**official["schedule"], **schedule},
    }
    names = key_map(config["unet"])
    unknown = sorted(key for key in tensors if key not in names and not key.endswith(COMPUTED))
    if unknown:
        raise WeightsError(f"{len(unknown)} tensors have no place in ResShift's U-Net, such as {unknown[0]}.")
    converted = {f"unet.{names[key]}": value for key, value in tensors.items() if key in names}
    converted |= {f"autoencoder.{key}": value for key, value in vq_tensors.items()}
    with torch.device("meta"):
        missing = sorted(LatentShifting(config).state_dict().keys() - converted.keys())
    if missing:
        raise WeightsError(f"{len(missing)} tensors are missing, such as that for {missing[0]}.")
    return config, converted


def sizes(tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    """The arguments of `SwinUNet` from the shapes of the official tensors."""
    levels: list[list[int]] = [[]]  # numbers of the input blocks that are residual, by level
    number = 1
    while f"input_blocks.{number}.0.in_layers.2.weight" in tensors or f"input_blocks.{number}.0.op.weight" in tensors:
        if f"input_blocks.{number}.0.op.weight" in tensors:
            levels.append([])
        else:
            levels[-1].append(number)
        number += 1
    if len({len(level) for level in levels}) != 1 or not levels[0]:
        raise WeightsError("The levels of the U-Net do not have one number of residual blocks each.")
    channels = [shape_of(tensors, f"input_blocks.{level[0]}.0.in_layers.2.weight")[0] for level in levels]
    windows = [_window(tensors, f"input_blocks.{level[0]}.1.blocks.0.{BIAS}") for level in levels]
    first = f"input_blocks.{levels[0][0]}.1"
    width = shape_of(tensors, f"{first}.patch_embed.proj.weight")[0]
    mask = tensors.get(f"{first}.blocks.1.attn_mask")
    return {
        "in_channels": shape_of(tensors, "input_blocks.0.0.weight")[1],
        "out_channels": shape_of(tensors, "out.2.weight")[0],
        "channels": channels,
        "blocks": len(levels[0]),
        # A mask has an entry per window. Without one, the deepest level is one window, as in the published networks.
        "size": windows[-1] << len(levels) - 1 if mask is None else windows[0] * math.isqrt(len(mask)),
        "swin": {
            "width": width,
            "heads": shape_of(tensors, f"{first}.blocks.0.{BIAS}")[1],
            "window": windows[0],
            "depth": sum(1 for key in tensors if key.startswith(f"{first}.blocks.") and key.endswith(BIAS)),
            "mlp_ratio": shape_of(tensors, f"{first}.blocks.0.mlp.fc1.weight")[0] // width,
        },
    }


def key_map(unet: dict[str, Any]) -> dict[str, str]:
    """Official name -> name in `SwinUNet`, for all tensors that such a network can have."""
    count, blocks, depth = len(unet["channels"]), unet["blocks"], unet["swin"]["depth"]
    places = dict(ENDS)
    places |= _residual("middle_block.0", "middle.first") | _residual("middle_block.2", "middle.second")
    names = _swin("middle_block.1", "middle.swin", depth)
    number = 1
    for level in range(count):
        for block in range(blocks):
            places |= _residual(f"input_blocks.{number + block}.0", f"down.{level}.blocks.{block}")
        names |= _swin(f"input_blocks.{number}.1", f"down.{level}.swin", depth)
        number += blocks
        if level < count - 1:
            places[f"input_blocks.{number}.0.op"] = f"down.{level}.resize.conv"
            number += 1
    number = 0
    for level in range(count):  # from the deepest one up
        for block in range(blocks + 1):
            places |= _residual(f"output_blocks.{number + block}.0", f"up.{level}.blocks.{block}")
        names |= _swin(f"output_blocks.{number}.1", f"up.{level}.swin", depth)
        number += blocks + 1
        if level < count - 1:
            places[f"output_blocks.{number - 1}.1.conv"] = f"up.{level}.resize.conv"
    return names | _both(places)


def _residual(official: str, ours: str) -> dict[str, str]:
    return {f"{official}.{key}": f"{ours}.{name}" for key, name in RESIDUAL.items()}


def _swin(official: str, ours: str, depth: int) -> dict[str, str]:
    places = {f"{official}.{key}": f"{ours}.{name}" for key, name in SWIN.items()}
    biases = {}
    for block in range(depth):
        theirs, own = f"{official}.blocks.{block}", f"{ours}.blocks.{block}"
        places |= {f"{theirs}.{key}": f"{own}.{name}" for key, name in SWIN_BLOCK.items()}
        biases[f"{theirs}.{BIAS}"] = f"{own}.{SHORT_BIAS}"
    return biases | _both(places)


def _both(places: dict[str, str]) -> dict[str, str]:
    """Names of weights and biases from names of layers."""
    return {f"{key}.{end}": f"{name}.{end}" for key, name in places.items() for end in ("weight", "bias")}


def _window(tensors: dict[str, torch.Tensor], key: str) -> int:
    """The side of a window from its table of (2 * side - 1)^2 relative positions."""
    return (math.isqrt(shape_of(tensors, key)[0]) + 1) // 2
