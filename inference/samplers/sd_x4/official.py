"""Folders in the layout of diffusers' `StableDiffusionUpscalePipeline`, such as stable-diffusion-x4-upscaler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from inference.core.weights import WeightsError
from inference.samplers.importing.folders import part, read_json
from inference.samplers.sd_x4.prompt import empty_prompt

LICENCE = (
    "CreativeML Open RAIL++-M",
    "https://huggingface.co/stabilityai/stable-diffusion-x4-upscaler",
    "Use is free within the restrictions of its attachment A, which have to be passed on. Another folder may have "
    "another licence: see where you have it from.",
)
PARTS = ("vae", "unet", "scheduler", "low_res_scheduler", "text_encoder", "tokenizer")
BORDER = {"channels": 3, "micro_batch": 1, "precision": "bfloat16", "tile": 128, "overlap": 32}
NOISE = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas")
STEPS = ("clip_sample", "set_alpha_to_one", "steps_offset", "prediction_type", "timestep_spacing")
LEVELS = 351  # noise levels that can be chosen, 0 to 350


def convert_folder(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Config and tensors of `Networks`; the prompt is the text encoder's output for an empty text.

    Raises WeightsError for a folder of another kind.
    """
    autoencoder, autoencoder_tensors = part(folder, "vae", AutoencoderKL)
    unet, unet_tensors = part(folder, "unet", UNet2DConditionModel)
    latent = autoencoder.get("latent_channels", 4)
    if unet["in_channels"] != latent + 3:
        raise WeightsError(
            f"The U-Net takes {unet['in_channels']} channels, not {latent} of latents and 3 of an image."
        )
    if unet.get("num_class_embeds") is None or unet["num_class_embeds"] < LEVELS:
        raise WeightsError(f"The U-Net does not know {LEVELS} levels of noise on the image.")
    prompt = empty_prompt(folder)
    schedule, cascade = (
        read_json(folder / name / "scheduler_config.json") for name in ("scheduler", "low_res_scheduler")
    )
    config = {
        **BORDER,
        "scale": 2 ** (len(autoencoder["block_out_channels"]) - 1),
        "autoencoder": autoencoder,
        "unet": unet,
        "prompt": list(prompt.shape[1:]),
        "schedule": {key: schedule[key] for key in (*NOISE, *STEPS) if key in schedule},
        "low_res_schedule": {key: cascade[key] for key in NOISE if key in cascade},
    }
    tensors = {f"autoencoder.{key}": tensor for key, tensor in autoencoder_tensors.items()}
    tensors |= {f"unet.{key}": tensor for key, tensor in unet_tensors.items()}
    return config, {**tensors, "prompt": prompt}
