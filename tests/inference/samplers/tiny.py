"""One tiny sampler per family, a few thousand random parameters each, for the contract test."""

from __future__ import annotations

import torch

from inference.samplers.base import Sampler

LDM_CONFIG = {
    "sampler": "ldm",
    "scale": 4,
    "channels": 1,
    "micro_batch": 4,
    "window": 32,
    "autoencoder": {
        "in_channels": 1,
        "out_channels": 1,
        "down_block_types": ["DownEncoderBlock2D"] * 3,
        "up_block_types": ["UpDecoderBlock2D"] * 3,
        "block_out_channels": [4, 4, 8],
        "layers_per_block": 1,
        "latent_channels": 3,
        "num_vq_embeddings": 64,
        "vq_embed_dim": 3,
        "norm_num_groups": 2,
        "mid_block_add_attention": False,
    },
    "unet": {
        "sample_size": 16,
        "in_channels": 4,
        "out_channels": 3,
        "layers_per_block": 1,
        "block_out_channels": [8, 8],
        "down_block_types": ["DownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "UpBlock2D"],
        "norm_num_groups": 2,
        "add_attention": False,
    },
    "latent": {"mean": 0.0, "std": 1.0},
    "schedule": {
        "num_train_timesteps": 1000,
        "beta_schedule": "scaled_linear",
        "beta_start": 0.0015,
        "beta_end": 0.0155,
        "prediction_type": "v_prediction",
        "timestep_spacing": "trailing",
        "steps_offset": 0,
        "set_alpha_to_one": True,
        "clip_sample": False,
    },
}


def ldm_config(channels: int = 1) -> dict:
    """The tiny config for grey or colour."""
    autoencoder = {**LDM_CONFIG["autoencoder"], "in_channels": channels, "out_channels": channels}
    unet = {**LDM_CONFIG["unet"], "in_channels": 3 + channels}
    return {**LDM_CONFIG, "channels": channels, "autoencoder": autoencoder, "unet": unet}


def ldm_networks(channels: int = 1):
    """Random networks whose codebook is spread like their latents, so that different noise is visible."""
    from inference.samplers.ldm.network import Networks

    torch.manual_seed(0)
    networks = Networks(ldm_config(channels))
    torch.nn.init.normal_(networks.autoencoder.quantize.embedding.weight)
    return networks


def ldm(channels: int = 1) -> Sampler:
    from inference.samplers.ldm.sampler import LatentDiffusionSampler

    return LatentDiffusionSampler(ldm_networks(channels), ldm_config(channels))


TINY = {"ldm": ldm}
