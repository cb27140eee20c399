"""Official weights of latent diffusion's super-resolution: the original Lightning checkpoint, or a diffusers folder.

Names and schedule of github.com/CompVis/latent-diffusion (MIT), model ``bsr_sr``; no code of it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DModel, VQModel

from inference.core.weights import WeightsError
from inference.samplers.blocks.published import FROM_BETAS
from inference.samplers.blocks.vq_keys import convert_vq
from inference.samplers.importing.folders import part, read_json
from inference.samplers.ldm.unet_keys import convert_unet

LICENCE = (
    "Apache-2.0",
    "https://huggingface.co/CompVis/ldm-super-resolution-4x-openimages",
    "Code under the MIT licence; the weights are published under Apache-2.0. Trained on OpenImages.",
)
PARTS = ("unet", "vqvae", "scheduler")  # of a folder in diffusers' layout
UNET, AVERAGED, FIRST_STAGE = "model.diffusion_model.", "model_ema.", "first_stage_model."
COUNTERS = {"model_ema.decay", "model_ema.num_updates"}
COMPUTED = FROM_BETAS | {"logvar", "lvlb_weights"}  # buffers
OFFICIAL: dict[str, Any] = json.loads(Path(__file__).with_name("official.json").read_text(encoding="utf-8"))


def choose(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The averaged U-Net where there is one, as the original programs sample from it, else the U-Net as it is.

    Averages lie under the U-Net's names without their dots. Raises WeightsError for an incomplete set.
    """
    averages = {key for key in tensors if key.startswith(AVERAGED)} - COUNTERS
    chosen = {key: tensor for key, tensor in tensors.items() if not key.startswith(AVERAGED)}
    if not averages:
        return chosen
    short = {key: AVERAGED + key.removeprefix("model.").replace(".", "") for key in chosen if key.startswith(UNET)}
    if strange := averages.symmetric_difference(short.values()):
        raise WeightsError(f"The averaged weights do not match the U-Net: {min(strange)} and {len(strange) - 1} more.")
    return {**chosen, **{key: tensors[averaged] for key, averaged in short.items()}}


def convert(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Config and tensors of `Networks` from the ``state_dict`` of the Lightning checkpoint; sizes from the shapes.

    Raises WeightsError that names what has no place or is missing.
    """
    tensors = choose(tensors)
    parts: dict[str, dict[str, torch.Tensor]] = {UNET: {}, FIRST_STAGE: {}, "": {}}
    for key, tensor in tensors.items():
        prefix = next(prefix for prefix in parts if key.startswith(prefix))
        parts[prefix][key.removeprefix(prefix)] = tensor
    buffers = parts[""]
    if strange := sorted(buffers.keys() - COMPUTED - {"betas", "scale_factor"}):
        raise WeightsError(f"{len(strange)} tensors belong to no part of the model, {strange[0]} among them.")
    unet, unet_tensors = convert_unet(parts[UNET])
    autoencoder, autoencoder_tensors = convert_vq(parts[FIRST_STAGE])
    factor = float(buffers["scale_factor"]) if "scale_factor" in buffers else 1.0
    config = {
        **OFFICIAL,
        "scale": 2 ** (len(autoencoder["block_out_channels"]) - 1),
        "channels": unet["in_channels"] - autoencoder["latent_channels"],
        "autoencoder": autoencoder,
        "unet": unet,
        "latent": {"mean": 0.0, "std": 1 / factor},
        "schedule": schedule(buffers["betas"]) if "betas" in buffers else OFFICIAL["schedule"],
    }
    return config, joined(unet_tensors, autoencoder_tensors)


def joined(unet: Mapping[str, torch.Tensor], autoencoder: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of both networks under the names of `Networks`."""
    named = {f"unet.{key}": tensor for key, tensor in unet.items()}
    return named | {f"autoencoder.{key}": tensor for key, tensor in autoencoder.items()}


def schedule(betas: torch.Tensor) -> dict[str, Any]:
    """The scheduler of betas whose roots are evenly spaced, which all of CompVis' models have."""
    values = betas.double().numpy()
    first, last, count = float(values[0]), float(values[-1]), len(values)
    if not np.allclose(values, np.linspace(first**0.5, last**0.5, count) ** 2, atol=1e-6):
        raise WeightsError("The noise schedule of this checkpoint is not that of latent diffusion.")
    ends = {"beta_start": round(first, 6), "beta_end": round(last, 6)}
    return {**OFFICIAL["schedule"], "num_train_timesteps": count, **ends}


def convert_folder(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Config and tensors of `Networks` from a folder that diffusers' `LDMSuperResolutionPipeline` stored.

    Whether the published folder holds the averaged weights is not said there; it has one set.
    """
    unet, unet_tensors = part(folder, "unet", UNet2DModel)
    autoencoder, autoencoder_tensors = part(folder, "vqvae", VQModel)
    stored = read_json(folder / "scheduler" / "scheduler_config.json")
    if stored.get("trained_betas") is not None:
        raise WeightsError(
            "The noise schedule of this folder is a list of its own, which is not that of latent diffusion."
        )
    config = {
        **OFFICIAL,
        "scale": 2 ** (len(autoencoder["block_out_channels"]) - 1),
        "channels": unet["in_channels"] - autoencoder["latent_channels"],
        "autoencoder": autoencoder,
        "unet": unet,
        "schedule": {**OFFICIAL["schedule"], **{key: stored[key] for key in OFFICIAL["schedule"] if key in stored}},
    }
    return config, joined(unet_tensors, autoencoder_tensors)
