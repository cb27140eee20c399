"""What the small networks are trained to make small."""

from __future__ import annotations

import torch
from diffusers import DDIMScheduler, VQModel
from torch.nn import functional


def autoencoding(autoencoder: VQModel, images: torch.Tensor, blur: torch.Tensor, *, quantised: bool) -> torch.Tensor:
    """L1 of the decoded image + codebook term + 0.25 commitment term (van den Oord et al. 2017, equation 3).

    ``blur`` is noise added to the latents (B, 3, h, w), so that the decoder forgives a sampler's small errors. Before
    the codebook is filled (``quantised`` false) a weak pull to zero stands in for the codebook terms.
    """
    latents = autoencoder.encode(images).latents.float()
    noisy = latents + blur * latents.detach().std()
    decoded = autoencoder.decode(noisy, force_not_quantize=not quantised)
    error = functional.l1_loss(decoded.sample.float(), images)
    return error + (decoded.commit_loss.float().mean() if quantised else 1e-3 * latents.square().mean())


def velocity(scheduler: DDIMScheduler, clean: torch.Tensor, noise: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """The target of v-prediction, sqrt(abar) noise - sqrt(1 - abar) clean (Salimans and Ho 2022, section 4)."""
    return scheduler.get_velocity(clean, noise, steps)


def spread_steps(count: int, generator: torch.Generator, total: int) -> torch.Tensor:
    """Time steps drawn uniformly, one in each of ``count`` equal slices of [0, total): less noise in the loss."""
    slices = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    order = torch.randperm(count, generator=generator)
    return (slices[order] * total).long().clamp(max=total - 1)
