"""What published checkpoints have in common: names in the original programs, and looking up sizes by them."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from inference.core.weights import WeightsError

RESIDUAL = {  # layers of the U-Nets' residual blocks, as diffusers calls them
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
FROM_BETAS = {  # buffers that follow from "betas"
    *("alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod"),
    *("log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod"),
    *("posterior_variance", "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2"),
}


def shape_of(tensors: Mapping[str, torch.Tensor], key: str) -> torch.Size:
    """The shape of a tensor that sizes are read from; WeightsError where it is missing."""
    if key not in tensors:
        raise WeightsError(f"The tensor {key} is missing.")
    return tensors[key].shape
