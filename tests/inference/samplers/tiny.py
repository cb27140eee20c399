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


def resshift_config(channels: int = 1, space: str = "latent") -> dict:
    """Tiny config in the latent space of the tiny `ldm` autoencoder, or in pixels."""
    latent = 3 if space == "latent" else channels
    first_stage = {key: ldm_config(channels)[key] for key in ("autoencoder", "latent")} if space == "latent" else {}
    return {
        "sampler": "resshift",
        "scale": 4,
        "channels": channels,
        "micro_batch": 4,
        "tile": 16,
        "overlap": 4,
        "unet": {
            "in_channels": latent + channels,
            "out_channels": latent,
            "channels": [32, 32],
            "blocks": 1,
            "size": 16,
            "swin": {"width": 32, "heads": 2, "window": 4, "depth": 2, "mlp_ratio": 1},
        },
        "schedule": {"num_train_timesteps": 4, "kappa": 2.0, "power": 0.3, "min_noise_level": 0.2},
        **first_stage,
    }


def resshift(channels: int = 1, space: str = "latent") -> Sampler:
    """Random networks whose codebook is spread like their latents, so that different noise is visible."""
    from inference.samplers.resshift.sampler import ResShiftSampler

    torch.manual_seed(0)
    config = resshift_config(channels, space)
    networks = ResShiftSampler.build(config)
    if space == "latent":
        torch.nn.init.normal_(networks.autoencoder.quantize.embedding.weight)
    return ResShiftSampler(networks, config)


def srdiff_config(channels: int = 1, **changes) -> dict:
    """The tiny config of `srdiff` for grey or colour."""
    config = {
        "sampler": "srdiff",
        "scale": 4,
        "channels": channels,
        "micro_batch": 4,
        "tile": 16,
        "overlap": 4,
        "size": 8,
        "encoder": {"width": 4, "blocks": 2},
        "unet": {"width": 4, "multipliers": [1, 2, 2, 3]},
        "residual": {"rescale": 2.0, "clip": 1.0, "divisor": 255},
        "schedule": {
            "num_train_timesteps": 100,
            "beta_schedule": "squaredcos_cap_v2",
            "prediction_type": "v_prediction",
        },
    }
    return {**config, **changes}


def srdiff(channels: int = 1, **changes) -> Sampler:
    """Random networks; ``changes`` replace entries of the config."""
    from inference.samplers.srdiff.sampler import SRDiffSampler

    torch.manual_seed(0)
    config = srdiff_config(channels, **changes)
    return SRDiffSampler(SRDiffSampler.build(config), config)


def lddpm_config(channels: int = 1, **changes) -> dict:
    """The tiny config for grey or colour; ``changes`` replace entries."""
    config = {
        "sampler": "lddpm",
        "scale": 4,
        "channels": channels,
        "micro_batch": 4,
        "tile": 16,
        "overlap": 8,
        "patch": 4,
        "residual": 0.3,
        "low_res": {"width": 8, "blocks": 1, "tokens": 4},
        "unet": {"channels": [8, 8], "layers": 1, "groups": 4, "heads": 2},
        "code": {"channels": 1, "width": 8},
        "encoder": {"width": 8},
        "glow": {"steps": 3, "hidden": 8},
        "use_attention": True,
        "use_cvae": True,
        "use_glow": True,
        "schedule": {"num_train_timesteps": 4, "beta_min": 0.1, "beta_max": 20.0},
    }
    return {**config, **changes}


def lddpm(channels: int = 1, **changes) -> Sampler:
    """Random networks; ``changes`` replace entries of the config."""
    from inference.samplers.lddpm.sampler import LatentFeatureSampler

    torch.manual_seed(0)
    config = lddpm_config(channels, **changes)
    return LatentFeatureSampler(LatentFeatureSampler.build(config), config)


def sd_x4_config(channels: int = 1) -> dict:
    """The tiny upscaler of its own tests, for grey or colour."""
    from tests.inference.samplers.sd_x4.folder import networks, schedulers

    autoencoder, unet = ({**network.config} for network in networks())
    steps, cascade = ({**scheduler.config} for scheduler in schedulers())
    plain = [{key: value for key, value in one.items() if key[0] != "_"} for one in (autoencoder, unet, steps, cascade)]
    return {
        "sampler": "sd_x4",
        "scale": 4,
        "channels": channels,
        "micro_batch": 4,
        "autoencoder": {**plain[0], "in_channels": channels, "out_channels": channels},
        "unet": {**plain[1], "in_channels": 4 + channels},
        "prompt": [5, 8],
        "schedule": plain[2],
        "low_res_schedule": plain[3],
    }


def sd_x4(channels: int = 1) -> Sampler:
    from inference.samplers.sd_x4.sampler import LatentUpscaler

    torch.manual_seed(0)
    config = sd_x4_config(channels)
    return LatentUpscaler(LatentUpscaler.build(config), config)


TINY = {"lddpm": lddpm, "ldm": ldm, "resshift": resshift, "sd_x4": sd_x4, "srdiff": srdiff}
