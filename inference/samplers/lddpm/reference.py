"""Fusion with a reference image: its details in a region, fitted to the low-resolution image, instead of chance.

Wang et al., 2023, section 4.4 and figure 11, put parts of other photographs into the picture that is drawn. The paper
does not say how. Here, in each step of the chain, the state in the chosen region is that of the reference's details
with so much noise, and the code follows the posterior of the reference image; the rest is drawn as ever. The code alone
would not do: in the weights that ship it says next to nothing about the picture (their cards have the figures).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inference.core.degradation import downscale
from inference.core.images import to_uint8
from inference.samplers.lddpm.network import LatentFeatureNetworks
from inference.samplers.padding import as_batch, padded

Box = tuple[int, int, int, int]


class ReferenceImageError(ValueError):
    """A reference image or region that cannot be used, or weights that cannot read one; the message is one sentence."""


class Reference(NamedTuple):
    """What a reference image says within its region (1, 1, gh, gw), which is 1 there and else 0.

    mean, std: of the normal distribution of the code (1, code, gh, gw), the prior outside of the region
    details: (1, C * patch**2, gh, gw), on the scale of the chain
    """

    mean: torch.Tensor
    std: torch.Tensor
    details: torch.Tensor
    region: torch.Tensor

    def code(self, fresh: torch.Tensor) -> torch.Tensor:
        """Codes (B, code, gh, gw) from standard normal noise."""
        return self.mean + self.std * fresh

    def state(self, state: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        """States (B, C * patch**2, gh, gw) with the noisy details ``told`` in the region."""
        return torch.where(self.region > 0, told, state)


def check_reference(
    networks: LatentFeatureNetworks, reference: NDArray[np.floating], size: tuple[int, int, int], box: Box | None
) -> None:
    """Raises ReferenceImageError unless the reference is a picture of the samples' ``size`` (H, W, C) with the box."""
    if networks.encoder is None:
        raise ReferenceImageError("These weights have no encoder for reference images: train with a CVAE and keep it.")
    if reference.shape != size:
        raise ReferenceImageError(
            f"The reference image must have the samples' size, {size[1]} x {size[0]} pixels in {size[2]} channels, "
            f"not {' x '.join(str(side) for side in reference.shape)}."
        )
    if not np.issubdtype(reference.dtype, np.floating) or not (reference.min() >= 0 and reference.max() <= 1):
        raise ReferenceImageError("The reference image must consist of finite floats from 0 to 1.")
    if box is not None:
        left, top, right, bottom = box
        if not (0 <= left < right <= size[1] and 0 <= top < bottom <= size[0]):
            raise ReferenceImageError(f"The region {box} does not lie within {size[1]} x {size[0]} pixels.")


def read_reference(
    networks: LatentFeatureNetworks, reference: NDArray[np.float32], box: Box | None, cell: int, device: torch.device
) -> Reference:
    """What an image (H, W, C) in [0, 1] says within a box of its pixels (left, top, right, bottom; None: all of it).

    cell: low-resolution pixels per cell of the code's grid; whole cells that the box touches are taken
    """
    low = np.asarray(to_uint8(downscale(reference, networks.scale)) / np.float32(255), np.float32)
    edge = cell * networks.scale
    images, lows = (as_batch(padded(one, side), device) * 2 - 1 for one, side in ((reference, edge), (low, cell)))
    base, _ = networks.estimate(lows)
    details = networks.details(networks.to_grid(images), base)
    mean, log_variance = networks.posterior(details)
    height, width = images.shape[2:]
    chosen = torch.zeros(1, 1, height // edge, width // edge, device=device)
    left, top, right, bottom = (0, 0, width, height) if box is None else box
    chosen[..., top // edge : -(-bottom // edge), left // edge : -(-right // edge)] = 1
    chosen = functional.interpolate(chosen, scale_factor=networks.block, mode="nearest")
    return Reference(chosen * mean, chosen * (log_variance / 2).exp() + (1 - chosen), details, chosen)
