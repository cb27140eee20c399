"""Official checkpoints of SRDiff (LeiaLi/SRDiff, release v1.0.0): CelebA x8 and DF2K x4.

Sizes are read from the shapes of the tensors, since the two published configurations of the DF2K encoder (8 blocks of
32 channels, 17 of 64) contradict each other, and the schedule from its buffers. How residuals are scaled is in no
tensor: ``official.json`` has what both checkpoints were trained with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from inference.core.weights import WeightsError
from inference.samplers.blocks.chain import schedule
from inference.samplers.blocks.published import FROM_BETAS, shape_of
from inference.samplers.srdiff.network import Networks

LICENCE = (
    "no licence",
    "https://github.com/LeiaLi/SRDiff",
    "Code and weights were published without a licence: ask the authors before you use or pass them on.",
)
SIZES = Path(__file__).with_name("official.json")
UNET = "denoise_fn."
SAME_BETAS = 1e-6
BLOCK = {"block1.block.1": "first", "mlp.1": "time", "block2.block.1": "second", "res_conv": "around"}
ENDS = {
    "denoise_fn.cond_proj": "unet.project",
    "denoise_fn.mlp.0": "unet.time.0",
    "denoise_fn.mlp.2": "unet.time.2",
    "denoise_fn.final_conv.0.block.1": "unet.last.0",
    "denoise_fn.final_conv.1": "unet.last.2",
    "rrdb.conv_first": "encoder.first",
    "rrdb.trunk_conv": "encoder.trunk",
    "rrdb.upconv1": "encoder.enlarging.0",
    "rrdb.upconv2": "encoder.enlarging.1",
    "rrdb.upconv3": "encoder.enlarging.2",
    "rrdb.HRconv": "encoder.high",
    "rrdb.conv_last": "encoder.last",
}


def convert(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Config and tensors of `Networks` from the state dict of the official model.

    Raises WeightsError for tensors that are missing, or that are none of these networks'.
    """
    config = _config(tensors)
    names = key_map(len(config["unet"]["multipliers"]), config["encoder"]["blocks"])
    unknown = sorted(tensors.keys() - names.keys() - FROM_BETAS - {"betas"})
    if unknown:
        raise WeightsError(f"{len(unknown)} tensors have no place in SRDiff's networks, such as {unknown[0]}.")
    converted = {names[key]: tensor for key, tensor in tensors.items() if key in names}
    with torch.device("meta"):
        missing = sorted(Networks(config).state_dict().keys() - converted.keys())
    if missing:
        raise WeightsError(f"{len(missing)} tensors are missing, such as that for {missing[0]}.")
    return config, converted


def _config(tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    official = json.loads(SIZES.read_text(encoding="utf-8"))
    _, width, kernel, _ = shape_of(tensors, "denoise_fn.cond_proj.weight")
    features, channels, *_ = shape_of(tensors, "rrdb.conv_first.weight")
    levels = _count(tensors, "denoise_fn.downs.{}.0.block1.block.1.weight")
    widths = [shape_of(tensors, f"denoise_fn.downs.{level}.0.block1.block.1.weight")[0] for level in range(levels)]
    return {
        **official,
        "scale": kernel // 2,
        "channels": channels,
        "encoder": {
            "width": features,
            "blocks": _count(tensors, "rrdb.RRDB_trunk.{}.RDB1.conv1.weight"),
            "growth": shape_of(tensors, "rrdb.RRDB_trunk.0.RDB1.conv1.weight")[0],
        },
        "unet": {"width": width, "multipliers": [each // width for each in widths]},
        "schedule": _schedule(official["schedule"], tensors),
    }


def _schedule(official: dict[str, Any], tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """The published schedule, or the betas of the checkpoint where these are others."""
    if "betas" not in tensors:  # bare networks: training programs keep it beside them
        return official
    betas = tensors["betas"].double()
    named = {**official, "num_train_timesteps": len(betas)}
    if torch.allclose(schedule({"schedule": named}).betas.double(), betas, rtol=0, atol=SAME_BETAS):
        return named
    return {**named, "trained_betas": betas.tolist()}


def key_map(levels: int, blocks: int) -> dict[str, str]:
    """Official name -> name in `Networks`, for all tensors that networks of these sizes can have."""
    places = {**ENDS, **dict(_unet(levels))}
    for block in range(blocks):
        for dense in range(3):
            for layer in range(5):
                official = f"rrdb.RRDB_trunk.{block}.RDB{dense + 1}.conv{layer + 1}"
                places[official] = f"encoder.blocks.{block}.dense.{dense}.convolutions.{layer}"
    return {f"{key}.{end}": f"{name}.{end}" for key, name in places.items() for end in ("weight", "bias")}


def _unet(levels: int) -> Iterator[tuple[str, str]]:
    """Layers of the U-Net but for its ends."""
    pairs = {f"downs.{level}": f"downs.{level}" for level in range(levels - 1)}
    pairs |= {f"downs.{levels - 1}": "bottom"}
    pairs |= {f"ups.{level}": f"ups.{level}" for level in range(levels - 1)}
    for official, ours in pairs.items():
        for block in range(2):
            yield from _block(f"{official}.{block}", f"{ours}.blocks.{block}")
    for block in range(2):
        yield from _block(f"mid_block{block + 1}", f"middle.blocks.{block}")
    for level in range(levels - 1):
        yield f"{UNET}downs.{level}.2.conv.1", f"unet.downs.{level}.resize"
        yield f"{UNET}ups.{level}.2.conv.0", f"unet.ups.{level}.resize"


def _block(official: str, ours: str) -> Iterator[tuple[str, str]]:
    for key, name in BLOCK.items():
        yield f"{UNET}{official}.{key}", f"unet.{ours}.{name}"


def _count(tensors: Mapping[str, torch.Tensor], pattern: str) -> int:
    number = 0
    while pattern.format(number) in tensors:
        number += 1
    return number
